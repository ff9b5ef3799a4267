"""Two clocks. ``business_now`` decides rights, prices and deadlines; ``real_now`` serves sessions, jobs, keys,
signatures. In production they are one. In a demonstration the business clock stands still until it is stepped.

No other module asks for the time (tests/test_architecture.py holds it).
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from documents.refusal import refuse

LONDON = ZoneInfo("Europe/London")
DEMONSTRATION_START = datetime(2007, 10, 1, 9, 0, tzinfo=LONDON)


def real_now() -> datetime:
    return datetime.now(UTC)


def business_now() -> datetime:
    """The moment that decides rights, prices and deadlines (aware)."""
    if not settings.STEPPABLE_CLOCK:
        return real_now()
    from documents.models import BusinessClock

    row = BusinessClock.objects.first()
    return row.moment if row else DEMONSTRATION_START


def london_day(moment: datetime) -> date:
    """The calendar day in London of an aware moment."""
    return moment.astimezone(LONDON).date()


def first_moment(day: date) -> datetime:
    """At which the day begins in London."""
    return datetime.combine(day, time(), tzinfo=LONDON)


def business_today() -> date:
    return london_day(business_now())


def step_to(moment: datetime, *, by) -> list[str]:
    """Move the demonstration's business clock forward and run what falls due on the way, in order.

    Raises Refused in production, or if the moment is not later than now. Returns what was done, in words.
    """
    from documents import audit, periodic
    from documents.models import BusinessClock

    if not settings.STEPPABLE_CLOCK:
        refuse(_("This service runs on real time; its clock cannot be stepped."))
    if moment <= business_now():
        refuse(_("The clock only goes forward; choose a later moment."))
    done: list[str] = []
    while True:
        target = min((due for due in periodic.next_moments() if due <= moment), default=moment)
        with transaction.atomic():
            row = BusinessClock.objects.select_for_update().first() or BusinessClock(moment=DEMONSTRATION_START)
            if target > row.moment:
                before, row.moment = row.moment, target
                row.save()
                audit.record(
                    "clock.stepped", row, by=by, at=target,
                    extra={"from": before.isoformat(), "to": target.isoformat()},
                )  # fmt: skip
        done += periodic.run_due(business_now())
        if target >= moment:
            return done
