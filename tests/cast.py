"""The cast of every test: a buyer at DIUS, approvers at both sides, people at the supplier, and an outsider of another
department who sees nothing. States are reached only by performing the actions."""

from datetime import datetime

from catalogue.models import Framework, Organisation
from config.management.commands.story import draft_dius
from contracts import formation
from contracts.models import Contract
from documents import clock, jobs, store
from procurement import access, approval, workflow
from procurement.actors import Person
from procurement.models import CallOff, StepState, User

START = datetime(2007, 10, 1, 10, 0, tzinfo=clock.LONDON)
ROUTE = (
    "budget.holder@dius.example", "technology.officer@dius.example", "finance.director@dius.example",
    "accounting.officer@dius.example", "commercial.lead@co.example", "finance.lead@co.example",
    "deputy.director@co.example",
)  # fmt: skip


def person(email: str) -> Person:
    """A signed-in person, with a fresh sign-in."""
    return Person.of(
        User.objects.get(email=email), channel="page", session="test", signed_in_at=clock.real_now()
    )


def requester() -> Person:
    return person("requester@dius.example")


def outsider() -> Person:
    return person("requester@ons.example")


def framework() -> Framework:
    return Framework.objects.get(reference="FLEX-2007")


def dius() -> Organisation:
    return Organisation.objects.get(code="DIUS")


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def drafted() -> CallOff:
    return fresh(draft_dius(requester(), START))


def submitted() -> CallOff:
    return fresh(workflow.submit(drafted(), by=requester(), at=START))


def open_step(call_off: CallOff, by: Person):
    """The open step of the person's post on the current revision."""
    posts = {code for _organisation, code in access.sight(by.user, clock.london_day(START)).posts}
    return fresh(call_off).revision.steps.get(state=StepState.OPEN, post__in=posts)


def decide(call_off: CallOff, email: str, at: datetime = START) -> CallOff:
    by = person(email)
    step = open_step(call_off, by)
    return approval.decide(step, shown_hash=step.revision.revision_hash, no_conflict=True, by=by, at=at)


def approved_by_department() -> CallOff:
    call_off = submitted()
    for email in ROUTE[:4]:
        decide(call_off, email)
    return fresh(call_off)


def with_supplier() -> CallOff:
    call_off = approved_by_department()
    for email in ROUTE[4:]:
        decide(call_off, email)
    return fresh(call_off)


def accept(call_off: CallOff) -> Contract:
    call_off = fresh(call_off)
    return formation.accept_order(
        call_off, shown_hash=call_off.revision.revision_hash, by=person("order.desk@fujitsu.example"), at=START
    )


def accepted() -> Contract:
    return accept(with_supplier())


def run_all_jobs() -> None:
    """What a worker would do, here and now, until nothing is due."""
    while found := jobs.due():
        for job_id in found:
            jobs.run(job_id)


SIGNATORIES = (
    ("supplier", "supplier.signatory@fujitsu.example"),
    ("department", "signatory@dius.example"),
    ("authority", "authority.signatory@co.example"),
)


def issued() -> Contract:
    contract = accepted()
    run_all_jobs()
    return fresh(contract)


def sign(contract: Contract, party: str, email: str, at: datetime = START) -> None:
    shown = store.head(contract.document).sha256
    formation.sign(contract, party, shown_sha256=shown, by=person(email), at=at)


def executed() -> Contract:
    contract = issued()
    for party, email in SIGNATORIES:
        sign(contract, party, email)
        run_all_jobs()
    return fresh(contract)
