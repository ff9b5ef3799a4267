"""Prices as pure functions of a price list, volumes and lines (domain.md, "Price").

Money is Decimal GBP with two places, VAT excluded unless named gross. Rounding is half-up to the penny: once per unit
price, once per line and month. Nothing here reads a database or a clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

PENNY = Decimal("0.01")
TENTH = Decimal("0.1")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def to_penny(amount: Decimal) -> Decimal:
    """Half-up to the penny."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def to_penny_exactly(exact: Fraction) -> Decimal:
    """Half-up to two places, below zero too, of what no division has rounded before: GBP to the penny, or kgCO2e."""
    pennies = int(abs(exact) * 100 + Fraction(1, 2))
    return PENNY * (pennies if exact >= 0 else -pennies)


def percent_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """How many per cent the part is of the whole, half-up to one place, as pages say by how much a price changes; None of
    nothing."""
    return (part * HUNDRED / whole).quantize(TENTH, rounding=ROUND_HALF_UP) if whole else None


def fall_percent(was: Decimal, then: Decimal) -> Decimal:
    """By how many percent a price falls when its discount (percent of list price) goes from ``was`` to ``then``, half-up
    to two places; below zero it rises, and what was free falls no more."""
    paid = 100 - was
    return to_penny((then - was) * 100 / paid) if paid else ZERO


@dataclass(frozen=True)
class Band:
    from_quantity: int
    discount_percent: Decimal


BAND_FAULTS = ("first", "order", "rises", "graduated")


@dataclass(frozen=True)
class BandTable:
    """``scope`` framework | call_off, ``method`` slab | graduated; bands ascending from 1 (``faults`` tells)."""

    code: str
    scope: str
    method: str
    bands: tuple[Band, ...]

    def reached(self, volume: int) -> Band:
        """The band of a volume; the lower bound is inclusive. A volume under the first bound takes the first band."""
        found = self.bands[0]
        for band in self.bands:
            if band.from_quantity <= volume:
                found = band
        return found

    def following(self, volume: int) -> tuple[Band, ...]:
        """The bands beyond the one reached. A volume of nothing is in the first band, which does not follow itself."""
        reached = self.reached(volume)
        return tuple(band for band in self.bands if band.from_quantity > reached.from_quantity)

    def faults(self) -> Iterator[tuple[int, str]]:
        """What keeps the table from being used, as (place of the band, which of ``BAND_FAULTS``): bands run on from 1 and
        prices do not rise with volume."""
        if not self.bands or self.bands[0].from_quantity != 1:
            yield 0, "first"
        for place, (lower, upper) in enumerate(pairwise(self.bands), start=1):
            if upper.from_quantity <= lower.from_quantity:
                yield place, "order"
            if upper.discount_percent < lower.discount_percent:
                yield place, "rises"
        if self.scope == "framework" and self.method == "graduated":
            yield 0, "graduated"


@dataclass(frozen=True)
class Service:
    code: str
    name: str
    lot: int
    category: str
    unit: str
    charge_type: str
    list_price: Decimal
    band_table: str | None
    adds_to_volume: str | None
    service_level: str | None
    kgco2e: Decimal
    baseline_kgco2e: Decimal


@dataclass(frozen=True)
class PriceList:
    services: Mapping[str, Service]
    bands: Mapping[str, BandTable]


@dataclass(frozen=True)
class Line:
    """``phase`` interim | one_off | shared | usage; ``months`` None for one-off lines."""

    number: int
    phase: str
    service: str
    site: str | None
    quantity: int
    starts_on: date
    months: int | None


@dataclass(frozen=True)
class Slice:
    """Units ``from_unit``..``to_unit`` (inclusive) of a graduated line at one band's price."""

    from_unit: int
    to_unit: int
    quantity: int
    discount_percent: Decimal
    unit_price: Decimal
    total: Decimal


