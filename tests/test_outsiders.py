"""What an outsider sees never depends on what they may not see: every page they can read is the same to the byte before
and after somebody else's draft, order, baseline or limit changes. Counts, suggestions and numbers with it."""

import re
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.db import ProgrammingError, transaction
from django.urls import reverse

from contracts import variation_approval, varying
from documents import clock
from documents.models import Email
from procurement import (
    agreements,
    approval,
    baselines,
    countering,
    drafting,
    joining,
    membership,
    papers,
    pipeline,
    workflow,
)
from procurement.models import Accession, ApprovalStep, Baseline, Delegation, PostHolding
from tests import cast, paper
from tests.cast import DESK, START
from tests.contracts import transfer_cast as transfers
from tests.contracts import variation_cast as varied
from tests.machines import undone
from tests.machines.orders import on_step
from tests.procurement import release_cast as releases
from tests.procurement.test_pages import sign_in
from tests.test_authorisation import patterns

pytestmark = pytest.mark.usefixtures("db")
ONS, ACCOUNT_MANAGER = "requester@ons.example", "account.manager@fujitsu.example"
NEW_EACH_TIME = re.compile(rb'nonce="[^"]*"|nonce-[\w+/=-]+|name="csrfmiddlewaretoken" value="[^"]*"|name="idempotency_key" value="[^"]*"|X-CSRFToken[^}]*')
WORDS = ("CO-2007-000002", "Secret", "DIUS", "DIUS-ICT-2007", "London", "CORE-01", "business-case")


@pytest.fixture
def world(settings):
    """The body that orders (DIUS) with an order on its way and a draft, and another department that has joined and has a
    draft of its own."""
    settings.STEPPABLE_CLOCK = True
    clock.step_to(START, by=cast.person("framework.manager@co.example"))
    agreements.activate(paper.agreement_archived(paper.agreement_issued(cast.ons_approved())), at=START)
    cast.start_order(ONS)
    return {"draft": cast.drafted(), "going": cast.submitted()}


def pages(world) -> list[str]:
    """Every address that takes no thing, searched, filtered and as a file, and each of the foreign things."""
    found = [reverse(name) for name, pattern in patterns().items() if "<" not in pattern and not pattern.startswith("accounts/")]
    lists = [reverse(name) for name in ("procurement:call_offs", "contracts:contracts", "search", "procurement:catalogue")]
    found += [f"{address}?{urlencode({'q': word})}" for address in lists for word in WORDS]
    found += [f"{reverse('procurement:call_offs')}?{urlencode({'state': state})}" for state in ("draft", "department_approval")]
    found += [f"{reverse('procurement:call_offs')}?format=csv", reverse("procurement:service", args=["CORE-01"])]
    return found + [reverse("procurement:call_off", args=[order.public_id]) for order in world.values()]


def read(client, email: str, world, addresses: list[str] | None = None) -> dict[str, tuple[int, bytes]]:
    """``addresses``: other ones than ``pages`` of the world."""
    sign_in(client, email)
    answers = {}
    for address in addresses or pages(world):
        answer = client.get(address)
        answers[address] = answer.status_code, NEW_EACH_TIME.sub(b"", answer.content)
    return answers


def limits(_world) -> None:
    holding = PostHolding.objects.get(user__email="budget.holder@dius.example")
    Delegation.objects.create(holding=holding, kind="budget", limit_gbp=Decimal("40000.00"), starts_on=START.date())


