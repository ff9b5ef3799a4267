"""By what a person narrows the register of contracts, besides words and how they stand: whose they are, when they end, what they
are worth."""

from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Organisation
from catalogue.pricing import add_months, first_of_month
from contracts import access
from documents.templatetags.flex import gbp
from procurement.actors import Person

Choices = list[tuple[str, str]]
MONTHS = (3, 6, 12)  # in which it ends
UP_TO = (Decimal(1_000_000), Decimal(5_000_000), Decimal(10_000_000))  # GBP of the original value, VAT excluded
MOST_PARTIES = 200


def parties(by: Person, on: date) -> dict[str, Choices]:
    """The departments and the suppliers of the contracts that the person may see, by code; none of a side on which there is one
    alone. One query."""
    mine = access.visible_contracts(by, on)
    sides = [
        Organisation.objects.filter(Exists(mine.filter(**{side: OuterRef("pk")}))).annotate(side=Value(side)).values_list("side", "code", "name")
        for side in ("department", "supplier")
    ]
    found: dict[str, Choices] = {"department": [], "supplier": []}
    for side, code, name in sides[0].union(sides[1]).order_by("name")[:MOST_PARTIES]:
        found[side].append((code, name))
    return {side: choices if len(choices) > 1 else [] for side, choices in found.items()}


def ends() -> Choices:
    within = [
        (str(months), ngettext("within %(n)s month", "within %(n)s months", months) % {"n": months}) for months in MONTHS
    ]
    return [*within, ("later", _("later")), ("over", _("in the past"))]


def ends_in(code: str, on: date) -> Q:
    """``code`` of ``ends``; the day on which it is asked is still to come, and the last of the months counts whole."""
    if code == "over":
        return Q(ends_on__lt=on)
    if code == "later":
        return Q(ends_on__gte=_after(on, MONTHS[-1]))
    return Q(ends_on__gte=on, ends_on__lt=_after(on, int(code)))


def _after(on: date, months: int) -> date:
    return add_months(first_of_month(on), months + 1)


def values() -> Choices:
    bounds = [(str(bound), _("up to %(amount)s") % {"amount": gbp(bound)}) for bound in UP_TO]
    return [*bounds, ("more", _("more than %(amount)s") % {"amount": gbp(UP_TO[-1])})]


def worth(code: str) -> Q:
    """``code`` of ``values``: each bound belongs to what is up to it."""
    if code == "more":
        return Q(original_value_gbp__gt=UP_TO[-1])
    return Q(original_value_gbp__lte=Decimal(code))
