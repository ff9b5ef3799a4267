"""Joining: from interest to membership, by the right people in the right order, with a signed agreement at the end."""

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pikepdf
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from documents import audit, legal_templates, store, verifying
from documents.refusal import Refused
from procurement import access, agreements, joining, membership, pipeline, working_days
from procurement.models import (
    Accession,
    AccessionDecision,
    AccessionState,
    Application,
    Delegation,
    FrameworkGrant,
    OrganisationGrant,
    PostCode,
    User,
)
from tests import cast, paper
from tests.documents import conformance
from tests.documents.test_signing import pdfsig, tool

pytestmark = pytest.mark.usefixtures("db")
LEAD, APPROVER = "accession.lead@co.example", "accession.approver@co.example"


def act(action, accession, email, **more):
    return action(cast.fresh(accession), by=cast.person(email), at=cast.START, **more)


def reasons(caught) -> str:
    return str(caught.value)


def test_a_department_joins_by_a_signed_agreement_and_its_people_have_their_grants():
    accession = cast.ons()
    before = access.sight(cast.person("finance.director@ons.example").user, cast.START.date())
    assert not before.organisations and not before.posts
    with pytest.raises(Refused):
        cast.start_order("requester@ons.example")
    cast.ons_joined()
    accession = cast.fresh(accession)
    assert accession.state == AccessionState.ACTIVE and accession.number == "AA-2007-000001"
    after = access.sight(cast.person("finance.director@ons.example").user, cast.START.date())
    assert (accession.department_id, PostCode.FINANCE_DIRECTOR) in after.posts
    assert cast.start_order("requester@ons.example").department_id == accession.department_id
    call_command("check_invariants")


@pytest.mark.world("ons_joined")
def test_the_agreement_is_a_document_like_the_contract(tmp_path):
    accession = cast.ons()
    pdf = store.content(store.head(accession.document))
    verdict = verifying.check(pdf)
    assert verdict.valid, verdict
    assert [row["who"] for row in verdict.signatures][1:3] == ["ONS signatory", "Cabinet Office authority signatory"]
    file = tmp_path / "agreement.pdf"
    file.write_bytes(pdf)
    with pikepdf.open(file) as opened:
        inside = json.loads(opened.attachments["agreement.json"].get_file().read_bytes())
    assert inside == accession.document.payload["agreement"]
    assert inside["between_crown_bodies"] is True and inside["seats"] == 4500
    assert "50000000" not in json.dumps(inside), "limits are nobody else's business"


@pytest.mark.world("ons_joined")
def test_programs_of_other_makers_accept_the_agreement(tmp_path, nss_store):
    pdf = store.content(store.head(cast.ons().document))
    assert conformance.problems(pdf) == []
    signed = [s for s in pdfsig(pdf, tmp_path, nss_store) if "Signature Validation" in s]
    assert [s["Signature Field Name"] for s in signed][:3] == [
        "Signature_issuer", "Signature_department", "Signature_authority",
    ]  # fmt: skip
    for found in signed[:3]:
        assert found["Signature Validation"] == "Signature is Valid."
        assert found["Certificate Validation"] == "Certificate is Trusted."
    assert tool("qpdf", "--check", str(tmp_path / "file.pdf")).returncode == 0


@pytest.mark.world("ons_approved")
def test_between_crown_bodies_it_is_a_memorandum_and_otherwise_a_contract():
    payload = cast.ons_approved().document.payload
    words = legal_templates.html_pages("access_agreement", 1, payload)
    assert "memorandum between them" in words and "simple contract" not in words
    other = payload | {"agreement": payload["agreement"] | {"between_crown_bodies": False}}
    words = legal_templates.html_pages("access_agreement", 1, other)
    assert "simple contract" in words and "not a" in words and "memorandum" not in words


FROZEN = "4c4d66f95bb8d65489f3325ec533a60f89078dbb69f4eb673b5360df83a3d35e"


def test_version_1_of_the_agreement_is_frozen():
    """Signed agreements were made from these files. To change a word, make v2 beside them and leave these alone."""
    assert legal_templates.template_fingerprint("access_agreement", 1) == FROZEN


