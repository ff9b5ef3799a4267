"""Nobody agrees with themselves: not on two sides of a contract, not through a deputy, not after declaring a conflict."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from contracts import formation
from documents import store
from documents.models import SigningIntent
from documents.refusal import Refused
from procurement import (
    access,
    agreements,
    approval,
    drafting,
    granting,
    joining,
    membership,
    negotiation,
    workflow,
    working_days,
)
from procurement.models import (
    Accession,
    ActingFor,
    Delegation,
    OrganisationGrant,
    Post,
    PostHolding,
    User,
)
from tests import cast, paper

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
ADMIN = "administrator@dius.example"
LETTER = {"letter_filename": "letter.pdf", "letter_sha256": "a" * 64}


def invite(email: str, post: str, *, by: str = ADMIN, at=cast.START) -> User:
    return membership.invite(cast.dius(), name="Nora New", email=email, post=post, by=cast.person(by), at=at)


def holding(email: str, post: str) -> PostHolding:
    return PostHolding.objects.select_related("post__organisation", "user").filter(user__email=email, post__code=post).last()


def seat_past_the_guards(email: str, post: str) -> PostHolding:
    """A post given as if no guard had been asked: what stands behind the guard has to hold alone."""
    user = User.objects.get(email=email)
    made = PostHolding.objects.create(
        post=Post.objects.get(organisation=cast.dius(), code=post), user=user, starts_on=TODAY
    )
    granting.grant_organisation(user, cast.dius(), starts_on=TODAY)
    return made


@pytest.mark.parametrize("email", ["order.desk@fujitsu.example", "deputy.director@co.example", "auditor@co.example"])
def test_nobody_of_the_other_sides_has_a_post(email):
    with pytest.raises(Refused, match="acts for another side of its contracts"):
        invite(email, "accounting_officer")


def test_somebody_of_another_department_may():
    assert invite("requester@ons.example", "requester").email == "requester@ons.example"


@pytest.mark.world("submitted")
def test_who_decided_does_not_accept_the_order():
    desk = seat_past_the_guards("order.desk@fujitsu.example", "budget_holder")
    order = cast.submitted()
    by = cast.person(desk.user.email)
    step = cast.open_step(order, by)
    approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=cast.START)
    for email in cast.ROUTE[1:]:
        cast.decide(order, email)
    with pytest.raises(Refused, match="already decided on this revision, so somebody else has to do this"):
        cast.accept(order)


@pytest.mark.world("issued")
def test_one_person_signs_a_document_once():
    contract = cast.contract()
    chair = seat_past_the_guards("supplier.signatory@fujitsu.example", "signatory")
    Delegation.objects.create(holding=chair, kind="signature", unlimited=True, starts_on=TODAY)
    cast.sign(contract, *cast.SIGNATORIES[0])
    cast.run_all_jobs()
    shown = store.head(contract.document).sha256
    with pytest.raises(Refused, match="has signed this document for another party"):
        formation.sign(
            cast.fresh(contract), "department", shown_sha256=shown, by=cast.person(chair.user.email), at=cast.START
        )
    first = SigningIntent.objects.get(document=contract.document)
    with pytest.raises(IntegrityError, match="nobody_signs_a_document_twice"), transaction.atomic():
        SigningIntent.objects.create(
            document=contract.document, field="Signature_department", identifier="X", base_sha256="0" * 64,
            act=first.act, created_at=cast.START,
        )  # fmt: skip


OWN, FIRST, SECOND = "authority.signatory@co.example", "auditor@co.example", "framework.manager@co.example"


def own_order_signed_by_the_supplier():
    """The Cabinet Office's own order: ``OWN`` may sign for it as the department and as the authority; ``FIRST`` is their
    deputy in the one chair, ``SECOND`` in the other."""
    Post.objects.get_or_create(organisation=cast.framework().authority, code="signatory")
    cast.give_post(OWN, "CO", "signatory")
    Delegation.objects.create(holding=holding(OWN, "signatory"), kind="signature", unlimited=True, starts_on=TODAY)
    for post, deputy in (("signatory", FIRST), ("authority_signatory", SECOND)):
        ActingFor.objects.create(
            holding=holding(OWN, post), deputy=cast.person(deputy).user, starts_on=TODAY, ends_on=TODAY
        )
    order = cast.own_order()
    officers = ("budget.holder", "technology.officer", "finance.director", "accounting.officer")
    for email in (*(f"{officer}@co.example" for officer in officers), *cast.ROUTE[4:]):
        cast.decide(order, email)
    return paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0])


TWICE = {"the principal after their deputy": (FIRST, OWN), "a deputy after their principal": (OWN, SECOND),
         "two deputies of one principal": (FIRST, SECOND)}  # fmt: skip


@pytest.mark.parametrize("kept", [True, False], ids=["act", "older act"])
@pytest.mark.parametrize(("department", "authority"), TWICE.values(), ids=TWICE)
def test_nobody_stands_behind_two_signatures_of_a_document(monkeypatch, kept, department, authority):
    if not kept:  # an act of before says whose it is by its delegation alone
        record = store.record_intent
        monkeypatch.setattr(store, "record_intent", lambda document, *, act, **more: record(
            document, act={name: value for name, value in act.items() if name != "principal_id"}, **more))  # fmt: skip
    contract = paper.sign(own_order_signed_by_the_supplier(), "department", department)
    with pytest.raises(Refused, match="has signed this document for another party"):
        paper.act(contract, "authority", authority)


@pytest.mark.parametrize("said_by", ["delegation", "principal_id"])
@pytest.mark.parametrize(("department", "authority"), TWICE.values(), ids=TWICE)
def test_the_database_takes_no_second_signature_of_whom_one_counts_for(said_by, department, authority):
    contract = paper.sign(own_order_signed_by_the_supplier(), "department", department)
    chair, principal = holding(OWN, "authority_signatory"), cast.person(OWN)
    said = {"delegation": chair.delegations.get(kind="signature").pk, "principal_id": str(principal.person_id)}
    with pytest.raises(IntegrityError, match="nobody stands behind two signatures"), transaction.atomic():
        SigningIntent.objects.create(
            document=contract.document, field="Signature_authority", identifier="X", base_sha256="0" * 64,
            act={"person_id": str(cast.person(authority).person_id), said_by: said[said_by]}, created_at=cast.START,
        )  # fmt: skip


def test_an_act_says_for_whom_by_name_and_by_person():
    contract = own_order_signed_by_the_supplier()
    acts = [paper.act(contract, "department", FIRST).act, SigningIntent.objects.get(field="Signature_supplier").act]
    principal = cast.person(OWN)
    assert [(act["acting_for"], act["principal_id"]) for act in acts] == [
        (principal.words, str(principal.person_id)), ("", "")
    ]  # fmt: skip


SIGNATORY = "signatory@dius.example"


def signed_by_the_supplier(order):
    for email in cast.ROUTE:
        cast.decide(order, email)
    return paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0])


def submitted_by_a_deputy_of_the_signatory():
    """Who signs for DIUS is a requester too; their deputy at that desk submits a colleague's order."""
    cast.give_post(SIGNATORY, "DIUS", "requester")
    deputy = cast.person("contract.manager@dius.example")
    ActingFor.objects.create(holding=holding(SIGNATORY, "requester"), deputy=deputy.user, starts_on=TODAY, ends_on=TODAY)
    return workflow.submit(cast.drafted(), by=deputy, at=cast.START)


