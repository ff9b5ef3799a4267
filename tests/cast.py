"""The cast of every test: a buyer at DIUS, approvers at both sides, people at the supplier, and an outsider of another
department who sees nothing. States are reached only by performing the actions."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import wraps

from django.db import connection
from django.db.models import F, Model

from catalogue.models import Framework, Organisation
from catalogue.pricing import add_months
from config.story.orders import draft_dius
from contracts import formation
from contracts.models import Contract
from documents import clock, jobs, periodic, storage, store
from documents.models import BusinessClock
from procurement import (
    access,
    agreements,
    approval,
    copying,
    countering,
    drafting,
    joining,
    membership,
    proposing,
    workflow,
)
from procurement.actors import Person
from procurement.models import (
    Accession,
    ActingFor,
    CallOff,
    CapacityAccount,
    CounterProposal,
    FrameworkGrant,
    OrganisationGrant,
    Post,
    PostHolding,
    StepState,
    User,
    VolumeEntry,
)
from procurement.proposing import Changes

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


# the state that the test's world began in (the mark ``world``), until somebody asks for what is in it
world: str | None = None


def once_a_world(find: Callable[[], Model]) -> Callable:
    """Made by the actions; a test that begins in the world of this name is given what is there, once."""

    def decorate(make: Callable) -> Callable:
        @wraps(make)
        def made_or_found(*args, **kwargs):
            global world
            if args or kwargs or world != make.__name__:
                return make(*args, **kwargs)
            world = None
            return find()

        return made_or_found

    return decorate


def drafted(day: date | None = None) -> CallOff:
    """``day``: the latest on which it is to be submitted, so that no milestone of it is past by then."""
    call_off = fresh(draft_dius(requester(), START))
    if day is not None:
        call_off.revision.milestones.filter(planned_on__lt=day).update(planned_on=day)
    return call_off


@once_a_world(CallOff.objects.get)
def submitted() -> CallOff:
    return fresh(workflow.submit(drafted(), by=requester(), at=START))


def own_order() -> CallOff:
    """The authority's own: what DIUS would order, by the Cabinet Office, before its own approvers."""
    by, body = person("requester@co.example"), Organisation.objects.get(code="CO")
    source = drafted()
    order = drafting.start(framework(), body, title="Desktops of the Cabinet Office", by=by, at=START)
    copying.copy_content(source.revision, order.revision)
    copying.copy_particulars(source.particulars, order.particulars)
    return fresh(workflow.submit(fresh(order), by=by, at=START))


def deputy_of(email: str, name: str = "Del Deputy") -> Person:
    """Somebody new of the same organisations who acts for the person in all their posts, for years."""
    principal = User.objects.get(email=email)
    deputy = User.objects.create(email=f"deputy.{principal.pk}@{email.partition('@')[2]}", name=name, password="!")
    for model in (OrganisationGrant, FrameworkGrant):
        for grant in model.objects.filter(user=principal):
            model.objects.create(
                user=deputy, permission=grant.permission, content_object=grant.content_object, starts_on=grant.starts_on
            )
    for holding in principal.holdings.all():
        ActingFor.objects.create(
            holding=holding, deputy=deputy, starts_on=START.date(), ends_on=START.date().replace(year=2030)
        )
    return person(deputy.email)


def open_step(call_off: CallOff, by: Person):
    """The open step of the person's post on the current revision."""
    posts = {code for _organisation, code in access.sight(by.user, clock.london_day(START)).posts}
    return fresh(call_off).revision.approval.steps.get(state=StepState.OPEN, post__in=posts)


def decide(call_off: CallOff, email: str, at: datetime = START) -> CallOff:
    by = person(email)
    step = open_step(call_off, by)
    return approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=at)


@once_a_world(CallOff.objects.get)
def approved_by_department() -> CallOff:
    call_off = submitted()
    for email in ROUTE[:4]:
        decide(call_off, email)
    return fresh(call_off)


