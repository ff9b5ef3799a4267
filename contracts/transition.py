"""The plan of a contract's transition: opened when the contract is executed, from the order as it was accepted."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from contracts.models import AcceptanceCriterion, Contract, Milestone, PaymentDue
from documents import audit
from documents.actors import Actor
from procurement.models import Phase


def open_plan(contract: Contract, *, by: Actor, at: datetime) -> list[Milestone]:
    """The milestones with their criteria and payments, from the frozen content of the accepted revision. The caller holds
    the transaction and has made the contract's lines."""
    lines = {
        line.service.code: line
        for line in contract.lines.filter(phase=Phase.ONE_OFF).select_related("service").order_by("number")
    }
    made = []
    for row in json.loads(contract.revision.content)["milestones"]:
        planned_on = date.fromisoformat(row["planned_on"])
        milestone = Milestone.objects.create(
            contract=contract, number=int(row["number"].removeprefix("M")), title=row["title"], effect=row["effect"] or "",
            planned_on=planned_on, due_on=planned_on, state_since=at,
        )  # fmt: skip
        AcceptanceCriterion.objects.bulk_create(
            AcceptanceCriterion(milestone=milestone, number=number, words=words)
            for number, words in enumerate(row["criteria"], start=1)
        )
        PaymentDue.objects.bulk_create(_payments(milestone, row["payments"], lines))
        audit.record("milestone.planned", milestone, by=by, at=at, before=None, after=milestone.state)
        made.append(milestone)
    return made


def _payments(milestone: Milestone, rows: Iterable[dict], lines: dict) -> Iterable[PaymentDue]:
    for row in rows:
        percent = None if row["percent"] is None else Decimal(row["percent"])
        yield PaymentDue(
            milestone=milestone, line=lines[row["service"]], percent=percent, quantity=row["quantity"],
            amount_gbp=Decimal(row["amount_gbp"]),
        )  # fmt: skip
