"""The clocks of an order's answer and of an application's review: started, and stopped for as long as a question is open
or the framework is suspended, keeping the working days they had left."""

from collections.abc import Iterator
from datetime import datetime

from catalogue.models import Framework, FrameworkState
from procurement.models import Accession, AccessionState, CallOff, CallOffState, Clarification
from procurement.working_days import Clock

A = AccessionState


def answer(call_off: CallOff) -> Clock:
    """The supplier's time to answer the order."""
    return Clock(call_off.answer_due_at, call_off.answer_days_left)


def set_answer(call_off: CallOff, clock: Clock) -> None:
    call_off.answer_due_at, call_off.answer_days_left = clock


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
    for call_off in _orders(framework).filter(answer_due_at__gt=at):
        set_answer(call_off, answer(call_off).stopped(at))
        call_off.save()
        yield call_off
    for accession in _reviews(framework).filter(due_at__gt=at):
        set_review(accession, review(accession).stopped(at))
        accession.save()
        yield accession


def start_all(framework: Framework, at: datetime) -> Iterator[CallOff | Accession]:
    """Every clock that stood for the suspension alone goes on; a question that is still open keeps its own standing."""
    asked = Clarification.objects.filter(call_off__framework=framework, answered_at__isnull=True)
    for call_off in _orders(framework).filter(answer_days_left__isnull=False).exclude(pk__in=asked.values("call_off")):
        set_answer(call_off, answer(call_off).started(at))
        call_off.save()
        yield call_off
    for accession in _reviews(framework).filter(days_left__isnull=False):
        set_review(accession, review(accession).started(at))
        accession.save()
        yield accession


def _orders(framework: Framework):
    return CallOff.objects.select_for_update(of=("self",)).filter(framework=framework, state=CallOffState.WITH_SUPPLIER).order_by("id")


def _reviews(framework: Framework):
    waiting = [A.APPLIED, A.IN_REVIEW]
    return Accession.objects.select_for_update(of=("self",)).filter(framework=framework, state__in=waiting).order_by("id")
