"""What if an order had more seats, or fewer: its own charges in GBP (VAT excluded), everybody else's prices in percent.
Pure but for ``of_order`` and ``of_nothing``, which read; nothing is written.

What is charged per user grows in proportion to the seats, and what every seat takes stays exactly one a seat; sites,
devices, servers and applications stay as they are. Nobody's money but the department's own is looked at: of the others
it tells only which discount of list price they come to (domain.md, "Who sees what").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from catalogue import pricing, queries, rules
from catalogue.models import Framework
from catalogue.pricing import ZERO
from procurement import forecasting, headroom, quoting
from procurement.models import CallOff, CallOffRevision, CallOffState, CapacityAccount, VolumeEntry

NONE = Decimal(0)


@dataclass(frozen=True)
class Case:
    """What a question is asked about. ``volumes`` are the framework's without this order. ``quantities`` are those of
    the recurring shared services by code; ``kept`` says that a band once reached is never lost (a contract). ``months`` is
    for how long the shared service is asked about: its term, of a contract what is left of it, and the longest term
    allowed where none is entered; ``beside`` is what the order charges besides in that time (GBP): interim, one-off and
    usage, which stay as they are."""

    price_list: pricing.PriceList
    rules: Sequence[rules.Rule]
    volumes: Mapping[str, int]
    quantities: Mapping[str, int]
    seats: int
    starts_on: date
    kept: bool = False
    months: int = 0
    beside: Decimal = ZERO
    counts_already: bool = False  # its seats are in the framework's volume today: it is contracted


@dataclass(frozen=True)
class ServiceRow:
    """A service with the order as it is and then: prices in GBP a unit, VAT excluded, discounts in per cent of list price."""

    service: pricing.Service
    quantity_now: int
    quantity_then: int
    discount_now: Decimal
    discount_then: Decimal
    price_now: Decimal
    price_then: Decimal

    @property
    def monthly_now(self) -> Decimal:
        """GBP a month as the order is."""
        return self.price_now * self.quantity_now

    @property
    def monthly_then(self) -> Decimal:
        """GBP a month with the other number of seats."""
        return self.price_then * self.quantity_then


@dataclass(frozen=True)
class BandRow:
    """A volume of the framework: today, with the order as it is, and then; the discount each of them gives everybody in
    percent of list price; and what the next band still needs beyond that (None where the last is reached)."""

    code: str
    volume_today: int
    volume_now: int
    volume_then: int
    discount_today: Decimal
    discount_now: Decimal
    discount_then: Decimal
    next_from: int | None
    next_discount: Decimal | None

    @property
    def still(self) -> int | None:
        return None if self.next_from is None else self.next_from - self.volume_then

    @property
    def others_fall(self) -> Decimal:
        """By how many percent everybody else's price is below what it is with the order as it stands; below zero:
        above."""
        return pricing.fall_percent(self.discount_now, self.discount_then)

    @property
    def others_rise(self) -> Decimal:
        """By how many percent everybody else's price is above what it is with the order as it stands."""
        return -self.others_fall


@dataclass(frozen=True)
class Answer:
    seats_now: int
    seats_then: int
    services: tuple[ServiceRow, ...]
    bands: tuple[BandRow, ...]
    months: int
    beside: Decimal

    @property
    def monthly_now(self) -> Decimal:
        """GBP a month of all its services, as the order is."""
        return sum((row.monthly_now for row in self.services), ZERO)

    @property
    def monthly_then(self) -> Decimal:
        """GBP a month of all its services, with the other number of seats."""
        return sum((row.monthly_then for row in self.services), ZERO)

    @property
    def term_now(self) -> Decimal:
        """GBP over ``months``: the monthly charge and what stands beside it."""
        return self.monthly_now * self.months + self.beside

    @property
    def term_then(self) -> Decimal:
        """The same with the other number of seats."""
        return self.monthly_then * self.months + self.beside


def answer(case: Case, by: int) -> Answer:
    """The case with ``by`` seats more (below zero: fewer). Raises ValueError where no seat would be left."""
    then = case.seats + by
    if then <= 0:
        raise ValueError("an order has at least one seat")
    after = scaled(case, then) if case.seats else _basket(case, then)
    codes = [code for code in case.price_list.services if code in after or code in case.quantities]
    now_prices, then_prices = (_discounts(case, quantities) for quantities in (case.quantities, after))
    rows = []
    for code in codes:
        service = case.price_list.services[code]
        discount_now = now_prices.get(code, NONE)
        discount_then = max(then_prices.get(code, NONE), discount_now) if case.kept else then_prices.get(code, NONE)
        rows.append(
            ServiceRow(
                service, case.quantities.get(code, 0), after.get(code, 0), discount_now, discount_then,
                pricing.unit_price(service.list_price, discount_now),
                pricing.unit_price(service.list_price, discount_then),
            )  # fmt: skip
        )
    return Answer(case.seats, then, tuple(rows), tuple(_bands(case, after)), case.months, case.beside)


def scaled(case: Case, seats: int) -> dict[str, int]:
    """Quantities for so many seats: each group that every seat takes keeps its mix and its sum; other services charged
    per user follow in proportion, half-up."""
    services = case.price_list.services
    found = dict(case.quantities)
    desktops = [code for code in found if rules.carries_seat(services[code])]
    groups = [desktops] + [
        [code for code in rule.parameters["services"] if code in found]
        for rule in case.rules
        if rule.kind == "required_per_seat"
    ]
    placed: set[str] = set()
    for group in groups:
        total = _in_proportion(sum(found[code] for code in group), case.seats, seats)
        found |= _shares({code: case.quantities[code] for code in group}, total)
        placed |= set(group)
    for code in found.keys() - placed:
        if services[code].unit == "user/month":
            found[code] = _in_proportion(case.quantities[code], case.seats, seats)
    return found


