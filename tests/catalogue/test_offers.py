"""The price a catalogue page shows: today's at the framework's volume, and what the next bands bring."""

from decimal import Decimal

import pytest

from catalogue.offers import offer
from tests.catalogue.figures import OPENING, PRICES


def at(code: str, **volumes: int):
    return offer(PRICES.services[code], PRICES, OPENING | volumes)


def test_an_offer_shows_todays_price_and_the_next_bands():
    found = at("CORE-01", seats=3500)
    assert (found.volume, found.now.from_quantity, found.now.unit_price) == (3500, 2500, Decimal("74.88"))
    assert [(step.from_quantity, step.unit_price) for step in found.following] == [
        (5000, Decimal("70.98")), (10000, Decimal("67.08")), (25000, Decimal("63.18")), (50000, Decimal("60.06")),
    ]  # fmt: skip
    assert found.units_to_next == 1500


@pytest.mark.parametrize(("seats", "price", "missing"), [(0, "78.00", 2500), (2499, "78.00", 1), (2500, "74.88", 2500), (50000, "60.06", None)])
def test_the_band_is_reached_at_its_bound(seats, price, missing):
    found = at("CORE-01", seats=seats)
    assert (found.now.unit_price, found.units_to_next) == (Decimal(price), missing)


def test_days_count_within_one_call_off():
    found = at("TRN-04")
    assert found.volume is None
    assert (found.now.unit_price, [step.from_quantity for step in found.following]) == (Decimal("560.00"), [100, 500])


def test_a_service_without_bands_has_one_price():
    found = at("TRN-01")
    assert (found.now.unit_price, found.following, found.units_to_next) == (Decimal("148.00"), (), None)
