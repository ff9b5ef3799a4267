"""The people of a month's service levels, and its steps in one call each; states are reached only by the actions."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from contracts import crediting, levels, measuring
from contracts.measuring import Measured
from contracts.models import (
    CalculatedLevel,
    Contract,
    CreditCalculation,
    RectificationPlan,
    ServiceCredit,
    ServiceReport,
)
from documents import clock
from tests import cast
from tests.contracts import transition_cast
from tests.contracts.transition_cast import MANAGER, SERVICE

FINANCE, CATEGORY = "finance.director@dius.example", "category.manager@co.example"
MONTH, AFTER = date(2008, 4, 1), datetime.combine(date(2008, 5, 6), time(10), tzinfo=clock.LONDON)
BAD = {"SD-S-FIX": "71.4", "EUS-B": "97.9"}


def measured(contract: Contract, actuals: dict[str, str] | None = None, month: date = MONTH) -> dict[str, Measured]:
    """Every measure of the month on its target, except those given."""
    found = {one.measure_code: Measured(one.target) for one in levels.read(contract, month).measures}
    return found | {code: Measured(actual) for code, actual in (actuals or {}).items()}


def reported(contract: Contract, actuals: dict[str, str] | None = None, at: datetime = AFTER) -> ServiceReport:
    return measuring.report(contract, MONTH, measured(contract, BAD if actuals is None else actuals), by=cast.person(SERVICE), at=at)


def confirmed(contract: Contract, actuals: dict[str, str] | None = None) -> CreditCalculation:
    made = reported(contract, actuals)
    return measuring.confirm(made, shown_hash=made.content_hash, by=cast.person(MANAGER), at=AFTER)


def credit(code: str = "SD-S-FIX") -> ServiceCredit:
    return ServiceCredit.objects.select_related("contract__call_off", "level__calculation", "measure").filter(measure__measure_code=code).latest("id")


def planned(code: str = "EUS-B", words: str = "A new disk.") -> RectificationPlan:
    level = CalculatedLevel.objects.filter(plan_due_on__isnull=False, measurement__measure__measure_code=code).latest("id")
    return crediting.submit_plan(level, words=words, by=cast.person(SERVICE), at=AFTER)


def act(action: Callable[..., ServiceCredit], one: ServiceCredit, **words: Any) -> ServiceCredit:
    """On what it is shown as."""
    return action(one, shown=crediting.shown_of(one), **words)


def notified(code: str = "SD-S-FIX") -> ServiceCredit:
    return act(crediting.notify, credit(code), by=cast.person(MANAGER), at=AFTER)


def agreed(code: str = "SD-S-FIX") -> ServiceCredit:
    return act(crediting.agree, credit(code), by=cast.person(SERVICE), at=AFTER)


def disputed(code: str = "SD-S-FIX", email: str = SERVICE) -> ServiceCredit:
    return act(
        crediting.dispute, credit(code), reason="Calls of a fire alarm.", file=transition_cast.file(), by=cast.person(email), at=AFTER
    )


def waived(code: str = "SD-S-FIX", email: str = FINANCE) -> ServiceCredit:
    return act(crediting.waive, credit(code), reason="Traded for training.", by=cast.person(email), at=AFTER)


def applied(code: str = "SD-S-FIX") -> ServiceCredit:
    return act(crediting.apply, credit(code), invoice="FS-2008-04", by=cast.person(MANAGER), at=AFTER)


NOTHING = Decimal("0.00")
