"""Working days in England, checked against holidays that everybody can look up, and clocks that stand and go on."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.clock import LONDON
from procurement import working_days
from procurement.working_days import Clock, ahead, begun_before, due, due_through, is_working_day, left

HOLIDAYS = [  # from the London Gazette's proclamations and the Banking and Financial Dealings Act 1971
    date(2007, 4, 6), date(2007, 4, 9), date(2007, 5, 7), date(2007, 5, 28), date(2007, 8, 27), date(2007, 12, 25),
    date(2007, 12, 26), date(2008, 1, 1), date(2008, 3, 21), date(2008, 3, 24), date(2009, 12, 28), date(2010, 12, 27),
    date(2010, 12, 28), date(2011, 1, 3), date(2011, 4, 29), date(2012, 6, 4), date(2012, 6, 5), date(2013, 4, 1),
    date(2014, 4, 18), date(2014, 8, 25), date(2020, 5, 8), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8),
    date(2026, 4, 6), date(2026, 12, 28),
]  # fmt: skip
MOMENTS = st.datetimes(datetime(2007, 1, 1), datetime(2030, 12, 1)).map(lambda naive: naive.replace(tzinfo=LONDON))
DAYS = st.integers(0, 30)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first year read of holidays is slow


@pytest.mark.parametrize("day", HOLIDAYS, ids=str)
def test_a_bank_holiday_of_england_and_wales_is_no_working_day(day):
    assert not is_working_day(day)


@pytest.mark.parametrize("day", [date(2020, 5, 4), date(2012, 5, 28), date(2022, 5, 30), date(2008, 3, 17), date(2007, 8, 6)], ids=str)
def test_a_holiday_that_was_moved_or_is_another_countrys_is_a_working_day(day):
    assert is_working_day(day)


def test_every_year_from_2007_to_2014_has_its_eight_or_more_holidays():
    for year in range(2007, 2015):
        days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
        off = [day for day in days if day.year == year and day.weekday() < 5 and not is_working_day(day)]
        assert len(off) >= 8 + (year in (2011, 2012)), year


def test_a_year_without_data_is_refused():
    with pytest.raises(working_days.NoHolidayData):
        is_working_day(date(2038, 1, 4))


@UNHURRIED
@given(MOMENTS, DAYS)
def test_a_limit_leaves_what_it_was_given(at, days):
    assert left(at, due(at, days)) == days


@UNHURRIED
@given(MOMENTS, DAYS)
def test_a_limit_ends_at_midnight_after_a_working_day(at, days):
    end = due(at, days)
    assert (end.hour, end.minute) == (0, 0)
    assert days == 0 or is_working_day((end - timedelta(hours=1)).date())


@UNHURRIED
@given(MOMENTS, st.integers(1, 30), st.integers(0, 400))
def test_a_clock_that_stood_goes_on_with_what_it_had_left(at, days, hours):
    clock = Clock(None, days).started(at)
    stopped = clock.stopped(at + timedelta(hours=hours))
    assert 0 <= stopped.days_left <= days
    later = at + timedelta(hours=hours, days=90)
    assert stopped.started(later) == Clock(due(later, max(1, stopped.days_left)), None)
    assert stopped.stopped(later) == stopped, "stopping twice is stopping once"


@UNHURRIED
@given(MOMENTS, st.integers(1, 20), st.integers(0, 30), st.integers(0, 60))
def test_a_pause_never_shortens_a_limit(at, days, before, long):
    pause = (at + timedelta(days=before), at + timedelta(days=before + long))
    assert due_through(at, days, [pause]) >= due_through(at, days, [])


@UNHURRIED
@given(MOMENTS, st.integers(1, 20), st.integers(0, 19))
def test_while_a_pause_lasts_there_is_no_end(at, days, before):
    began = at + timedelta(days=before)
    end = due_through(at, days, [(began, None)])
    assert end == (due(at, days) if due(at, days) <= began else None)


def test_what_came_during_a_pause_starts_when_it_ends():
    monday = datetime(2007, 10, 1, 10, tzinfo=LONDON)
    pause = (monday - timedelta(days=3), monday + timedelta(days=7))
    assert due_through(monday, 2, [pause]) == due(monday + timedelta(days=7), 2)


@UNHURRIED
@given(MOMENTS, st.integers(0, 20), st.integers(0, 60 * 24 * 40))
def test_what_began_before_has_ended_and_nothing_else(at, days, later):
    now = at + timedelta(minutes=later)
    assert (due(at, days) <= now) is (at < begun_before(now, days))


@UNHURRIED
@given(MOMENTS, st.integers(1, 20), st.integers(0, 5))
def test_a_reminder_ahead_of_a_limit_leaves_the_days_it_should(at, days, before):
    end = due(at, days)
    moment = ahead(end, before)
    assert left(moment, end) == before
    assert is_working_day(moment.date()) and left(moment - timedelta(seconds=1), end) > before
