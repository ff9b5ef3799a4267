"""What holds of every price, whatever the tables, quantities and days. Exact fractions are the second opinion."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalogue import pricing
from catalogue.pricing import Band, BandTable, Line, PriceList, Service

PENNY = Decimal("0.01")
prices = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)
discounts = st.decimals(min_value=0, max_value=99, places=3)
quantities = st.integers(min_value=1, max_value=20_000)
firsts = st.dates(date(2007, 5, 1), date(2013, 12, 1)).map(lambda day: day.replace(day=1))


@st.composite
def tables(draw, scope: str, method: str) -> BandTable:
    bounds = sorted(draw(st.sets(st.integers(2, 30_000), max_size=6)))
    steps = sorted(draw(st.lists(discounts, min_size=len(bounds) + 1, max_size=len(bounds) + 1)))
    return BandTable("t", scope, method, tuple(map(Band, [1, *bounds], steps)))


def half_up(amount: Fraction) -> Decimal:
    """To the penny by whole-number arithmetic, without Decimal's own rounding."""
    return Decimal(floor(amount * 100 + Fraction(1, 2))) / 100


def offer(table: BandTable, list_price: Decimal, charge_type: str = "recurring") -> PriceList:
    service = Service("S", "Service", 1, "Category", "unit", charge_type, list_price, "t", "t", None, Decimal(0), Decimal(0))
    return PriceList({"S": service}, {"t": table})


@given(prices, discounts)
def test_a_unit_price_is_the_exact_price_rounded_half_up_once(list_price, discount):
    exact = Fraction(list_price) * (100 - Fraction(discount)) / 100
    assert pricing.unit_price(list_price, discount) == half_up(exact)
    assert pricing.unit_price(list_price, discount).as_tuple().exponent == -2


@pytest.mark.parametrize(("list_price", "discount", "expected"), [("0.10", "5", "0.10"), ("0.30", "5", "0.29"), ("9.60", "4", "9.22"), ("1.01", "50", "0.51")])  # fmt: skip
def test_half_a_penny_goes_up(list_price, discount, expected):
    assert pricing.unit_price(Decimal(list_price), Decimal(discount)) == Decimal(expected)


@given(tables("framework", "slab"), st.integers(0, 60_000))
def test_a_volume_is_in_one_band_and_the_rest_follow(table, volume):
    reached = table.reached(volume)
    assert reached.from_quantity <= max(volume, 1)
    assert all(band.from_quantity <= reached.from_quantity or band.from_quantity > volume for band in table.bands)
    assert [b for b in table.bands if b.from_quantity > max(volume, 1)] == list(table.following(volume))


@given(tables("framework", "slab"))
def test_at_every_bound_the_discount_is_the_bands_own_and_one_below_it_is_not(table):
    for lower, band in zip(table.bands, table.bands[1:], strict=False):
        assert table.reached(band.from_quantity) == band
        assert table.reached(band.from_quantity - 1) == lower


@given(tables("framework", "slab"), prices, st.integers(1, 60_000), st.integers(1, 60_000))
def test_a_larger_volume_never_costs_more_a_unit(table, list_price, one, other):
    low, high = sorted((one, other))
    assert pricing.unit_price(list_price, table.reached(high).discount_percent) <= pricing.unit_price(
        list_price, table.reached(low).discount_percent
    )


@given(tables("framework", "slab"), prices, quantities, st.integers(0, 40_000), firsts, st.integers(1, 60))
def test_a_slab_line_is_quantity_times_price_times_months(table, list_price, quantity, held, first, months):
    line = Line(1, "shared", "S", None, quantity, first, months)
    (priced,) = pricing.price_lines([line], offer(table, list_price), {"t": held})
    assert priced.volume == held + quantity
    assert priced.discount_percent == table.reached(held + quantity).discount_percent
    assert priced.monthly == quantity * pricing.unit_price(list_price, priced.discount_percent)
    assert priced.total == priced.monthly * months
    charges = pricing.month_charges(priced)
    assert len(charges) == months
    assert sum(charges.values()) == priced.total
    assert min(charges) == first
    assert priced.ends_on == pricing.add_months(max(charges), 1) - timedelta(days=1)


@given(tables("call_off", "graduated"), prices, quantities)
def test_slices_are_every_unit_once_at_its_own_bands_price(table, list_price, quantity):
    line = Line(1, "usage", "S", None, quantity, date(2008, 4, 1), 12)
    (priced,) = pricing.price_lines([line], offer(table, list_price, "usage"), {})
    assert sum(s.quantity for s in priced.slices) == quantity
    assert priced.slices[0].from_unit == 1
    assert priced.slices[-1].to_unit == quantity
    for before, after in zip(priced.slices, priced.slices[1:], strict=False):
        assert after.from_unit == before.to_unit + 1
    for found in priced.slices:
        assert table.reached(found.from_unit) == table.reached(found.to_unit)
        assert found.unit_price == pricing.unit_price(list_price, table.reached(found.from_unit).discount_percent)
        assert found.total == found.unit_price * found.quantity
    assert priced.total == sum(s.total for s in priced.slices)


