"""What an order comes to, as every page about it says it first: whole life, month, option, saving, carbon."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.pricing import add_months
from documents.templatetags.flex import day_range, gbp, percent
from procurement import quoting
from procurement.models import CallOffRevision, Phase
from procurement.quoting import Quote


@dataclass(frozen=True)
class Figures:
    """What an order comes to (GBP; carbon in kgCO2e a year). ``saving_words`` is empty where no saving may be read, and where
    the order costs more than the baseline (``costs_more``) ``saving_gbp`` is how much more a year; ``beside_monthly`` are the parts of the whole life that the monthly charge leaves out."""

    totals: dict[str, Any]
    beside_monthly: list[str]
    option_words: str = ""
    saving_gbp: Decimal | None = None
    saving_words: str = ""
    costs_more: bool = False
    carbon_kg: Decimal | None = None
    carbon_words: str = ""


def figures_of_draft(approved: dict[str, Any], quote: Quote) -> Figures:
    return _figures(approved, quoting.assessment(quote), may_yet_save=bool(quote.unmet) or not quote.lines)


def figures_of(revision: CallOffRevision, approved: dict[str, Any], viewpoint: str) -> Figures:
    """The supplier reads neither the baseline, nor the saving, nor the carbon saved against it."""
    return _figures(approved, None if viewpoint == "supplier" else quoting.frozen_assessment(revision))


def _figures(approved: dict[str, Any], weighed: quoting.Assessment | None, *, may_yet_save: bool = False) -> Figures:
    """``may_yet_save``: a saving is not claimed while rules are unmet. Where they are met and there is none, the order brings
    no seats that a baseline could be of."""
    totals = approved["totals"]
    beside = [
        _("%(amount)s %(what)s") % {"amount": gbp(totals[name]), "what": what}
        for name, what in (
            ("interim_gbp", _("interim in all")), ("one_off_gbp", _("one-off")), ("usage_gbp", _("usage, not to exceed")),
        )
        if Decimal(totals[name])
    ]  # fmt: skip
    if weighed is None:
        return Figures(totals, beside, option_words(approved))
    saved = weighed.saving_gbp_a_year
    left_out = ", ".join(weighed.carbon_not_assessed)
    return Figures(
        totals, beside, option_words(approved), abs(saved) if saved is not None else None, _saving_words(weighed, may_yet_save),
        saved is not None and saved < 0, weighed.carbon_saved_kg_a_year, _("not assessed: %(codes)s") % {"codes": left_out} if left_out else "",
    )  # fmt: skip


def _saving_words(weighed: quoting.Assessment, may_yet_save: bool) -> str:
    """Beside the amount of a year. What costs more than the baseline has no percentage: of a small one it says nothing."""
    if weighed.saving_percent is None:
        has_baseline = weighed.baseline_gbp_per_user_year is not None
        return _("once the order meets the catalogue's rules") if has_baseline and may_yet_save else ""
    net = weighed.saving_net_of_transition_gbp
    words = {
        "percent": percent(weighed.saving_percent), "baseline": gbp(weighed.baseline_gbp_per_user_year),
        "net": _("%(amount)s over the term, net of transition") % {"amount": gbp(net)} if net >= 0
        else _("with the transition it costs %(amount)s more over the term") % {"amount": gbp(-net)},
    }  # fmt: skip
    if weighed.saving_percent < 0:
        return _("than the baseline of %(baseline)s a user and year; %(net)s") % words
    return _("%(percent)s of the baseline of %(baseline)s a user and year; %(net)s") % words


def typed_term(revision: CallOffRevision) -> list[tuple[str, str]]:
    """(phase, days and months) as the term's form has it, while no service is ordered from which a term follows."""
    typed = (
        (Phase.INTERIM, revision.interim_starts_on, revision.interim_months),
        (Phase.SHARED, revision.shared_starts_on, revision.shared_months),
    )
    return [(str(phase.label).capitalize(), _days_and_months(start, months)) for phase, start, months in typed if start]


def _days_and_months(start: date, months: int | None) -> str:
    if not months:
        return day_range(start, None)
    return ngettext("%(days)s (%(months)s month)", "%(days)s (%(months)s months)", months) % {
        "days": day_range(start, add_months(start, months) - timedelta(days=1)), "months": months,
    }  # fmt: skip


def option_words(approved: dict[str, Any]) -> str:
    """What an option to extend would add; empty without one."""
    months = (approved["term"] or {}).get("extension_months")
    if not months:
        return ""
    value = quoting.option_value(Decimal(approved["totals"]["monthly_gbp"]), months)
    return ngettext(
        "without the option to extend by %(months)s month, worth %(value)s net",
        "without the option to extend by %(months)s months, worth %(value)s net", months,
    ) % {"months": months, "value": gbp(value)}  # fmt: skip
