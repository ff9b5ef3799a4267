"""The levy, as pure functions: money is Decimal GBP with two places, VAT excluded. Sources: the contract's clause 14; domain.md,
"Management information and levy".

Rounding: half-up to the penny, once for each contract and month. So that all of them together are the percentage of all that was
declared, rounded once (as the forecast is), the last return of a contract adds the difference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from catalogue.pricing import HUNDRED, ZERO, to_penny


def levy(declared: Decimal, percent: Decimal) -> Decimal:
    """GBP: the percentage of what was declared of a contract and a month, rounded half-up to the penny; below zero where what was
    declared is."""
    return to_penny(declared * percent / HUNDRED)


@dataclass(frozen=True)
class Month:
    """What stands of a month of a contract, in GBP: declared, its levy, and what was settled with it."""

    declared: Decimal
    levy: Decimal
    settled: Decimal = ZERO


def settlement(months: Iterable[Month], declared: Decimal, percent: Decimal) -> Decimal:
    """GBP that the last return adds, or below zero gives back, so that the levies of the other ``months`` and of what it declares come to the percentage of
    all that was declared."""
    found = list(months)
    whole = sum((one.declared for one in found), declared)
    asked = sum((one.levy + one.settled for one in found), levy(declared, percent))
    return levy(whole, percent) - asked
