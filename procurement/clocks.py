"""The clocks of an order's answer and of an application's review: started, and stopped for as long as a question is open
or the framework is suspended, keeping the working days they had left."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Greatest

from catalogue.models import Framework, FrameworkState
from procurement import working_days
from procurement.models import Accession, AccessionState, CallOff, CallOffState, Clarification
from procurement.working_days import Clock

S, A = CallOffState, AccessionState


_ANSWERED = Clarification.objects.filter(call_off=OuterRef("pk"), answered_at__isnull=False).order_by("-answered_at")
# since when the supplier has an order: a question of its own puts it on the department's desk until it is answered
DESK_SINCE = Greatest("state_since", Subquery(_ANSWERED.values("answered_at")[:1]))


def answer(call_off: CallOff) -> Clock:
    """The supplier's time to answer the order."""
    return Clock(call_off.answer_due_at, call_off.answer_days_left)


def set_answer(call_off: CallOff, clock: Clock) -> None:
    call_off.answer_due_at, call_off.answer_days_left = clock


def until(call_off: CallOff) -> datetime | None:
    """Until when whoever has the awarded order can answer; None while that time stands. The end of a counter-proposal's is
    moved when the framework is resumed."""
    stands = call_off.state == S.COUNTER_PROPOSED and call_off.framework.state == FrameworkState.SUSPENDED
    return None if stands else call_off.answer_due_at


def is_over(call_off: CallOff, at: datetime) -> bool:
    """Whether the time to answer the awarded order, or its counter-proposal, has ended. It does not end in a suspension,
    nor with one: who could not accept meanwhile has not been silent."""
    due = call_off.answer_due_at
    if due is None or at < due:
        return False
    stood = call_off.framework.suspensions.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=due), suspended_at__lt=due)
    return call_off.state != S.COUNTER_PROPOSED or not stood.exists()


def review(accession: Accession) -> Clock:
    """The authority's time to review an application."""
    return Clock(accession.due_at, accession.days_left)


def set_review(accession: Accession, clock: Clock) -> None:
    accession.due_at, accession.days_left = clock


def begun(framework: Framework, working_days: int, at: datetime) -> Clock:
    """A limit of so many working days from the moment on; it stands from the start while the framework is suspended."""
    return going(framework, Clock(None, working_days), at)


def going(framework: Framework, clock: Clock, at: datetime) -> Clock:
    """The clock goes on, unless the framework is suspended."""
    return clock if framework.state == FrameworkState.SUSPENDED else clock.started(at)


def stop_all(framework: Framework, at: datetime) -> Iterator[CallOff | Accession]:
    """Every clock that runs under the framework stands from the moment on; one whose time is over already is left to end.
    The caller holds the framework against all other actions."""
    for call_off in _orders(framework, S.WITH_SUPPLIER).filter(answer_due_at__gt=at):
        set_answer(call_off, answer(call_off).stopped(at))
        call_off.save()
        yield call_off
    yield from _orders(framework, S.COUNTER_PROPOSED).filter(answer_due_at__gt=at)
    for accession in _reviews(framework).filter(due_at__gt=at):
        set_review(accession, review(accession).stopped(at))
        accession.save()
        yield accession


def start_all(framework: Framework, at: datetime) -> Iterator[CallOff | Accession]:
    """Every clock that stood for the suspension alone goes on; a question that is still open keeps its own standing. The
    department has the working days back in which it could not accept a counter-proposal, where the price hold leaves it
    no longer, and one at least."""
    asked = Clarification.objects.filter(call_off__framework=framework, answered_at__isnull=True)
    for call_off in _orders(framework, S.WITH_SUPPLIER).filter(answer_days_left__isnull=False).exclude(pk__in=asked.values("call_off")):
        set_answer(call_off, answer(call_off).started(at))
        call_off.save()
        yield call_off
    pauses = list(framework.suspensions.order_by("suspended_at", "id").values_list("suspended_at", "ended_at"))
    for call_off in _orders(framework, S.COUNTER_PROPOSED).filter(answer_due_at__gt=pauses[-1][0]):
        days = framework.supplier_response_working_days
        call_off.answer_due_at = max(
            call_off.answer_due_at, working_days.due_through(call_off.state_since, days, pauses), working_days.due(at, 1)
        )
        call_off.save()
        yield call_off
    for accession in _reviews(framework).filter(days_left__isnull=False):
        set_review(accession, review(accession).started(at))
        accession.save()
        yield accession


def _orders(framework: Framework, state: str):
    return CallOff.objects.select_for_update(of=("self",)).filter(framework=framework, state=state).order_by("id")


def _reviews(framework: Framework):
    waiting = [A.APPLIED, A.IN_REVIEW]
    return Accession.objects.select_for_update(of=("self",)).filter(framework=framework, state__in=waiting).order_by("id")