def joins(_world) -> None:
    """Another body is entered, asked, applies and is reviewed."""
    lead, approver = cast.person("accession.lead@co.example"), cast.person("accession.approver@co.example")
    body = pipeline.Interest("SECRET", "Secret", "GOVGB-SECRET", "London", crown=False)
    accession = pipeline.add_interest(cast.framework(), body, seats_expected=1000, by=lead, at=START)
    pipeline.engage(accession, contact_name="Secret", contact_email="secret@secret.example", by=lead, at=START)
    accession = cast.fresh(accession)
    pipeline.confirm_contact(accession, shown_hash=pipeline.contact_hash(accession), by=approver, at=START)
    theirs = cast.person("secret@secret.example")
    people = [replace(named, email=named.email.replace("@ons.", "@secret."), name="Secret") for named in cast.ons_people()]
    values = {"statement": "Secret.", "sites": cast.ONS_SITES, "people": people,
              "files": [cast.evidence("signatory"), cast.evidence("delegation")]}  # fmt: skip
    joining.save_application(cast.fresh(accession), values, by=theirs, at=START)
    joining.apply(cast.fresh(accession), by=theirs, at=START)
    joining.start_review(cast.fresh(accession), by=lead, at=START)
    joining.ask(cast.fresh(accession), text="Secret?", by=lead, at=START)


def drafts_a_release(email: str):
    return lambda _world: releases.submitted(email, CORE_01="1.00")


def rejected(world) -> None:
    on_step(approval.reject, reason="Secret reason.")(world["going"])


# They are done one after the other, and the pages read once after all: a page that tells of one tells of them together.
CHANGES = {
    "a draft is edited": lambda w: drafting.save_title(w["draft"], "Secret", by=cast.requester(), at=START),
    "its budget code is": lambda w: papers.save_budget(w["draft"], budget_code="Secret", by=cast.requester(), at=START),
    "its services are": lambda w: drafting.save_services(
        w["draft"], [drafting.Ordered("shared", "CORE-01", None, 4000)], by=cast.requester(), at=START),
    "a transfer between others": lambda w: transfers.agreed(transfers.prepared(transfers.asked("DIUS", "HMT"))),
    "a draft is begun": lambda w: drafting.start(w["draft"].framework, w["draft"].department, title="Secret", by=cast.requester(), at=START),
    "a limit": limits,
    "a baseline": lambda w: baselines.state(
        Accession.objects.select_related("framework", "department").get(department=w["draft"].department), gbp_per_user_year=Decimal("4321.00"),
        method="Secret", by=cast.requester(), at=START),
    "an approval": lambda w: cast.decide(w["going"], cast.ROUTE[0]),
    "a question": lambda w: approval.ask(cast.open_step(w["going"], cast.person(cast.ROUTE[1])), text="Secret?", by=cast.person(cast.ROUTE[1]), at=START),
    "a person": lambda w: membership.invite(
        w["draft"].department, name="Secret", email="secret@dius.example", post="requester", by=cast.person("administrator@dius.example"), at=START),
    "another body joins": joins,
    "the authority drafts a release": drafts_a_release("catalogue.manager@co.example"),
}  # fmt: skip
# what the supplier has in hand itself is not hidden from it
OF_THE_SUPPLIER = {"the supplier drafts a release": drafts_a_release(ACCOUNT_MANAGER)}
# a department that has joined reads the framework's totals, in which what is on its way is counted
OF_ORDERS_ON_THEIR_WAY = {
    "a draft is submitted": lambda w: workflow.submit(w["draft"], by=cast.requester(), at=START),
    "an order is recalled": lambda w: workflow.recall(w["going"], by=cast.requester(), at=START),
    "an order is rejected": rejected,
}
EACH_ALONE = [{name: change} for name, change in OF_ORDERS_ON_THEIR_WAY.items()]


def told(client, reader: str, world, before: dict, changes: dict) -> set[str]:
    """The addresses whose pages are others once all this has been done; it is taken back."""
    with undone():
        for change in changes.values():
            change({which: cast.fresh(order) for which, order in world.items()})
        after = read(client, reader, world)
    return {address for address in before if after[address] != before[address]}


@pytest.mark.parametrize("reader", ["requester@bis.example", ONS, DESK, ACCOUNT_MANAGER])
def test_no_page_of_an_outsider_tells_what_they_may_not_see(client, world, reader):
    before = read(client, reader, world)
    assert sum(status == 200 for status, _page in before.values()) > 20
    assert read(client, reader, world) == before, "a page that differs by itself proves nothing"
    of_others = CHANGES if reader in (DESK, ACCOUNT_MANAGER) else CHANGES | OF_THE_SUPPLIER
    for changes in [of_others] if reader == ONS else [of_others, *EACH_ALONE]:
        assert told(client, reader, world, before, changes) == set(), ", ".join(changes)


