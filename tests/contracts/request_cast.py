"""The steps of a change request in one call each: of the DIUS contract, which has 1,000 seats and a tolerance of 5 per cent."""

from datetime import date, datetime

from contracts import requesting, terms
from contracts.models import ChangeRequest, Contract
from tests import cast
from tests.cast import START
from tests.contracts.transition_cast import MANAGER, SERVICE, on

DAY = date(2008, 7, 1)
PLUS, MINUS = 20, -20


def seats(contract: Contract, more: int, site: str = "London") -> dict[tuple[str, str], int]:
    """So many more or fewer thin clients at a site, and of all that every seat takes."""
    standing = terms.put_together(terms.read(contract))
    lines = [line.line for line in terms.as_of(standing, DAY).lines if line.line.phase == "shared" and line.monthly is not None]
    required = ("CORE-01", "CORE-04", "CORE-06", "CORE-07", "CORE-15", "CORE-16")
    return {
        (line.service.code, line.site): more for line in lines if line.service.code in required and line.site in (site, "")
    }  # fmt: skip


def asked(contract: Contract | None = None, more: int = PLUS, day: date = DAY, at: datetime = START, email: str = MANAGER, site: str = "London") -> ChangeRequest:
    contract = contract or cast.contract()
    return requesting.ask(contract, seats(contract, more, site), effective_on=day, reason="Joiners.", by=cast.person(email), at=at)


def accepted(one: ChangeRequest, at: datetime = START, email: str = SERVICE) -> ChangeRequest:
    return requesting.accept(one, shown_hash=one.content_hash, by=cast.person(email), at=at)


def refused(one: ChangeRequest, at: datetime = START) -> ChangeRequest:
    return requesting.decline(one, words="There is nobody to install them.", by=cast.person(SERVICE), at=at)


def withdrawn(one: ChangeRequest, at: datetime = START) -> ChangeRequest:
    return requesting.withdraw(one, words="They do not come.", by=cast.person(MANAGER), at=at)


def on_its_day() -> datetime:
    return on(DAY)
