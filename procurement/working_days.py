"""Working days in England (weekends and bank holidays left out), and clocks that count them and can stand still."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays

from documents.clock import LONDON, first_moment, london_day

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
    return midnight_after(add_working_days(london_day(at), working_days))


def midnight_after(day: date) -> datetime:
    """The end of the day in London, where time limits end."""
    return first_moment(day + timedelta(days=1))


def last_day(until: datetime) -> date:
    """The last day before a moment that a time limit ends at: midnight of the 9th is the end of the 8th."""
    return london_day(until - timedelta(seconds=1))


MORNING = time(7)


def next_morning(at: datetime) -> datetime:
    """7 in the morning, London, of the first working day on which that is still to come."""
    day = london_day(at)
    if at.astimezone(LONDON).time() >= MORNING or not is_working_day(day):
        day = add_working_days(day, 1)
    return datetime.combine(day, MORNING, tzinfo=LONDON)


def left(at: datetime, until: datetime) -> int:
    """Working days after the moment's own day up to the deadline of ``due``; 0 when it has passed."""
    last, day, count = last_day(until), london_day(at), 0
    while day < last:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count


def begun_before(at: datetime, working_days: int) -> datetime:
    """Of limits of so many working days, those that have ended by the moment began before this one (``due``)."""
    day = london_day(at)
    while working_days > 0:
        day -= timedelta(days=1)
        working_days -= is_working_day(day)
    return first_moment(day)


def ahead(until: datetime, working_days: int) -> datetime:
    """The midnight from which on no more than so many working days are left until the deadline: ``left`` then says so."""
    day = last_day(until)
    while (working_days := working_days - is_working_day(day)) >= 0:
        day -= timedelta(days=1)
    return first_moment(day)


class Clock(NamedTuple):
    """A time limit: running until ``due_at``, or standing with ``days_left`` working days (domain.md, "Working days")."""

    due_at: datetime | None
    days_left: int | None

    def stopped(self, at: datetime) -> "Clock":
        return self if self.due_at is None else Clock(None, left(at, self.due_at))

    def started(self, at: datetime) -> "Clock":
        """Goes on with what it had left, one working day at least: who starts it late in the evening ends nobody's time."""
        return self if self.days_left is None else Clock(due(at, max(1, self.days_left)), None)


Pause = tuple[datetime, datetime | None]  # from, and until when where it has ended


def due_through(at: datetime, working_days: int, pauses: Iterable[Pause]) -> datetime | None:
    """When a limit that began at the moment ends, each pause having stopped and started its clock. ``pauses`` in order;
    None while one lasts."""
    clock = Clock(None, working_days).started(at)
    for start, end in pauses:
        if (end is not None and end <= at) or clock.due_at <= start:
            continue
        clock = clock.stopped(max(start, at))
        if end is None:
            return None
        clock = clock.started(end)
    return clock.due_at
