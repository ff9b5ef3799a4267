"""What a variation does to the terms of its contract, and what that costs.

It is worked out from the terms as they stand when it is asked for, so that it fits whatever has been agreed meanwhile: what
is kept of a variation is the difference. Money is Decimal GBP with two places, VAT excluded unless named gross.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from catalogue import queries
from catalogue.models import ServiceVersion
from catalogue.pricing import HUNDRED, ZERO, BandTable, add_months, to_penny, unit_price, vat_percent
from contracts import charges, terms
from contracts.models import Contract, ContractLine, ContractVersion, LineChange, LineVariation
from contracts.terms import RECURRING, Change, StandingLine
from procurement.models import Phase

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Effect:
    """One line: what it is of, and its quantity, price and last day before and after. ``line`` is None where the contract has
    no such line yet; ``before_price`` is then None too."""

    phase: str
    service: ServiceVersion
    site: str
    line: ContractLine | None
    before: int
    after: int
    before_price: Decimal | None
    price: Decimal
    starts_on: date
    before_ends_on: date | None
    ends_on: date | None

    @property
    def quantity_change(self) -> int:
        return self.after - self.before

    @property
    def number(self) -> int | None:
        return self.line.number if self.line else None

    def change(self, version: ContractVersion, line: ContractLine) -> LineChange:
        """Only what differs is said of a line that stands."""
        if self.line is None:
            return LineChange(
                version=version, line=line, quantity_change=self.after, unit_price_gbp=self.price, starts_on=self.starts_on,
                ends_on=self.ends_on,
            )  # fmt: skip
        return LineChange(
            version=version, line=line, quantity_change=self.quantity_change,
            unit_price_gbp=None if self.price == self.before_price else self.price,
            ends_on=None if self.ends_on == self.before_ends_on else self.ends_on,
        )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is asked for from a day on: so many more or fewer of each, and so many months longer."""

    effective_on: date
    lines: Sequence[LineVariation] = ()
    extension_months: int = 0


def standing_on(before: Sequence[Change], day: date) -> list[StandingLine]:
    """The lines that go on on the day or begin later, by number."""
    found = terms.as_of(terms.put_together(before), day)
    return [line for line in found.lines if line.ends_on is None or line.ends_on >= day] if found else []


def effects(
    before: Sequence[Change], asked: Asked, offered: Mapping[str, ServiceVersion], volumes: Mapping[str, int]
) -> list[Effect]:
    """Each line that changes, those of the contract first. ``offered``: the services of the release that is live, for what
    the contract does not have yet; ``volumes``: the framework's, for their price. What has been assessed keeps its service
    and price. Raises KeyError for a service that is in neither."""
    last = terms.last_day(terms.put_together(before), default=asked.effective_on)
    standing = standing_on(before, min(asked.effective_on, last))
    ends = _later(last, asked.extension_months)
    wanted = {_key(one.phase, one.service_code, one.site): one for one in asked.lines}
    priced, more = dict(_prices(standing, asked.lines)), dict(_shared_out(standing, wanted))
    changed = [
        _of_standing(line, more.get(line.number, 0), priced.get(line.line.service.code), asked, last, ends) for line in standing
    ]
    there = {_key_of(line) for line in standing}
    added = [
        _new(one, _service(one, standing, offered), standing, wanted.values(), volumes, _begins(one, standing, asked), ends)
        for key, one in wanted.items() if key not in there
    ]  # fmt: skip
    return [one for one in changed if one is not None] + added


def _key(phase: str, code: str, site: str) -> tuple[str, str, str]:
    return phase, code, site


def _key_of(line: StandingLine) -> tuple[str, str, str]:
    return _key(line.line.phase, line.line.service.code, line.line.site)


def _shared_out(
    standing: Sequence[StandingLine], wanted: Mapping[tuple[str, str, str], LineVariation]
) -> Iterator[tuple[int, int]]:
    """By number of the line how many more or fewer. Of one service at one site there are several lines where a variation began
    it on a day and a later one on an earlier day: the first takes what is added, and what is taken away goes from each as far
    as it reaches, the last below zero where there are not enough."""
    for key, one in wanted.items():
        lines, left = [line for line in standing if _key_of(line) == key], one.quantity_change
        for line in lines:
            part = left if left > 0 or line is lines[-1] else max(left, -line.quantity)
            yield line.number, part
            left -= part


def _later(last: date, months: int) -> date:
    """The last day so many whole months later; contracts end with a month."""
    return add_months(last + ONE_DAY, months) - ONE_DAY if months else last


