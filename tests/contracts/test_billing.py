"""What is due for a month, against a calculation day by day from the rows themselves; and interest and levy as pure functions."""

import calendar
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import billing, late_payment, levy_money
from contracts.models import Contract, CreditAct, LineChange, PaymentRelease
from documents.clock import london_day
from tests import cast
from tests.contracts import levels_cast
from tests.contracts import money_cast as money
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast as varied

PENNY, DAY = Decimal("0.01"), timedelta(days=1)
amounts = st.decimals(Decimal("0.01"), Decimal("9999999.99"), places=2)
few = st.lists(st.tuples(st.integers(-40, 400), amounts), max_size=4)


def rounded(exact: Fraction) -> Decimal:
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PENNY, rounding=ROUND_HALF_UP)


def services_by_day(contract: Contract, month: date) -> Decimal:
    """Of every day of the month and every line that stands on it, a day's part of the month; rounded once a line. Of the rows as
    they were written: what was changed by each day, added up, at the price and within the days set last."""
    rows = list(
        LineChange.objects.filter(version__contract=contract, line__phase__in=["interim", "shared"])
        .select_related("version", "line").order_by("version__effective_from", "version__number")
    )  # fmt: skip
    parts: dict[int, Fraction] = defaultdict(Fraction)
    days = calendar.monthrange(month.year, month.month)[1]
    for number in range(1, days + 1):
        day = month.replace(day=number)
        quantity: dict[int, int] = defaultdict(int)
        price: dict[int, Decimal] = {}
        starts: dict[int, date] = {}
        ends: dict[int, date] = {}
        for row in rows:
            if row.version.effective_from <= day or row.version.number == 1:
                quantity[row.line_id] += row.quantity_change
                for found, value in ((price, row.unit_price_gbp), (starts, row.starts_on), (ends, row.ends_on)):
                    if value is not None:
                        found[row.line_id] = value
        for line, units in quantity.items():
            if starts[line] <= day <= ends[line]:
                parts[line] += Fraction(price[line]) * units / days
    return sum((rounded(exact) for exact in parts.values()), Decimal("0.00"))


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_what_is_due_is_what_a_calculation_by_days_comes_to():
    """A cutover in the middle of March, a milestone accepted late and in part, more seats from November on, a credit taken off and
    another invoice of the month."""
    contract = cast.contract()
    made.cut_over(date(2008, 3, 17))
    late = made.milestone(3).due_on + timedelta(weeks=4)
    made.submitted(made.milestone(3), made.on(late))
    made.conditional(made.milestone(3), Decimal(40), at=made.on(late))
    varied.decided(varied.submitted())
    levels_cast.confirmed(contract)
    money.recorded(contract, reference="FS-0", net=Decimal(1000), vat=Decimal(175))
    money.settled()
    money.applied("FS-1")
    months = [date(2007, 11, 1), date(2008, 3, 1), money.MONTH, late.replace(day=1)]
    for month in dict.fromkeys(months):
        found = money.Invoice(contract=contract, month=month, reference="FS-1")
        due = billing.due(found, date(2009, 1, 1))
        releases = [row for row in PaymentRelease.objects.all() if london_day(row.decision.decided_at).replace(day=1) == month]
        acts = CreditAct.objects.filter(kind="applied", invoice_reference="FS-1")
        others = Decimal(1000) if month == money.MONTH else Decimal(0)
        net = (
            services_by_day(contract, month) + sum(row.amount_gbp for row in releases) - sum(row.reduction_gbp for row in releases)
            - sum(act.amount_gbp for act in acts) - others
        )  # fmt: skip
        assert due.net == net, month
        assert due.vat == rounded(Fraction(net) * Fraction(due.vat_percent) / 100), month
    assert any(row.reduction_gbp for row in PaymentRelease.objects.all()), "one was late enough to be lowered"
    assert billing.due(money.Invoice(contract=contract, month=date(2008, 12, 1), reference="x"), date(2008, 12, 31)).services == 0


