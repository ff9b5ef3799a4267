"""Ordering by exception: asked for with the order, granted or refused by the authority on exactly that order."""

import json

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import AuditEvent
from documents.refusal import Refused
from procurement import (
    approval,
    completeness,
    content,
    drafting,
    order_decision_guards,
    papers,
    quoting,
    workflow,
)
from procurement.comparing import changes_since, last_seen
from procurement.models import ExceptionDecision, ExceptionRequest
from procurement.proposing import Changes
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
WHY = "Two laboratories at Runcorn drive instruments that need a local disk."
LEAD = "commercial.lead@co.example"


def with_pcs():
    """The DIUS draft with two standard PCs at Runcorn instead of two thin clients."""
    call_off = cast.drafted()
    lines = [
        drafting.Ordered(line.phase, line.service_code, line.site.name if line.site else None,
                         line.quantity - 2 * ((line.service_code, str(line.site)) == ("CORE-01", "Runcorn")))
        for line in call_off.revision.lines.select_related("site")
    ]  # fmt: skip
    lines.append(drafting.Ordered("shared", "CORE-03", "Runcorn", 2))
    drafting.save_services(call_off, lines, by=cast.requester(), at=cast.START)
    return cast.fresh(call_off)


def ask(call_off, quantity=2, reason=WHY):
    papers.save_exceptions(call_off, [("CORE-03", quantity, reason)], by=cast.requester(), at=cast.START)
    return cast.fresh(call_off)


def submitted():
    return cast.fresh(workflow.submit(ask(with_pcs()), by=cast.requester(), at=cast.START))


def with_authority():
    call_off = submitted()
    for email in cast.ROUTE[:4]:
        cast.decide(call_off, email)
    return cast.fresh(call_off)


def awarded():
    """With its supplier, two standard PCs at Runcorn granted."""
    call_off = with_authority()
    act(call_off, approval.grant_exception)
    for email in cast.ROUTE[4:]:
        cast.decide(call_off, email)
    return cast.fresh(call_off)


def of(call_off, code):
    return call_off.revision.lines.get(service_code=code, site__name="Runcorn")


def act(call_off, action, email=LEAD, **more):
    by = cast.person(email)
    revision = cast.fresh(call_off).revision
    step = revision.approval.steps.get(post="commercial_lead")
    values = {"shown_hash": revision.revision_hash, "no_conflict": True} | more
    return action(step, revision.exceptions.get(), by=by, at=cast.START, **values)


def gaps(call_off):
    revision = cast.fresh(call_off).revision
    quote = quoting.quote(revision, cast.START.date())
    return [(gap.section, gap.words) for gap in completeness.gaps(revision, quote, cast.START.date())]


def test_what_takes_an_exception_is_submitted_when_a_request_covers_it():
    call_off = with_pcs()
    ((section, words),) = gaps(call_off)
    assert section == "exceptions" and "CORE-03: 2 ordered (Runcorn 2) and an exception asked for 0" in words
    assert "an exception asked for 1; ask for 1 more" in gaps(ask(call_off, 1))[0][1]
    with pytest.raises(Refused, match="ask for 1 more"):
        workflow.submit(call_off, by=cast.requester(), at=cast.START)
    assert gaps(ask(call_off, 2)) == []


def test_only_what_the_catalogue_lets_by_exception_is_asked_for():
    with pytest.raises(Refused, match="CORE-01 takes no exception"):
        papers.save_exceptions(cast.drafted(), [("CORE-01", 1, WHY)], by=cast.requester(), at=cast.START)
    assert not ExceptionRequest.objects.exists()


def test_the_request_is_approved_and_the_supplier_receives_only_a_commitment_to_it():
    call_off = submitted()
    approved = json.loads(call_off.revision.content)
    ((entry),) = approved["exceptions"]
    assert entry["service"] == "CORE-03" and len(entry["commitment"]) == 64
    assert WHY not in call_off.revision.content
    plain = cast.submitted()
    assert "exceptions" not in json.loads(plain.revision.content), "an order without a request has the content it had"


def test_another_reason_or_quantity_makes_another_hash():
    call_off = ask(with_pcs())

    def hash_now():
        revision = cast.fresh(call_off).revision
        return content.draft_hash(revision, quoting.quote(revision, cast.START.date()), [])

    first = hash_now()
    assert ask(call_off) and hash_now() == first
    assert ask(call_off, reason="Another.") and hash_now() != first
    assert ask(call_off, quantity=3) and hash_now() != first