def _in_proportion(quantity: int, seats_now: int, seats_then: int) -> int:
    return int((Decimal(quantity) * seats_then / seats_now).to_integral_value(ROUND_HALF_UP))


def _shares(now: Mapping[str, int], total: int) -> dict[str, int]:
    """``total`` in the proportions of ``now``, whole and adding up: the largest remainders get the last ones."""
    whole = sum(now.values())
    if not whole:
        return dict(now)
    found = {code: quantity * total // whole for code, quantity in now.items()}
    by_rest = sorted(now, key=lambda code: (-(now[code] * total % whole), code))
    for code in by_rest[: total - sum(found.values())]:
        found[code] += 1
    return found


def _basket(case: Case, seats: int) -> dict[str, int]:
    market = forecasting.Market(case.price_list, case.rules, case.volumes, 0)
    return {service.code: seats for service in forecasting.basket(market)}


def _lines(case: Case, quantities: Mapping[str, int]) -> list[pricing.Line]:
    return [
        pricing.Line(number, "shared", code, None, quantity, case.starts_on, 1)
        for number, (code, quantity) in enumerate(quantities.items(), start=1)
        if quantity
    ]


def _discounts(case: Case, quantities: Mapping[str, int]) -> dict[str, Decimal]:
    priced = pricing.price_lines(_lines(case, quantities), case.price_list, case.volumes)
    return {p.line.service: p.discount_percent for p in priced}


def _bands(case: Case, after: Mapping[str, int]) -> list[BandRow]:
    services = case.price_list.services
    used = {services[code].band_table for code in (*case.quantities, *after)}
    now, then = (
        pricing.volumes_added(_lines(case, quantities), case.price_list) for quantities in (case.quantities, after)
    )
    rows = []
    for code, table in case.price_list.bands.items():
        if code not in used or table.scope != "framework":
            continue
        base = case.volumes.get(code, 0)
        volume_now, volume_then = base + now.get(code, 0), base + then.get(code, 0)
        today = volume_now if case.counts_already else base
        reached = [table.reached(volume).discount_percent for volume in (today, volume_now, volume_then)]
        if case.kept:
            reached[2] = max(reached[1], reached[2])
        following = table.following(volume_then)
        rows.append(
            BandRow(
                code, today, volume_now, volume_then, *reached, following[0].from_quantity if following else None,
                following[0].discount_percent if following else None,
            )  # fmt: skip
        )
    return rows


def of_order(call_off: CallOff, on: date) -> Case | None:
    """An order as it stands: a draft at the day's live release, a contract at its own. None without a live release."""
    revision = call_off.revision
    contracted = call_off.state == CallOffState.CONTRACTED
    release = revision.release if contracted else queries.live_release(call_off.framework, on)
    if release is None:
        return None
    price_list = queries.price_list(release)
    quantities: dict[str, int] = {}
    for code, quantity in revision.lines.filter(phase="shared").values_list("service_code", "quantity"):
        if code in price_list.services and price_list.services[code].charge_type == "recurring":
            quantities[code] = quantities.get(code, 0) + quantity
    volumes = quoting.volumes(call_off.framework, on)
    if contracted:
        own = VolumeEntry.objects.filter(framework=call_off.framework_id, key__startswith=f"volume:{call_off.public_id}:")
        for code, quantity in own.filter(effective_from__lte=on).values_list("volume").annotate(Sum("quantity")):
            volumes[code] = volumes.get(code, 0) - quantity
    quoted = None if contracted else quoting.quote(revision, on).totals
    return Case(
        price_list, queries.catalogue_rules(release), volumes, quantities,
        sum(quantity for code, quantity in quantities.items() if rules.carries_seat(price_list.services[code])), on,
        kept=contracted and not call_off.framework.upward_rerating, counts_already=contracted,
        months=months_left(revision, on) if contracted else revision.shared_months or call_off.framework.call_off_max_months,
        beside=quoted.interim + quoted.one_off + quoted.usage if quoted else ZERO,
    )  # fmt: skip


def months_left(revision: CallOffRevision, on: date) -> int:
    """The whole months of the shared service of a contract that are still to come; all of them before it starts."""
    start, months = revision.shared_starts_on, revision.shared_months
    if start is None or months is None:
        return 0
    gone = (on.year - start.year) * 12 + on.month - start.month + (on.day > 1)
    return max(months - max(gone, 0), 0)


def free_gbp(framework: Framework, call_off: CallOff | None = None) -> Decimal:
    """GBP that nobody has reserved or committed under the ceiling, without what the order itself has reserved."""
    if call_off is not None:
        return headroom.capacity_forecast(call_off, ZERO, reader=[call_off.department_id]).free_now
    account = CapacityAccount.objects.get(framework=framework)
    return account.ceiling_gbp - account.committed_gbp - account.reserved_gbp


def short_gbp(found: Answer, framework: Framework, call_off: CallOff | None = None) -> Decimal:
    """GBP by which what is asked passes what is free under the ceiling; zero where it fits. What is contracted is
    committed already: of it only the rest counts."""
    contracted = call_off is not None and call_off.state == CallOffState.CONTRACTED
    needed = found.term_then - found.term_now if contracted else found.term_then
    return max(needed - free_gbp(framework, call_off), ZERO)


def of_nothing(framework: Framework, on: date) -> Case | None:
    """A department that asks before it orders: the smallest basket a seat can take, over the longest term."""
    found = forecasting.market(framework, on)
    return Case(found.price_list, found.rules, found.volumes, {}, 0, on, months=found.months) if found else None
