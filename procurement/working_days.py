"""Working days in England (weekends and bank holidays left out)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 2000, 2037  # the years the bank-holiday data is known to cover


class NoHolidayData(ValueError):
    """The year's bank holidays are not known; a deadline in it would be a guess."""


@lru_cache(maxsize=64)
def _bank_holidays(year: int) -> frozenset[date]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NoHolidayData(f"bank holidays of {year} are not known")
    found = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))
    if not found:
        raise NoHolidayData(f"bank holidays of {year} are not known")
    return found


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``. Raises NoHolidayData outside the known years."""
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return day


def due(at: datetime, working_days: int) -> datetime:
    """The end (midnight, London) of the ``working_days``-th working day after the moment."""
    last = add_working_days(at.astimezone(LONDON).date(), working_days)
    return datetime.combine(last + timedelta(days=1), time(), tzinfo=LONDON)


def resumed(at: datetime, days_left: int | None) -> datetime:
    """When a time ends that stood with so many working days left: one at least, whatever the hour it goes on at."""
    return due(at, max(1, days_left or 0))


MORNING = time(7)


def next_morning(at: datetime) -> datetime:
    """7 in the morning, London, of the first working day on which that is still to come."""
    day = at.astimezone(LONDON).date()
    if at.astimezone(LONDON).time() >= MORNING or not is_working_day(day):
        day = add_working_days(day, 1)
    return datetime.combine(day, MORNING, tzinfo=LONDON)


def left(at: datetime, until: datetime) -> int:
    """Working days after the moment's own day up to the deadline of ``due``; 0 when it has passed."""
    last, day, count = (until.astimezone(LONDON) - timedelta(seconds=1)).date(), at.astimezone(LONDON).date(), 0
    while day < last:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count