@dataclass(frozen=True)
class PricedLine:
    """``monthly`` None for one-off and usage lines. For graduated lines ``unit_price`` is the first slice's."""

    line: Line
    service: Service
    volume: int | None
    discount_percent: Decimal
    unit_price: Decimal
    monthly: Decimal | None
    total: Decimal
    slices: tuple[Slice, ...] = ()

    @property
    def ends_on(self) -> date | None:
        return last_day(self.line.starts_on, self.line.months)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later. Raises ValueError where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    return day.replace(year=index // 12, month=index % 12 + 1)


def last_day(starts_on: date, months: int | None) -> date | None:
    """The last day of the last month; None without months."""
    return None if months is None else add_months(starts_on, months) - timedelta(days=1)


def unit_price(list_price: Decimal, discount_percent: Decimal) -> Decimal:
    """List x (100 - discount) / 100, rounded half-up to the penny per unit."""
    return to_penny(list_price * (HUNDRED - discount_percent) / HUNDRED)


def volumes_added(lines: Iterable[Line], price_list: PriceList) -> dict[str, int]:
    """What the call-off's own shared recurring lines add to each volume; interim lines add nothing."""
    added: dict[str, int] = defaultdict(int)
    for line in lines:
        service = price_list.services[line.service]
        if line.phase == "shared" and service.charge_type == "recurring" and service.adds_to_volume:
            added[service.adds_to_volume] += line.quantity
    return dict(added)


def graduated(table: BandTable, list_price: Decimal, before: int, quantity: int) -> tuple[Slice, ...]:
    """Each unit at its own band, one slice a band. The call-off's earlier lines hold units 1..``before``, so an order
    split over several lines costs what it costs in one."""
    out = []
    end = before + quantity
    for index, band in enumerate(table.bands):
        upper = table.bands[index + 1].from_quantity - 1 if index + 1 < len(table.bands) else end
        first, last = max(band.from_quantity, before + 1), min(upper, end)
        if first > last:
            continue
        price = unit_price(list_price, band.discount_percent)
        units = last - first + 1
        out.append(Slice(first, last, units, band.discount_percent, price, price * units))
    return tuple(out)


def price_lines(lines: Sequence[Line], price_list: PriceList, volumes: Mapping[str, int]) -> list[PricedLine]:
    """Price every line. A framework band's volume is ``volumes`` so far plus what these lines add; a call-off band's
    is the quantity of that service in these lines. Quantities are above zero. Raises KeyError for a service that is
    not on the list."""
    added = volumes_added(lines, price_list)
    own: dict[str, int] = defaultdict(int)
    for line in lines:
        own[line.service] += line.quantity
    placed: dict[str, int] = defaultdict(int)
    out = []
    for line in lines:
        service = price_list.services[line.service]
        table = price_list.bands[service.band_table] if service.band_table else None
        volume = None
        discount = Decimal(0)
        slices: tuple[Slice, ...] = ()
        if table is not None:
            volume = (
                volumes.get(table.code, 0) + added.get(table.code, 0)
                if table.scope == "framework"
                else own[line.service]
            )
            discount = table.reached(volume).discount_percent
        if table is not None and table.method == "graduated":
            slices = graduated(table, service.list_price, placed[line.service], line.quantity)
            placed[line.service] += line.quantity
            discount = slices[0].discount_percent
        price = slices[0].unit_price if slices else unit_price(service.list_price, discount)
        amount = sum((s.total for s in slices), ZERO) if slices else price * line.quantity
        monthly = amount if service.charge_type == "recurring" and line.months is not None else None
        total = monthly * line.months if monthly is not None and line.months is not None else amount
        out.append(PricedLine(line, service, volume, discount, price, monthly, total, slices))
    return out


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def month_charges(priced: PricedLine) -> dict[date, Decimal]:
    """GBP by first of month. One-off lines are budgeted in the month they start (payment itself follows acceptance);
    a usage line with months is spread evenly, the rounding difference in its last month."""
    line = priced.line
    start = first_of_month(line.starts_on)
    if priced.monthly is not None and line.months is not None:
        return {add_months(start, n): priced.monthly for n in range(line.months)}
    if line.phase == "usage" and line.months:
        share = to_penny(priced.total / line.months)
        charges = {add_months(start, n): share for n in range(line.months)}
        charges[add_months(start, line.months - 1)] = priced.total - share * (line.months - 1)
        return charges
    return {start: priced.total}


@dataclass(frozen=True)
class Totals:
    """``monthly`` is the steady state: recurring shared lines."""

    monthly: Decimal
    interim: Decimal
    one_off: Decimal
    usage: Decimal
    shared: Decimal
    whole_life: Decimal
    levy: Decimal


def totals(priced: Iterable[PricedLine], levy_percent: Decimal) -> Totals:
    """Sums by phase; the levy is the framework's percentage of the whole-life value, rounded once."""
    by_phase: dict[str, Decimal] = defaultdict(lambda: ZERO)
    monthly = ZERO
    for p in priced:
        by_phase[p.line.phase] += p.total
        if p.line.phase == "shared" and p.monthly is not None:
            monthly += p.monthly
    whole = sum(by_phase.values(), ZERO)
    return Totals(
        monthly, by_phase["interim"], by_phase["one_off"], by_phase["usage"], by_phase["shared"], whole,
        to_penny(whole * levy_percent / HUNDRED),
    )  # fmt: skip


def financial_year(day: date) -> str:
    """April to March: 2007/08"""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def vat_percent(rates: Sequence[tuple[date, Decimal]], on: date) -> Decimal:
    """The rate in force on a day; ``rates`` is (from, percent) ascending. Raises LookupError before the first."""
    found = [percent for start, percent in rates if start <= on]
    if not found:
        raise LookupError(f"no VAT rate is known for {on}")
    return found[-1]


@dataclass(frozen=True)
class YearCharge:
    year: str
    net: Decimal
    vat: Decimal
    gross: Decimal


def charges_by_financial_year(
    priced: Iterable[PricedLine], vat_rates: Sequence[tuple[date, Decimal]]
) -> list[YearCharge]:
    """Net, VAT and gross by financial year; VAT by the month's rate, rounded once a month."""
    months: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for p in priced:
        for month, amount in month_charges(p).items():
            months[month] += amount
    net: dict[str, Decimal] = defaultdict(lambda: ZERO)
    vat: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for month in sorted(months):
        year = financial_year(month)
        net[year] += months[month]
        vat[year] += to_penny(months[month] * vat_percent(vat_rates, month) / HUNDRED)
    return [YearCharge(year, net[year], vat[year], net[year] + vat[year]) for year in sorted(net)]


@dataclass(frozen=True)
class Saving:
    """A year in steady state against the baseline; ``whole_life_net_of_transition`` takes interim, one-off and usage
    charges off the saving over the shared months."""

    saving_year: Decimal
    percent: Decimal
    whole_life_net_of_transition: Decimal

    @property
    def extra_year(self) -> Decimal:
        """What a year costs more than the baseline; below zero where it saves."""
        return -self.saving_year


def saving(priced: Sequence[PricedLine], baseline_per_user_year: Decimal, seats: int) -> Saving:
    """Recurring shared lines x 12 against baseline per user x seats; interim, one-off and usage are left out."""
    shared = [p for p in priced if p.line.phase == "shared" and p.monthly is not None]
    charges = sum((p.monthly for p in shared if p.monthly is not None), ZERO) * 12
    base = baseline_per_user_year * seats
    months = max((p.line.months or 0 for p in shared), default=0)
    transition = sum((p.total for p in priced if p.line.phase != "shared"), ZERO)
    over_life = to_penny((base - charges) * months / 12)
    percent = to_penny((base - charges) * HUNDRED / base) if base else ZERO
    return Saving(base - charges, percent, over_life - transition)


@dataclass(frozen=True)
class Carbon:
    """kgCO2e a year in steady state; services whose factor is 0 are named and left out, not counted as clean."""

    kg_year: Decimal
    baseline_kg_year: Decimal
    saved_kg_year: Decimal
    not_assessed: tuple[str, ...]


def carbon(priced: Iterable[PricedLine]) -> Carbon:
    """Of the recurring lines of the shared service: factors a unit and year, before and now, times quantity; nothing is rounded."""
    kg = base = Decimal(0)
    unknown: set[str] = set()
    for p in priced:
        if p.line.phase != "shared" or p.service.charge_type != "recurring":
            continue
        if p.service.kgco2e == 0:
            unknown.add(p.service.code)
            continue
        kg += p.service.kgco2e * p.line.quantity
        base += p.service.baseline_kgco2e * p.line.quantity
    return Carbon(kg, base, base - kg, tuple(sorted(unknown)))
