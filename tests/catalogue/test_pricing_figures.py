"""The golden figures of the DIUS order: 1,000 seats on a framework that then holds 3,500."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from catalogue import pricing
from catalogue.pricing import Line
from tests.catalogue import figures

D = Decimal
PRICED = pricing.price_lines(figures.DIUS, figures.PRICES, figures.OPENING)


def test_the_order_moves_the_volumes_it_counts_towards():
    assert pricing.volumes_added(figures.DIUS, figures.PRICES) == {
        "seats": 1000, "devices": 120 + 1000 + 45, "sites": 4, "servers": 12 + 2, "applications": 6 + 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "unit_price"),
    [("CORE-01", "74.88"), ("CORE-02", "99.84"), ("CORE-04", "12.96"), ("CORE-06", "9.22"), ("CORE-08", "15.55"),
     ("CORE-09", "22.32"), ("CORE-17", "14.11"), ("CALL-01", "291.40"), ("CALL-06", "109.74"), ("TRN-01", "148.00"),
     ("TRN-03", "145.00")],
)  # fmt: skip
def test_each_unit_price_is_rounded_once_per_unit(code, unit_price):
    assert {p.unit_price for p in PRICED if p.line.service == code} == {D(unit_price)}


def test_the_totals_of_the_order():
    found = pricing.totals(PRICED, figures.LEVY)
    assert found.monthly == D("186762.60")
    assert found.monthly * 12 == D("2241151.20")
    assert found.interim == D("740000.00")
    assert found.one_off == D("241000.00")
    assert found.usage == D("0.00")
    assert found.shared == D("10271943.00")
    assert found.whole_life == D("11252943.00")
    assert found.levy == D("56264.72")


def test_the_charges_by_financial_year():
    years = pricing.charges_by_financial_year(PRICED, figures.vat_rates())
    assert [(year.year, year.net) for year in years] == [
        ("2007/08", D("981000.00")),
        ("2008/09", D("2241151.20")),
        ("2009/10", D("2241151.20")),
        ("2010/11", D("2241151.20")),
        ("2011/12", D("2241151.20")),
        ("2012/13", D("1307338.20")),
    ]
    assert all(year.gross == year.net + year.vat for year in years)


def test_vat_follows_its_rate_month_by_month():
    """2008/09 has eight months at 17.5 % and, from December 2008, four at 15 %."""
    years = {year.year: year for year in pricing.charges_by_financial_year(PRICED, figures.vat_rates())}
    month = D("186762.60")
    assert years["2007/08"].vat == D("981000.00") * D("0.175")
    assert years["2008/09"].vat == 8 * pricing.to_penny(month * D("0.175")) + 4 * pricing.to_penny(month * D("0.15"))
    assert years["2012/13"].vat == 7 * pricing.to_penny(month * D("0.20"))


def test_the_saving_a_year_leaves_out_what_does_not_recur():
    found = pricing.saving(PRICED, D("2988.00"), 1000)
    assert found.saving_year == D("746848.80")
    assert found.percent == D("24.99")
    assert found.whole_life_net_of_transition == pricing.to_penny(D("746848.80") * 55 / 12) - D("981000.00")


def test_carbon_is_beside_the_price_and_names_what_it_does_not_know():
    found = pricing.carbon(PRICED)
    assert (found.kg_year, found.baseline_kg_year) == (168_770, 355_760)
    assert found.saved_kg_year / 1000 == D("186.99")
    assert set(found.not_assessed) == {"CORE-04", "CORE-08", "CALL-03", "CALL-04"}


def test_days_are_graduated():
    days = Line(1, "usage", "TRN-04", None, 150, date(2012, 5, 1), 6)
    (priced,) = pricing.price_lines([days], figures.PRICES, {})
    assert priced.total == D("82572.00")
    assert [(s.from_unit, s.to_unit, s.discount_percent, s.unit_price) for s in priced.slices] == [
        (1, 99, D(0), D("560.00")),
        (100, 150, D(5), D("532.00")),
    ]
    charges = pricing.month_charges(priced)
    assert len(charges) == 6
    assert sum(charges.values()) == D("82572.00")


@pytest.mark.parametrize(("volume", "discount"), [(1, 0), (2499, 0), (2500, 4), (4999, 4), (5000, 9), (10**6, 23)])
def test_the_lower_bound_of_a_band_is_inside(volume, discount):
    assert figures.PRICES.bands["seats"].reached(volume).discount_percent == discount


def test_the_next_bands_follow():
    assert [band.from_quantity for band in figures.PRICES.bands["seats"].following(3500)] == [5000, 10000, 25000, 50000]
    assert figures.PRICES.bands["seats"].following(2499)[0].from_quantity == 2500
    assert figures.PRICES.bands["seats"].following(50000) == ()


def test_the_interim_service_adds_nothing_to_a_volume():
    interim = [line for line in figures.DIUS if line.phase == "interim"]
    assert pricing.volumes_added(interim, figures.PRICES) == {}


def test_a_line_ends_with_its_last_whole_month():
    assert {p.ends_on for p in PRICED if p.line.phase == "interim"} == {date(2008, 3, 31)}
    assert {p.ends_on for p in PRICED if p.line.phase == "shared"} == {date(2012, 10, 31)}
    assert {p.ends_on for p in PRICED if p.line.phase == "one_off"} == {None}


def test_the_second_department_brings_the_next_band_to_itself():
    """ONS brings 4,500 seats onto 3,500: 8,000 reaches the band from 5,000."""
    held = figures.OPENING | {"seats": 3500}
    priced = pricing.price_lines(figures.ONS, figures.PRICES, held)
    assert {p.discount_percent for p in priced if p.service.band_table == "seats"} == {D(9)}
    assert {p.volume for p in priced if p.service.band_table == "seats"} == {8000}


def test_a_service_that_is_not_on_the_list_has_no_price():
    with pytest.raises(KeyError):
        pricing.price_lines([Line(1, "shared", "CORE-99", None, 1, date(2008, 4, 1), 1)], figures.PRICES, {})


def test_vat_before_the_first_known_rate_is_not_guessed():
    with pytest.raises(LookupError):
        pricing.vat_percent(figures.vat_rates(), date(1991, 3, 31))
    assert pricing.vat_percent(figures.vat_rates(), date(2008, 11, 30)) == D("17.5")
    assert pricing.vat_percent(figures.vat_rates(), date(2008, 12, 1)) == D("15")


@pytest.mark.parametrize(("day", "year"), [("2008-03-31", "2007/08"), ("2008-04-01", "2008/09"), ("2000-01-01", "1999/00")])
def test_a_financial_year_runs_from_april_to_march(day, year):
    assert pricing.financial_year(date.fromisoformat(day)) == year


@pytest.mark.parametrize(("exact", "rounded"), [("1/200", "0.01"), ("-1/200", "-0.01"), ("1/201", "0.00"), ("0", "0.00"), ("2/3", "0.67")])
def test_a_sum_that_nothing_has_rounded_is_rounded_half_up_once(exact, rounded):
    assert str(pricing.to_penny_exactly(Fraction(exact))) == rounded


@pytest.mark.parametrize(("part", "whole", "percent"), [("0.25", "100", "0.3"), ("-0.25", "100", "-0.3"), ("0.35", "100", "0.4"), ("1", "3", "33.3")])
def test_how_much_a_price_changes_is_rounded_half_up_to_one_place(part, whole, percent):
    assert str(pricing.percent_of(D(part), D(whole))) == percent


def test_nothing_changes_by_no_percentage():
    assert pricing.percent_of(D("5.00"), D("0.00")) is None
