"""The transition of DIUS: the supplier says of each milestone that it is ready, the department accepts it."""

from datetime import date, datetime

from contracts import accepting, delivery
from contracts.models import AcceptanceDecision, Contract, Milestone
from procurement.actors import Person

SHOWN = "Shown to the project board, which has the report."


def milestone_of(contract: Contract, label: str) -> Milestone:
    return contract.milestones.get(number=int(label.removeprefix("M")))


def deliver(milestone: Milestone, by: Person, at: datetime) -> None:
    milestone = delivery.begin(milestone, by=by, at=at)
    shown = {criterion.number: delivery.Shown(words=SHOWN) for criterion in milestone.criteria.all()}
    delivery.submit(milestone, shown, by=by, at=at)


def accept(milestone: Milestone, day: date, by: Person, at: datetime) -> AcceptanceDecision:
    """As shown; one that starts or ends charges was achieved on the day it is accepted."""
    shown_hash = milestone.submissions.get().content_hash
    return accepting.accept(milestone, shown_hash=shown_hash, on=day if milestone.effect else None, by=by, at=at)