def _of_standing(
    line: StandingLine, more: int, price: Decimal | None, asked: Asked, last: date, ends: date
) -> Effect | None:
    """None where nothing of it changes. Only what lasts until the contract's last day is extended with it."""
    extended = ends if line.ends_on == last and line.line.phase == Phase.SHARED else line.ends_on
    now = line.unit_price if price is None else min(price, line.unit_price)
    if not more and extended == line.ends_on and now == line.unit_price:
        return None
    return Effect(
        line.line.phase, line.line.service, line.line.site, line.line, line.quantity, line.quantity + more, line.unit_price, now,
        max(line.starts_on, asked.effective_on), line.ends_on, extended,
    )  # fmt: skip


def _service(one: LineVariation, standing: Sequence[StandingLine], offered: Mapping[str, ServiceVersion]) -> ServiceVersion:
    """As the contract has it, if it has it at another site: its own list price, bands and service level."""
    had = next((line.line.service for line in standing if line.line.service.code == one.service_code), None)
    return had or one.service or offered[one.service_code]


def _begins(one: LineVariation, standing: Sequence[StandingLine], asked: Asked) -> date:
    """The day asked for; of a shared service, as of those that the contract has, not before the interim one is over."""
    interim = [line.ends_on + ONE_DAY for line in standing if line.line.phase == Phase.INTERIM and line.ends_on]
    return max([asked.effective_on, *interim]) if one.phase == Phase.SHARED else asked.effective_on


def _prices(standing: Sequence[StandingLine], asked: Sequence[LineVariation]) -> Iterator[tuple[str, Decimal]]:
    """The price of each service whose band is reached within the contract, by what it has of it with what is asked for."""
    more: dict[str, int] = {}
    for one in asked:
        more[one.service_code] = more.get(one.service_code, 0) + one.quantity_change
    for code, change in more.items():
        lines = [line for line in standing if line.line.service.code == code]
        table = terms.bands_of(lines[0].line) if lines else None
        if table is not None and table.scope == "call_off" and table.method == "slab":
            quantity = sum(line.quantity for line in lines) + change
            yield code, unit_price(lines[0].line.service.list_price_gbp, table.reached(quantity).discount_percent)


def _new(
    one: LineVariation, service: ServiceVersion, standing: Sequence[StandingLine], asked, volumes: Mapping[str, int],
    day: date, ends: date,
) -> Effect:  # fmt: skip
    same = next((line for line in standing if line.line.service.code == service.code), None)
    quantity = sum(other.quantity_change for other in asked if other.service_code == service.code)
    price = same.unit_price if same else one.unit_price_gbp
    if price is None:
        price = first_price(service, quantity, volumes)
    return Effect(one.phase, service, one.site, None, 0, one.quantity_change, None, price, day, None, ends)


def first_price(service: ServiceVersion, quantity: int, volumes: Mapping[str, int]) -> Decimal:
    """GBP a unit of a service that the contract does not have yet: at the band of the framework's volume with what is added,
    or of the quantity itself; of graduated units the first one's."""
    table: BandTable | None = queries.price_list(service.release).bands[service.band_table] if service.band_table else None
    if table is None:
        return service.list_price_gbp
    if table.method == "graduated":
        return unit_price(service.list_price_gbp, table.bands[0].discount_percent)
    own = quantity if service.charge_type == RECURRING and service.adds_to_volume == table.code else 0
    reached = table.reached(volumes.get(table.code, 0) + own if table.scope == "framework" else quantity)
    return unit_price(service.list_price_gbp, reached.discount_percent)


def volumes_of(effects: Iterable[Effect]) -> dict[str, int]:
    """By volume name how much more (or less) of it is ordered; what only lasts longer adds nothing."""
    found: dict[str, int] = {}
    for effect in effects:
        name = effect.service.adds_to_volume
        if name and effect.service.charge_type == RECURRING and effect.quantity_change:
            found[name] = found.get(name, 0) + effect.quantity_change
    return {name: quantity for name, quantity in found.items() if quantity}


def after(before: Sequence[Change], version: ContractVersion, found: Sequence[Effect]) -> list[Change]:
    """The terms with the variation on top, before any of it is written: new lines have numbers of their own below zero."""
    changes = []
    for place, effect in enumerate(found, start=1):
        line = effect.line or ContractLine(
            pk=-place, contract=version.contract, number=10_000 + place, phase=effect.phase, service=effect.service, site=effect.site
        )
        changes.append(effect.change(version, line))
    return [*before, (version, changes)]


