"""What falls due for a milestone, and what a delay takes from it. Pure functions; money is Decimal GBP with two places, VAT
excluded. Source: the contract's Schedule 3, paragraphs 3.3, 4.1 and 6.1; domain.md, "Transition".
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from catalogue.pricing import HUNDRED, ZERO, to_penny

A_WEEK = Decimal("2.5")  # per cent of a payment, for each full week after the first
MOST = Decimal(20)  # per cent of a payment
LONG_STOP_WEEKS = 1 + int(MOST / A_WEEK)  # the full weeks after which a delay lowers a payment no further


def weeks_late(submitted_on: date, due_on: date) -> int:
    """Full weeks between the day on which a milestone was due and that of the submission that was accepted; 0 in time."""
    return max(0, (submitted_on - due_on).days // 7)


def reduction_percent(weeks: int) -> Decimal:
    """Per cent by which a payment falls that is so many full weeks late: 0 for one, 2.5 for two, 20 for nine and more."""
    return min(MOST, A_WEEK * max(0, weeks - 1))


def reduction(amount: Decimal, weeks: int) -> Decimal:
    """GBP by which an amount falls, rounded half-up to the penny."""
    return to_penny(amount * reduction_percent(weeks) / HUNDRED)


def long_stop(due_on: date) -> date:
    """The day on which a milestone that is not submitted is as late as a reduction can make good."""
    return due_on + timedelta(weeks=LONG_STOP_WEEKS)


@dataclass(frozen=True)
class Due:
    """What falls due of a payment, before the reduction and the reduction itself (GBP)."""

    amount: Decimal
    reduction: Decimal


def part_due(payment: Decimal, part_percent: Decimal, weeks: int) -> Due:
    """In proportion to the part that is accepted, rounded half-up to the penny; all of it at 100 per cent."""
    amount = to_penny(payment * part_percent / HUNDRED)
    return Due(amount, reduction(amount, weeks))


def rest_due(payment: Decimal, before: Due, weeks: int) -> Due:
    """What is left after a part: together both are the payment, and both reductions that of the payment, to the penny."""
    return Due(payment - before.amount, reduction(payment, weeks) - before.reduction)


NOTHING = Due(ZERO, ZERO)
