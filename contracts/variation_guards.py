"""Why not: reasons in words for the acts on a variation before it is approved."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from contracts import manager_guards
from contracts.models import Contract, ContractState, Variation, VariationState
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import recusals, seats
from procurement.actors import Person
from procurement.models import PostCode, User
from procurement.seats import Seat
from procurement.standing import why_framework_over

V = VariationState
POSTS = (PostCode.CONTRACT_MANAGER, PostCode.REQUESTER)


def seat_of(contract: Contract, by: Person, on: date) -> Seat | None:
    """From which the person works on the contract's variations: the first against which nothing stands."""
    sits = [seat for code in POSTS for seat in seats.seats_of(by, contract.department_id, code, on)]
    return seats.choose(sits, lambda seat: any(recusals.why_chosen(contract.revision.approval, seat)))


def acting_for(contract: Contract, by: Person, at: datetime) -> User | None:
    """For whom the person works on it; None in their own chair."""
    seat = seat_of(contract, by, london_day(at))
    return seat.principal if seat else None


def why_not_in_force(contract: Contract, on: date) -> Iterator[Reason]:
    """Only a contract in force is varied (domain.md, "The end of a contract": after expiry there is no variation)."""
    if contract.state != ContractState.EXECUTED:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    if on > contract.ends_on:
        yield Reason(_("The contract has ended on %(day)s.") % {"day": as_day(contract.ends_on)}, _("What is wanted now is a new order."))


def why_not_work(contract: Contract, by: Person, on: date) -> Iterator[Reason]:
    seat = seat_of(contract, by, on)
    if seat is None:
        yield Reason(
            _("Only the contract manager or a requester of %(department)s can do this.") % {"department": contract.department.name},
            seats.who_holds(contract.department_id, PostCode.CONTRACT_MANAGER, on),
        )
        return
    yield from recusals.why_recused(contract.revision.approval, by)
    yield from recusals.why_chosen(contract.revision.approval, seat)


def why_not_work_on(variation: Variation, by: Person, on: date) -> Iterator[Reason]:
    """Who has declared a conflict of interest in it keeps out of it, from whatever post."""
    yield from why_not_work(variation.contract, by, on)
    yield from recusals.why_recused(variation, by)


def why_not_begin(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_force(contract, london_day(at))
    yield from why_framework_over(contract.framework, london_day(at))
    yield from why_not_work(contract, by, london_day(at))


def why_not_in_state(variation: Variation, *wanted: str) -> Iterator[Reason]:
    if variation.state not in wanted:
        yield Reason(_("Variation %(label)s is %(state)s.") % {"label": variation.label, "state": variation.get_state_display()})


def why_not_edit(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(variation, V.DRAFT)
    yield from why_not_begin(variation.contract, by=by, at=at)
    yield from recusals.why_recused(variation, by)


def why_not_revise(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(variation, V.ASSESSED)
    yield from why_not_begin(variation.contract, by=by, at=at)
    yield from recusals.why_recused(variation, by)


def why_not_reply(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whoever runs the contract for the supplier, from its assessment until all approvers have decided."""
    yield from why_not_in_state(variation, V.ASSESSED, V.IN_APPROVAL)
    yield from manager_guards.why_not_supplier(variation.contract, by, london_day(at))
    yield from recusals.why_recused(variation, by)


def why_not_withdraw(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whoever works on it, until all approvers have decided."""
    yield from why_not_in_state(variation, V.DRAFT, V.ASSESSED, V.IN_APPROVAL)
    yield from why_not_work_on(variation, by, london_day(at))