def test_for_whom_an_order_was_submitted_does_not_sign_its_contract():
    order = submitted_by_a_deputy_of_the_signatory()
    assert order.revision.approval.submitted_for == cast.person(SIGNATORY).person_id
    contract = signed_by_the_supplier(order)
    with pytest.raises(Refused, match="had it submitted for them, cannot sign its contract"):
        paper.act(contract, "department", SIGNATORY)
    with pytest.raises(Refused, match="had it submitted for them, cannot sign its contract"):
        paper.act(contract, "department", cast.deputy_of(SIGNATORY).email)


@pytest.mark.parametrize("of_a_deputy", [False, True])
def test_the_database_takes_no_signature_of_whom_an_order_was_submitted_for_nor_under_their_delegation(of_a_deputy):
    contract = signed_by_the_supplier(submitted_by_a_deputy_of_the_signatory())
    by = cast.deputy_of(SIGNATORY) if of_a_deputy else cast.person(SIGNATORY)
    delegation = Delegation.objects.get(holding=holding(SIGNATORY, "signatory"), kind="signature")
    with pytest.raises(IntegrityError, match="nobody signs what binds to what they requested"), transaction.atomic():
        SigningIntent.objects.create(
            document=contract.document, field="Signature_department", identifier="X", base_sha256="0" * 64,
            act={"person_id": str(by.person_id), "delegation": delegation.pk}, created_at=cast.START,
        )  # fmt: skip


def test_who_only_wrote_in_an_order_may_sign_its_contract():
    cast.give_post(SIGNATORY, "DIUS", "requester")
    draft = cast.drafted()
    drafting.save_title(draft, "In better words", by=cast.person(SIGNATORY), at=cast.START)
    order = workflow.submit(cast.fresh(draft), by=cast.requester(), at=cast.START)
    assert order.revision.approval.submitted_for is None
    contract = signed_by_the_supplier(order)
    assert paper.act(contract, "department", SIGNATORY).act["name"] == "DIUS signatory"


