"""How a contract stands near and after its end, in one word; and what of it waits for a person."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.ending_guards import CONFIRMING
from contracts.exit_items import BY_CODE
from contracts.models import (
    ENDED,
    Contract,
    ContractState,
    ExitAct,
    ExitItem,
    Party,
    RunningOn,
    RunningState,
    Termination,
    TerminationState,
)
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import PostCode

EXIT_DAYS = 180  # before the last day, in which the exit is under way (Schedule 6, paragraph 2.1)
S = ContractState

# What a reader is told instead of the bare state, and how it is found; the first that fits. Each needs ``with_standing``.
STANDINGS = {
    "running_on": gettext_lazy("continuing without contract"),
    "noticed": gettext_lazy("notice given"),
    "in_exit": gettext_lazy("in exit"),
    "in_force": gettext_lazy("in force"),
}


def with_standing(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    return rows.annotate(
        is_noticed=Exists(Termination.objects.filter(contract=OuterRef("pk"), state=TerminationState.GIVEN)),
        runs_on=Exists(RunningOn.objects.filter(contract=OuterRef("pk"), state=RunningState.RUNNING)),
    )


def standing(contract: Contract, on: date) -> str:
    """The code of ``STANDINGS`` that fits, else the state. Of a contract that was read ``with_standing``."""
    if contract.runs_on:
        return "running_on"
    if contract.state != S.EXECUTED:
        return contract.state
    if contract.is_noticed:
        return "noticed"
    return "in_exit" if contract.ends_on <= on + timedelta(days=EXIT_DAYS) else "in_force"


def words(code: str) -> str:
    return str(STANDINGS[code] if code in STANDINGS else S(code).label)


def standing_of(contract: Contract, on: date) -> str:
    """The same of one contract as it was fetched: two questions."""
    contract.is_noticed = contract.terminations.filter(state=TerminationState.GIVEN).exists()
    contract.runs_on = RunningOn.objects.filter(contract=contract, state=RunningState.RUNNING).exists()
    return standing(contract, on)


def choices() -> list[tuple[str, str]]:
    """What the register is filtered by, in the order of a contract's life."""
    codes = [S.PREPARING, S.AWAITING_SIGNATURES, "in_force", "noticed", "in_exit", S.EXPIRED, "running_on", S.TERMINATED, S.CLOSED, S.VOID]
    return [(str(code), words(code)) for code in codes]


def standing_filter(code: str, on: date) -> Q:
    """Of rows ``with_standing``; the same as ``standing`` says."""
    executed, ends = Q(state=S.EXECUTED, is_noticed=False), on + timedelta(days=EXIT_DAYS)
    known = {
        "running_on": Q(runs_on=True), "noticed": Q(state=S.EXECUTED, is_noticed=True),
        "in_exit": executed & Q(ends_on__lte=ends), "in_force": executed & Q(ends_on__gt=ends),
        S.EXPIRED: Q(state=S.EXPIRED, runs_on=False),
    }  # fmt: skip
    return known.get(code, Q(state=code))


def inbox(by: Person, on: date) -> list[Item]:
    """What the end of contracts asks of the person: to confirm a termination; of those who run a contract the end that nears,
    what is to be done at its exit, what runs on, and to close it. None where they sit in none of these chairs."""
    held = sight_of(by, on).posts
    confirms = [organisation for organisation, post in held if post in CONFIRMING]
    buys = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    sells = [organisation for organisation, post in held if post in (PostCode.SERVICE_MANAGER, PostCode.ACCOUNT_MANAGER)]
    found = list(_to_confirm(confirms)) if confirms else []
    if buys or sells:
        found += _ending(buys, sells, on)
        found += _running(buys, sells)
        found += _to_do(buys, sells)
        found += _to_close(buys)
    return found


def _item(contract: Contract, todo: str, since: datetime, due: datetime | None = None) -> Item:
    url = reverse("contracts:ending", args=[contract.public_id])
    return Item(f"{contract.number} {contract.title}", contract.department.name, todo, url, since, due)


def _of(buys: list[int], sells: list[int], prefix: str = "") -> Q:
    return Q(**{f"{prefix}department__in": buys}) | Q(**{f"{prefix}supplier__in": sells})


def _to_confirm(confirms: list[int]) -> Iterable[Item]:
    rows = Termination.objects.filter(state=TerminationState.PROPOSED, contract__department__in=confirms)
    for one in rows.select_related("contract__department").order_by("proposed_at", "id")[:MOST_OF_A_KIND]:
        due = working_days.midnight_after(one.effective_on - timedelta(days=1))
        yield _item(one.contract, _("termination %(label)s to confirm or refuse") % {"label": one.label}, one.proposed_at, due)


def _ending(buys: list[int], sells: list[int], on: date) -> list[Item]:
    """Contracts in their last half year: what is needed afterwards is extended or ordered before."""
    rows = Contract.objects.filter(
        _of(buys, sells), state=S.EXECUTED, ends_on__gte=on, ends_on__lte=on + timedelta(days=EXIT_DAYS)
    )
    rows = rows.filter(exit__isnull=False).select_related("department", "exit")
    return [
        _item(one, _("the contract ends: to extend, to order anew, or to prepare its exit"), one.exit.opened_at, working_days.midnight_after(one.ends_on))
        for one in rows.order_by("ends_on", "id")[:MOST_OF_A_KIND]
    ]


def _running(buys: list[int], sells: list[int]) -> list[Item]:
    rows = RunningOn.objects.filter(_of(buys, sells, "contract__"), state=RunningState.RUNNING).select_related("contract__department")
    return [
        _item(one.contract, _("services continue without contract: to order, or to stop"), one.state_since)
        for one in rows.order_by("state_since", "id")[:MOST_OF_A_KIND]
    ]


def _to_do(buys: list[int], sells: list[int]) -> list[Item]:
    """Of each contract that has ended how many things of its exit are the person's side's to do now."""
    rows = ExitItem.objects.filter(
        Q(party=Party.DEPARTMENT, exit__contract__department__in=buys) | Q(party=Party.SUPPLIER, exit__contract__supplier__in=sells),
        act__isnull=True, exit__contract__state__in=ENDED,
    ).select_related("exit__contract__department")  # fmt: skip
    rows = list(rows.order_by("exit__opened_at", "exit", "number")[:MOST_OF_A_KIND])
    done = set(ExitAct.objects.filter(item__exit__in={row.exit_id for row in rows}).values_list("item__exit", "item__code"))
    found: dict[int, list[ExitItem]] = {}
    for row in rows:
        after = BY_CODE[row.code].after
        if not after or (row.exit_id, after) in done:
            found.setdefault(row.exit_id, []).append(row)
    return [
        _item(items[0].exit.contract, _("exit: %(items)s") % {"items": ", ".join(str(BY_CODE[one.code].title) for one in items)}, items[0].exit.opened_at)
        for items in found.values()
    ]


def _to_close(buys: list[int]) -> list[Item]:
    undone = ExitItem.objects.filter(exit__contract=OuterRef("pk"), act__isnull=True)
    rows = Contract.objects.filter(~Exists(undone), department__in=buys, state__in=ENDED, exit__isnull=False).select_related("department")
    return [_item(one, _("to close: its exit is done"), one.state_since) for one in rows.order_by("state_since", "id")[:MOST_OF_A_KIND]]