def test_the_commercial_lead_decides_each_request_before_endorsing():
    call_off = with_authority()
    with pytest.raises(Refused, match="The exception for 2 of CORE-03 is neither granted nor refused"):
        cast.decide(call_off, LEAD)
    decision = act(call_off, approval.grant_exception)
    assert (decision.outcome, decision.revision_hash) == ("granted", call_off.revision.revision_hash)
    assert cast.fresh(call_off).state == "authority_approval", "the order itself does not move"
    for email in cast.ROUTE[4:]:
        cast.decide(call_off, email)
    assert cast.fresh(call_off).state == "with_supplier"
    assert AuditEvent.objects.filter(verb="call_off.exception_granted").count() == 1
    assert broken(INVARIANTS) == []
    with pytest.raises(Refused):
        act(call_off, approval.grant_exception)


def test_a_refusal_returns_the_order_with_its_reason_and_the_request_without_a_decision():
    call_off = with_authority()
    before = call_off.revision
    act(call_off, approval.refuse_exception, reason="A thin client drives them too.")
    call_off = cast.fresh(call_off)
    assert call_off.state == "returned" and call_off.revision_id != before.pk
    events = AuditEvent.objects.filter(subject_id=str(call_off.public_id), verb="call_off.exception_refused")
    assert [event.reason for event in events] == [
        "The exception for 2 of CORE-03 is refused. A thin client drives them too."
    ]
    assert broken(INVARIANTS) == [], "one record of the return, and the reservation given back"
    copied = call_off.revision.exceptions.get()
    assert (copied.quantity, copied.reason) == (2, WHY) and not hasattr(copied, "decision")


def test_what_was_granted_counts_no_more_in_the_next_revision():
    call_off = with_authority()
    act(call_off, approval.grant_exception)
    by = cast.person("finance.lead@co.example")
    step = cast.open_step(call_off, by)
    approval.return_for_changes(
        step, reason="Another year.", shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=cast.START
    )
    workflow.submit(call_off, by=cast.requester(), at=cast.START)
    for email in cast.ROUTE[:4]:
        cast.decide(call_off, email)
    with pytest.raises(Refused, match="neither granted nor refused"):
        cast.decide(call_off, LEAD)
    revision = cast.fresh(call_off).revision
    assert changes_since(last_seen(revision.approval.steps.get(post="finance_lead")), revision) == [], "the same request, though its commitment is salted anew"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"email": "finance.lead@co.example"}, "This step is for the commercial lead"),
        ({"email": "requester@dius.example"}, "This step is for the commercial lead"),
        ({"shown_hash": "0" * 64}, "has changed since your page was made"),
        ({"no_conflict": False}, "Declare that you have no conflict"),
    ],
)
@pytest.mark.parametrize("action", [approval.grant_exception, approval.refuse_exception])
def test_a_decision_that_is_not_in_order_is_refused_in_words_and_leaves_nothing(action, more, words):
    call_off = with_authority()
    with pytest.raises(Refused, match=words):
        act(call_off, action, reason="No.", **more)
    assert not ExceptionDecision.objects.exists() and cast.fresh(call_off).state == "authority_approval"


def test_a_refusal_without_a_reason_is_refused():
    call_off = with_authority()
    with pytest.raises(Refused, match="Give a reason"):
        act(call_off, approval.refuse_exception, reason=" ")
    assert not ExceptionDecision.objects.exists()


def test_an_exception_is_not_decided_while_the_department_still_approves():
    call_off = submitted()
    with pytest.raises(Refused, match="no longer counts"):
        act(call_off, approval.grant_exception)


def test_the_supplier_proposes_no_more_of_it_than_was_awarded():
    order = awarded()
    pcs, clients = of(order, "CORE-03"), of(order, "CORE-01")
    more = Changes(lines={pcs.number: ("CORE-03", 5), clients.number: ("CORE-01", clients.quantity - 3)})
    with pytest.raises(Refused, match="5 are proposed and 2 were awarded") as refused:
        cast.countered(order, more)
    assert "decline the order" in str(refused.value)
    fewer = Changes(lines={pcs.number: ("CORE-03", 1), clients.number: ("CORE-01", clients.quantity + 1)})
    again = cast.accept_counter(cast.countered(order, fewer))
    assert again.revision.exceptions.get().quantity == 2, "asked for as it was, and granted anew"
    assert broken(INVARIANTS) == []


def test_a_counter_proposal_without_it_takes_the_request_along():
    order = awarded()
    pcs, clients = of(order, "CORE-03"), of(order, "CORE-01")
    without = Changes(lines={pcs.number: ("CORE-03", 0), clients.number: ("CORE-01", clients.quantity + 2)})
    again = cast.accept_counter(cast.countered(order, without))
    assert (again.state, again.revision.exceptions.count()) == ("department_approval", 0)
    assert "exceptions" not in json.loads(again.revision.content)
    assert order.revision.exceptions.get().quantity == 2, "the order as it was awarded keeps its own"
    assert broken(INVARIANTS) == []


def refused_by_the_database(write, words):
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        write()