@pytest.mark.world("ons_applied")
def test_questions_pause_the_clock_and_an_answer_sends_what_was_changed():
    accession = cast.ons_applied()
    due = cast.fresh(accession).due_at
    assert due == working_days.due(cast.START, 20)
    act(joining.start_review, accession, LEAD)
    first = joining.current(accession)
    act(joining.ask, accession, LEAD, text="Which of the sites has its own network?")
    paused = cast.fresh(accession)
    assert (paused.due_at, paused.days_left, paused.state) == (None, 20, "information_requested")
    person = cast.person("requester@ons.example")
    later = cast.START + timedelta(days=7)
    joining.save_application(paused, {"statement": "Desktops for the census."}, by=person, at=later)
    joining.answer(cast.fresh(accession), text="Titchfield.", by=person, at=later)
    again = cast.fresh(accession)
    assert (again.state, again.due_at, again.days_left) == ("in_review", working_days.due(later, 20), None)
    second = joining.current(accession)
    assert second.number == first.number + 1 and second.content_hash != first.content_hash
    with pytest.raises(Refused, match="not the one that stands now"):
        act(joining.recommend, accession, LEAD, shown_hash=first.content_hash)


@pytest.mark.world("ons_applied")
def test_who_reviewed_does_not_approve_and_nobody_approves_unreviewed():
    accession = cast.ons_applied()
    shown = joining.current(accession).content_hash
    act(joining.start_review, accession, LEAD)
    with pytest.raises(Refused, match="review is not finished"):
        act(agreements.approve, accession, APPROVER, shown_hash=shown)
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    with pytest.raises(Refused, match="Only the accession approver"):
        act(agreements.approve, accession, LEAD, shown_hash=shown)
    cast.give_post(LEAD, "CO", PostCode.ACCESSION_APPROVER)
    with pytest.raises(Refused, match="You reviewed this application"):
        act(agreements.approve, accession, LEAD, shown_hash=shown)
    application = joining.current(accession)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessionDecision.objects.create(
            application=application, outcome="approved", person_id=cast.person(LEAD).person_id, name="x", post="x",
            content_hash=shown, decided_at=cast.START,
        )  # fmt: skip


@pytest.mark.world("ons_applied")
def test_a_sent_application_never_changes():
    accession = cast.ons_applied()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(accession=accession).update(statement="something else")


def test_an_application_says_all_that_is_missing_at_once():
    accession = cast.ons()
    by = cast.person("requester@ons.example")
    joining.save_application(accession, {"statement": " "}, by=by, at=cast.START)
    with pytest.raises(Refused) as caught:
        joining.apply(cast.fresh(accession), by=by, at=cast.START)
    for words in ("Say what the department", "Name the sites", "Nobody is named as signatory", "evidence of who may sign"):
        assert words in reasons(caught)
    assert cast.fresh(accession).state == "engaged"


@pytest.mark.world("ons_applied")
def test_what_would_pass_the_ceiling_is_not_approved():
    accession = cast.ons_applied()
    shown = joining.current(accession).content_hash
    act(joining.start_review, accession, LEAD)
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    cast.leave_free(Decimal("1000.00"))
    with pytest.raises(Refused, match="£1,000.00 are free under the ceiling"):
        act(agreements.approve, accession, APPROVER, shown_hash=shown)


@pytest.mark.world("ons_approved")
def test_a_body_that_withdraws_while_its_agreement_is_being_made_leaves_no_signable_document():
    accession = cast.ons_approved()
    act(agreements.withdraw, accession, "requester@ons.example", reason="Another framework was chosen.")
    cast.run_all_jobs()
    accession = cast.fresh(accession)
    assert accession.state == "withdrawn" and accession.document.state == "void"
    assert store.head(accession.document) is None
    call_command("check_invariants")


