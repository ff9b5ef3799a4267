"""The ledger of a contract: what each line costs in each month, derived from the versions of its terms day by day.

Pure functions: money is Decimal GBP with two places, VAT excluded unless named gross. Nothing is stored: whoever asks
for the same versions gets the same charges. Source: domain.md, "Price": a month's charge of a line is the exact sum
over its days, rounded half-up once per line and month.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from catalogue.pricing import HUNDRED, ZERO, add_months, financial_year, first_of_month, to_penny, vat_percent

BREAK_COST, BREAK_COST_LINE = "break_cost", 0  # what ending for convenience costs, once; lines of contracts begin at 1
PHASES = ("interim", "one_off", "shared", "usage", BREAK_COST)


@dataclass(frozen=True)
class Line:
    """``monthly`` None for one-off and usage lines; ``ends_on`` is the last day, None for one-off lines. The number is
    the line's in every version."""

    number: int
    phase: str
    monthly: Decimal | None
    total: Decimal
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Version:
    """The lines in force from a day on, until the next version's."""

    effective_from: date
    lines: tuple[Line, ...]


def spans(versions: Sequence[Version]) -> Iterator[tuple[Version, date, date]]:
    """Each version with its first and last day; of two from one day the later takes the day. Nothing is charged before
    the first, so it reaches back as far as its lines do."""
    if not versions:
        return
    days = [date.min, *(version.effective_from for version in versions[1:]), date.max]
    for version, (first, following) in zip(versions, pairwise(days), strict=True):
        last = following if following == date.max else following - timedelta(days=1)
        if first <= last:
            yield version, first, last


def months_of(first: date, last: date) -> Iterator[tuple[date, int, int]]:
    """The months of a span of days: first of month, days of the span in it, days it has. None of one that ends before
    it begins."""
    month = first_of_month(first)
    while month <= last and first <= last:
        following = add_months(month, 1)
        end = min(last, following - timedelta(days=1))
        yield month, (end - max(first, month)).days + 1, (following - month).days
        month = following


def by_line_and_month(versions: Sequence[Version]) -> dict[tuple[int, date], Decimal]:
    """GBP by line and first of month. ``versions`` in order of effect. A recurring line is charged for its days in each
    version; another is a budget, taken whole as it stands last: a one-off line in the month it starts (it is paid as its
    milestones are accepted), a usage line spread evenly over its months, the rounding difference in the last."""
    days: dict[tuple[int, date], Decimal] = defaultdict(lambda: ZERO)  # monthly price x days, of which a month has some
    charged: dict[tuple[int, date], Decimal] = defaultdict(lambda: ZERO)
    length: dict[date, int] = {}
    for version, first, last in spans(versions):
        for line in version.lines:
            if line.monthly is not None:
                begins, ends = max(first, line.starts_on), min(last, line.ends_on or date.max)
                for month, covered, whole in months_of(begins, ends):
                    days[line.number, month] += line.monthly * covered
                    length[month] = whole
    for line, gone_from in _standing_last(versions):
        for day, amount in _budgeted(line):
            if day < gone_from:
                charged[line.number, first_of_month(day)] += amount
    for (number, month), amount in days.items():
        charged[number, month] += to_penny(amount / length[month])
    return dict(charged)


def _standing_last(versions: Sequence[Version]) -> Iterator[tuple[Line, date]]:
    """Each one-off and usage line as the last version that has it says, and the day from which none does."""
    found: dict[int, tuple[Line, date]] = {}
    gone_from = [*(version.effective_from for version in versions[1:]), date.max]
    for version, day in zip(versions, gone_from, strict=False):
        for line in version.lines:
            if line.monthly is None:
                found[line.number] = line, day
    yield from found.values()


def of_days(versions: Sequence[Version], phase: str, first: date, last: date) -> Fraction:
    """GBP that the recurring lines of a phase cost from a day to a day, exactly: no penny is rounded. 0 of no days."""
    total = Fraction(0)
    for version, begins, ends in spans(versions):
        for line in version.lines:
            if line.phase == phase and line.monthly is not None:
                days = max(begins, line.starts_on, first), min(ends, line.ends_on or date.max, last)
                for _month, covered, whole in months_of(*days):
                    total += Fraction(line.monthly) * covered / whole
    return total


def _budgeted(line: Line) -> Iterator[tuple[date, Decimal]]:
    """The days on which the parts of a one-off or usage line count, with their amounts: equal shares rounded half-up, the last what
    is left, so that together they are the line's total to the penny."""
    if line.ends_on is None:
        yield line.starts_on, line.total
        return
    months = [max(month, line.starts_on) for month, _covered, _whole in months_of(line.starts_on, line.ends_on)]
    share = to_penny(line.total / len(months))
    for day in months[:-1]:
        yield day, share
    yield months[-1], line.total - share * (len(months) - 1)


@dataclass(frozen=True)
class Month:
    """What is to be invoiced for a month: net by phase, and together net, VAT and gross."""

    month: date
    phases: Mapping[str, Decimal]
    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        """GBP with VAT, which was rounded once."""
        return self.net + self.vat

    @property
    def financial_year(self) -> str:
        return financial_year(self.month)


def by_month(versions: Sequence[Version], vat_rates: Sequence[tuple[date, Decimal]]) -> list[Month]:
    """Every month that is charged for, in order. VAT by the month's rate (``vat_rates``: from, percent, ascending),
    rounded once a month."""
    phase_of = {line.number: line.phase for version in versions for line in version.lines}
    sums: dict[date, dict[str, Decimal]] = {}
    for (number, month), amount in by_line_and_month(versions).items():
        phases = sums.setdefault(month, dict.fromkeys(PHASES, ZERO))
        phases[phase_of[number]] += amount
    found = []
    for month in sorted(sums):
        net = sum(sums[month].values(), ZERO)
        found.append(Month(month, sums[month], net, to_penny(net * vat_percent(vat_rates, month) / HUNDRED)))
    return found
