"""What a missed service level gives back.

Pure functions: money is Decimal GBP with two places, VAT excluded; measurements are per cent with at most three places, or
the words of a pass/fail measure. Source: domain.md, "Service credits".
"""

from collections.abc import Sequence
from decimal import Decimal

from catalogue.pricing import HUNDRED, ZERO, to_penny

TESTED = "pass_fail"
MET, BELOW_TARGET, BELOW_MINIMUM, BELOW_CRITICAL = "met", "below_target", "below_minimum", "below_critical"


def standing(unit: str, target: str, minimum: str, critical: str, actual: str) -> str:
    """Where the measurement stands. A measure without a minimum or a critical level is never below it; a pass/fail measure
    is below a level when it is the word of that level, so that ``fail`` is below critical."""
    if unit == TESTED:
        if actual == target:
            return MET
        return BELOW_CRITICAL if actual == critical else BELOW_TARGET
    measured = Decimal(actual)
    if measured >= Decimal(target):
        return MET
    if critical and measured < Decimal(critical):
        return BELOW_CRITICAL
    return BELOW_MINIMUM if minimum and measured < Decimal(minimum) else BELOW_TARGET


def points(unit: str, target: str, actual: str) -> Decimal:
    """Percentage points missed, never less than none; a pass/fail measure has none."""
    return ZERO if unit == TESTED else max(Decimal(0), Decimal(target) - Decimal(actual))


def credit(missed: Decimal, charge: Decimal) -> Decimal:
    """GBP: the points as a percentage of the charge (GBP), rounded half-up to the penny."""
    return to_penny(charge * missed / HUNDRED)


def cap(charges: Decimal, percent: Decimal) -> Decimal:
    """GBP: the most that the credits of a month come to, so many per cent of all its recurring charges, rounded half-up to the penny."""
    return to_penny(charges * percent / HUNDRED)


def cuts(amounts: Sequence[Decimal], most: Decimal) -> list[Decimal]:
    """GBP that the cap takes from each, in the order given: the smallest is cut first, of equal ones the later. Together they are
    what the amounts come to beyond ``most``; nothing is rounded."""
    over = max(ZERO, sum(amounts, ZERO) - most)
    found = [ZERO] * len(amounts)
    for place in sorted(range(len(amounts)), key=lambda n: (amounts[n], -n)):
        found[place] = min(amounts[place], over)
        over -= found[place]
    return found