def test_a_member_reads_nothing_of_what_one_other_department_has_on_its_way(client, world):
    """From three others on they read it as one figure (tests/procurement/test_few_others.py)."""
    before = read(client, ONS, world)
    for changes in EACH_ALONE:
        assert told(client, ONS, world, before, changes) == set(), ", ".join(changes)


@pytest.mark.parametrize("reader", ["requester@bis.example", ONS])
def test_nobody_else_reads_of_a_counter_proposal(client, world, reader):
    """Made, and refused: money and state of the order stay what they were for everybody but its two sides. Accepted it
    is on its way again, which is told from other orders (tests/procurement/test_few_others.py)."""
    world["awarded"] = cast.with_supplier()
    before = read(client, reader, world)
    changes = {
        "it is counter-proposed": lambda w: cast.countered(w["awarded"]),
        "it is refused": lambda w: countering.refuse_it(
            w["awarded"].counter_proposals.latest("id"), reason="Secret.", by=cast.requester(), at=START),
    }  # fmt: skip
    for name in changes:
        so_far = {one: change for one, change in changes.items() if one == name or name == "it is refused"}
        assert told(client, reader, world, before, so_far) == set(), name


def of_contract(variation) -> list[str]:
    """The reader's home, and every page that tells of a contract or of its variation."""
    contract = variation.contract
    names = ("contract", "variations", "terms_in_force", "charges", "plan", "service_levels")
    found = [reverse("home"), *(reverse(f"contracts:{name}", args=[contract.public_id]) for name in names)]
    return [*found, reverse("contracts:variation", args=[contract.public_id, variation.number])]


def act_on(variation, action, **more):
    """What the budget holder does at the step that is open."""
    step = ApprovalStep.objects.get(approval=variation.approval_id, state="open")
    return action(step, by=cast.person(cast.ROUTE[0]), at=START, **more)


def ends(variation, how: str, words: str) -> None:
    if how == "rejected":
        act_on(variation, variation_approval.reject, reason=words, shown_hash=variation.approval.content_hash, no_conflict=True)
    else:
        variation_approval.withdraw(variation, reason=words, by=cast.person(varied.MANAGER), at=START)


SERVICE = "service.manager@fujitsu.example"


@pytest.mark.world("executed")
def test_a_supplier_reads_nothing_of_what_is_said_about_a_variation_inside(client, settings):
    """Drafts, steps, questions; and of how it ended no word of an approver or of the department, on a page or in a message."""
    settings.STEPPABLE_CLOCK = True
    clock.step_to(START, by=cast.person("framework.manager@co.example"))
    variation, manager = varied.submitted(), cast.person(varied.MANAGER)
    addresses = of_contract(variation)
    before = read(client, SERVICE, {}, addresses)
    assert {status for status, _page in before.values()} == {200}
    with undone():
        another = varied.begun()
        varying.save_grounds(another, reason="Secret.", gateway="not_substantial", answers={"scope": "Secret"}, by=manager, at=START)
        query = act_on(variation, variation_approval.ask, text="Secret?")
        variation_approval.answer(query, text="Secret.", by=manager, at=START)
        varied.decided(cast.fresh(variation), steps=1)
        after = read(client, SERVICE, {}, addresses)
        assert {address for address in before if after[address] != before[address]} == set()
    for how in ("rejected", "withdrawn"):
        told = []
        for words in ("Secret reason.", "Another reason."):
            with undone():
                ends(cast.fresh(variation), how, words)
                sent = Email.objects.filter(template="contracts/email/variation_ended.txt", recipient=SERVICE)
                told.append((read(client, SERVICE, {}, addresses), [one.context for one in sent]))
        assert told[0] == told[1] and told[0][1], how
        assert told[0][0] != before, how


def test_nobody_changes_a_baseline():
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Baseline.objects.update(gbp_per_user_year=1)
