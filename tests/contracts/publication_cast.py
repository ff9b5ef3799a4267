"""The people of a published copy, and its steps in one call each; states are reached only by the actions."""

from datetime import date, datetime, timedelta

from contracts import publishing
from contracts.models import Contract, RedactedCopy
from tests import cast, paper
from tests.cast import START
from tests.contracts.transition_cast import MANAGER

SIGNATORY, OFFICER = "signatory@dius.example", "accounting.officer@dius.example"
UNTIL = date(2010, 10, 31)
SECRET = "The supplier bids for others at this moment."


def asked(*codes: str, ground: str = "commercial", until: date = UNTIL) -> list[publishing.Asked]:
    return [publishing.Asked(code, ground, SECRET, until) for code in codes]


def proposed(contract: Contract | None = None, codes: tuple[str, ...] = ("prices",), at: datetime = START, email: str = MANAGER) -> RedactedCopy:
    return publishing.propose(contract or cast.contract(), asked(*codes), by=cast.person(email), at=at)


def approved(one: RedactedCopy, at: datetime = START, email: str = SIGNATORY) -> RedactedCopy:
    return publishing.approve(one, shown_hash=one.content_hash, by=cast.person(email), at=at)


def on_paper(one: RedactedCopy, at: datetime = START) -> RedactedCopy:
    """Decided, its document sealed and closed: published."""
    return paper.copy_published(approved(one, at))


def refused(one: RedactedCopy) -> RedactedCopy:
    return publishing.refuse_to_publish(one, reason="More is to be published.", by=cast.person(SIGNATORY), at=START)


def withdrawn(one: RedactedCopy) -> RedactedCopy:
    return publishing.withdraw(one, reason="Too early.", by=cast.person(MANAGER), at=START)


def taken_down(one: RedactedCopy) -> RedactedCopy:
    return publishing.take_down(one, reason="A price stood in it.", by=cast.person(MANAGER), at=START + timedelta(days=1))
