"""The prices a catalogue page shows: today's at the framework's volume, and what each next band brings."""

from decimal import Decimal

from procurement.display import next_prices
from tests.catalogue.figures import OPENING, PRICES


def shown(code: str, **volumes: int):
    rows = next_prices(PRICES.services[code], PRICES, OPENING | volumes)
    return [(row["now"], row["from_quantity"], str(row["price"]), row["still"]) for row in rows]


def test_todays_price_stands_first_and_each_band_says_how_many_are_missing():
    assert shown("CORE-01", seats=3500) == [
        (True, 2500, "74.88", None), (False, 5000, "70.98", 1500), (False, 10000, "67.08", 6500),
        (False, 25000, "63.18", 21500), (False, 50000, "60.06", 46500),
    ]  # fmt: skip


def test_a_band_is_reached_at_its_bound():
    assert shown("CORE-01", seats=2499)[:2] == [(True, 1, "78.00", None), (False, 2500, "74.88", 1)]
    assert shown("CORE-01", seats=2500)[0] == (True, 2500, "74.88", None)
    assert shown("CORE-01", seats=50000) == [(True, 50000, "60.06", None)]


def test_a_framework_without_volume_stands_in_the_first_band_once():
    assert shown("CORE-01", seats=0)[:2] == [(True, 1, "78.00", None), (False, 2500, "74.88", 2500)]


def test_what_counts_within_one_call_off_waits_for_nobody_else():
    assert [row[1:] for row in shown("TRN-04")] == [(1, "560.00", None), (100, "532.00", None), (500, "504.00", None)]


def test_a_service_without_bands_has_one_price():
    row = next_prices(PRICES.services["TRN-01"], PRICES, OPENING)
    assert [(r["discount"], r["price"], r["still"]) for r in row] == [(Decimal(0), Decimal("148.00"), None)]
