"""Interest on what is paid late (the Late Payment of Commercial Debts (Interest) Act 1998; the contract's clause 13.5).

Pure functions: money is Decimal GBP, VAT included, for the debt is. Interest is simple, at 8 per cent a year above the base rate in
force on the last 30 June or 31 December before the day from which it runs (SI 2002/1675), for each day after the last on which it
could be paid in time, up to and with that of payment; summed exactly and rounded half-up once to the penny.
``base_rates.csv`` has the rates with since when each was in force and the source.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from catalogue.pricing import ZERO, to_penny_exactly

ABOVE_BASE = Decimal(8)  # per cent a year
DAYS_A_YEAR = 365


@dataclass(frozen=True)
class BaseRate:
    """Per cent a year on ``reference_day``, which it has been since ``in_force_since``."""

    reference_day: date
    percent: Decimal
    in_force_since: date
    source: str


@cache
def base_rates() -> tuple[BaseRate, ...]:
    """Ascending."""
    with (Path(__file__).parent / "base_rates.csv").open(encoding="utf-8", newline="") as rows:
        return tuple(
            BaseRate(
                date.fromisoformat(row["reference_day"]), Decimal(row["percent"]), date.fromisoformat(row["in_force_since"]),
                row["source"],
            )
            for row in csv.DictReader(rows)
        )  # fmt: skip


def base_rate(runs_from: date) -> BaseRate | None:
    """Of the last 30 June or 31 December before the day on which interest begins to run; None where that is not among the data."""
    midsummer = date(runs_from.year, 6, 30)
    wanted = midsummer if midsummer < runs_from else date(runs_from.year - 1, 12, 31)
    return next((rate for rate in base_rates() if rate.reference_day == wanted), None)


@dataclass(frozen=True)
class Interest:
    """``amount`` so far, GBP, for what was late until ``until``; None for it and for the rate where that is not known."""

    amount: Decimal | None
    rate: BaseRate | None
    runs_from: date
    until: date
    days: int

    @property
    def percent(self) -> Decimal | None:
        """A year: what the Act puts upon the base rate, and that; None where the rate is not known."""
        return self.rate.percent + ABOVE_BASE if self.rate else None


def interest(gross: Decimal, due_on: date, payments: Sequence[tuple[date, Decimal]], on: date) -> Interest | None:
    """On what was still owed (GBP, VAT included) after the day on which it was due, by the payments made until ``on`` (day, amount,
    in any order); None where nothing was late."""
    made = sorted((day, amount) for day, amount in payments if day <= on)
    owed, before, pound_days = gross - sum((amount for day, amount in made if day <= due_on), ZERO), due_on, Fraction(0)
    for day, amount in [(day, amount) for day, amount in made if day > due_on]:
        pound_days += Fraction(owed) * (day - before).days
        owed, before = owed - amount, day
    until = on if owed else before
    pound_days += Fraction(owed) * max(0, (until - before).days)
    if not pound_days:
        return None
    runs_from = due_on + timedelta(days=1)
    rate = base_rate(runs_from)
    asked = to_penny_exactly(pound_days * Fraction(rate.percent + ABOVE_BASE) / 100 / DAYS_A_YEAR) if rate else None
    return Interest(asked, rate, runs_from, until, (until - due_on).days)