@given(tables("call_off", "graduated"), prices, quantities)
def test_one_more_unit_never_lowers_a_graduated_total(table, list_price, quantity):
    def total(units):
        line = Line(1, "usage", "S", None, units, date(2008, 4, 1), None)
        return pricing.price_lines([line], offer(table, list_price, "usage"), {})[0].total

    assert total(quantity + 1) >= total(quantity)


@given(
    st.sampled_from([("framework", "slab"), ("call_off", "slab"), ("call_off", "graduated")]).flatmap(
        lambda kind: tables(*kind)
    ),
    prices,
    st.lists(st.integers(1, 5_000), min_size=1, max_size=6),
    st.integers(0, 20_000),
)
def test_an_order_costs_the_same_in_one_line_and_split_over_sites(table, list_price, split, held):
    def total(parts):
        lines = [Line(n, "shared", "S", f"site {n}", q, date(2008, 4, 1), 12) for n, q in enumerate(parts, start=1)]
        return sum(p.total for p in pricing.price_lines(lines, offer(table, list_price), {"t": held}))

    assert total(split) == total([sum(split)])


RATES = [(date(1991, 4, 1), Decimal("17.5")), (date(2008, 12, 1), Decimal(15)), (date(2010, 1, 1), Decimal("17.5"))]


@st.composite
def orders(draw):
    lines = draw(
        st.lists(
            st.tuples(st.sampled_from(["interim", "one_off", "shared", "usage"]), quantities, firsts, st.integers(1, 60)),
            min_size=1, max_size=6,
        )
    )  # fmt: skip
    return [
        Line(n, phase, "S", None, quantity, first, None if phase == "one_off" else months)
        for n, (phase, quantity, first, months) in enumerate(lines, start=1)
    ]


@given(orders(), tables("framework", "slab"), prices, st.decimals(min_value=0, max_value=5, places=3))
def test_years_months_phases_and_lines_all_come_to_the_whole_life_value(lines, table, list_price, levy):
    priced = pricing.price_lines(lines, offer(table, list_price), {})
    found = pricing.totals(priced, levy)
    years = pricing.charges_by_financial_year(priced, RATES)
    assert found.interim + found.one_off + found.usage + found.shared == found.whole_life
    assert sum(p.total for p in priced) == found.whole_life
    assert sum(year.net for year in years) == found.whole_life
    assert sum(sum(pricing.month_charges(p).values()) for p in priced) == found.whole_life
    assert [year.year for year in years] == sorted({year.year for year in years})
    assert found.levy == half_up(Fraction(found.whole_life) * Fraction(levy) / 100)


@given(orders(), prices)
def test_vat_is_each_months_own_rate_rounded_once_a_month(lines, list_price):
    priced = pricing.price_lines(lines, offer(BandTable("t", "framework", "slab", (Band(1, Decimal(0)),)), list_price), {})
    months: dict[date, Fraction] = {}
    for line in priced:
        for month, amount in pricing.month_charges(line).items():
            months[month] = months.get(month, Fraction(0)) + Fraction(amount)
    expected = sum(
        (half_up(amount * Fraction(max(rate for rate in RATES if rate[0] <= month)[1]) / 100)
         for month, amount in months.items()), Decimal(0),
    )  # fmt: skip
    assert sum(year.vat for year in pricing.charges_by_financial_year(priced, RATES)) == expected


@given(firsts, st.integers(0, 200), st.integers(0, 200))
def test_months_add_up(first, one, other):
    assert pricing.add_months(pricing.add_months(first, one), other) == pricing.add_months(first, one + other)


@given(tables("framework", "slab"))
def test_a_table_that_starts_at_one_and_never_rises_has_no_fault(table):
    assert list(table.faults()) == []


@given(tables("call_off", "graduated"), st.data())
def test_a_table_out_of_order_names_its_fault(table, data):
    assume(len(table.bands) > 1)
    index = data.draw(st.integers(0, len(table.bands) - 2))
    bands = list(table.bands)
    bands[index], bands[index + 1] = bands[index + 1], bands[index]
    assert list(BandTable("t", "call_off", "graduated", tuple(bands)).faults())


def test_faults_say_what_is_wrong_and_of_which_band():
    def faults(scope, method, *bands):
        return list(BandTable("t", scope, method, tuple(Band(q, Decimal(d)) for q, d in bands)).faults())

    assert faults("framework", "slab", (5, 0)) == [(0, "first")]
    assert faults("framework", "slab") == [(0, "first")]
    assert faults("framework", "slab", (1, 0), (50, 5), (100, 3)) == [(2, "rises")]
    assert faults("framework", "slab", (1, 0), (50, 5), (50, 6)) == [(2, "order")]
    assert faults("framework", "graduated", (1, 0)) == [(0, "graduated")]
    assert {why for _place, why in faults("framework", "graduated", (5, 3), (5, 2))} == set(pricing.BAND_FAULTS)
