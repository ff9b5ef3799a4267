"""What a contract saves against what a user cost before it, and how much carbon, line by line and month by month.

Pure functions over the terms: money is Decimal GBP with two places, VAT excluded; carbon is Decimal kgCO2e with two places.
Source: domain.md, "Price", saving and carbon: the charges of the shared service by the month against the baseline of a user and
year for the seats that it serves; interim service, one-off work, usage and service credits are left out, and a service whose
factor is 0 is not assessed.

- The baseline of a month is a twelfth of a year's for each seat, a seat that is served on some of its days counting for these;
  rounded half-up once a month.
- The carbon of a line and month is a twelfth of its factor for each unit and day served, before and now, rounded half-up once a
  line and month.
- ``fallen`` is what the line would have cost at the price that it was agreed at, less what it is charged.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from catalogue.pricing import ZERO, add_months, financial_year, to_penny_exactly
from catalogue.rules import carries_seat
from contracts import charges, terms
from contracts.terms import StandingLine, Terms

SHARED = "shared"


@dataclass(frozen=True)
class OfLine:
    """A line in a month. ``kg_before`` and ``kg`` are None where the service is not assessed."""

    line: StandingLine
    month: date
    charges: Decimal
    fallen: Decimal
    kg_before: Decimal | None
    kg: Decimal | None

    @property
    def kg_saved(self) -> Decimal | None:
        """Below zero where it emits more; None where it is not assessed."""
        return None if self.kg is None or self.kg_before is None else self.kg_before - self.kg


@dataclass(frozen=True)
class Month:
    """``seat_days``: seats, each for every day of the month on which it is served; ``baseline`` None where there is none to
    compare with; ``unassessed``: of the charges those of services whose carbon is not assessed; ``fallen`` as of the lines."""

    month: date
    seat_days: int
    baseline: Decimal | None
    charges: Decimal
    unassessed: Decimal
    fallen: Decimal
    kg_before: Decimal
    kg: Decimal

    @property
    def days(self) -> int:
        """That the month has."""
        return (add_months(self.month, 1) - self.month).days

    @property
    def seats(self) -> Decimal:
        """Served in it, a part of it counting as that."""
        return to_penny_exactly(Fraction(self.seat_days, self.days))

    @property
    def saving(self) -> Decimal | None:
        """GBP, below zero where it costs more; None where there is nothing to compare with."""
        return None if self.baseline is None else self.baseline - self.charges

    @property
    def kg_saved(self) -> Decimal:
        """Of the services that are assessed; below zero where they emit more."""
        return self.kg_before - self.kg

    @property
    def financial_year(self) -> str:
        return financial_year(self.month)


def _served(standing: Sequence[Terms]) -> Iterator[tuple[StandingLine, date, int, int]]:
    """Each line of the shared service that is charged by the month, in each stretch of unchanged terms, with the days of each
    month on which it is served, and those that the month has."""
    for one, first, last in charges.spans(standing):
        for line in one.lines:
            if line.line.phase == SHARED and line.monthly is not None:
                days = max(first, line.starts_on), min(last, line.ends_on or date.max)
                for month, covered, whole in charges.months_of(*days):
                    yield line, month, covered, whole


def by_line(standing: Sequence[Terms]) -> list[OfLine]:
    """In order of month and line. Of a line that changed within a month the units are those of its days."""
    units: dict[tuple[int, date], Fraction] = defaultdict(Fraction)
    newest: dict[tuple[int, date], StandingLine] = {}
    at_first: dict[tuple[int, date], Fraction] = defaultdict(Fraction)
    agreed: dict[int, Decimal] = {}
    for one in standing:
        for line in one.lines:
            agreed.setdefault(line.number, line.unit_price)
    for line, month, covered, whole in _served(standing):
        key, part = (line.number, month), Fraction(covered, whole)
        units[key] += line.quantity * part
        at_first[key] += Fraction(agreed[line.number]) * line.quantity * part
        newest[key] = line
    ledger = charges.by_line_and_month(terms.ledger(standing))
    found = []
    for key in sorted(units, key=lambda key: (key[1], key[0])):
        line, service = newest[key], newest[key].line.service
        assessed = service.kgco2e != 0
        found.append(OfLine(
            line, key[1], ledger.get(key, ZERO), to_penny_exactly(at_first[key]) - ledger.get(key, ZERO),
            to_penny_exactly(units[key] * Fraction(service.baseline_kgco2e) / 12) if assessed else None,
            to_penny_exactly(units[key] * Fraction(service.kgco2e) / 12) if assessed else None,
        ))  # fmt: skip
    return found


def by_month(standing: Sequence[Terms], baseline_per_user_year: Decimal | None) -> list[Month]:
    """Every month in which the shared service is served, in order."""
    seat_days: dict[date, int] = defaultdict(int)
    length: dict[date, int] = {}
    for line, month, covered, whole in _served(standing):
        seat_days[month] += line.quantity * covered if carries_seat(line.line.service) else 0
        length[month] = whole
    rows: dict[date, list[OfLine]] = defaultdict(list)
    for row in by_line(standing):
        rows[row.month].append(row)
    return [
        Month(
            month, seat_days[month], baseline_of(baseline_per_user_year, seat_days[month], length[month]),
            sum((row.charges for row in rows[month]), ZERO), sum((row.charges for row in rows[month] if row.kg is None), ZERO),
            sum((row.fallen for row in rows[month]), ZERO), sum((row.kg_before or ZERO for row in rows[month]), ZERO),
            sum((row.kg or ZERO for row in rows[month]), ZERO),
        )
        for month in sorted(seat_days)
    ]  # fmt: skip


def baseline_of(per_user_year: Decimal | None, seat_days: int, days: int) -> Decimal | None:
    """GBP of a month that has so many days, half-up; None without a baseline of a user and year."""
    return None if per_user_year is None else to_penny_exactly(Fraction(per_user_year) * seat_days / (12 * days))
