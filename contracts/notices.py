"""The notice of new prices: its payload, plain strings frozen on the Document row. Both sides of the contract read it; it
says which volumes were reached, of the whole framework, and never who ordered what. Money is GBP, VAT excluded.

Shape: ``notice`` (notice.json), ``signatories`` (nobody), ``issued``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalogue.pricing import ZERO, BandTable
from contracts import terms
from contracts.models import ContractVersion
from contracts.terms import StandingLine, Terms, bands_of
from documents import store
from documents.canonical import money, number

SCHEMA = 1


@dataclass(frozen=True)
class Fall:
    """A line whose unit price falls to ``price`` (GBP, VAT excluded)."""

    line: StandingLine
    price: Decimal

    @property
    def monthly(self) -> Decimal:
        """Of all its units at the lower price."""
        return self.price * self.line.quantity


def build(
    version: ContractVersion, falls: Sequence[Fall], volumes: Mapping[str, int], before: Sequence[Terms],
    after: Sequence[Terms], *, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """``volumes``: what had been ordered by then, by band table; ``before`` and ``after``: the terms without the notice and
    with it. The years are those of the whole contract."""
    contract = version.contract
    framework = contract.framework
    tables = {bands_of(fall.line.line) for fall in falls}
    reached = {table: volumes.get(table.code, 0) for table in tables if table is not None}
    was, then = terms.by_year(before), terms.by_year(after)
    return {
        "notice": {
            "schema": SCHEMA, "number": version.caused_by, "effective_on": version.effective_from.isoformat(),
            "framework": {"reference": framework.reference, "title": framework.title},
            "contract": {"number": contract.number, "title": contract.title},
            **contract.parties_now,
            "volumes": [_volume(table, quantity) for table, quantity in sorted(reached.items(), key=lambda item: item[0].code)],
            "lines": [_line(fall) for fall in falls],
            "monthly_before_gbp": money(sum((fall.line.unit_price * fall.line.quantity for fall in falls), ZERO)),
            "monthly_after_gbp": money(sum((fall.monthly for fall in falls), ZERO)),
            "years": [
                {"year": year, "before_gbp": money(was[year]), "after_gbp": money(then.get(year, ZERO))} for year in sorted(was)
            ],
            "before_gbp": money(sum(was.values(), ZERO)), "after_gbp": money(sum(then.values(), ZERO)),
        },
        "signatories": [],
        "issued": store.issued(at),
    }  # fmt: skip


def _volume(table: BandTable, quantity: int) -> dict[str, Any]:
    band = table.reached(quantity)
    return {
        "code": table.code, "quantity": quantity, "from_quantity": band.from_quantity,
        "discount_percent": number(band.discount_percent),
    }  # fmt: skip


def _line(fall: Fall) -> dict[str, Any]:
    line, service = fall.line, fall.line.line.service
    return {
        "number": line.number, "service": service.code, "name": service.name, "site": line.line.site,
        "quantity": line.quantity, "unit_price_before_gbp": money(line.unit_price), "unit_price_after_gbp": money(fall.price),
        "monthly_before_gbp": money(line.unit_price * line.quantity), "monthly_after_gbp": money(fall.monthly),
    }  # fmt: skip
