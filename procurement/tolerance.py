"""How far quantities may move without a variation (framework.yaml, ``quantity_tolerance_percent``; the contract's clause 6.6), and
what the upper edge of that costs. Money is Decimal GBP with two places, VAT excluded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from catalogue.pricing import HUNDRED, ZERO
from procurement.models import CallOffRevision, Phase
from procurement.quoting import Quote

RECURRING = "recurring"


@dataclass(frozen=True)
class Row:
    """A line of the shared service that is charged by the month, so many months long."""

    service: str
    quantity: int
    unit_price: Decimal
    months: int


def most(percent: Decimal, quantity: int) -> int:
    """How many units of a service may move, of so many as signed: whole ones, never more than the percentage."""
    return int(percent * quantity / HUNDRED)


def edge(percent: Decimal, rows: Iterable[Row]) -> Decimal:
    """What it costs if all of every service moves up on its first day: the most that change requests can add to the charges. A
    service's units at its dearest line, for as long as its longest."""
    services: dict[str, list[Row]] = {}
    for row in rows:
        services.setdefault(row.service, []).append(row)
    return sum(
        (
            most(percent, sum(row.quantity for row in found)) * max(row.unit_price for row in found) * max(row.months for row in found)
            for found in services.values()
        ),
        ZERO,
    )  # fmt: skip


def edge_of_quote(percent: Decimal, quote: Quote) -> Decimal:
    """Of one that is priced now; what has no price yet counts at its list price."""
    return edge(percent, (
        Row(one.service.code, one.line.quantity, one.unit_price or one.service.list_price, one.line.months)
        for one in quote.lines if one.line.phase == Phase.SHARED and one.service.charge_type == RECURRING and one.line.months
    ))  # fmt: skip


def edge_of_revision(revision: CallOffRevision) -> Decimal:
    """Of one that was submitted: its prices stand."""
    percent = revision.call_off.framework.quantity_tolerance_percent
    if not percent:
        return ZERO
    rows = revision.lines.filter(phase=Phase.SHARED, service__charge_type=RECURRING, months__isnull=False)
    found: Iterable[Mapping] = rows.values("service_code", "quantity", "unit_price_gbp", "list_price_gbp", "months")
    return edge(percent, (
        Row(one["service_code"], one["quantity"], one["unit_price_gbp"] or one["list_price_gbp"], one["months"]) for one in found
    ))  # fmt: skip