@once_a_world(CallOff.objects.get)
def with_supplier() -> CallOff:
    call_off = approved_by_department()
    for email in ROUTE[4:]:
        decide(call_off, email)
    return fresh(call_off)


DESK = "order.desk@fujitsu.example"
FEWER = {"CORE-01": 400}  # thin clients at the first site, where 434 are ordered


def changes(call_off: CallOff, quantities: dict[str, int] | None = None, **more) -> Changes:
    """Other quantities, by service, of the first line of each."""
    wanted = {}
    for code, quantity in (FEWER if quantities is None else quantities).items():
        line = call_off.revision.lines.filter(service_code=code).first()
        wanted[line.number] = (code, quantity)
    return Changes(lines=wanted, **more)


@once_a_world(CounterProposal.objects.get)
def countered(call_off: CallOff | None = None, wanted: Changes | None = None, at: datetime = START) -> CounterProposal:
    """The DIUS order, counter-proposed by the order desk: a month later, which leaves every rule of the catalogue met."""
    call_off = call_off or with_supplier()
    wanted = wanted or later(call_off)
    return fresh(countering.counter(call_off, wanted, reason="The data centre is full.", by=person(DESK), at=at))


def later(call_off: CallOff, months: int = 1) -> Changes:
    """The interim service so many months longer (six at most), the shared one so much later and shorter."""
    revision = call_off.revision
    starts_on = add_months(revision.shared_starts_on, months)
    term = {"interim_months": revision.interim_months + months, "shared_starts_on": starts_on,
            "shared_months": revision.shared_months - months}  # fmt: skip
    return Changes(term=term)


def shown(made: CounterProposal, at: datetime = START) -> str:
    """The hash of the order as the accepting page shows it at the moment."""
    call_off = fresh(made.call_off)
    return proposing.propose(call_off, Changes.of(made.changes), clock.london_day(at)).content_hash


def accept_counter(made: CounterProposal, at: datetime = START) -> CallOff:
    return fresh(countering.accept(made, shown_hash=shown(made, at), by=requester(), at=at))


def accept(call_off: CallOff) -> Contract:
    call_off = fresh(call_off)
    return formation.accept_order(
        call_off, shown_hash=call_off.revision.revision_hash, by=person("order.desk@fujitsu.example"), at=START
    )


@once_a_world(Contract.objects.get)
def accepted() -> Contract:
    return accept(with_supplier())


OPTION = 6  # months


@once_a_world(Contract.objects.get)
def accepted_with_option() -> Contract:
    """As ``accepted``, of an order that has an option to extend."""
    call_off = drafted()
    revision = call_off.revision
    names = ("shared_starts_on", "shared_months", "interim_starts_on", "interim_months")
    term = drafting.Term(**{name: getattr(revision, name) for name in names}, extension_months=OPTION)
    drafting.save_term(call_off, term, by=requester(), at=START)
    call_off = workflow.submit(fresh(call_off), by=requester(), at=START)
    for email in ROUTE:
        decide(call_off, email)
    return accept(call_off)


TOLERANCE = Decimal(5)  # per cent


