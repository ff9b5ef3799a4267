"""What a body that has not ordered yet would bring: the smallest basket a seat can take, priced at the volume the
framework would then have, and the discount that everybody would then pay. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalogue import pricing, queries, rules
from catalogue.models import Framework
from procurement import quoting

SEATS = "seats"


@dataclass(frozen=True)
class Forecast:
    """Of some seats joining: GBP (VAT excluded) a month and over the longest term, percent, and the framework's seats."""

    seats: int
    volume: int
    monthly_gbp: Decimal
    value_gbp: Decimal
    discount_now: Decimal
    discount_then: Decimal

    @property
    def fall(self) -> Decimal:
        """By how many percent every member's price of the seat services falls."""
        return pricing.fall_percent(self.discount_now, self.discount_then)


@dataclass(frozen=True)
class Market:
    """What a forecast is made from, read once for a whole board."""

    price_list: pricing.PriceList
    rules: Sequence[rules.Rule]
    volumes: Mapping[str, int]
    months: int


def market(framework: Framework, on: date, volumes: Mapping[str, int] | None = None) -> Market | None:
    """None while no release is live. ``volumes``: the framework's, where the caller has added them up."""
    release = queries.live_release(framework, on)
    if release is None:
        return None
    return Market(
        queries.price_list(release), queries.catalogue_rules(release),
        quoting.volumes(framework, on) if volumes is None else volumes,
        framework.call_off_max_months,
    )  # fmt: skip


def basket(found: Market) -> list[pricing.Service]:
    """The cheapest way to seat one user: a desktop that needs no exception, and of each group that every seat must take
    its cheapest service."""
    services = found.price_list.services
    by_exception = {code for rule in found.rules if rule.kind == "by_exception" for code in rule.parameters["services"]}
    desktops = [s for s in services.values() if rules.carries_seat(s) and s.code not in by_exception]
    groups = [
        [services[code] for code in rule.parameters["services"] if code in services]
        for rule in found.rules
        if rule.kind == "required_per_seat"
    ]
    return [min(group, key=lambda s: (s.list_price, s.code)) for group in (desktops, *groups) if group]


def forecast(found: Market, seats: int, *, beside: int = 0) -> Forecast:
    """Of ``seats`` joining while ``beside`` others join too: the price is then that of all of them together."""
    now = found.volumes.get(SEATS, 0)
    then = now + beside + seats

    def discount(service: pricing.Service, seats_then: int) -> Decimal:
        """Per cent of list price."""
        table = found.price_list.bands.get(service.band_table or "")
        volume = seats_then if service.band_table == SEATS else found.volumes.get(service.band_table or "", 0)
        return table.reached(volume).discount_percent if table and volume else Decimal(0)

    seat = sum((pricing.unit_price(s.list_price, discount(s, then)) for s in basket(found)), Decimal(0))
    desktop = basket(found)[0]
    return Forecast(
        seats, then, seat * seats, seat * seats * found.months, discount(desktop, now), discount(desktop, then)
    )


def is_beyond(found: Market, still: int, free: Decimal, *, beside: int = 0) -> bool:
    """Whether the seats that the next band still lacks, after ``beside`` others, would bring more than the GBP that are
    free under the ceiling: at the rate of the board of joining bodies, which is the smallest basket a seat can take over
    the longest term, here at the prices of that band."""
    return forecast(found, still, beside=beside).value_gbp > free