def test_a_contract_prints_for_whom_deputies_submitted_and_accepted():
    submitter, desk = cast.deputy_of("requester@dius.example", "Sub Mitter"), cast.deputy_of(cast.DESK, "Desk Deputy")
    order = workflow.submit(cast.drafted(), by=submitter, at=cast.START)
    for email in cast.ROUTE:
        cast.decide(order, email)
    order = cast.fresh(order)
    contract = formation.accept_order(order, shown_hash=order.revision.revision_hash, by=desk, at=cast.START)
    rows = contract.document.payload["evidence"]
    said = {row["act"]: (row["name"], row["acting_for"]) for row in rows if row["act"] in ("submitted", "accepted")}
    assert said == {
        "submitted": ("Sub Mitter", "DIUS requester"),
        "accepted": ("Desk Deputy", cast.person(cast.DESK).words),
    }


@pytest.mark.world("ons_applied")
def test_an_access_agreement_prints_for_whom_deputies_applied_and_approved():
    accession = cast.ons_applied()
    lead, approver = cast.deputy_of("accession.lead@co.example", "Lee Lead"), cast.person("accession.approver@co.example")
    shown = joining.current(accession).content_hash
    joining.start_review(accession, by=lead, at=cast.START)
    joining.recommend(accession, shown_hash=shown, by=lead, at=cast.START)
    accession = agreements.approve(accession, shown_hash=shown, by=approver, at=cast.START)
    assert [row["name"] for row in accession.document.payload["evidence"]] == [
        "ONS requester", "Lee Lead, acting for Cabinet Office accession lead", "Cabinet Office accession approver",
    ]  # fmt: skip


@pytest.mark.world("submitted")
def test_who_declared_a_conflict_does_not_choose_who_decides_instead():
    order, by = cast.submitted(), cast.person(cast.ROUTE[0])
    step = cast.open_step(order, by)
    chair = holding(cast.ROUTE[0], "budget_holder")
    colleague = invite("nora@dius.example", "contract_manager")
    dates = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=9)}
    membership.name_deputy(chair, colleague, **dates, by=by, at=cast.START)
    approval.recuse(step, reason="My sister works there.", by=by, at=cast.START)
    with pytest.raises(Refused, match="Who made you deputy here has declared a conflict"):
        cast.decide(order, colleague.email)


@pytest.mark.world("submitted")
def test_the_administrator_chooses_who_decides_for_the_recused():
    order, by = cast.submitted(), cast.person(cast.ROUTE[0])
    step = cast.open_step(order, by)
    colleague = invite("nora@dius.example", "contract_manager")
    approval.recuse(step, reason="My sister works there.", by=by, at=cast.START)
    dates = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=9)}
    chair = holding(cast.ROUTE[0], "budget_holder")
    membership.name_deputy(chair, colleague, **dates, by=cast.person(ADMIN), at=cast.START)
    assert cast.decide(order, colleague.email).revision.approval.decisions.count() == 1


@pytest.mark.parametrize("chosen_by_the_recused", [True, False])
def test_who_declared_a_conflict_does_not_choose_who_signs_instead(chosen_by_the_recused):
    """The finance director is a signatory too; only the deputy whom somebody else named signs the contract."""
    order, by = cast.submitted(), cast.person("finance.director@dius.example")
    cast.decide(order, cast.ROUTE[0])
    cast.give_post(by.email, "DIUS", "signatory")
    chair, colleague = holding(by.email, "signatory"), invite("nora@dius.example", "contract_manager")
    Delegation.objects.create(holding=chair, kind="signature", unlimited=True, starts_on=TODAY)
    approval.recuse(cast.open_step(order, by), reason="My sister works there.", by=by, at=cast.START)
    named_by = by if chosen_by_the_recused else cast.person(ADMIN)
    membership.name_deputy(chair, colleague, starts_on=TODAY, ends_on=TODAY, by=named_by, at=cast.START)
    second = User.objects.get(email=SIGNATORY)
    finance = holding(by.email, "finance_director")
    ActingFor.objects.create(holding=finance, deputy=second, starts_on=TODAY, ends_on=TODAY)
    for email in (cast.ROUTE[1], second.email, *cast.ROUTE[3:]):
        cast.decide(order, email)
    contract = paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0])
    if chosen_by_the_recused:
        with pytest.raises(Refused, match="Who made you deputy here has declared a conflict"):
            paper.act(contract, "department", colleague.email)
    else:
        assert paper.act(contract, "department", colleague.email).act["acting_for"] == by.words


