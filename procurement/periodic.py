"""What the clock brings to call-offs: an order nobody answered in time, or whose framework ended, lapses."""

from datetime import datetime

from django.db.models import Q

from documents import periodic
from documents.clock import london_day
from procurement import workflow
from procurement.models import AWARDED, OPEN, CallOff, CallOffState


def run(at: datetime) -> list[str]:
    """Lapse what is over. Safe to run twice: the action looks again under the lock."""
    late = Q(state__in=AWARDED, answer_due_at__lte=at)
    over = Q(state__in=OPEN, framework__ends_on__lt=london_day(at))
    return periodic.each(CallOff.objects.filter(late | over).order_by("id"), lambda call_off: _lapse(call_off, at))


def _lapse(call_off: CallOff, at: datetime) -> list[str]:
    call_off = workflow.lapse(call_off, at=at)
    return [f"{call_off.reference or call_off.title} lapsed"] if call_off.state == CallOffState.LAPSED else []


def next_moments() -> list[datetime]:
    return list(
        CallOff.objects.filter(state__in=AWARDED, answer_due_at__isnull=False).values_list(
            "answer_due_at", flat=True
        )
    )


periodic.register("procurement", run, next_moments)

