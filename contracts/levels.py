"""The service levels of a contract in a month: which measures count, and what its recurring charges are, by service. Money is
Decimal GBP with two places, VAT excluded, as ``contracts.charges`` has rounded it once a line and month."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from catalogue import queries
from catalogue.models import ServiceLevelMeasure
from catalogue.pricing import ZERO, add_months, first_of_month
from contracts import charges, terms
from contracts.models import Contract
from documents.once import once

ALL_RECURRING = "all recurring charges"


@dataclass(frozen=True)
class Month:
    """``charged``: GBP, VAT excluded, of the recurring lines by service code, all sites together. ``measures``: those of the
    services charged, in catalogue order, each from the release that its line is priced from."""

    month: date
    charged: Mapping[str, Decimal]
    measures: tuple[ServiceLevelMeasure, ...]

    @property
    def total(self) -> Decimal:
        """All recurring charges of the month: what the cap is a percentage of."""
        return sum(self.charged.values(), ZERO)

    def base(self, measure: ServiceLevelMeasure) -> Decimal:
        """The recurring charges that a credit for the measure is a percentage of."""
        if measure.credit_applies_to == ALL_RECURRING:
            return self.total
        codes = {code.strip() for code in measure.credit_applies_to.split(";")}
        return sum((amount for code, amount in self.charged.items() if code in codes), ZERO)


def of_month(standing: list[terms.Terms], month: date) -> Month:
    """Of the terms put together; nothing is charged, nor measured, in a month without a recurring line."""
    lines = {line.number: line.line for one in standing for line in one.lines if line.monthly is not None}
    charged: dict[str, Decimal] = defaultdict(lambda: ZERO)
    levels: dict = defaultdict(set)
    for (number, first), amount in charges.by_line_and_month(terms.ledger(standing)).items():
        if first == month and number in lines and amount:
            service = lines[number].service
            charged[service.code] += amount
            if service.service_level:
                levels[service.release].add(service.service_level)
    found: dict[str, ServiceLevelMeasure] = {}
    for release in sorted(levels, key=lambda one: one.pk):
        for measure in queries.service_levels(release, levels[release]):
            found.setdefault(measure.measure_code, measure)
    return Month(month, dict(charged), tuple(found.values()))


def read(contract: Contract, month: date) -> Month:
    """Of the terms as they are. Two queries, and the levels of a release once a process."""
    return once(contract, ("levels", month), lambda: of_month(terms.put_together(terms.read(contract)), month))


def months(contract: Contract, standing: list[terms.Terms], on: date) -> list[date]:
    """The complete months, by the day, in which a recurring line is charged; in order."""
    return _charged(contract, standing, on, {line.number for one in standing for line in one.lines if line.monthly is not None})


def months_to_measure(contract: Contract, standing: list[terms.Terms], on: date) -> list[date]:
    """Those of them in which one was charged that has a service level to measure."""
    lines = {line.number: line.line.service for one in standing for line in one.lines if line.monthly is not None}
    measured = {
        number for number, service in lines.items()
        if service.service_level and queries.service_levels(service.release, {service.service_level})
    }  # fmt: skip
    return _charged(contract, standing, on, measured)


def _charged(contract: Contract, standing: list[terms.Terms], on: date, lines: set[int]) -> list[date]:
    ledger = charges.by_line_and_month(terms.ledger(standing))
    found = {month for (number, month), amount in ledger.items() if number in lines and amount}
    first, last = first_of_month(contract.starts_on), contract.ends_on
    return sorted(month for month in found if first <= month <= last and is_complete(month, on))


def is_complete(month: date, on: date) -> bool:
    """Whether the month is over on the day: from the first of the next one on."""
    return on >= add_months(month, 1)


def last_day(month: date) -> date:
    """Of the month that begins on the day."""
    return add_months(month, 1) - timedelta(days=1)
