"""What a service costs today and at the next bands: the price a catalogue page shows. Pure, like ``catalogue.pricing``."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalogue.pricing import PriceList, Service, unit_price


@dataclass(frozen=True)
class Step:
    """From a quantity (inclusive) of the volume on: the discount and the unit price (GBP, VAT excluded)."""

    from_quantity: int
    discount_percent: Decimal
    unit_price: Decimal


@dataclass(frozen=True)
class Offer:
    """``volume`` is what the framework counts today, None where a band counts within one call-off or there is none;
    ``now`` is the band reached (at one unit, where it counts within the call-off), ``following`` the ones beyond."""

    service: Service
    volume: int | None
    now: Step
    following: tuple[Step, ...]

    @property
    def units_to_next(self) -> int | None:
        """How many more the framework needs for the next fall of the price; None at the last band."""
        return self.following[0].from_quantity - (self.volume or 0) if self.following else None


def offer(service: Service, price_list: PriceList, volumes: Mapping[str, int]) -> Offer:
    """The service at the framework's volumes. Raises KeyError for a band table that is not on the list."""
    if service.band_table is None:
        return Offer(service, None, Step(1, Decimal(0), service.list_price), ())
    table = price_list.bands[service.band_table]

    def step(band) -> Step:
        return Step(band.from_quantity, band.discount_percent, unit_price(service.list_price, band.discount_percent))

    volume = volumes.get(table.code, 0) if table.scope == "framework" else None
    counted = max(volume or 0, 1)
    return Offer(service, volume, step(table.reached(counted)), tuple(step(band) for band in table.following(counted)))