@pytest.mark.world("ons_approved")
def test_the_authority_signs_after_the_department_and_only_its_signatory():
    accession = cast.ons_approved()
    cast.run_all_jobs()
    accession = cast.fresh(accession)
    shown = store.head(accession.document).sha256
    with pytest.raises(Refused, match="turn of Office for National Statistics"):
        act(agreements.sign, accession, "authority.signatory@co.example", party="authority", shown_sha256=shown)
    with pytest.raises(Refused, match="Only the signatory"):
        act(agreements.sign, accession, "requester@ons.example", party="department", shown_sha256=shown)
    with pytest.raises(Refused, match="not the document as it stands"):
        act(agreements.sign, accession, "signatory@ons.example", party="department", shown_sha256="0" * 64)


def test_an_invited_person_becomes_the_administrator_and_can_apply(mailoutbox):
    accession = Accession.objects.get(department__code="ILL05")
    act(pipeline.engage, accession, LEAD, contact_name="Mary Museum", contact_email="Mary@museum.example")
    cast.run_all_jobs()
    assert not User.objects.filter(email="mary@museum.example").exists(), "nobody has confirmed her"
    assert [m.to for m in mailoutbox] == [[APPROVER]] and "mary@museum.example" in mailoutbox[0].body
    shown = pipeline.contact_hash(cast.fresh(accession))
    act(pipeline.confirm_contact, accession, APPROVER, shown_hash=shown)
    cast.run_all_jobs()
    accession = cast.fresh(accession)
    assert accession.state == "engaged" and accession.contact_email == "mary@museum.example"
    assert any("choose" in m.body.lower() and m.to == ["mary@museum.example"] for m in mailoutbox)
    mary = cast.person("mary@museum.example")
    joining.save_application(accession, {"statement": "Desktops."}, by=mary, at=cast.START)
    with pytest.raises(Refused, match="Only an administrator or a requester"):
        act(joining.save_application, accession, "requester@dius.example", values={"statement": "Mine."})


@pytest.mark.world("ons_joined")
def test_membership_is_suspended_resumed_and_ended_with_reasons():
    accession = cast.ons()
    manager = "framework.manager@co.example"
    with pytest.raises(Refused, match="Give a reason"):
        act(agreements.suspend, accession, manager, reason=" ")
    act(agreements.suspend, accession, manager, reason="Invoices are not paid.")
    with pytest.raises(Refused, match="is no member of"):
        cast.start_order("requester@ons.example")
    act(agreements.resume, accession, manager, reason="They are now.")
    act(agreements.end, accession, manager, reason="It leaves.")
    assert cast.fresh(accession).state == "ended"
    assert [e.verb for e in audit.history(accession)][-3:] == [
        "accession.suspended", "accession.resumed", "accession.ended",
    ]  # fmt: skip
    call_command("check_invariants")


def test_delegations_come_with_the_agreement_once():
    before = Delegation.objects.filter(holding__post__organisation__code="ONS").count()
    cast.ons_joined()
    assert Delegation.objects.filter(holding__post__organisation__code="ONS").count() == before
    assert OrganisationGrant.objects.filter(content_object__code="ONS").count() == 8
    assert not FrameworkGrant.objects.filter(user__email__endswith="@ons.example").exists()


@pytest.mark.world("ons_applied")
def test_a_limit_that_joining_brings_has_its_letter():
    application = joining.current(cast.ons_applied())
    named = next(one for one in agreements.people_of(application) if one.post == "budget_holder")
    membership.appoint(
        application.accession.department, replace(named, limit_gbp=Decimal("30000.00")), by=cast.person(LEAD), at=cast.START
    )
    made = Delegation.objects.get(limit_gbp=Decimal("30000.00"), holding__post__organisation__code="ONS")
    letter = next(file for file in application.files if file["kind"] == "delegation")
    assert (made.letter_filename, made.letter_sha256) == (letter["filename"], letter["sha256"])


def with_limit(post: str, **more) -> list[membership.Named]:
    return [replace(named, **more) if named.post == post else named for named in cast.ons_people()]


def save_people(people) -> Accession:
    by = cast.person("requester@ons.example")
    values = {
        "statement": "Desktops.", "sites": cast.ONS_SITES, "people": people,
        "files": [cast.evidence("signatory"), cast.evidence("delegation")],
    }  # fmt: skip
    joining.save_application(cast.ons(), values, by=by, at=cast.START)
    return cast.ons()