def unsaved(contract: Contract, number: int, effective_on: date) -> ContractVersion:
    """The version that a variation would make, to work out what it comes to before it has made any."""
    return ContractVersion(
        contract=contract, number=number, kind=ContractVersion.Kind.VARIATION, effective_from=effective_on, caused_by=""
    )


@dataclass(frozen=True)
class Money:
    """What a variation adds to the charges of the contract's life, by first of month; below zero where it takes away.

    ``counted_gbp`` is the amount that its approval, its share and its gateway go by, never below zero: what the services that it
    adds cost, or what those cost that it takes away, whichever is more, so that one kind of service exchanged for another counts
    though it adds nothing. A service that moves from one site to another is the same service. ``counted_gross_gbp`` is that
    with VAT."""

    months: Mapping[date, Decimal]
    gross_gbp: Decimal
    counted_gbp: Decimal
    counted_gross_gbp: Decimal

    @property
    def value_gbp(self) -> Decimal:
        """Over the contract's life, net of VAT."""
        return sum(self.months.values(), ZERO)


def money(
    before: Sequence[Change], changed: Sequence[Change], vat_rates: Sequence[tuple[date, Decimal]]
) -> Money:
    """The difference of the two ledgers. VAT by the rate of the month, rounded half-up once a month."""
    was, now = (_by_service_and_month(changes) for changes in (before, changed))
    by_service: dict[str, dict[date, Decimal]] = {}
    for code, month in was.keys() | now.keys():
        by_service.setdefault(code, {})[month] = now.get((code, month), ZERO) - was.get((code, month), ZERO)
    more, fewer = (
        _together(months for months in by_service.values() if sum(months.values()) * way > 0) for way in (1, -1)
    )
    months, counted = _together(by_service.values()), max((more, fewer), key=lambda one: abs(sum(one.values())))
    return Money(months, _gross(months, vat_rates), abs(sum(counted.values(), ZERO)), abs(_gross(counted, vat_rates)))


def _by_service_and_month(changes: Sequence[Change]) -> dict[tuple[str, date], Decimal]:
    """The ledger's amounts of a service over all its lines: a line that moves to another site is the same service."""
    standing = terms.put_together(changes)
    codes = {line.number: line.line.service.code for one in standing for line in one.lines}
    found: dict[tuple[str, date], Decimal] = {}
    for (number, month), amount in charges.by_line_and_month(terms.ledger(standing)).items():
        key = codes.get(number, ""), month  # a break cost is of no line
        found[key] = found.get(key, ZERO) + amount
    return found


def _together(several: Iterable[Mapping[date, Decimal]]) -> dict[date, Decimal]:
    """Month by month, in order, those left out in which nothing remains."""
    found: dict[date, Decimal] = {}
    for months in several:
        for month, amount in months.items():
            found[month] = found.get(month, ZERO) + amount
    return {month: found[month] for month in sorted(found) if found[month]}


def _gross(months: Mapping[date, Decimal], vat_rates: Sequence[tuple[date, Decimal]]) -> Decimal:
    """With VAT at the rate of each month, rounded half-up once a month."""
    return sum((amount + to_penny(amount * vat_percent(vat_rates, month) / HUNDRED) for month, amount in months.items()), ZERO)


@dataclass(frozen=True)
class Share:
    """Of the contract's original whole-life value: what counts of the variation itself, and of all that count with it (percent,
    rounded half-up to two places)."""

    value_gbp: Decimal
    percent: Decimal
    cumulative_gbp: Decimal
    cumulative_percent: Decimal

    def passes(self, control_percent: Decimal, original_gbp: Decimal) -> bool:
        """Strictly beyond the framework's control, by the exact share and not by the rounded one."""
        return self.cumulative_gbp * HUNDRED > control_percent * original_gbp


def share(amount: Decimal, others: Sequence[Decimal], original: Decimal) -> Share:
    """Per cent rounded half-up to two places, to be shown; ``Share.passes`` compares exactly. ``amount`` and ``others``: the
    ``counted_gbp`` of the variation and of each that counts with it (domain.md, "Variation": amounts are added whichever way they
    go; corrections, novations and re-ratings are left out)."""
    cumulative = amount + sum(others, ZERO)
    return Share(amount, to_penny(amount * HUNDRED / original), cumulative, to_penny(cumulative * HUNDRED / original))