def test_the_database_refuses_a_decision_that_is_not_in_order():
    call_off = with_authority()
    revision = call_off.revision
    lead = cast.person(LEAD).user
    holding = lead.holdings.get(post__code="commercial_lead")
    right = {
        "request": revision.exceptions.get(), "revision": revision, "step": revision.approval.steps.get(post="commercial_lead"),
        "user": lead, "person_id": lead.person_id, "name": lead.name, "holding": holding, "outcome": "granted",
        "revision_hash": revision.revision_hash, "decided_at": cast.START,
    }  # fmt: skip
    finance = cast.person("finance.lead@co.example").user
    for wrong, words in (
        ({"revision_hash": "0" * 64}, "repeats the hash"),
        ({"step": revision.approval.steps.get(post="deputy_director")}, "open step of the authority"),
        ({"user": finance}, "not the person named"),
        ({"user": finance, "person_id": finance.person_id}, "does not hold the post"),
        ({"principal_id": cast.requester().person_id}, "requested or submitted"),
        ({"outcome": "refused"}, "refused_exception_has_a_reason"),
    ):
        refused_by_the_database(lambda values=right | wrong: ExceptionDecision.objects.create(**values), words)
    refused_by_the_database(lambda: ExceptionRequest.objects.filter(revision=revision).update(quantity=9), "never changes")
    ExceptionDecision.objects.create(**right)
    refused_by_the_database(lambda: ExceptionDecision.objects.all().delete(), "permission denied|never change")


def test_the_database_refuses_an_award_while_an_exception_is_open(monkeypatch):
    monkeypatch.setattr(order_decision_guards, "why_exceptions_open", lambda step: iter(()))
    call_off = with_authority()
    for email in cast.ROUTE[4:6]:
        cast.decide(call_off, email)
    refused_by_the_database(lambda: cast.decide(call_off, cast.ROUTE[6]), "when its exceptions are granted")


def test_a_request_that_the_catalogue_no_longer_wants_is_taken_back():
    call_off = ask(cast.drafted())
    ExceptionRequest.objects.update(service_code="CORE-01")
    assert ("exceptions", "CORE-01: an exception is asked for 2 and the catalogue wants none; take the request back.") in gaps(call_off)


def test_the_pages_of_an_exception(client):
    call_off = with_pcs()
    order = [call_off.public_id]
    buyer = sign_in(client, "requester@dius.example")
    tasks = buyer.get(reverse("procurement:tasks", args=order)).content.decode()
    assert "Exceptions asked for" in tasks
    address = reverse("procurement:exceptions", args=order)
    edits = call_off.revision.edits
    answer = post(buyer, address, edits=edits, **{"quantity-CORE-03": "2", "reason-CORE-03": ""})
    assert answer.status_code == 200 and "Say why it is needed." in answer.content.decode()
    answer = post(buyer, address, edits=edits, **{"quantity-CORE-03": "2", "reason-CORE-03": WHY})
    assert answer.status_code == 302
    workflow.submit(call_off, by=cast.requester(), at=cast.START)
    for email in cast.ROUTE[:4]:
        cast.decide(call_off, email)
    step = cast.fresh(call_off).revision.approval.steps.get(post="commercial_lead")
    lead = sign_in(client, LEAD)
    brief = lead.get(reverse("procurement:brief", args=[*order, step.position])).content.decode()
    assert WHY in brief and "Grant or refuse" in brief and "neither granted nor refused" in brief
    decide = reverse("procurement:decide_exception", args=[*order, step.position, "CORE-03"])
    shown = {"shown_hash": cast.fresh(call_off).revision.revision_hash, "no_conflict": "on"}
    answer = post(lead, decide, outcome="refuse", **shown)
    assert answer.status_code == 200 and "Give a reason" in answer.content.decode()
    answer = post(lead, decide, outcome="grant", reason="Agreed with the laboratory.", **shown)
    assert answer.status_code == 302 and ExceptionDecision.objects.get().outcome == "granted"
    assert lead.get(reverse("procurement:decide_exception", args=[*order, step.position, "CORE-01"])).status_code == 404
    for email in cast.ROUTE[4:]:
        cast.decide(call_off, email)
    for email, reads in (("requester@dius.example", True), (LEAD, True), ("order.desk@fujitsu.example", False)):
        page = sign_in(client, email).get(reverse("procurement:call_off", args=order)).content.decode()
        assert "by exception, granted on 1 October 2007" in page, email
        assert (WHY in page) is reads and ("Agreed with the laboratory." in page) is reads, email
    sign_in(client, "order.desk@fujitsu.example")
    data = client.get(reverse("procurement:order_json", args=order)).content.decode()
    assert WHY not in data and "laboratory" not in data
    assert client.get(decide).status_code == 404
    assert sign_in(client, "requester@ons.example").get(decide).status_code == 404