def test_the_lot_and_the_end_of_a_limit_arrive_with_the_membership():
    end, first = date(2008, 3, 31), {"limit_gbp": Decimal("31000.00"), "lot": 2, "ends_on": date(2008, 3, 31)}
    save_people(with_limit("budget_holder", **first))
    act(joining.apply, cast.ons(), "requester@ons.example")
    act(joining.start_review, cast.ons(), LEAD)
    shown = joining.current(cast.ons()).content_hash
    act(joining.recommend, cast.ons(), LEAD, shown_hash=shown)
    act(agreements.approve, cast.ons(), APPROVER, shown_hash=shown)
    accession = paper.agreement_archived(paper.agreement_issued(cast.ons()))
    assert not Delegation.objects.filter(limit_gbp=Decimal("31000.00")).exists()
    agreements.activate(accession, at=cast.START)
    made = Delegation.objects.get(limit_gbp=Decimal("31000.00"))
    assert (made.lot, made.framework, made.ends_on, made.kind) == (2, cast.framework(), end, "budget")
    assert not made.covers(Decimal("1.00"), cast.framework().pk, {1}) and made.covers(Decimal("1.00"), cast.framework().pk, {2})
    call_command("check_invariants")


@pytest.mark.world("ons_applied")
def test_a_limit_that_has_ended_when_it_would_arrive_is_not_given_and_one_held_longer_stays_alone():
    body = cast.ons_applied().department
    named = next(one for one in cast.ons_people() if one.post == "budget_holder")
    by, before = cast.person(LEAD), Delegation.objects.count()
    membership.appoint(body, replace(named, limit_gbp=Decimal("30000.00"), ends_on=date(2007, 9, 30)), by=by, at=cast.START)
    assert Delegation.objects.count() == before
    for ends_on in (date(2007, 12, 31), date(2007, 11, 30), date(2008, 1, 31)):
        membership.appoint(body, replace(named, limit_gbp=Decimal("30000.00"), ends_on=ends_on), by=by, at=cast.START)
    ends = Delegation.objects.filter(limit_gbp=Decimal("30000.00"), holding__post__organisation=body).values_list("ends_on", flat=True)
    assert sorted(ends) == [date(2007, 12, 31), date(2008, 1, 31)]


@pytest.mark.parametrize(("post", "more", "words"), [
    ("budget_holder", {"ends_on": date(2007, 9, 30)}, "The limit of ONS budget holder has ended"),
    ("budget_holder", {"lot": 9}, "for a lot that the framework does not have"),
    ("signatory", {"lot": 2}, "the access agreement could not be signed"),
])  # fmt: skip
def test_a_limit_that_could_not_be_used_is_not_sent(post, more, words):
    accession = save_people(with_limit(post, **more))
    with pytest.raises(Refused, match=words):
        joining.apply(accession, by=cast.person("requester@ons.example"), at=cast.START)


def test_what_was_sent_before_limits_had_lots_and_ends_is_read_as_it_was():
    accession = save_people(cast.ons_people())
    application = joining.current(accession)
    for person in application.people:
        del person["lot"], person["ends_on"]
    application.save()
    joining.apply(accession, by=cast.person("requester@ons.example"), at=cast.START)
    assert {(named.lot, named.ends_on) for named in agreements.people_of(joining.current(accession))} == {(None, None)}


@pytest.mark.world("ons_applied")
def test_everybody_else_finds_no_accession():
    accession = cast.ons_applied()
    day = cast.START.date()
    for email in ("requester@dius.example", "order.desk@fujitsu.example"):
        assert not access.visible_accessions(cast.person(email), day).filter(pk=accession.pk).exists()
    assert access.visible_accessions(cast.person(LEAD), day).filter(pk=accession.pk).exists()


def test_the_upgrade_left_no_state_without_its_record():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM documents_statechange WHERE machine = 'accession'")
        assert cursor.fetchone()[0] == Accession.objects.count()
