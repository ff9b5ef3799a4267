"""How a contract stands near and after its end, in one word; and what of it waits for a person."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.ending_guards import CONFIRMING, latest
from contracts.exit_items import BY_CODE
from contracts.managers import SUPPLIER_POSTS
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


# Of a contract: notice is given to end it before its last day.
IS_NOTICED = Exists(Termination.objects.filter(contract=OuterRef("pk"), state=TerminationState.GIVEN))


def with_standing(rows: QuerySet[Contract]) -> QuerySet[Contract]:
    return rows.annotate(
        is_noticed=IS_NOTICED,
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
    """The same of one contract as it was fetched: one question, and none of a contract that does not bind."""
    if not contract.is_binding:
        return contract.state
    contract.is_noticed, contract.runs_on = with_standing(Contract.objects.filter(pk=contract.pk)).values_list("is_noticed", "runs_on").get()
    return standing(contract, on)


def shown(contract: Contract, on: date) -> dict[str, str]:
    """For the tag on a page of the contract."""
    code = standing_of(contract, on)
    return {"standing": code, "standing_words": words(code)}


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
    sells = [organisation for organisation, post in held if post in SUPPLIER_POSTS]
    found = list(_to_confirm(confirms)) if confirms else []
    for contract in _ending(buys, sells, on) if buys or sells else ():
        found += _of_contract(contract, department=contract.department_id in buys, supplier=contract.supplier_id in sells)
    return found


def _item(contract: Contract, todo: str, since: datetime, due: datetime | None = None) -> Item:
    url = reverse("contracts:ending", args=[contract.public_id])
    return Item(f"{contract.number} {contract.title}", contract.department.name, todo, url, since, due)


def _to_confirm(confirms: list[int]) -> Iterable[Item]:
    rows = Termination.objects.filter(state=TerminationState.PROPOSED, contract__department__in=confirms)
    for one in rows.select_related("contract__department").order_by("proposed_at", "id")[:MOST_OF_A_KIND]:
        due = working_days.midnight_after(latest(one.ground, one.effective_on))
        yield _item(one.contract, _("termination %(label)s to confirm or refuse") % {"label": one.label}, one.proposed_at, due)


def _ending(buys: list[int], sells: list[int], on: date) -> Iterable[Contract]:
    """Contracts in their last half year that no notice ends earlier, and those that have ended and are not closed, with what of
    their exit is done: three questions."""
    rows = Contract.objects.filter(
        Q(department__in=buys) | Q(supplier__in=sells),
        Q(~IS_NOTICED, state=S.EXECUTED, ends_on__range=(on, on + timedelta(days=EXIT_DAYS))) | Q(state__in=ENDED), exit__isnull=False,
    ).select_related("department", "exit", "running_on")  # fmt: skip
    acts = ExitAct.objects.filter(item=OuterRef("pk"), ends_on__gte=OuterRef("exit__contract__ends_on"))
    items = Prefetch("exit__items", ExitItem.objects.annotate(is_done=Exists(acts)))
    return rows.prefetch_related(items).order_by("ends_on", "id")[:MOST_OF_A_KIND]


def _of_contract(contract: Contract, *, department: bool, supplier: bool) -> Iterable[Item]:
    """What it asks of somebody who runs it for one side, or both."""
    if contract.state == S.EXECUTED:
        words = _("the contract ends: to extend, to order anew, or to prepare its exit")
        yield _item(contract, words, contract.exit.opened_at, working_days.midnight_after(contract.ends_on))
        return
    if hasattr(contract, "running_on") and contract.running_on.state == RunningState.RUNNING:
        yield _item(contract, _("services continue without contract: to order, or to stop"), contract.running_on.state_since)
    items = list(contract.exit.items.all())
    done, undone = {one.code for one in items if one.is_done}, [one for one in items if not one.is_done]
    own = [one for one in undone if (department if one.party == Party.DEPARTMENT else supplier)]
    now = [str(BY_CODE[one.code].title) for one in own if not BY_CODE[one.code].after or BY_CODE[one.code].after in done]
    if now:
        yield _item(contract, _("exit: %(items)s") % {"items": ", ".join(now)}, contract.exit.opened_at)
    if department and not undone:
        yield _item(contract, _("to close: its exit is done"), contract.state_since)
