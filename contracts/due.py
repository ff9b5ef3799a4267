"""What is due for a person: all that waits for them, and of it and of their contracts the days that are set.

Nothing is written here. Each day is in the row that the action which causes it has made (a milestone's, a variation's, a
contract's last), so that it moves and goes with that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from django.db.models import CharField, Expression, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework, FrameworkSupplier
from catalogue.pricing import add_months
from contracts import (
    ending_queries,
    level_queries,
    money_queries,
    publication_queries,
    queries,
    request_queries,
    statutory,
    statutory_queries,
    transfer_queries,
)
from contracts.managers import ON_EITHER_SIDE
from contracts.models import (
    Contract,
    ContractState,
    Milestone,
    MilestoneState,
    NoticeKind,
    StatutoryNotice,
    Termination,
    TerminationState,
    Transfer,
    TransferState,
    Variation,
    VariationState,
)
from procurement import inbox, standing, working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import Item
from procurement.models import Accession, AccessionState, PostCode

MONTHS_AHEAD = 12
MOST_AHEAD = 200  # days set for later, the nearest


@dataclass(frozen=True)
class Duty:
    """A day by the end of which something is to be done, or on which something begins or ends. ``waits``: it is on the person's desk now."""

    on: date
    subject: str
    organisation: str
    what: str
    url: str
    waits: bool = False
    subject_to_contract: bool = False


def waiting(by: Person, on: date) -> list[list[Item]]:
    """Everything that waits for the person, kind by kind; a fixed number of queries."""
    return [
        *inbox.kinds(by, on), queries.inbox(by, on), queries.transition(by, on), queries.variations(by, on),
        level_queries.inbox(by, on), money_queries.inbox(by, on), ending_queries.inbox(by, on), transfer_queries.inbox(by, on),
        request_queries.inbox(by, on), statutory_queries.inbox(by, on), publication_queries.inbox(by, on),
    ]  # fmt: skip


def duties(by: Person, on: date) -> list[Duty]:
    """What has a day, the nearest first: what waits (also what is late), and what comes in the next ``MONTHS_AHEAD``."""
    now = [
        Duty(working_days.last_day(item.due), item.subject, item.organisation, item.todo, item.url, True, item.subject_to_contract)
        for item in chain.from_iterable(waiting(by, on)) if item.due is not None
    ]  # fmt: skip
    shown = {(duty.url, duty.on) for duty in now}
    later = [duty for duty in _ahead(by, on) if (duty.url, duty.on) not in shown]
    return sorted([*now, *later], key=lambda duty: (duty.on, duty.subject, duty.what))


@dataclass(frozen=True)
class OfContract:
    """``waits``: what of a contract waits for the person, the nearest first; ``ahead``: the other days of it that are set, whoever is
    to do it; ``cut``: whether more of some kind may wait than is read at once."""

    waits: list[Item]
    ahead: list[Duty]
    cut: bool


def of_contract(contract: Contract, by: Person, on: date, *, with_notices: bool) -> OfContract:
    """Of all that the home page knows, what has its page under the contract's; and ``days_of_contract``."""
    address = reverse("contracts:contract", args=[contract.public_id])
    found = waiting(by, on)
    waits = inbox.in_order(item for item in chain.from_iterable(found) if item.url.startswith(address))
    shown = {(item.url, working_days.last_day(item.due)) for item in waits if item.due is not None}
    ahead = [duty for duty in days_of_contract(contract, on, with_notices=with_notices) if (duty.url, duty.on) not in shown]
    return OfContract(waits, ahead, any(len(kind) >= inbox.MOST_OF_A_KIND for kind in found))


def _rows(kind: str, rows: QuerySet, day: str, number: str, title: str, organisation: str, page: Expression | F, part: Expression | F) -> QuerySet:
    return rows.order_by().annotate(
        of=Value(kind), day=F(day), named=F(number), titled=F(title), body=F(organisation), page=Cast(page, CharField()), part=part,
    ).values_list("of", "day", "named", "titled", "body", "page", "part")  # fmt: skip


def _days_of(contracts: QuerySet[Contract], since: date, until: date) -> QuerySet:
    """The days that are set of contracts in force; of milestones that are still to be delivered, from ``since`` on."""
    milestones = Milestone.objects.filter(contract__in=contracts, state__in=[MilestoneState.PLANNED, MilestoneState.IN_PROGRESS])
    variations = Variation.objects.filter(contract__in=contracts, state=VariationState.EXECUTED)
    notices = Termination.objects.filter(contract__in=contracts, state=TerminationState.GIVEN)
    return _rows(
        "contract", contracts.filter(~ending_queries.IS_NOTICED, ends_on__range=(since, until)), "ends_on", "number", "title",
        "department__name", F("public_id"), Value(0),
    ).union(
        _rows("milestone", milestones.filter(due_on__range=(since, until)), "due_on", "contract__number", "contract__title",
              "contract__department__name", F("contract__public_id"), F("number")),
        _rows("variation", variations.filter(revision__effective_on__range=(since, until)), "revision__effective_on",
              "contract__number", "contract__title", "contract__department__name", F("contract__public_id"), F("number")),
        _rows("notice", notices.filter(effective_on__range=(since, until)), "effective_on", "contract__number", "contract__title",
              "contract__department__name", F("contract__public_id"), F("number")),
        all=True,
    )  # fmt: skip


