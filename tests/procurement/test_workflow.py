"""The call-off from draft to the supplier's answer, action by action."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalogue.models import FrameworkSupplier, Organisation
from documents.refusal import Refused
from procurement import approval, order_decision_guards, workflow
from procurement.models import CallOffState, CapacityAccount, StepState, User
from tests import cast
from tests.cast import START
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
S = CallOffState


@pytest.mark.world("submitted")
def test_submission_freezes_the_golden_price_and_gives_a_number():
    call_off = cast.submitted()
    revision = call_off.revision
    assert call_off.reference == "CO-2007-000001"
    assert (str(revision.monthly_gbp), str(revision.whole_life_gbp)) == ("186762.60", "11252943.00")
    assert str(revision.levy_gbp) == "56264.72"
    assert len(revision.revision_hash) == 64


@pytest.mark.world("submitted")
def test_the_matrix_puts_two_posts_in_parallel_and_the_last_commits():
    steps = list(cast.submitted().revision.approval.steps.values_list("post", "group", "act", "state"))
    assert steps[0] == ("budget_holder", 1, "endorse", "open")
    assert {s[0] for s in steps if s[1] == 2 and s[0] in ("technology_officer", "finance_director")} == {
        "technology_officer", "finance_director"}  # fmt: skip
    assert [s[0] for s in steps if s[2] == "commit"] == ["accounting_officer", "deputy_director"]


@pytest.mark.world("submitted")
def test_a_submitted_revision_never_changes_in_the_database():
    call_off = cast.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        call_off.revision.lines.update(quantity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(call_off.revision).objects.filter(pk=call_off.revision_id).update(budget_code="x")


@pytest.mark.world("submitted")
def test_it_is_recalled_until_somebody_has_decided():
    call_off = cast.submitted()
    workflow.recall(call_off, by=cast.requester(), at=START)
    again = cast.fresh(call_off)
    assert (again.state, again.revision.number, again.reference) == (S.RETURNED, 2, "CO-2007-000001")
    workflow.submit(again, by=cast.requester(), at=START)
    cast.decide(call_off, cast.ROUTE[0])
    with pytest.raises(Refused, match="DIUS budget holder has already decided"):
        workflow.recall(call_off, by=cast.requester(), at=START)


def test_the_clock_ends_only_what_is_over_when_it_is_locked():
    """The clock's list may be older than the row: a call-off that is not late, or has moved on, is left alone."""
    waiting = cast.with_supplier()
    due = waiting.answer_due_at
    assert workflow.lapse(waiting, at=due - timedelta(seconds=1)).state == S.WITH_SUPPLIER
    assert workflow.lapse(waiting, at=due).state == S.LAPSED
    returned = workflow.submit(cast.drafted(), by=cast.requester(), at=START)
    workflow.recall(returned, by=cast.requester(), at=START)
    assert workflow.lapse(returned, at=due).state == S.RETURNED
    assert workflow.lapse(returned, at=datetime(2030, 1, 2, tzinfo=UTC)).ended_reason == "The framework has ended."


@pytest.mark.world("submitted")
def test_nobody_approves_what_they_submitted():
    call_off = cast.submitted()
    step = call_off.revision.approval.steps.get(state=StepState.OPEN)
    with pytest.raises(Refused, match="requested this order|submitted this revision"):
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=cast.requester(), at=START)


@pytest.mark.world("approved_by_department")
def test_the_departments_last_approval_reserves_and_the_award_tells_the_supplier():
    call_off = cast.approved_by_department()
    account = CapacityAccount.objects.get()
    assert (call_off.state, str(account.reserved_gbp)) == (S.AUTHORITY_APPROVAL, "11252943.00")
    for email in cast.ROUTE[4:]:
        cast.decide(call_off, email)
    awarded = cast.fresh(call_off)
    assert (awarded.state, awarded.supplier_revision_id) == (S.WITH_SUPPLIER, awarded.revision_id)
    assert awarded.answer_due_at is not None


@pytest.mark.world("approved_by_department")
def test_a_return_voids_the_steps_releases_and_copies_the_content():
    call_off = cast.approved_by_department()
    by = cast.person("commercial.lead@co.example")
    step = cast.open_step(call_off, by)
    approval.return_for_changes(
        step, reason="Say which sites are shared", shown_hash=step.approval.content_hash, no_conflict=True, by=by,
        at=START,
    )  # fmt: skip
    again = cast.fresh(call_off)
    assert (again.state, again.revision.number, again.revision.lines.count()) == (S.RETURNED, 2, 33)
    assert CapacityAccount.objects.get().reserved_gbp == 0
    assert not call_off.revision.approval.steps.filter(state__in=["open", "waiting"]).exists()


@pytest.mark.world("submitted")
def test_what_was_shown_must_be_what_is_decided():
    call_off = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    step = cast.open_step(call_off, by)
    with pytest.raises(Refused, match="changed since your page was made"):
        approval.decide(step, shown_hash="0" * 64, no_conflict=True, by=by, at=START)
    with pytest.raises(Refused, match="conflict of interest"):
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=False, by=by, at=START)


