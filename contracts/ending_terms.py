"""What the end of a contract does to its terms, and what that costs. Money is Decimal GBP with two places, VAT excluded."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from catalogue.pricing import ZERO
from contracts import terms
from contracts.models import Contract, ContractVersion, Termination
from contracts.terms import Change, Terms

CONVENIENCE_DAYS = 90  # whole days between the notice and the end (clause 30.4)
BREAK_MONTHS = 3  # months' charges that the break cost comes to at most (clause 30.4)
LATE_DAYS = 60  # after its day a milestone is a ground (clause 30.1(c))


def version(contract: Contract, termination: Termination, number: int) -> ContractVersion:
    """Not saved. It changes no line: it ends all of them, and charges the break cost in the month of its day."""
    return ContractVersion(
        contract=contract, number=number, kind=ContractVersion.Kind.TERMINATION, effective_from=termination.effective_on,
        caused_by=termination.notice or termination.label, charge_gbp=termination.break_cost_gbp or None,
    )  # fmt: skip


def ended(before: Sequence[Change], contract: Contract, termination: Termination) -> list[Terms]:
    """The terms with the notice in effect, before any of it is written."""
    return terms.put_together([*before, (version(contract, termination, len(before) + 1), [])])


def most_break_cost(before: Sequence[Change], effective_on: date) -> Decimal:
    """GBP: three months of what is charged by the month on the day before (clause 30.4). Whole months of prices that are in whole
    pennies: nothing is rounded."""
    last = effective_on - timedelta(days=1)
    now = terms.as_of(terms.put_together(before), last)
    running = [line for line in (now.lines if now else ()) if line.starts_on <= last and (line.ends_on is None or line.ends_on >= last)]
    return BREAK_MONTHS * sum((line.monthly for line in running if line.monthly is not None), ZERO)
