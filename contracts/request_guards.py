"""Why not: reasons in words for the acts on a change request."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from contracts import ending_guards, manager_guards, tolerance
from contracts import variation_guards as of_variations
from contracts.models import ChangeRequest, Contract, ContractState, RequestState
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement.actors import Person

R = RequestState


def why_not_ask(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from of_variations.why_not_in_force(contract, london_day(at))
    if not tolerance.percent_of(contract):
        yield Reason(
            _("The contract leaves its quantities no tolerance: every change of them needs a variation (clause 6.6)."),
            _("The contract manager or a requester can begin one."),
        )
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def why_not_asked(request: ChangeRequest) -> Iterator[Reason]:
    if request.state != R.ASKED:
        yield Reason(_("Change request %(label)s is %(state)s.") % {"label": request.label, "state": request.get_state_display()})


def _why_not_supplier(request: ChangeRequest, by: Person, on: date) -> Iterator[Reason]:
    """Who asked for it in another chair does not answer it."""
    yield from manager_guards.why_not_supplier(request.contract, by, on)
    seat = manager_guards.supplier_seat(request.contract, by, on)
    if seat and manager_guards.hands(by, seat) & {request.asked_by, request.asked_for}:
        yield Reason(_("%(name)s asked for it: somebody else answers it.") % {"name": request.asked_by_name})


def why_not_refuse(request: ChangeRequest, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_asked(request)
    yield from _why_not_supplier(request, by, london_day(at))


def why_not_accept(request: ChangeRequest, *, by: Person, at: datetime) -> Iterator[Reason]:
    """As everything stands now: what has been agreed since it was asked may leave no room for it, or make more of it."""
    yield from why_not_refuse(request, by=by, at=at)
    if request.state == R.ASKED:
        yield from why_no_longer_fits(request, on=london_day(at))


def why_no_longer_fits(request: ChangeRequest, *, on: date) -> Iterator[Reason]:
    contract = request.contract
    if contract.state != ContractState.EXECUTED or on > contract.ends_on:
        yield from of_variations.why_not_in_force(contract, on)
        return
    if ending_guards.is_being_closed(contract):
        yield Reason(
            _("All parties have signed a variation of the contract, which is being closed and changes the terms."),
            _("Look again in a moment."),
        )
    found = tolerance.find(contract, tolerance.asked_of(request), request.effective_on, on=on, request=request)
    yield from found.reasons
    if not found.reasons and (found.money.value_gbp > request.value_gbp or found.money.counted_gbp > request.counted_gbp):
        yield Reason(
            _("It comes to %(now)s by the terms as they stand; it was asked at %(was)s.")
            % {"now": gbp(found.money.value_gbp), "was": gbp(request.value_gbp)},
            _("The contract manager of %(department)s can withdraw it and ask anew.") % {"department": contract.department.name},
        )


def why_not_withdraw(request: ChangeRequest, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_asked(request)
    yield from manager_guards.why_not_department(request.contract, by, london_day(at))


def why_lapsed(request: ChangeRequest, *, at: datetime) -> str:
    """In words; "" while it can still be accepted."""
    on, contract = london_day(at), request.contract
    if request.state != R.ASKED:
        return ""
    if contract.state != ContractState.EXECUTED or contract.ends_on < on:
        return _("The contract has ended.")
    if request.effective_on <= on:
        return _("Its first day, %(day)s, came before it was accepted.") % {"day": as_day(request.effective_on)}
    return ""
