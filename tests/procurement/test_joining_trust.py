"""What nobody may do by way of joining: take over a body, consider their own application, sign for both ends."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import Q

from catalogue.models import Organisation
from contracts import formation
from documents import audit, storage, store
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email, Job, Signature, SigningIntent
from documents.refusal import Refused
from procurement import (
    access,
    accession_display,
    agreements,
    granting,
    joining,
    membership,
    pipeline,
    seats,
    waiting_to_join,
)
from procurement.membership import Named
from procurement.models import (
    Accession,
    AccessionDecision,
    ActingFor,
    Delegation,
    OrganisationGrant,
    Post,
    PostCode,
    PostHolding,
    User,
)
from procurement.people_guards import posts_of
from tests import cast, paper
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
LEAD, APPROVER, AUDITOR = "accession.lead@co.example", "accession.approver@co.example", "auditor@co.example"
REQUESTER, TODAY = "requester@ons.example", cast.START.date()


def act(action, accession, email, **more):
    return action(cast.fresh(accession), by=cast.person(email), at=cast.START, **more)


def museum() -> Accession:
    return Accession.objects.select_related("framework__authority", "department").get(department__code="ILL05")


def interest(code: str, **more) -> pipeline.Interest:
    body = Organisation.objects.get(code=code)
    values = {"code": code, "name": body.name, "identifier": body.identifier, "address": "x", "crown": body.crown}
    return pipeline.Interest(**(values | more))


def enter(wanted: pipeline.Interest) -> Accession:
    return pipeline.add_interest(cast.framework(), wanted, seats_expected=None, by=cast.person(LEAD), at=cast.START)


def propose(accession: Accession, email: str = "mary@museum.example", name: str = "Mary", by: str = LEAD) -> Accession:
    return act(pipeline.engage, accession, by, contact_name=name, contact_email=email)


def confirm(accession: Accession, by: str = APPROVER) -> Accession:
    return act(pipeline.confirm_contact, accession, by, shown_hash=pipeline.contact_hash(cast.fresh(accession)))


def names(invariant: str) -> bool:
    """Whether the invariant of that name is broken now."""
    return invariant in {found.name for found, _rows in broken(read(FILE.read_text(encoding="utf-8")))}


# A body is taken over by nobody


@pytest.mark.parametrize("code", ["FUJITSU", "CO"])
def test_no_supplier_and_no_authority_of_the_framework_is_entered(code):

    with pytest.raises(Refused, match="supplier here|authority of this framework"):
        enter(interest(code))


def test_the_database_lets_no_supplier_join():
    with pytest.raises(IntegrityError), transaction.atomic():
        Accession.objects.create(
            framework=cast.framework(), department=Organisation.objects.get(code="FUJITSU"), state_since=cast.START
        )


def test_a_known_code_is_chosen_only_with_its_own_name_and_identifier(client):
    sign_in(client, LEAD)
    typed = {"name": "My own body", "code": "BIS", "identifier": "GOVGB-MINE", "address": "London", "crown": "yes"}
    act(agreements.withdraw, Accession.objects.get(department__code="BIS"), LEAD, reason="Anew.")
    shown = post(client, "/joining/new/", **typed).content.decode()
    assert "is that of Department for Business, Innovation and Skills, GOVGB-BIS" in shown
    assert 'value="My own body"' in shown
    typed |= {"name": "department for business, innovation and  skills", "identifier": "govgb-bis"}
    assert post(client, "/joining/new/", **typed).status_code == 302


@pytest.mark.parametrize(
    ("email", "words"),
    [
        (LEAD, "Nobody gives powers to themselves"),
        (AUDITOR, "is one of the people of the authority or of a supplier"),
        ("order.desk@fujitsu.example", "is one of the people of the authority or of a supplier"),
        ("sock@co.example", "is an address like those of"),
        ("sock@mail.fujitsu.example", "is an address like those of"),
    ],
)
def test_nobody_of_the_authority_or_of_a_supplier_is_a_contact(email, words):
    with pytest.raises(Refused, match=words):
        propose(museum(), email)
    assert not User.objects.filter(email__startswith="sock@").exists()
    assert museum().state == "prospect"


def test_a_body_with_an_administrator_gets_no_other_but_its_own_are_asked(mailoutbox):
    bis = Accession.objects.select_related("framework", "department").get(department__code="BIS")
    with pytest.raises(Refused, match="BIS administrator"):
        propose(bis, "friend@elsewhere.example")
    act(pipeline.engage, bis, LEAD)
    cast.run_all_jobs()
    assert cast.fresh(bis).state == "engaged"
    assert {m.to[0] for m in mailoutbox} == {"administrator@bis.example", "requester@bis.example"}
    assert not User.objects.filter(email="friend@elsewhere.example").exists()


def test_a_body_whose_membership_ended_keeps_its_administrator(mailoutbox):
    accession = Accession.objects.get(department__code="DIUS")
    act(agreements.end, accession, "framework.manager@co.example", reason="It leaves.")
    again = enter(interest("DIUS"))
    with pytest.raises(Refused, match="has people here who can apply"):
        propose(again, "friend@elsewhere.example")


def test_where_people_are_but_no_administrator_one_of_them_is_named():
    accession = museum()
    somebody = User.objects.create_user("ada@museum.example", "Ada")
    granting.grant_organisation(somebody, accession.department, starts_on=TODAY)
    with pytest.raises(Refused, match="name one of them: Ada"):
        propose(accession)
    propose(accession, "ada@museum.example", "Ada")
    confirm(accession)
    assert seats.find_seat(cast.person("ada@museum.example"), accession.department_id, PostCode.ADMINISTRATOR, TODAY)


def test_who_proposed_the_first_administrator_does_not_confirm_them():
    accession = propose(museum())
    cast.give_post(LEAD, "CO", PostCode.ACCESSION_APPROVER)
    with pytest.raises(Refused, match="You proposed this person"):
        confirm(accession, by=LEAD)
    with pytest.raises(Refused, match="Only the accession approver"):
        confirm(accession, by=AUDITOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Accession.objects.filter(pk=accession.pk).update(contact_confirmed_by=cast.person(LEAD).person_id)
    assert not User.objects.filter(email="mary@museum.example").exists()


def test_a_deputy_of_who_proposed_does_not_confirm_and_neither_does_the_principal():
    accession = museum()
    holding = PostHolding.objects.get(user__email=LEAD)
    deputy = cast.person(AUDITOR).user
    ActingFor.objects.create(holding=holding, deputy=deputy, starts_on=TODAY, ends_on=TODAY)
    propose(accession, by=AUDITOR)
    cast.give_post(LEAD, "CO", PostCode.ACCESSION_APPROVER)
    with pytest.raises(Refused, match="You proposed this person"):
        confirm(accession, by=LEAD)


def test_a_confirmation_is_of_the_person_who_was_shown():
    accession = propose(museum())
    shown = pipeline.contact_hash(cast.fresh(accession))
    act(pipeline.name_contact, accession, LEAD, contact_name="Mallory", contact_email="mallory@museum.example")
    with pytest.raises(Refused, match="Somebody else is proposed now"):
        act(pipeline.confirm_contact, accession, APPROVER, shown_hash=shown)
    confirm(accession)
    assert cast.fresh(accession).contact_email == "mallory@museum.example"
    with pytest.raises(Refused, match="has people here who can apply"):
        act(pipeline.name_contact, accession, LEAD, contact_name="Trent", contact_email="trent@museum.example")


def test_who_came_to_the_authority_since_is_not_confirmed():
    accession = propose(museum())
    mary = User.objects.create_user("mary@museum.example", "Mary")
    granting.grant_framework(mary, cast.framework(), starts_on=TODAY)
    with pytest.raises(Refused, match="one of the people of the authority"):
        confirm(accession)


def test_nobody_of_a_supplier_is_named_in_an_application():
    by = cast.person(REQUESTER)
    people = [*cast.ons_people(), membership.Named("Desk", "order.desk@fujitsu.example", PostCode.BUDGET_HOLDER)]
    joining.save_application(cast.ons(), {"people": people}, by=by, at=cast.START)
    with pytest.raises(Refused, match="one of the people of the authority or of a supplier"):
        joining.apply(cast.ons(), by=by, at=cast.START)


def test_a_supplier_has_no_posts_of_a_department_and_sees_no_accession():
    fujitsu = Organisation.objects.get(code="FUJITSU")
    assert PostCode.REQUESTER not in posts_of(fujitsu) and PostCode.ORDER_DESK in posts_of(fujitsu)
    ours = {e.department_id for e in access.visible_accessions(cast.person("order.desk@fujitsu.example"), TODAY)}
    assert fujitsu.pk not in ours


def test_an_administrator_of_both_sides_breaks_an_invariant():
    assert not names("departments_are_administered_by_their_own")
    administrator = cast.person("administrator@dius.example").user
    grant = OrganisationGrant.objects.get(user=administrator)
    granting.grant_organisation(administrator, Organisation.objects.get(code="FUJITSU"), starts_on=grant.starts_on)
    assert names("departments_are_administered_by_their_own")


def test_the_contact_is_proposed_and_confirmed_on_pages(client):
    accession = museum()
    here = f"/joining/{accession.public_id}/"
    sign_in(client, LEAD)
    typed = {"contact_name": "Mary", "contact_email": "mary@museum.example"}
    refused = post(client, here + "engage/", **(typed | {"contact_email": LEAD})).content.decode()
    assert "Nobody gives powers to themselves" in refused and f'value="{LEAD}"' in refused
    assert post(client, here + "engage/", **typed)["Location"] == here
    assert "Only the accession approver" in client.get(here).content.decode()
    sign_in(client, APPROVER)
    assert "to confirm who fills in the application" in client.get("/").content.decode()
    shown = client.get(here + "confirm/").content.decode()
    assert "mary@museum.example" in shown
    seal = re.search(r'name="shown_hash" value="([0-9a-f]{64})"', shown)[1]
    assert post(client, here + "confirm/", shown_hash=seal)["Location"] == here
    assert User.objects.get(email="mary@museum.example").has_usable_password() is False
    assert "to confirm who fills in the application" not in client.get("/").content.decode()
    call_command("check_invariants")


def test_who_can_apply_there_already_is_shown_and_asked(client):
    bis = Accession.objects.get(department__code="BIS")
    here = f"/joining/{bis.public_id}/"
    sign_in(client, LEAD)
    shown = client.get(here + "engage/").content.decode()
    assert "administrator@bis.example" in shown and "contact_email" not in shown
    assert post(client, here + "engage/")["Location"] == here


# Nobody considers their own


def deputise(principal: str, deputy: str) -> None:
    holding = PostHolding.objects.filter(user__email=principal).first()
    ActingFor.objects.create(holding=holding, deputy=cast.person(deputy).user, starts_on=TODAY, ends_on=TODAY)


def recommended(reviewer: str = LEAD, recommender: str = LEAD) -> tuple[Accession, str]:
    accession = cast.ons_applied()
    shown = joining.current(accession).content_hash
    act(joining.start_review, accession, reviewer)
    act(joining.recommend, accession, recommender, shown_hash=shown)
    return accession, shown


def decision(accession: Accession, email: str, **more) -> None:
    application = joining.current(accession)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessionDecision.objects.create(
            application=application, outcome="approved", person_id=cast.person(email).person_id, name="x", post="x",
            content_hash=application.content_hash, decided_at=cast.START, **more,
        )  # fmt: skip


def test_who_started_the_review_does_not_approve_what_another_recommended():
    cast.give_post(APPROVER, "CO", PostCode.ACCESSION_LEAD)
    accession, shown = recommended(reviewer=APPROVER)
    with pytest.raises(Refused, match="You reviewed this application"):
        act(agreements.approve, accession, APPROVER, shown_hash=shown)
    decision(accession, APPROVER)


@pytest.mark.world("ons_applied")
def test_who_asked_in_the_review_does_not_approve():
    cast.give_post(APPROVER, "CO", PostCode.ACCESSION_LEAD)
    accession = cast.ons_applied()
    act(joining.start_review, accession, LEAD)
    act(joining.ask, accession, APPROVER, text="Why?")
    act(joining.answer, accession, REQUESTER, text="Because.")
    shown = joining.current(accession).content_hash
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    with pytest.raises(Refused, match="You reviewed this application"):
        act(agreements.approve, accession, APPROVER, shown_hash=shown)


@pytest.mark.world("ons_applied")
def test_nor_does_who_had_a_deputy_ask():
    cast.give_post(APPROVER, "CO", PostCode.ACCESSION_LEAD)
    chair = PostHolding.objects.get(user__email=APPROVER, post__code=PostCode.ACCESSION_LEAD)
    ActingFor.objects.create(holding=chair, deputy=cast.person(AUDITOR).user, starts_on=TODAY, ends_on=TODAY)
    accession = cast.ons_applied()
    act(joining.start_review, accession, LEAD)
    act(joining.ask, accession, AUDITOR, text="Why?")
    act(joining.answer, accession, REQUESTER, text="Because.")
    shown = joining.current(accession).content_hash
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    with pytest.raises(Refused, match="You reviewed this application"):
        act(agreements.approve, accession, APPROVER, shown_hash=shown)


def test_a_deputy_reviews_in_the_name_of_the_principal_who_then_does_not_approve():
    deputise(LEAD, AUDITOR)
    accession, shown = recommended(reviewer=AUDITOR, recommender=AUDITOR)
    cast.give_post(LEAD, "CO", PostCode.ACCESSION_APPROVER)
    with pytest.raises(Refused, match="You reviewed this application"):
        act(agreements.approve, accession, LEAD, shown_hash=shown)
    decision(accession, LEAD)
    lead = cast.person(LEAD)
    decision(accession, APPROVER, principal_id=lead.person_id)
    assert AccessionDecision.objects.get().principal_id == lead.person_id


@pytest.mark.world("ons_applied")
def test_who_is_named_in_an_application_does_not_decide_on_it():
    approver = cast.person(APPROVER)
    accession = cast.ons_applied()
    User.objects.filter(pk=approver.user.pk).update(email="accounting.officer@elsewhere.example")
    values = {"people": [*cast.ons_people(), membership.Named("He", "accounting.officer@elsewhere.example", PostCode.BUDGET_HOLDER)]}
    User.objects.filter(pk=approver.user.pk).update(email=APPROVER)
    act(joining.start_review, accession, LEAD)
    act(joining.ask, accession, LEAD, text="Who?")
    act(joining.save_application, accession, REQUESTER, values=values)
    act(joining.answer, accession, REQUESTER, text="He.")
    shown = joining.current(accession).content_hash
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    User.objects.filter(pk=approver.user.pk).update(email="accounting.officer@elsewhere.example")
    with pytest.raises(Refused, match="are named in this application"):
        act(agreements.approve, accession, "accounting.officer@elsewhere.example", shown_hash=shown)
    decision(accession, "accounting.officer@elsewhere.example")


def test_a_deputys_words_in_an_application_are_the_principals_too():
    deputise(REQUESTER, "administrator@ons.example")
    accession = cast.ons()
    act(joining.save_application, accession, "administrator@ons.example", values={"statement": "x"})
    assert str(cast.person(REQUESTER).person_id) in joining.current(accession).hands


def test_an_approval_by_the_reviewer_breaks_an_invariant():
    accession, shown = recommended()
    act(agreements.approve, accession, APPROVER, shown_hash=shown)
    assert not names("accessions_are_decided_by_others")
    Accession.objects.filter(pk=accession.pk).update(reviewer_principal_id=cast.person(APPROVER).person_id)
    assert names("accessions_are_decided_by_others")


# Nobody signs what they brought about


def agreement() -> Accession:
    accession = cast.ons_approved()
    cast.run_all_jobs()
    return cast.fresh(accession)


def sign(accession: Accession, party: str, email: str) -> None:
    shown = store.head(accession.document).sha256
    act(agreements.sign, accession, email, party=party, shown_sha256=shown)


BARRED = "Whoever wrote in, sent, reviewed or decided"


def powers(email: str, organisation: str, post_code: str) -> None:
    """The post of a signatory, with an unlimited signature delegation."""
    cast.give_post(email, organisation, post_code)
    holding = PostHolding.objects.get(user__email=email, post__code=post_code)
    Delegation.objects.create(holding=holding, kind="signature", unlimited=True, starts_on=TODAY)


def test_who_sent_the_application_does_not_sign_the_agreement():
    accession = agreement()
    powers(REQUESTER, "ONS", PostCode.SIGNATORY)
    with pytest.raises(Refused, match=BARRED):
        sign(accession, "department", REQUESTER)
    delegation = Delegation.objects.get(holding__user__email=REQUESTER, kind="signature")
    for signatory in (REQUESTER, "signatory@ons.example"):  # themselves, or somebody under their delegation
        with pytest.raises(IntegrityError, match="decided on the application does not sign"), transaction.atomic():
            SigningIntent.objects.create(
                document=accession.document, field="Signature_department", identifier="X", base_sha256="0" * 64,
                act={"person_id": str(cast.person(signatory).person_id), "delegation": delegation.pk}, created_at=cast.START,
            )  # fmt: skip
    assert not SigningIntent.objects.exists()


@pytest.mark.parametrize("email", [LEAD, APPROVER])
def test_who_reviewed_or_approved_it_does_not_sign_for_the_authority(email):
    accession = agreement()
    sign(accession, "department", "signatory@ons.example")
    cast.run_all_jobs()
    powers(email, "CO", PostCode.AUTHORITY_SIGNATORY)
    with pytest.raises(Refused, match=BARRED):
        sign(accession, "authority", email)


def test_an_application_is_sent_only_with_a_signatory_who_did_not_write_it():
    by = cast.person(REQUESTER)
    people = [*(p for p in cast.ons_people() if p.post not in ("signatory", "requester")),
              membership.Named("Me", REQUESTER, PostCode.SIGNATORY, Decimal(1)),
              membership.Named("Other", "other@ons.example", PostCode.REQUESTER)]  # fmt: skip
    values = {"statement": "x", "sites": cast.ONS_SITES, "people": people,
              "files": [cast.evidence("signatory"), cast.evidence("delegation")]}  # fmt: skip
    joining.save_application(cast.ons(), values, by=by, at=cast.START)
    with pytest.raises(Refused, match="could not sign the agreement"):
        joining.apply(cast.ons(), by=by, at=cast.START)
    other = membership.Named("Also", "also@ons.example", PostCode.SIGNATORY, Decimal(1))
    joining.save_application(cast.ons(), {"people": [*people, other]}, by=by, at=cast.START)
    assert joining.apply(cast.ons(), by=by, at=cast.START).state == "applied"


def test_one_person_is_not_named_as_requester_and_as_signatory():
    by = cast.person(REQUESTER)
    twice = membership.Named("ONS signatory", "signatory@ons.example", PostCode.REQUESTER)
    joining.save_application(cast.ons(), {"people": [*cast.ons_people(), twice]}, by=by, at=cast.START)
    with pytest.raises(Refused, match="Whoever requests an order cannot sign its contract"):
        joining.apply(cast.ons(), by=by, at=cast.START)


def test_an_agreement_signed_by_its_applicant_breaks_an_invariant():
    accession = agreement()
    sign(accession, "department", "signatory@ons.example")
    assert not names("agreements_are_signed_by_others")
    signatory = cast.person("signatory@ons.example").person_id
    Accession.objects.filter(pk=accession.pk).update(reviewer_id=signatory)
    assert names("agreements_are_signed_by_others")


# Who withdraws leaves nothing behind


def test_a_withdrawal_after_an_act_ends_the_job_of_its_signature():
    accession = agreement()
    sign(accession, "department", "signatory@ons.example")
    act(agreements.withdraw, accession, REQUESTER, reason="Another framework was chosen.")
    cast.run_all_jobs()
    job = Job.objects.get(task="documents.sign")
    assert (job.state, job.attempts, job.last_error) == ("done", 1, "")
    assert audit.history(accession).last().verb == "accession.signature_left_out"
    assert not Signature.objects.exists() and cast.fresh(accession).state == "withdrawn"
    call_command("check_invariants")


def test_nobody_withdraws_after_the_last_act_though_its_signature_is_not_on_yet():
    accession = agreement()
    sign(accession, "department", "signatory@ons.example")
    cast.run_all_jobs()
    sign(accession, "authority", "authority.signatory@co.example")
    with pytest.raises(Refused, match="Both parties have signed"):
        act(agreements.withdraw, accession, REQUESTER, reason="Another framework was chosen.")
    cast.run_all_jobs()
    assert cast.fresh(accession).state == "active"


@pytest.mark.world("issued")
def test_a_refusal_after_an_act_ends_the_job_of_that_signature_too():
    contract = cast.contract()
    cast.sign(contract, "supplier", "supplier.signatory@fujitsu.example")
    formation.refuse_to_sign(
        contract, "department", reason="No.", changes_wanted=False, by=cast.person("signatory@dius.example"),
        at=cast.START,
    )  # fmt: skip
    cast.run_all_jobs()
    assert Job.objects.get(task="documents.sign").state == "done"
    assert audit.history(contract).last().verb == "contract.signature_left_out"


def applied_with_new_signatory() -> Accession:
    by = cast.person(REQUESTER)
    people = [p for p in cast.ons_people() if p.post != "signatory"]
    people.append(membership.Named("Nora", "nora@ons.example", PostCode.SIGNATORY, Decimal("1000.00")))
    values = {"statement": "x", "sites": cast.ONS_SITES, "people": people,
              "files": [cast.evidence("signatory"), cast.evidence("delegation")]}  # fmt: skip
    joining.save_application(cast.ons(), values, by=by, at=cast.START)
    accession = joining.apply(cast.ons(), by=by, at=cast.START)
    shown = joining.current(accession).content_hash
    act(joining.start_review, accession, LEAD)
    act(joining.recommend, accession, LEAD, shown_hash=shown)
    return act(agreements.approve, accession, APPROVER, shown_hash=shown)


@pytest.mark.parametrize("how", ["withdraw", "decline"])
def test_what_the_approval_gave_the_signatory_ends_when_the_body_does_not_join(how):
    accession = applied_with_new_signatory()
    nora, tomorrow = User.objects.get(email="nora@ons.example"), TODAY + timedelta(days=1)
    assert access.sight(nora, tomorrow).posts
    action, by = (agreements.withdraw, REQUESTER) if how == "withdraw" else (joining.decline, APPROVER)
    act(action, accession, by, reason="No more.")
    seen = access.sight(nora, tomorrow)
    assert not seen.posts and not seen.organisations
    assert PostHolding.objects.get(user=nora).ends_on == TODAY
    assert Delegation.objects.get(holding__user=nora).ends_on == TODAY
    assert audit.history(accession.department).last().verb == "organisation.post_ended"


def test_what_a_signatory_had_before_or_was_given_since_stays():
    accession = applied_with_new_signatory()
    administrator = cast.person("administrator@ons.example")
    membership.invite(accession.department, name="Nora", email="nora@ons.example", post=PostCode.CONTRACT_MANAGER,
                      by=administrator, at=cast.START)  # fmt: skip
    act(agreements.withdraw, accession, REQUESTER, reason="No more.")
    nora, tomorrow = User.objects.get(email="nora@ons.example"), TODAY + timedelta(days=1)
    assert {code for _body, code in access.sight(nora, tomorrow).posts} == {"contract_manager"}


@pytest.mark.world("ons_approved")
def test_a_signatory_known_before_keeps_the_post_and_loses_the_membership():
    accession = cast.ons_approved()
    act(agreements.withdraw, accession, REQUESTER, reason="No more.")
    signatory = cast.person("signatory@ons.example").user
    assert PostHolding.objects.get(user=signatory).ends_on is None
    assert not access.sight(signatory, TODAY + timedelta(days=1)).posts


# What is sent is what was shown


def filled_in() -> Accession:
    values = {"statement": "Desktops.", "sites": cast.ONS_SITES, "people": cast.ons_people(),
              "files": [cast.evidence("signatory"), cast.evidence("delegation")]}  # fmt: skip
    joining.save_application(cast.ons(), values, by=cast.person(REQUESTER), at=cast.START)
    return cast.ons()


def seal_of(client, address: str) -> tuple[str, str]:
    page = client.get(address).content.decode()
    return re.search(r'name="shown_hash" value="([0-9a-f]*)"', page)[1], page


def test_an_application_is_sent_as_it_was_shown(client):
    accession = filled_in()
    here = f"/joining/{accession.public_id}/"
    sign_in(client, REQUESTER)
    seal, page = seal_of(client, here + "apply/")
    assert "Desktops." in page and "Titchfield" in page
    act(joining.save_application, accession, "administrator@ons.example", values={"statement": "A colleague's."})
    for typed in ({"shown_hash": seal}, {}):
        late = post(client, here + "apply/", **typed).content.decode()
        assert "is not the one that stands now" in late and "A colleague&#x27;s." in late
    assert cast.fresh(accession).state == "engaged"
    seal, _page = seal_of(client, here + "apply/")
    assert post(client, here + "apply/", shown_hash=seal)["Location"] == here
    assert joining.current(accession).content_hash == seal


@pytest.mark.world("ons_applied")
def test_an_answer_goes_with_the_application_that_was_shown(client):
    accession = cast.ons_applied()
    act(joining.start_review, accession, LEAD)
    before = cast.START - timedelta(hours=2)  # the pages' clock stands earlier than the cast's
    joining.ask(cast.fresh(accession), text="Which?", by=cast.person(LEAD), at=before)
    here = f"/joining/{accession.public_id}/"
    sign_in(client, REQUESTER)
    seal, _page = seal_of(client, here + "answer/")
    act(joining.save_application, accession, "administrator@ons.example", values={"statement": "A colleague's."})
    late = post(client, here + "answer/", shown_hash=seal, text="This one.").content.decode()
    assert "is not the one that stands now" in late and "This one." in late
    assert cast.fresh(accession).state == "information_requested"
    seal, _page = seal_of(client, here + "answer/")
    assert post(client, here + "answer/", shown_hash=seal, text="This one.")["Location"] == here
    assert joining.current(accession).content_hash == seal


# The authority reads what was sent


def evidence_of(data: bytes, kind: str) -> dict:
    return cast.evidence(kind) | {"filename": f"{data.decode()}.pdf", "sha256": storage.put(cast.PDF + data)}


def test_the_authority_reads_no_application_before_it_is_sent(client):
    accession = filled_in()
    files = [evidence_of(b"ours", "signatory"), cast.evidence("delegation")]
    act(joining.save_application, accession, REQUESTER, values={"files": files})
    here = f"/joining/{accession.public_id}/"
    for email in (LEAD, AUDITOR):
        sign_in(client, email)
        page = client.get(here).content.decode()
        assert "Desktops." not in page and "ours.pdf" not in page and "There is none yet" in page
        assert client.get(f"{here}application/evidence/{files[0]['sha256']}/").status_code == 404
    sign_in(client, REQUESTER)
    assert client.get(f"{here}application/evidence/{files[0]['sha256']}/").status_code == 200


@pytest.mark.world("ons_applied")
def test_the_authority_reads_no_change_before_the_answer_and_afterwards_both(client):
    accession = cast.ons_applied()
    first = joining.current(accession)
    act(joining.start_review, accession, LEAD)
    act(joining.ask, accession, LEAD, text="Which?")
    new = [evidence_of(b"changed", "signatory"), evidence_of(b"letter", "delegation")]
    act(joining.save_application, accession, REQUESTER, values={"statement": "Changed words.", "files": new})
    here = f"/joining/{accession.public_id}/"
    old, changed = (f"{here}application/evidence/{f['sha256']}/" for f in (first.files[0], new[0]))
    sign_in(client, LEAD)
    page = client.get(here).content.decode()
    assert "Changed words." not in page and first.statement in page
    assert (client.get(old).status_code, client.get(changed).status_code) == (200, 404)
    act(joining.answer, accession, REQUESTER, text="This one.")
    page = client.get(here).content.decode()
    assert "Changed words." in page and "Earlier applications" in page and old in page
    assert (client.get(old).status_code, client.get(changed).status_code) == (200, 200)


@pytest.mark.world("ons_applied")
def test_a_refusal_while_a_change_is_being_written_is_of_what_was_sent():
    accession = cast.ons_applied()
    first = joining.current(accession)
    act(joining.start_review, accession, LEAD)
    act(joining.ask, accession, LEAD, text="Which?")
    act(joining.save_application, accession, REQUESTER, values={"statement": "Changed words."})
    act(joining.decline, accession, APPROVER, reason="No.")
    assert AccessionDecision.objects.get(outcome="declined").application == first


# Bad moments and bad input end in words


def test_an_answer_without_any_application_is_refused_in_words(client):
    accession = Accession.objects.get(department__code="XRL")
    somebody = User.objects.create_user("ada@crossrail.example", "Ada")
    granting.grant_organisation(somebody, accession.department, starts_on=TODAY)
    chair = Post.objects.get_or_create(organisation=accession.department, code=PostCode.REQUESTER)[0]
    PostHolding.objects.create(post=chair, user=somebody, starts_on=TODAY)
    here = f"/joining/{accession.public_id}/"
    sign_in(client, "ada@crossrail.example")
    assert client.get(here).status_code == 200
    page = client.get(here + "answer/")
    assert page.status_code == 200 and "There is no application yet; fill it in first." in page.content.decode()
    assert "There is no application yet" in post(client, here + "answer/", text="x").content.decode()


@pytest.mark.world("ons_applied")
def test_an_answer_before_the_moment_of_the_question_is_refused_in_words(client):
    accession = cast.ons_applied()
    act(joining.start_review, accession, LEAD)
    later = cast.START + timedelta(days=1)
    joining.ask(cast.fresh(accession), text="Which?", by=cast.person(LEAD), at=later)
    with pytest.raises(Refused, match="the register's clock has not reached"):
        act(joining.answer, accession, REQUESTER, text="This one.")
    here = f"/joining/{accession.public_id}/answer/"
    page = post(sign_in(client, REQUESTER), here, text="This one.")
    assert page.status_code == 200 and "clock has not reached" in page.content.decode()


SITE = {"site-0-name": "Newport", "site-0-address": "Newport", "site-0-seats": "2,600"}


def save_sites(client, **counts):
    application = joining.current(cast.ons())
    typed = {"statement": "Desktops.", "edits": application.edits if application else 0} | counts | SITE
    return post(client, f"/joining/{cast.ons().public_id}/application/", **typed)


@pytest.mark.parametrize(
    "counts",
    [
        {"site-TOTAL_FORMS": "-1", "site-INITIAL_FORMS": "0"},
        {"site-TOTAL_FORMS": "0", "site-INITIAL_FORMS": "0"},
        {"site-TOTAL_FORMS": "١", "site-INITIAL_FORMS": "0"},
        {"site-TOTAL_FORMS": "1", "site-INITIAL_FORMS": "-5"},
        {"site-TOTAL_FORMS": "1e3", "site-INITIAL_FORMS": "0"},
        {},
    ],
)
def test_a_damaged_count_of_rows_loses_none_of_them(client, counts):
    sign_in(client, REQUESTER)
    assert save_sites(client, **{"site-TOTAL_FORMS": "1", "site-INITIAL_FORMS": "0"}).status_code == 302
    before = joining.current(cast.ons())
    answer = save_sites(client, **counts)
    page = answer.content.decode()
    assert answer.status_code == 200 and "The number of rows was damaged on the way" in page
    assert "bug report" not in page and 'value="2,600"' in page
    assert 'name="site-TOTAL_FORMS" value="1"' in page, "what is sent next is right again"
    assert joining.current(cast.ons()).edits == before.edits


@pytest.mark.parametrize("initial", ["0", "1"])
def test_a_row_that_says_what_is_stored_is_a_row(client, initial):
    sign_in(client, REQUESTER)
    for _twice in range(2):
        counts = {"site-TOTAL_FORMS": "1", "site-INITIAL_FORMS": initial}
        assert save_sites(client, **counts).status_code == 302
        assert [site["name"] for site in joining.current(cast.ons()).sites] == ["Newport"]


def test_a_late_application_is_told_of_the_application(client):
    sign_in(client, REQUESTER)
    counts = {"site-TOTAL_FORMS": "1", "site-INITIAL_FORMS": "0"}
    save_sites(client, **counts)
    typed = {"statement": "Late.", "edits": 0} | counts | SITE
    page = post(client, f"/joining/{cast.ons().public_id}/application/", **typed).content.decode()
    assert "Somebody saved this application while this form was open." in page and "this call-off" not in page


def test_one_file_is_evidence_and_letter_and_each_is_removed_by_itself(client):
    sign_in(client, REQUESTER)
    here = f"/joining/{cast.ons().public_id}/application/evidence/"
    for edits, kind in enumerate(("signatory", "delegation", "delegation")):
        file = SimpleUploadedFile("letter.pdf", cast.PDF, "application/pdf")
        assert post(client, here, edits=edits, kind=kind, file=file).status_code == 302
    files = joining.current(cast.ons()).files
    assert [file["kind"] for file in files] == ["signatory", "delegation"]
    assert files[0]["sha256"] == files[1]["sha256"]
    page = client.get(here).content.decode()
    assert 'name="kind" value="signatory"' in page
    gone = {"what": "remove", "sha256": files[0]["sha256"], "kind": "signatory", "edits": 3}
    assert post(client, here, **gone).status_code == 302
    assert [file["kind"] for file in joining.current(cast.ons()).files] == ["delegation"]


def test_a_name_that_was_damaged_on_the_way_is_refused(client):
    sign_in(client, LEAD)
    body = "name=Body+%ED%A0%80&code=DAMAGED&identifier=GOVGB-DAMAGED&address=London&crown=yes&idempotency_key="
    answer = client.post("/joining/new/", body + str(uuid.uuid4()), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200 and "damaged on the way" in answer.content.decode()
    assert not Organisation.objects.filter(code="DAMAGED").exists()


# The second person's no


def refuse_contact(accession: Accession, by: str = APPROVER, reason: str = "Nobody there knows her.", **more) -> Accession:
    more = {"shown_hash": pipeline.contact_hash(cast.fresh(accession))} | more
    return act(pipeline.refuse_contact, accession, by, reason=reason, **more)


def test_who_is_not_confirmed_is_named_no_more_and_the_lead_reads_why():
    accession = propose(museum())
    assert refuse_contact(accession).contact_waits is False
    after = cast.fresh(accession)
    assert (after.contact_email, after.contact_proposed_by, after.state) == ("", None, "engaged")
    event = audit.history(accession).last()
    assert (event.verb, event.reason, event.extra["contact"]) == (
        "accession.contact_refused", "Nobody there knows her.", "mary@museum.example",
    )  # fmt: skip
    mail = Email.objects.get(template="procurement/email/accession_contact_refused.txt")
    assert mail.recipient == LEAD and not User.objects.filter(email="mary@museum.example").exists()
    todo = [(row["accession"].pk, str(row["words"])) for row in accession_display.waiting(cast.person(LEAD), TODAY)]
    assert (accession.pk, "to name who fills in the application") in todo
    assert "accession lead" in accession_display.desk(after, TODAY)
    act(pipeline.name_contact, accession, LEAD, contact_name="Trent", contact_email="trent@museum.example")
    confirm(accession)
    with pytest.raises(Refused, match="Nobody is proposed"):
        refuse_contact(accession)


def test_only_another_person_of_the_authority_refuses_exactly_whom_they_were_shown():
    accession = propose(museum())
    with pytest.raises(Refused, match="Only the accession approver"):
        refuse_contact(accession, by=LEAD)
    with pytest.raises(Refused, match="Somebody else is proposed now"):
        refuse_contact(accession, shown_hash="0" * 64)
    with pytest.raises(Refused, match="Give a reason"):
        refuse_contact(accession, reason=" ")
    cast.give_post(LEAD, "CO", PostCode.ACCESSION_APPROVER)
    with pytest.raises(Refused, match="You proposed this person"):
        refuse_contact(accession, by=LEAD)
    assert cast.fresh(accession).contact_waits


def test_the_authority_reads_whom_the_lead_has_proposed_and_nobody_else_does(client):
    accession = propose(museum())
    here = f"/joining/{accession.public_id}/"
    sign_in(client, LEAD)
    assert "Mary (mary@museum.example), proposed and not confirmed yet" in client.get(here).content.decode()
    sign_in(client, APPROVER)
    refusal = client.get(here + "refuse-contact/").content.decode()
    assert "mary@museum.example" in refusal and pipeline.contact_hash(cast.fresh(accession)) in refusal
    shown = post(client, here + "refuse-contact/", shown_hash=pipeline.contact_hash(cast.fresh(accession)), reason="")
    assert shown.status_code == 200 and "Give a reason" in shown.content.decode()
    confirm(accession)
    sign_in(client, "mary@museum.example")
    assert "not confirmed yet" not in client.get(here).content.decode()


def test_everybody_who_is_new_by_joining_is_told_of_their_post_and_how_to_sign_in():
    """They had an account without a password, a post and perhaps a limit, and nobody had written to them."""
    people = [*cast.ons_people(), membership.Named("New", "new@ons.example", "contract_manager")]
    values = {"statement": "Desktops.", "sites": cast.ONS_SITES, "people": people,
              "files": [cast.evidence("signatory"), cast.evidence("delegation")]}  # fmt: skip
    joining.save_application(cast.ons(), values, by=cast.person(REQUESTER), at=cast.START)
    joining.apply(cast.ons(), by=cast.person(REQUESTER), at=cast.START)
    shown = joining.current(cast.ons()).content_hash
    joining.start_review(cast.ons(), by=cast.person(LEAD), at=cast.START)
    joining.recommend(cast.ons(), shown_hash=shown, by=cast.person(LEAD), at=cast.START)
    agreements.approve(cast.ons(), shown_hash=shown, by=cast.person(APPROVER), at=cast.START)
    paper.agreement_issued(cast.ons())
    agreements.activate(paper.agreement_archived(cast.ons()), at=cast.START)
    told = Email.objects.filter(template__endswith="/appointed.txt")
    assert [(mail.recipient, mail.context["new_account"]) for mail in told] == [("new@ons.example", True)]


def todo(email: str) -> dict[int, str]:
    return {row["accession"].pk: row["words"] for row in accession_display.waiting(cast.person(email), TODAY)}


def test_a_question_to_a_body_that_has_nobody_waits_for_the_lead_who_names_somebody_to_answer(client):
    """The register may be opened with such a body, and any body's last applicant may leave."""
    accession = Accession.objects.select_related("framework__authority", "department").get(department__code="XRL")
    assert todo(LEAD)[accession.pk] == "to name who answers"
    assert accession_display.desk(accession, TODAY) == "accession lead: Cabinet Office accession lead"
    here = f"/joining/{accession.public_id}/"
    page = sign_in(client, LEAD).get(here).content.decode()
    assert here + "contact/" in page and "Nobody there holds either post; the accession lead can name somebody." in page
    act(pipeline.name_contact, accession, LEAD, contact_name="Ada", contact_email="ada@crossrail.example")
    assert todo(APPROVER)[accession.pk] == "to confirm who answers" and accession.pk not in todo(LEAD)
    due = [found.what for found in waiting_to_join.contacts(Q(pk=accession.pk), {})]
    assert due == ["to confirm or refuse whom the lead proposed"]
    confirm(accession)
    assert todo("ada@crossrail.example") == {accession.pk: "to answer a question"}
    assert accession.pk not in todo(LEAD) and accession.pk not in todo(APPROVER)
    act(joining.save_application, accession, "ada@crossrail.example", values={"statement": "Desktops."})
    with pytest.raises(Refused, match="has people here who can apply"):
        act(pipeline.name_contact, accession, LEAD, contact_name="Eve", contact_email="eve@crossrail.example")


@pytest.mark.world("ons_applied")
def test_who_was_proposed_is_no_contact_once_the_body_has_applied_without_them():
    accession = propose(museum())
    administrator = Named("Ann", "ann@museum.example", PostCode.ADMINISTRATOR)
    membership.appoint(accession.department, administrator, by=cast.person(APPROVER), at=cast.START)
    sent = cast.ons().applications.get()
    values = {name: getattr(sent, name) for name in ("statement", "sites", "files")} | {"people": cast.ons_people()}
    act(joining.save_application, accession, "ann@museum.example", values=values)
    after = act(joining.apply, accession, "ann@museum.example")
    assert (after.state, after.contact_email, after.contact_proposed_by) == ("applied", "", None)