@pytest.mark.world("submitted")
def test_who_is_barred_and_whose_turn_it_is_not_read_who_can():
    order = cast.submitted()
    first, waiting = (order.revision.approval.steps.get(post=post) for post in ("budget_holder", "technology_officer"))

    def read(step, email):
        return [str(why) for why in order_decision_guards.why_not_act_on_step(step, by=cast.person(email), at=START)]

    holders = "DIUS budget holder, DIUS deputy budget holder can, as budget holder."
    assert read(waiting, cast.ROUTE[1]) == [f"It is not yet the turn of the technology officer. {holders}"]
    cast.give_post("requester@dius.example", "DIUS", "budget_holder")
    assert read(first, "requester@dius.example") == [f"You submitted this revision, so somebody else has to do this. {holders}"]
    cast.decide(order, cast.ROUTE[0])
    cast.give_post(cast.ROUTE[0], "DIUS", "technology_officer")
    assert read(cast.fresh(waiting), cast.ROUTE[0]) == [
        "You already decided on this revision, so somebody else has to do this. DIUS technology officer can, as technology officer."
    ]
    User.objects.filter(email=cast.ROUTE[1]).update(is_active=False)
    assert read(cast.fresh(waiting), cast.ROUTE[0])[0].endswith(
        "No technology officer may on this day; the administrator can appoint somebody or name a deputy."
    )


@pytest.mark.world("submitted")
@pytest.mark.parametrize("email", ["finance.director@dius.example", "requester@ons.example", "order.desk@fujitsu.example"])
def test_others_are_told_whose_step_it_is(email):
    call_off = cast.submitted()
    step = call_off.revision.approval.steps.get(state=StepState.OPEN)
    with pytest.raises(Refused, match="DIUS budget holder"):
        approval.decide(
            step, shown_hash=step.approval.content_hash, no_conflict=True, by=cast.person(email), at=START
        )


@pytest.mark.world("with_supplier")
def test_a_withdrawal_releases_and_ends_it():
    call_off = cast.with_supplier()
    workflow.withdraw(call_off, reason="The department is reorganised", by=cast.requester(), at=START)
    assert cast.fresh(call_off).state == S.WITHDRAWN
    assert CapacityAccount.objects.get().reserved_gbp == 0
    with pytest.raises(Refused, match="withdrawn"):
        workflow.withdraw(call_off, reason="again", by=cast.requester(), at=START)


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize(
    ("email", "name", "more"),
    [("requester@dius.example", "withdraw", {}), ("order.desk@fujitsu.example", "decline", {"code": "capacity"})],
    ids=["withdraw", "decline"],
)
def test_who_ends_an_order_ends_the_revision_that_their_page_showed(client, email, name, more):
    call_off = cast.with_supplier()
    address, old = f"/call-offs/{call_off.public_id}/{name}/", cast.fresh(call_off).revision
    sign_in(client, email)
    assert f'name="shown_hash" value="{old.revision_hash}"' in client.get(address).content.decode()
    again = cast.fresh(cast.accept_counter(cast.countered(call_off)))
    for approver in cast.ROUTE:
        cast.decide(again, approver)
    how = {"reason": "Not now."} | more
    words = post(client, address, shown_hash=old.revision_hash, **how).content.decode()
    assert f"you were shown {old.revision_hash[:12]}" in words and "Not now." in words
    assert cast.fresh(call_off).state == S.WITH_SUPPLIER
    assert post(client, address, shown_hash=cast.fresh(call_off).revision.revision_hash, **how).status_code == 302
    assert cast.fresh(call_off).state in (S.WITHDRAWN, S.DECLINED)


def test_a_draft_that_was_withdrawn_had_no_reference_and_its_page_leaves_no_gap_for_one(client):
    call_off = cast.drafted()
    workflow.withdraw(call_off, reason="Not now.", by=cast.requester(), at=START)
    shown = sign_in(client, "requester@dius.example").get(f"/call-offs/{call_off.public_id}/").content.decode()
    assert "Universities and Skills · revision 1" in shown


@pytest.mark.world("with_supplier")
def test_a_page_of_a_draft_withdraws_nothing_that_was_submitted_since():
    with pytest.raises(Refused, match="you were shown a draft"):
        workflow.withdraw(cast.with_supplier(), reason="Not now.", shown_hash="draft", by=cast.requester(), at=START)


def test_a_framework_with_several_suppliers_is_refused_in_words_at_the_start_and_at_the_award(client):
    call_off = cast.approved_by_department()
    for email in cast.ROUTE[4:-1]:
        cast.decide(call_off, email)
    FrameworkSupplier.objects.create(framework=cast.framework(), supplier=Organisation.objects.get(code="ONS"))
    with pytest.raises(Refused, match="has 2 suppliers, and a choice among them"):
        cast.drafted()
    sign_in(client, "requester@dius.example")
    assert "has 2 suppliers" in client.get("/call-offs/new/").content.decode()
    assert "has 2 suppliers" in post(client, "/call-offs/new/", title="Desktops").content.decode()
    with pytest.raises(Refused, match="has 2 suppliers"):
        cast.decide(call_off, cast.ROUTE[-1])
    assert cast.fresh(call_off).state == S.AUTHORITY_APPROVAL