def test_a_deputy_gives_no_powers_to_whom_they_act_for():
    colleague = invite("nora@dius.example", "contract_manager")
    dates = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=9)}
    membership.name_deputy(holding(ADMIN, "administrator"), colleague, **dates, by=cast.person(ADMIN), at=cast.START)
    with pytest.raises(Refused, match="nobody gives powers to whom they act for"):
        invite(ADMIN, "finance_director", by=colleague.email)


def test_powers_are_told_to_those_who_answer_for_them(mailoutbox):
    invite("nora@dius.example", "finance_director")
    cast.run_all_jobs()
    told = {message.to[0] for message in mailoutbox if message.subject.startswith("Nora New is finance director")}
    assert "accounting.officer@dius.example" in told and ADMIN not in told


# ---- membership ends with the last post, and not before


def test_who_has_left_every_post_is_nobodys_member_in_whatever_order_they_ended():
    user = invite("nora@dius.example", "requester")
    invite("nora@dius.example", "contract_manager")
    by = cast.person(ADMIN)
    for post, days in (("requester", 9), ("contract_manager", 4)):
        last = TODAY + timedelta(days=days)
        membership.end_holding(holding(user.email, post), ends_on=last, by=by, at=cast.START)
    assert access.sight(user, TODAY + timedelta(days=9)).organisations
    assert access.sight(user, TODAY + timedelta(days=10)).organisations == frozenset()


def test_a_second_post_keeps_the_membership_going():
    user = invite("nora@dius.example", "requester")
    by = cast.person(ADMIN)
    last = TODAY + timedelta(days=9)
    membership.end_holding(holding(user.email, "requester"), ends_on=last, by=by, at=cast.START)
    invite("nora@dius.example", "contract_manager")
    assert cast.dius().pk in access.sight(user, TODAY + timedelta(days=400)).organisations
    assert OrganisationGrant.objects.get(user=user).ends_on is None


def test_a_post_that_was_given_an_end_can_go_on():
    user = invite("nora@dius.example", "requester")
    last = TODAY + timedelta(days=9)
    membership.end_holding(holding(user.email, "requester"), ends_on=last, by=cast.person(ADMIN), at=cast.START)
    invite("nora@dius.example", "requester")
    assert holding(user.email, "requester").starts_on == last + timedelta(days=1)
    assert (cast.dius().pk, "requester") in access.sight(user, last + timedelta(days=1)).posts


@pytest.mark.world("with_supplier")
def test_the_database_makes_no_right_longer_and_changes_no_answer():
    question = negotiation.ask(
        cast.with_supplier(), text="When?", by=cast.person("order.desk@fujitsu.example"), at=cast.START
    )
    negotiation.answer(question, text="Soon.", by=cast.requester(), at=cast.START)
    chair = holding(ADMIN, "administrator")
    statements = (
        ("UPDATE procurement_clarification SET answer = 'Never.'", "the answer stays"),
        ("UPDATE procurement_postholding SET ends_on = '2099-01-01' WHERE ends_on IS NOT NULL", "not made longer"),
        ("UPDATE procurement_delegation SET ends_on = NULL WHERE ends_on IS NOT NULL", "not made longer"),
    )
    PostHolding.objects.filter(pk=chair.pk).update(ends_on=TODAY + timedelta(days=1))
    for statement, words in statements:
        with pytest.raises(IntegrityError, match=words), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# ---- the membership of the department itself


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize("ended", [False, True])
def test_no_order_goes_on_for_a_department_that_is_no_member(ended):
    order = cast.with_supplier()
    by = cast.person("framework.manager@co.example")
    membership_of = Accession.objects.get(department=cast.dius(), state="active")
    (agreements.end if ended else agreements.suspend)(membership_of, reason="Left.", by=by, at=cast.START)
    with pytest.raises(Refused, match="is no member of public sector Flex"):
        cast.accept(order)


@pytest.mark.world("submitted")
def test_no_step_is_approved_for_a_department_that_is_no_member():
    order = cast.submitted()
    by = cast.person("framework.manager@co.example")
    agreements.suspend(Accession.objects.get(department=cast.dius(), state="active"), reason="Pause.", by=by, at=cast.START)
    with pytest.raises(Refused, match="is no member of public sector Flex"):
        cast.decide(order, cast.ROUTE[0])


@pytest.mark.world("with_supplier")
def test_an_answer_on_the_last_evening_leaves_a_working_day():
    order = cast.with_supplier()
    desk = cast.person("order.desk@fujitsu.example")
    last = order.answer_due_at - timedelta(minutes=2)
    question = negotiation.ask(order, text="When?", by=desk, at=last)
    negotiation.answer(question, text="Soon.", by=cast.requester(), at=last + timedelta(minutes=1))
    assert cast.fresh(order).answer_due_at == working_days.due(last, 1)
