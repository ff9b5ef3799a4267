"""Service credits, computed without a database: the golden figure and what holds for all of them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts import credits

PENNIES = st.integers(0, 10**9).map(lambda n: Decimal(n) / 100)
PER_CENT = st.integers(0, 100_000).map(lambda n: Decimal(n) / 1000)


def test_the_golden_figure():
    missed = credits.points("percent", "75", "71.4")
    assert missed == Decimal("3.6") and credits.credit(missed, Decimal("186762.60")) == Decimal("6723.45")


def test_half_a_penny_is_rounded_up_in_a_credit_and_in_the_cap():
    assert credits.credit(Decimal("0.5"), Decimal("1.00")) == Decimal("0.01")  # half of a penny; to even it would be none
    assert credits.cap(Decimal("5.00"), Decimal("0.5")) == Decimal("0.03")  # two and a half
    assert credits.cap(Decimal("186762.60"), Decimal(15)) == Decimal("28014.39")


def test_of_equal_credits_the_later_is_cut_first():
    pound = Decimal("1.00")
    assert credits.cuts([pound, pound, pound], Decimal("1.50")) == [0, Decimal("0.50"), pound]


def test_where_a_measurement_stands():
    levels = ("99.5", "98.5", "95")
    assert [credits.standing("percent", *levels, actual) for actual in ("99.5", "99.499", "98.5", "98.49", "95", "94.9")] == [
        "met", "below_target", "below_target", "below_minimum", "below_minimum", "below_critical"]  # fmt: skip
    assert credits.standing("percent", "85", "80", "", "1") == "below_minimum"
    words = ("pass", "pass_with_actions", "fail")
    assert [credits.standing("pass_fail", *words, actual) for actual in words] == ["met", "below_target", "below_critical"]
    assert credits.points("pass_fail", "pass", "fail") == 0


@given(PER_CENT, PER_CENT, PENNIES)
def test_a_credit_is_never_less_than_nothing_nor_more_than_the_charge(target, actual, charge):
    missed = credits.points("percent", str(target), str(actual))
    assert 0 <= credits.credit(missed, charge) <= charge
    assert (missed == 0) == (actual >= target)


@given(st.lists(PENNIES, max_size=12), PENNIES)
def test_the_cap_takes_what_is_over_from_the_smallest_first(amounts, most):
    cut = credits.cuts(amounts, most)
    left = [amount - taken for amount, taken in zip(amounts, cut, strict=True)]
    assert all(one >= 0 for one in left) and all(one >= 0 for one in cut)
    assert sum(left) == min(sum(amounts), most)
    for amount, remains in zip(amounts, left, strict=True):
        if remains < amount:  # it was cut: whatever was smaller is gone
            assert all(other == 0 for whole, other in zip(amounts, left, strict=True) if whole < amount)
