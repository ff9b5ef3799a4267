"""Whose desk an order is on: the page that says so and the reminder to them read the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents import audit
from documents.clock import london_day
from documents.refusal import Reason
from procurement import approval_guards, clocks, guards, seats
from procurement.actors import Person
from procurement.models import IN_APPROVAL, Approval, CallOff, CallOffState, PostCode, StepState, User

S = CallOffState
NUDGED = "call_off.nudged"


@dataclass(frozen=True)
class Desk:
    """A chair that an order waits for: since when, for what where that is not plain, and for an answer until when.
    ``able``: those of who sits in it that nothing bars, where something can; ``url``: where it is done, if not on the page
    of the order; ``number``: the contract's, where it is one that waits."""

    organisation: Organisation
    post: str
    since: datetime
    on: date
    due: datetime | None = None
    todo: str = ""
    able: list[User] | None = None
    url: str = ""
    number: str = ""

    @property
    def who(self) -> str:
        return f"{PostCode(self.post).label}, {self.organisation.name}" + (f" ({self.todo})" if self.todo else "")

    @cached_property
    def users(self) -> list[User]:
        return seats.holders(self.organisation.pk, self.post, self.on) if self.able is None else self.able

    @property
    def people(self) -> list[str]:
        return [seats.named(user) for user in self.users]

    @property
    def days(self) -> int:
        return (self.on - london_day(self.since)).days


Finder = Callable[[CallOff, date], list[Desk]]
_ABOVE: dict[str, Finder] = {}


def register(state: str, find: Finder) -> None:
    """How a layer above finds the desk of an order in a state of its own."""
    _ABOVE[state] = find


def read_steps(approval: Approval) -> Approval:
    """Reads its steps with who decided them, the questions asked on them and whom it bars from them, once for a whole
    page."""
    steps = approval.steps.select_related("organisation", "decision__delegation").prefetch_related("queries")
    prefetch_related_objects([approval], Prefetch("steps", steps), "queries", "decisions")
    return approval


def of_approval(approval: Approval, on: date) -> list[Desk]:
    """Whose desk it is on while it is being decided: those of its open steps, and the requester's for a question."""
    found = [
        Desk(step.organisation, step.post, step.opened_at, on, able=approval_guards.who_can_take(step, on))
        for step in read_steps(approval).steps.all() if step.state == StepState.OPEN
    ]  # fmt: skip
    asked = next((query for query in approval.queries.all() if query.answered_at is None), None)
    if asked is not None:
        found.append(Desk(approval.department, PostCode.REQUESTER, asked.asked_at, on, todo=_("to answer a question")))
    return found


def of(call_off: CallOff, on: date) -> list[Desk]:
    """Whose desk a call-off is on now; more than one while steps are parallel, none while a worker has it."""
    if call_off.state in (S.DRAFT, S.RETURNED):
        return [Desk(call_off.department, PostCode.REQUESTER, call_off.state_since, on)]
    if call_off.state in IN_APPROVAL:
        return of_approval(call_off.revision.approval, on)
    if call_off.state == S.WITH_SUPPLIER:
        asked = list(call_off.clarifications.all())
        if (still := next((one for one in asked if one.answered_at is None), None)) is not None:
            return [Desk(call_off.department, PostCode.REQUESTER, still.asked_at, on, todo=_("to answer a question"))]
        since = max([call_off.state_since, *(one.answered_at for one in asked)])
        return [Desk(call_off.supplier, PostCode.ORDER_DESK, since, on, clocks.until(call_off))]
    if call_off.state == S.COUNTER_PROPOSED:
        return [Desk(call_off.department, PostCode.REQUESTER, call_off.state_since, on, clocks.until(call_off))]
    return _ABOVE[call_off.state](call_off, on) if call_off.state in _ABOVE else []


def elsewhere(call_off: CallOff, on: date, known: list[Desk] | None = None) -> list[Desk]:
    """Those of them that its own requesters can remind. ``known`` are all its desks, where the caller has read them."""
    own = call_off.department_id, PostCode.REQUESTER
    found = of(call_off, on) if known is None else known
    return [desk for desk in found if (desk.organisation.pk, desk.post) != own]


def why_not_nudge(call_off: CallOff, *, by: Person, at: datetime, known: list[Desk] | None = None) -> Iterator[Reason]:
    """A reminder of a requester's to whoever has the order: once a day, and not on the day on which it came to them.
    ``known`` as above."""
    on = london_day(at)
    yield from guards.why_not_in_state(call_off, *IN_APPROVAL, S.WITH_SUPPLIER, S.CONFIRMED)
    yield from guards.why_not_requester(call_off, by, on)
    if call_off.state == S.WITH_SUPPLIER:
        yield from guards.why_question_open(call_off, on)
    if call_off.state in (*IN_APPROVAL, S.WITH_SUPPLIER, S.CONFIRMED):
        found = elsewhere(call_off, on, known)
        if not found and call_off.state == S.CONFIRMED:
            yield Reason(_("It is on nobody's desk: its document is being worked on. Look again in a moment."))
        if found and london_day(min(desk.since for desk in found)) == on:
            yield Reason(_("It has come to this desk today; remind them from tomorrow on."))
        last = audit.history(call_off).filter(verb=NUDGED).last()
        if last is not None and london_day(last.at) == on:
            yield Reason(_("%(who)s has reminded them today; once a day is enough.") % {"who": last.actor_words})