def leave_tolerance(percent: Decimal = TOLERANCE) -> None:
    """The framework leaves its quantities a tolerance: what is ordered from now on has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tests.leave_tolerance(%s)", [percent])


@once_a_world(Contract.objects.get)
def accepted_with_tolerance() -> Contract:
    """As ``accepted``, of an order whose quantities may move by 5 per cent."""
    leave_tolerance()
    return accept(with_supplier())


def wind_to(at: datetime) -> None:
    """The demonstration's clock stands at the moment, and what has fallen due by then is done at once, as by a clock that was away:
    stepping there stops at everything on the way, which takes a third of a second each."""
    BusinessClock.objects.update_or_create(defaults={"moment": at})
    periodic.run_due(at)


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


def contract() -> Contract:
    return Contract.objects.get()


def executed() -> Contract:
    """From a world in which the contract is issued."""
    contract = Contract.objects.get()
    for party, email in SIGNATORIES:
        sign(contract, party, email)
        run_all_jobs()
    return fresh(contract)


def ons() -> Accession:
    return Accession.objects.select_related("framework__authority", "department").get(department__code="ONS")


ONS_SITES = [
    {"name": "Newport", "address": "Illustrative address, Newport", "seats": 2600},
    {"name": "Titchfield", "address": "Illustrative address, Titchfield", "seats": 1500},
    {"name": "London", "address": "Illustrative address, London", "seats": 400},
]
ONS_LIMITS = {
    "budget_holder": "25000.00", "technology_officer": "500000.00", "finance_director": "5000000.00",
    "signatory": "50000000.00",
}  # fmt: skip


def ons_people() -> list[membership.Named]:
    """The eight people of delegations.csv, with the limits that stand there."""
    posts = ("requester", "budget_holder", "technology_officer", "finance_director", "accounting_officer", "signatory",
             "contract_manager", "administrator")  # fmt: skip
    return [
        membership.Named(
            f"ONS {post.replace('_', ' ')}", f"{post.replace('_', '.')}@ons.example", post,
            Decimal(ONS_LIMITS[post]) if post in ONS_LIMITS else None, post == "accounting_officer",
        )
        for post in posts
    ]  # fmt: skip


def evidence(kind: str) -> dict:
    sha256 = storage.put(PDF)
    return {"kind": kind, "filename": f"{kind}.pdf", "content_type": "application/pdf", "length": len(PDF), "sha256": sha256}


PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"


@once_a_world(ons)
def ons_applied() -> Accession:
    by = person("requester@ons.example")
    values = {
        "statement": "Desktops, service desk and hosting for 4,500 users.", "sites": ONS_SITES, "people": ons_people(),
        "files": [evidence("signatory"), evidence("delegation")],
    }  # fmt: skip
    joining.save_application(ons(), values, by=by, at=START)
    return joining.apply(ons(), by=by, at=START)


@once_a_world(ons)
def ons_approved() -> Accession:
    accession = ons_applied()
    lead, approver = person("accession.lead@co.example"), person("accession.approver@co.example")
    shown = joining.current(accession).content_hash
    joining.start_review(accession, by=lead, at=START)
    joining.recommend(accession, shown_hash=shown, by=lead, at=START)
    return agreements.approve(accession, shown_hash=shown, by=approver, at=START)


def ons_joined() -> Accession:
    ons_approved()
    run_all_jobs()
    for party, email in (("department", "signatory@ons.example"), ("authority", "authority.signatory@co.example")):
        accession = fresh(ons())
        shown = store.head(accession.document).sha256
        agreements.sign(accession, party, shown_sha256=shown, by=person(email), at=START)
        run_all_jobs()
    return fresh(ons())


def start_order(email: str) -> CallOff:
    by = person(email)
    accession = ons()
    return drafting.start(accession.framework, accession.department, title="Desktops", by=by, at=START)


def give_post(email: str, organisation: str, code: str) -> None:
    post = Post.objects.get(organisation__code=organisation, code=code)
    PostHolding.objects.create(post=post, user=person(email).user, starts_on=START.date())


def add_volume(volume: str, quantity: int) -> None:
    """Another agreement adds to the framework's volume: prices fall."""
    VolumeEntry.objects.create(
        framework=framework(), volume=volume, quantity=quantity, effective_from=START.date(),
        source="another agreement", key=f"test:{volume}:{quantity}",
    )  # fmt: skip


def leave_free(gbp: Decimal) -> None:
    """Lower the ceiling, as its manager would, to leave this much."""
    CapacityAccount.objects.update(ceiling_gbp=F("reserved_gbp") + F("committed_gbp") + gbp)
