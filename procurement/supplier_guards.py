"""Why not: reasons in words for the acts of the supplier's order desk on an order it was awarded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from documents.actors import Actor
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import last_day
from procurement import access, clocks, recusals, seats
from procurement.actors import Person
from procurement.approval_guards import who_acts, why_hold_ended, why_not_segregated
from procurement.guards import why_not_in_state, why_question_open
from procurement.models import CallOff, CallOffState, PostCode, User
from procurement.standing import why_framework_over, why_no_member, why_supplier_excluded

S = CallOffState


def why_not_order_desk(call_off: CallOff, by: Person, on: date) -> Iterator[Reason]:
    """The order desk acts for the supplier; not who has declared a conflict of interest in the order."""
    if seats.find_seat(by, call_off.supplier_id, PostCode.ORDER_DESK, on) is None:
        yield access.order_desk_needed(call_off, on)
    else:
        yield from recusals.why_recused(call_off, by)


def _seat(call_off: CallOff, by: Person, sits: list[seats.Seat]) -> seats.Seat | None:
    """Of the person's seats at the order desk the first against which nothing stands."""
    return seats.choose(sits, lambda seat: any(why_not_segregated(call_off.revision.approval, by, seat)))


def for_order_desk(call_off: CallOff, by: Actor, at: datetime) -> User | None:
    """Whose deputy the person acts as at the supplier's order desk, as the action records it; None in their own chair, and
    for the system. The chair is held (``seats.hold``)."""
    if not isinstance(by, Person):
        return None
    return seats.hold(_seat(call_off, by, seats.seats_of(by, call_off.supplier_id, PostCode.ORDER_DESK, london_day(at)))).principal


def why_not_confirm(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from why_not_in_state(call_off, S.WITH_SUPPLIER, viewpoint="supplier")
    yield from why_not_order_desk(call_off, by, on)
    if call_off.state == S.WITH_SUPPLIER:
        if clocks.is_over(call_off, at):
            yield Reason(_("The time to answer ended with %(day)s.") % {"day": last_day(call_off.answer_due_at)})
        yield from why_framework_over(call_off.framework, on)
        yield from why_question_open(call_off, on)
        yield from why_no_member(call_off.framework, call_off.department)
        yield from why_hold_ended(call_off.revision.approval, on)
        yield from why_supplier_excluded(call_off, on)
        yield from _apart_from_approval(call_off, by, on)


def _apart_from_approval(call_off: CallOff, by: Person, on: date) -> Iterator[Reason]:
    """Who wrote the order or decided on it does not accept it."""
    desk = call_off.supplier_id, PostCode.ORDER_DESK
    for reason in why_not_segregated(call_off.revision.approval, by, _seat(call_off, by, seats.seats_of(by, *desk, on))):
        able = [
            user for user, sits in seats.taken(*desk, on)
            if not any(why_not_segregated(call_off.revision.approval, Person.of(user), _seat(call_off, Person.of(user), sits)))
        ]  # fmt: skip
        yield replace(reason, who_can=who_acts(PostCode.ORDER_DESK, able))


def why_not_clarify(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The order desk asks while its time runs, one question at a time."""
    yield from why_not_in_state(call_off, S.WITH_SUPPLIER, viewpoint="supplier")
    yield from why_not_order_desk(call_off, by, london_day(at))
    if call_off.state == S.WITH_SUPPLIER:
        if clocks.is_over(call_off, at):
            yield Reason(_("The time to answer ended with %(day)s.") % {"day": last_day(call_off.answer_due_at)})
        yield from why_framework_over(call_off.framework, london_day(at))
        yield from why_question_open(call_off, london_day(at))


def why_not_decline(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(call_off, S.WITH_SUPPLIER, viewpoint="supplier")
    yield from why_not_order_desk(call_off, by, london_day(at))
