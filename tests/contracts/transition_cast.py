"""The people of a transition, and its steps in one call each; states are reached only by the actions."""

from datetime import date, datetime, time
from decimal import Decimal

from contracts import accepting, delivery
from contracts.models import AcceptanceDecision, Milestone, MilestoneSubmission
from documents import clock, storage
from procurement.papers import StoredFile
from tests import cast
from tests.cast import START

SERVICE, MANAGER = "service.manager@fujitsu.example", "contract.manager@dius.example"
DATA = cast.PDF + b"test report"


def on(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=clock.LONDON)


def milestone(number: int, contract=None) -> Milestone:
    return Milestone.objects.select_related("contract__call_off").get(contract=contract or cast.contract(), number=number)


def file() -> StoredFile:
    return StoredFile("report.pdf", "application/pdf", storage.put(DATA), len(DATA))


def shown(one: Milestone) -> dict[int, delivery.Shown]:
    """Words for every criterion, and for the first a file too."""
    return {
        number: delivery.Shown("Tested on site.", file() if number == 1 else None)
        for number in one.criteria.values_list("number", flat=True)
    }


def begun(one: Milestone, at: datetime = START) -> Milestone:
    return delivery.begin(one, by=cast.person(SERVICE), at=at)


def submitted(one: Milestone, at: datetime = START) -> MilestoneSubmission:
    """From planned, or from sent back."""
    if one.state == "planned":
        one = begun(one, at)
    return delivery.submit(one, shown(one), by=cast.person(SERVICE), at=at)


def last(one: Milestone) -> str:
    """The hash of the last submission; of none that was never given."""
    found = one.submissions.last()
    return found.content_hash if found else "0" * 64


def accepted(one: Milestone, day: date | None = None, at: datetime = START) -> AcceptanceDecision:
    """By the contract manager, of what stands there now."""
    return accepting.accept(one, shown_hash=last(one), on=day, by=cast.person(MANAGER), at=at)


def conditional(one: Milestone, part: Decimal = Decimal(100), day: date | None = None, at: datetime = START) -> AcceptanceDecision:
    return accepting.accept_on_conditions(
        one, shown_hash=last(one), conditions="The report of the desk follows.", conditions_by=date(2030, 1, 1),
        part_percent=part, on=day, by=cast.person(MANAGER), at=at,
    )  # fmt: skip


def met(one: Milestone, at: datetime = START) -> AcceptanceDecision:
    return accepting.conditions_met(one, shown_hash=last(one), by=cast.person(MANAGER), at=at)


def sent_back(one: Milestone, at: datetime = START) -> AcceptanceDecision:
    return accepting.send_back(one, shown_hash=last(one), not_met={1: "One test is missing."}, by=cast.person(MANAGER), at=at)


def cut_over(day: date, at: datetime | None = None) -> AcceptanceDecision:
    """M2 on the first day of the interim service, then M8: submitted and accepted on the day, or at the moment given."""
    if milestone(2).state == "planned":
        first = milestone(2).contract.starts_on
        submitted(milestone(2), on(first))
        accepted(milestone(2), first, on(first))
    moment = at or on(max(day, milestone(2).contract.starts_on))
    submitted(milestone(8), moment)
    return accepted(milestone(8), day, moment)