def days_of_contract(contract: Contract, on: date, *, with_notices: bool) -> list[Duty]:
    """What has a day, of one contract and whoever is to do it, the nearest first, also what is late; ``with_notices``: statutory
    ones too, which are the department's and the authority's until they are published. Two queries."""
    until = add_months(on.replace(day=1), MONTHS_AHEAD + 1)
    contracts = Contract.objects.filter(pk=contract.pk, state=ContractState.EXECUTED)
    found = [_duty(*row) for row in _days_of(contracts, date.min, until)]
    for notice in statutory_queries.open_notices().filter(contract=contract, due_on__lt=until) if with_notices else ():
        words, url = statutory_queries.todo(notice), statutory_queries.address(notice)
        found.append(Duty(statutory.last_day(notice), "", "", words, url, waits=True))
    return sorted(found, key=lambda duty: (duty.on, duty.what))


def _ahead(by: Person, on: date) -> Iterator[Duty]:
    """Of the contracts that the person runs, and of the frameworks that they serve, buy or sell under; one query."""
    seen, until = sight_of(by, on), add_months(on.replace(day=1), MONTHS_AHEAD + 1)
    runs = {organisation for organisation, post in seen.posts if post in ON_EITHER_SIDE}
    mine = Contract.objects.filter(department__in=runs) | Contract.objects.filter(supplier__in=runs)
    contracts = mine.filter(state=ContractState.EXECUTED)
    buys = {organisation for organisation, post in seen.posts if post == PostCode.CONTRACT_MANAGER}
    rated = statutory.unpublished(StatutoryNotice.objects.filter(contract__department__in=buys, kind=NoticeKind.PERFORMANCE))
    joined = Accession.objects.filter(department__in=seen.organisations, state=AccessionState.ACTIVE).values("framework")
    sold = FrameworkSupplier.objects.filter(supplier__in=seen.organisations).values("framework")
    frameworks = Framework.objects.filter(Q(pk__in=seen.frameworks) | Q(pk__in=joined) | Q(pk__in=sold)).exclude(state__in=OVER)
    served = Framework.objects.filter(pk__in=seen.frameworks).values("authority")
    transfers = Transfer.objects.filter(
        Q(authority__in=served) | Q(outgoing__in=seen.organisations) | Q(receiving__in=seen.organisations), state=TransferState.AGREED
    )
    left = standing.standing_notices().filter(Q(accession__department__in=seen.organisations) | Q(accession__framework__in=seen.frameworks))
    none = Value(0)
    found = _days_of(contracts, on, until).union(
        _rows("ratings", rated.filter(due_on__range=(on, until)), "due_on", "contract__number", "contract__title",
              "contract__department__name", F("contract__public_id"), F("number")),
        _rows("transfer", transfers.filter(effective_on__range=(on, until)), "effective_on", "number", "outgoing__name", "receiving__name",
              F("public_id"), none),
        _rows("membership", left.filter(last_day__range=(on, until)), "last_day", "accession__framework__reference",
              "accession__framework__title", "accession__department__name", F("accession__public_id"), none),
        _rows("framework", frameworks.filter(ends_on__range=(on, until)), "ends_on", "reference", "title",
              "authority__name", Value(""), none),
        all=True,
    )  # fmt: skip
    for row in found.order_by("day")[:MOST_AHEAD]:
        yield _duty(*row)


def _duty(kind: str, on: date, number: str, title: str, organisation: str, public_id: str, part: int) -> Duty:
    if kind == "contract":
        words, url = _("last day of the contract"), reverse("contracts:contract", args=[public_id])
    elif kind == "milestone":
        words = _("milestone %(label)s is due") % {"label": Milestone(number=part).label}
        url = reverse("contracts:milestone", args=[public_id, part])
    elif kind == "variation":
        words = _("variation %(label)s takes effect") % {"label": Variation(number=part).label}
        url = reverse("contracts:variation", args=[public_id, part])
    elif kind == "notice":
        words, url = _("notice of termination takes effect"), reverse("contracts:ending", args=[public_id])
    elif kind == "ratings":  # other notices wait from the first moment
        words = _("%(kind)s to publish") % {"kind": NoticeKind.PERFORMANCE.label}
        url = reverse("contracts:statutory_notice", args=[public_id, part])
    elif kind == "transfer":
        words, url = _("what it has passes to %(receiving)s") % {"receiving": organisation}, reverse("contracts:transfer", args=[public_id])
    elif kind == "membership":
        words, url = _("last day of the membership"), reverse("procurement:accession", args=[public_id])
    else:
        words, url = _("last day of the framework"), reverse("procurement:framework")
    return Duty(on, f"{number} {title}", organisation, words, url)