def test_what_a_termination_makes_payable_is_charged_on_the_day_after_the_last():
    last = date(2009, 3, 31)
    assert billing.last_month(last, by_notice=False) == date(2009, 3, 1)
    assert billing.last_month(last, by_notice=True) == date(2009, 4, 1)
    assert billing.last_month(last - DAY, by_notice=True) == date(2009, 3, 1)


@given(amounts, few, st.integers(0, 400))
def test_interest_is_that_of_each_day_on_what_is_owed_on_it(gross, payments, late):
    due, made_on = date(2008, 6, 4), []
    left = gross
    for offset, amount in sorted(payments):
        amount = min(amount, left)
        if amount:
            made_on.append((due + timedelta(days=offset), amount))
            left -= amount
    on = due + timedelta(days=late)
    exact, day = Fraction(0), due + DAY
    while day <= on:
        owed = gross - sum(amount for paid_on, amount in made_on if paid_on < day)
        exact += Fraction(owed) * Fraction("13.5") / 100 / 365
        day += DAY
    found = late_payment.interest(gross, due, made_on, on)
    assert (found.amount if found else Decimal("0.00")) == rounded(exact)
    assert found is None or (found.percent == Decimal("13.50") and found.runs_from == due + DAY and found.until <= max(on, due))


def test_what_is_paid_on_its_last_day_was_not_late():
    due = date(2008, 6, 4)
    whole, half = Decimal("100000.00"), Decimal("50000.00")
    assert late_payment.interest(whole, due, [(due, whole)], due + 30 * DAY) is None
    assert late_payment.interest(whole, due, [], due) is None
    found = late_payment.interest(whole, due, [(due, half)], due + 10 * DAY)  # 50,000 for ten days at 13.5 per cent a year
    assert found is not None and (found.amount, found.days) == (Decimal("184.93"), 10)


def test_the_base_rate_is_that_of_the_reference_day_before_and_of_no_other():
    assert late_payment.base_rate(date(2008, 6, 30)).reference_day == date(2007, 12, 31)
    assert late_payment.base_rate(date(2008, 7, 1)).percent == Decimal("5.00")
    last = late_payment.base_rates()[-1]
    following = date(last.reference_day.year, 12, 31) if last.reference_day.month == 6 else date(last.reference_day.year + 1, 6, 30)
    assert late_payment.base_rate(following) == last
    for day in (date(2007, 6, 30), following + DAY):
        assert late_payment.base_rate(day) is None, "not known, so not guessed"
    unknown = late_payment.interest(Decimal(100), date(1999, 1, 1), [], date(1999, 2, 1))
    assert unknown.amount is None and unknown.percent is None and unknown.days == 31
    days = [rate.reference_day for rate in late_payment.base_rates()]
    assert days == sorted(set(days)) and {(day.month, day.day) for day in days} == {(6, 30), (12, 31)}
    assert all(rate.in_force_since <= rate.reference_day and rate.source for rate in late_payment.base_rates())


@given(st.lists(amounts, min_size=1, max_size=60), st.decimals(Decimal(0), Decimal(5), places=3))
def test_the_last_return_brings_all_levies_to_the_percentage_rounded_once(declared, percent):
    months = [levy_money.Month(amount, levy_money.levy(amount, percent)) for amount in declared[:-1]]
    settled = levy_money.settlement(months, declared[-1], percent)
    asked = sum(month.levy for month in months) + levy_money.levy(declared[-1], percent) + settled
    assert asked == rounded(Fraction(sum(declared)) * Fraction(percent) / 100)
    assert abs(settled) <= PENNY * len(declared), "a penny a month at most"


def test_what_was_settled_before_is_not_settled_again():
    """A last return that is corrected settles what is left: a penny was given back with it already."""
    month = levy_money.Month(Decimal("101.00"), levy_money.levy(Decimal("101.00"), Decimal("0.5")))
    assert month.levy == Decimal("0.51") and levy_money.settlement([month], Decimal("101.00"), Decimal("0.5")) == -PENNY
    settled = levy_money.Month(month.declared, month.levy, -PENNY)
    assert levy_money.settlement([settled], Decimal("101.00"), Decimal("0.5")) == 0
