"""The people of the end of a contract, and its steps in one call each; states are reached only by the actions."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from contracts import exiting, levels, measuring, running_on, terminating, terms
from contracts.models import Contract, ExitItem, RunningOn, Termination
from documents import clock
from tests import cast
from tests.cast import START
from tests.contracts import levels_cast, transition_cast
from tests.contracts.transition_cast import MANAGER, SERVICE

SIGNATORY, OFFICER = "signatory@dius.example", "accounting.officer@dius.example"
MID_MONTH = date(2009, 2, 17)  # the first day without the contract
FIRST_MONTH = date(2007, 11, 17)  # the same, in the first month: there is one month of levels
BREAK_COST = Decimal("12345.67")


def on(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=clock.LONDON)


def asked(**words: Any) -> terminating.Asked:
    """For convenience, from the middle of a month of the shared service on."""
    known = {"ground": "convenience", "words": "The work moves to another department.", "effective_on": MID_MONTH,
             "break_cost": BREAK_COST, "break_cost_words": "Leases that run on, by the lessor's letter."}  # fmt: skip
    return terminating.Asked(**(known | words))


def insolvent(day: date) -> terminating.Asked:
    return terminating.Asked(ground="insolvency", words="A winding-up order was made.", effective_on=day)


def proposed(contract: Contract | None = None, what: terminating.Asked | None = None, at: datetime = START, email: str = MANAGER) -> Termination:
    return terminating.propose(contract or cast.contract(), what or asked(), by=cast.person(email), at=at)


def given(contract: Contract | None = None, what: terminating.Asked | None = None, at: datetime = START) -> Termination:
    one = proposed(contract, what, at)
    return confirmed(one, at)


def confirmed(one: Termination, at: datetime = START, email: str = SIGNATORY) -> Termination:
    return terminating.confirm(one, shown_hash=one.content_hash, by=cast.person(email), at=at)


def in_effect(contract: Contract | None = None, what: terminating.Asked | None = None, at: datetime = START) -> Termination:
    one = given(contract, what, at)
    return terminating.take_effect(one, at=on(one.effective_on))


SETTLED = on(date(2007, 12, 3))  # the first month is over


def over(contract: Contract) -> datetime:
    """The morning after its last day."""
    return on(contract.ends_on + timedelta(days=1))


def levels_confirmed(contract: Contract, at: datetime = SETTLED) -> None:
    """Of every month that is over, each measure on its target."""
    for month in levels.months_to_measure(contract, terms.put_together(terms.read(contract)), at.date()):
        report = measuring.report(contract, month, levels_cast.measured(contract, month=month), by=cast.person(SERVICE), at=at)
        measuring.confirm(report, shown_hash=report.content_hash, by=cast.person(MANAGER), at=at)


def expired(contract: Contract | None = None) -> Contract:
    contract = cast.fresh(contract or cast.contract())
    return exiting.expire(contract, at=over(contract))


def item(contract: Contract, code: str) -> ExitItem:
    return ExitItem.objects.select_related("exit__contract__call_off").get(exit__contract=contract, code=code)


def done(contract: Contract, code: str, at: datetime | None = None):
    one = item(contract, code)
    email = SERVICE if one.party == "supplier" else MANAGER
    return exiting.do(one, words="Done, as the letter says.", by=cast.person(email), at=at or over(cast.fresh(contract)))


def ran_on(contract: Contract, *, services: tuple[str, ...] = ("CORE-01", "CORE-02"), at: datetime | None = None) -> RunningOn:
    contract = cast.fresh(contract)
    return running_on.run_on(contract, services, reason="The new order is late.", by=cast.person(MANAGER), at=at or over(contract))


def file():
    return transition_cast.file()
