"""Why not: reasons in words for the acts on a milestone."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from contracts import cutover, manager_guards, terms, transition_money
from contracts.models import BOUND, ENDED, Contract, Milestone, MilestoneState
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement.actors import Person

M = MilestoneState


def why_not_in_state(milestone: Milestone, *wanted: str) -> Iterator[Reason]:
    contract = milestone.contract
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    elif milestone.state not in wanted:
        yield Reason(
            _("Milestone %(label)s is %(state)s.") % {"label": milestone.label, "state": milestone.get_state_display()}
        )


def _own_submission(milestone: Milestone, by: Person, on: date) -> Iterator[Reason]:
    """Whoever submitted it, for whom they worked then, does not decide on it, nor does who acts for them now."""
    seat, submission = manager_guards.department_seat(milestone.contract, by, on), milestone.submissions.last()
    if seat is None or submission is None:
        return
    if submission.submitted_by in manager_guards.hands(by, seat):
        yield Reason(
            _("%(name)s submitted it: somebody else decides on it.") % {"name": submission.submitted_by_name},
            _("Another contract manager has to decide."),
        )


def _over(milestone: Milestone, on: date) -> Iterator[Reason]:
    """Under a contract that has ended nothing new is delivered. What was submitted in time is still decided, and if it is
    sent back it is put right (Schedule 3, paragraph 3.4)."""
    ended = milestone.contract.ends_on
    if on > ended and not milestone.submissions.exists():
        yield Reason(_("The contract ended on %(day)s.") % {"day": as_day(ended)})


def why_not_begin(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(milestone, M.PLANNED)
    yield from _over(milestone, london_day(at))
    yield from manager_guards.why_not_supplier(milestone.contract, by, london_day(at))


def why_not_submit(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(milestone, M.IN_PROGRESS)
    yield from _over(milestone, london_day(at))
    yield from manager_guards.why_not_supplier(milestone.contract, by, london_day(at))


def why_not_decide(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To accept, to accept on conditions, or to send back."""
    yield from why_not_in_state(milestone, M.SUBMITTED)
    yield from manager_guards.why_not_department(milestone.contract, by, london_day(at))
    yield from _own_submission(milestone, by, london_day(at))


def why_not_meet(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(milestone, M.CONDITIONAL)
    yield from manager_guards.why_not_department(milestone.contract, by, london_day(at))
    yield from _own_submission(milestone, by, london_day(at))


def why_not_fail(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Once it is so late that a reduction makes good no more of it, or the contract has ended; what was submitted is decided
    first."""
    yield from why_not_in_state(milestone, M.PLANNED, M.IN_PROGRESS)
    yield from manager_guards.why_not_department(milestone.contract, by, london_day(at))
    stop = transition_money.long_stop(milestone.due_on)
    if london_day(at) < stop and not milestone.is_accepted and milestone.contract.state not in ENDED:
        yield Reason(
            _("Milestone %(label)s can be called failed from %(day)s on, when a delay lowers its payment no further.")
            % {"label": milestone.label, "day": as_day(stop)}
        )


def why_not_move_due_day(milestone: Milestone, *, by: Person, at: datetime) -> Iterator[Reason]:
    """While it is open: a submission that waits keeps the day it is measured by."""
    yield from why_not_in_state(milestone, M.PLANNED, M.IN_PROGRESS)
    yield from manager_guards.why_not_department(milestone.contract, by, london_day(at))


def why_not_achieved_on(milestone: Milestone, day: date | None, *, at: datetime) -> Iterator[Reason]:
    """Whether a milestone that changes the terms can have been achieved on the day."""
    contract = milestone.contract
    if day is None:
        yield Reason(_("Say on which day it was achieved."))
        return
    if day > london_day(at):
        yield Reason(_("%(day)s is still to come: only what has happened is accepted.") % {"day": as_day(day)})
    if not contract.starts_on <= day <= contract.ends_on:
        yield Reason(
            _("The contract runs from %(first)s to %(last)s: it cannot have been achieved on %(day)s.")
            % {"first": as_day(contract.starts_on), "last": as_day(contract.ends_on), "day": as_day(day)}
        )
    if milestone.effect == Milestone.Effect.CUTOVER:
        yield from _after_the_interim_service(contract, day)


def _after_the_interim_service(contract: Contract, day: date) -> Iterator[Reason]:
    """The cutover ends what has begun: not before it is decided that it has, nor on a day before it did."""
    first = contract.milestones.filter(effect=Milestone.Effect.INTERIM_STARTS).exclude(state=M.FAILED).first()
    if first is None:
        return
    if not first.is_accepted:
        yield Reason(
            _("Milestone %(label)s, by which the interim service starts, is %(state)s; it is decided before the cutover.")
            % {"label": first.label, "state": first.get_state_display()}
        )
    elif day < first.achieved_on:
        yield Reason(
            _("The interim service began on %(first)s, by milestone %(label)s: the cutover cannot have been on %(day)s.")
            % {"first": as_day(first.achieved_on), "label": first.label, "day": as_day(day)}
        )


def would_move(milestone: Milestone, day: date) -> cutover.Moved | None:
    """What its achievement on the day does to the terms as they are."""
    return cutover.move(terms.read(milestone.contract), milestone.effect, day)
