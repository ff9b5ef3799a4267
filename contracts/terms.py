"""The terms of a contract as of a day: its versions put together.

A version changes quantities by so much, which adds up in any order, and sets prices and days, of which the one that takes
effect last holds (of two from one day the later made). A termination ends every line: what was to take effect after it never
does. Whoever asks gets the same answer: nothing of it is stored. Money is Decimal GBP with two places, VAT excluded.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from catalogue import pricing, queries
from catalogue.pricing import ZERO, BandTable
from contracts import charges
from contracts.models import Contract, ContractLine, ContractVersion, LineChange
from procurement.models import CallOffRevision

RECURRING = "recurring"


@dataclass(frozen=True)
class StandingLine:
    """A line as it stands; ``version`` is the last that changed it. ``ends_on`` is the last day, None for one-off lines.
    ``units_before``: units of the same service on the earlier lines, which fill the first of its graduated bands."""

    line: ContractLine
    quantity: int
    unit_price: Decimal
    starts_on: date
    ends_on: date | None
    version: ContractVersion
    units_before: int = 0

    @property
    def number(self) -> int:
        return self.line.number

    @property
    def monthly(self) -> Decimal | None:
        """GBP a month, None for one-off and usage lines."""
        return self.amount if self.line.service.charge_type == RECURRING else None

    @property
    def amount(self) -> Decimal:
        """GBP a month of a recurring line, in all of another; graduated units each at the price of their own band."""
        table = bands_of(self.line)
        if table is not None and table.method == "graduated":
            parts = pricing.graduated(table, self.line.service.list_price_gbp, self.units_before, self.quantity)
            return sum((part.total for part in parts), ZERO)
        return self.unit_price * self.quantity

    def changed(self, change: LineChange, version: ContractVersion) -> "StandingLine":
        return replace(
            self, quantity=self.quantity + change.quantity_change, version=version,
            unit_price=self.unit_price if change.unit_price_gbp is None else change.unit_price_gbp,
            starts_on=change.starts_on or self.starts_on, ends_on=change.ends_on or self.ends_on,
        )  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What holds from a day on, until the next: ``lines`` by number, those without a quantity left out. ``charge``: what its
    document makes payable once, in the month of the day (GBP, VAT excluded); None of most."""

    effective_from: date
    version: ContractVersion
    lines: tuple[StandingLine, ...]
    charge: Decimal | None = None


def bands_of(line: ContractLine) -> BandTable | None:
    """The band table that the line is priced by: that of its own release."""
    code = line.service.band_table
    return queries.price_list(line.service.release).bands[code] if code else None


Change = tuple[ContractVersion, Sequence[LineChange]]


def _versions() -> QuerySet[ContractVersion]:
    changes = Prefetch("changes", LineChange.objects.select_related("line__service__release"))
    return ContractVersion.objects.select_related("document").prefetch_related(changes)


def all_changes() -> Prefetch:
    """To be prefetched of many contracts, for ``changes_of`` each. Two queries."""
    return Prefetch("versions", _versions())


def changes_of(contract: Contract) -> list[Change]:
    """What ``read`` says, of a contract whose ``all_changes`` are prefetched: no query."""
    return [(version, list(version.changes.all())) for version in contract.versions.all()]


def read(contract: Contract) -> list[Change]:
    """Its versions with what each changes; none before it is executed. Two queries, however many lines."""
    return [(version, list(version.changes.all())) for version in _versions().filter(contract=contract)]


def without_end(changes: Iterable[Change]) -> list[Change]:
    """As if the contract had not been terminated."""
    return [one for one in changes if one[0].kind != ContractVersion.Kind.TERMINATION]


def put_together(changes: Iterable[Change]) -> list[Terms]:
    """The terms after each of the versions, in the order in which they take effect."""
    standing: dict[int, StandingLine] = {}
    found = []
    for version, of_lines in sorted(changes, key=lambda one: (one[0].effective_from, one[0].number)):
        if version.kind == ContractVersion.Kind.TERMINATION:
            return [*found, Terms(version.effective_from, version, (), version.charge_gbp)]
        for change in of_lines:
            before = standing.get(change.line_id)
            standing[change.line_id] = before.changed(change, version) if before else _new(change, version)
        found.append(Terms(version.effective_from, version, _in_order(standing.values())))
    return found


def _in_order(standing: Iterable[StandingLine]) -> tuple[StandingLine, ...]:
    placed: Counter[str] = Counter()
    lines = []
    for one in sorted((one for one in standing if one.quantity), key=lambda one: one.number):
        lines.append(replace(one, units_before=placed[one.line.service.code]))
        placed[one.line.service.code] += one.quantity
    return tuple(lines)


def _new(change: LineChange, version: ContractVersion) -> StandingLine:
    return StandingLine(
        change.line, change.quantity_change, change.unit_price_gbp, change.starts_on, change.ends_on, version
    )


def as_of(terms: Sequence[Terms], on: date) -> Terms | None:
    """What holds on a day; None before the contract's first day and where there are no terms."""
    found = [one for one in terms if one.effective_from <= on]
    return found[-1] if found else None


def last_day(terms: Sequence[Terms], *, default: date) -> date:
    """The last day on which any line stands, by what was said of it last: to give up what it is of ends no contract.
    ``default`` where no line has one. Of a contract that was terminated the day before that took effect."""
    if terms and terms[-1].version.kind == ContractVersion.Kind.TERMINATION:
        return terms[-1].effective_from - timedelta(days=1)
    ends = {line.number: line.ends_on for one in terms for line in one.lines if line.ends_on}
    return max(ends.values(), default=default)


def ordered(revision: CallOffRevision) -> tuple[date, date]:
    """First day of the first line and last day of the last as they were ordered, from the frozen content: what extends the
    contract moves neither."""
    term = json.loads(revision.content)["term"]
    return date.fromisoformat(term["starts_on"]), date.fromisoformat(term["ends_on"])


def ledger(terms: Iterable[Terms]) -> list[charges.Version]:
    """The same, as ``contracts.charges`` reads it."""
    return [
        charges.Version(
            one.effective_from,
            tuple(
                charges.Line(
                    line.number, line.line.phase, line.monthly, line.amount, line.starts_on, line.ends_on
                )
                for line in one.lines
            ) + _own_charge(one),
        )
        for one in terms
    ]  # fmt: skip


def total(standing: Iterable[Terms]) -> Decimal:
    """GBP, VAT excluded: what the contract comes to over its life, the sum of its ledger, which rounds once a line and month."""
    return sum(charges.by_line_and_month(ledger(standing)).values(), ZERO)


def by_year(standing: Iterable[Terms]) -> dict[str, Decimal]:
    """The same by financial year; none of a year in which nothing is charged."""
    found: dict[str, Decimal] = {}
    for (_line, month), amount in charges.by_line_and_month(ledger(standing)).items():
        found[pricing.financial_year(month)] = found.get(pricing.financial_year(month), ZERO) + amount
    return found


def _own_charge(one: Terms) -> tuple[charges.Line, ...]:
    """A break cost, as a line that no line of the contract has the number of."""
    if one.charge is None:
        return ()
    return (charges.Line(charges.BREAK_COST_LINE, charges.BREAK_COST, None, one.charge, one.effective_from, None),)
