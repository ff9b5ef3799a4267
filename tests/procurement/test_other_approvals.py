"""What is no order is approved by the same steps, decisions, recusals, lists and reminders: a change of something, of a kind
that the test registers, beside the order that it belongs to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from documents.refusal import Refused, insist
from procurement import (
    approval_guards,
    approvals,
    capacity,
    deciding,
    desks,
    headroom,
    inbox,
    order_decision_guards,
    periodic,
    queries,
    recusals,
    routes,
    working_days,
)
from procurement.models import Approval, CallOff, CapacityAccount, Decision, PostHolding, Reminder, VolumeEntry
from tests import cast
from tests.cast import START

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("submitted")]
KIND, DAY, HOLDER, OFFICER = "tests.change", START.date(), cast.ROUTE[0], cast.ROUTE[3]
HASH = "c" * 64


@pytest.fixture
def order(monkeypatch) -> CallOff:
    """The order that the change is beside; its kind is known to lists and sentences."""
    found = cast.submitted()
    about = approvals.About(found, "V-1 More seats", url="/changes/1", number="CON-2007-000001")
    kind = approvals.Kind(
        "this change", "this change", lambda some: {one.pk: about for one in some},
        lambda _about, step: f"/changes/1/steps/{step.position}", lambda _about, query: f"/changes/1/questions/{query.pk}",
    )  # fmt: skip
    monkeypatch.setitem(approvals.KINDS, KIND, kind)
    return found


def change(order: CallOff, **more) -> Approval:
    values = {
        "subject": KIND, "subject_id": "1", "begun_at": START, "framework": order.framework, "department": order.department,
        "supplier": order.supplier, "requester_id": cast.requester().person_id, "edited_by": [], "lots": [1],
        "submitted_by": cast.requester().person_id, "submitted_at": START, "content_hash": HASH,
        "commits_gbp": Decimal("100000.00"), "route_gbp": Decimal("11000000.00"), "hold_until": DAY + timedelta(days=90),
        "matrix": routes.matrix_in_force(order.framework, DAY),
    } | more  # fmt: skip
    made = Approval.objects.create(**values)
    deciding.begin(made)
    return made


def say_yes(made: Approval, email: str):
    """As a kind's own action composes it."""
    by = cast.person(email)
    step = next(one for one in made.steps.filter(state="open") if approval_guards.seat_for(one, by, DAY))
    insist(approval_guards.why_not_take(step, [], by=by, at=START))
    deciding.record(step, deciding.says_yes(step), reason="", by=by, at=START)
    return deciding.open_next(step, at=START)


def test_it_goes_the_way_of_its_value_and_is_listed_and_reminded_of(order):
    made = change(order)
    assert list(made.steps.values_list("post", "state"))[:2] == [("budget_holder", "open"), ("technology_officer", "waiting")]
    todo = {item.subject: item.url for item in inbox.items(cast.person(HOLDER), DAY)}
    assert todo == {"V-1 More seats": "/changes/1/steps/1", f"{order.reference} {order.title}": f"/call-offs/{order.public_id}/steps/1/"}
    query = deciding.ask(made.steps.get(position=1), text="Why?", by=cast.person(HOLDER), at=START)
    assert (f"/changes/1/questions/{query.pk}") in [item.url for item in inbox.items(cast.requester(), DAY)]
    assert [(desk.post, desk.todo) for desk in desks.of_approval(made, DAY)] == [("budget_holder", ""), ("requester", "to answer a question")]
    step = f"step:{made.steps.get(position=1).pk}"
    periodic.run(answered := working_days.due(START, 2))
    assert (reminded := {row.subject for row in Reminder.objects.all()}) >= {f"query:{query.pk}"} and step not in reminded
    deciding.answer(query, text="More came.", by=cast.requester(), at=answered)
    periodic.run(working_days.due(answered, 2))
    assert step in {row.subject for row in Reminder.objects.all()}, "once the question is answered"
    opened = [[one.post for one in say_yes(made, email)] for email in cast.ROUTE[:3]]
    assert opened == [["technology_officer", "finance_director"], [], ["accounting_officer"]]
    assert say_yes(made, OFFICER) is None, "the department has said all its yeses"
    assert deciding.open_side(made, "authority", at=START)[0].post == "commercial_lead"
    assert made.decisions.get(step__post="accounting_officer").delegation is not None
    deciding.void(made)
    assert not queries.being_decided(made.queries.all()).exists() and cast.fresh(order).state == "department_approval"


def test_who_keeps_out_of_it_is_not_out_of_the_order_and_the_other_way_round(order):
    made, by = change(order), cast.person(HOLDER)
    recusals.declare(made.steps.get(position=1), reason="My brother works there.", by=by, at=START)
    step = Approval.objects.get(pk=made.pk).steps.get(position=1)
    (reason,) = approval_guards.why_not_take(step, [], by=by, at=START)
    assert "You declared a conflict of interest in this change on 1 October 2007" in str(reason)
    own = cast.open_step(order, by)
    assert not list(order_decision_guards.why_not_decide(own, by=by, at=START))
    with pytest.raises(IntegrityError, match="whoever declared a conflict of interest"), transaction.atomic():
        write(made, 1, HOLDER)
    write(order.revision.approval, 1, HOLDER)


def write(made: Approval, position: int, email: str, **more) -> Decision:
    step, by = made.steps.get(position=position), cast.person(email)
    holding = PostHolding.objects.get(user=by.user, post__code=step.post)
    return Decision.objects.create(**{
        "step": step, "approval": made, "user": by.user, "person_id": by.person_id, "name": by.words, "holding": holding,
        "outcome": "endorsed", "no_conflict_declared": True, "content_hash": made.content_hash, "decided_at": START,
    } | more)  # fmt: skip


@pytest.mark.parametrize(("more", "words"), [
    (lambda by: {"requester_id": by.person_id}, "requested or submitted"),
    (lambda by: {"submitted_by": by.person_id}, "requested or submitted"),
    (lambda by: {"edited_by": [by.person_id]}, "nobody decides on what they edited"),
])  # fmt: skip
def test_the_database_keeps_its_hands_from_deciding_on_it(order, more, words):
    made = change(order, **more(cast.person(HOLDER)))
    with pytest.raises(Refused, match="this change"):
        say_yes(made, HOLDER)
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        write(made, 1, HOLDER)


def test_the_database_holds_a_submitted_order_to_what_its_approval_says():
    """A round of less value, or without one of the hands, is not the order's; and no hand is added to what was submitted."""
    first = cast.submitted().revision
    draft = cast.drafted().revision
    said = {
        field.attname: getattr(first.approval, field.attname) for field in Approval._meta.concrete_fields if field.attname != "id"
    }
    other = Approval.objects.create(**said)
    with pytest.raises(IntegrityError, match="is not what its approval says"), transaction.atomic():
        type(draft).objects.filter(pk=draft.pk).update(
            approval=other, submitted_at=START, submitted_by=first.submitted_by, revision_hash=first.revision_hash,
            release=first.release, whole_life_gbp=first.whole_life_gbp,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        first.hands.create(person_id=cast.person(OFFICER).person_id, name="x", first_at=START)


def test_what_it_reserves_and_commits_is_its_own(order):
    """Nothing of the order's moves with it, and what it takes away comes off the volumes."""
    capacity.reserve_to(capacity.of_order(order), Decimal("500.00"), act="reserve", at=START)
    its = capacity.Holder("tests.change 1", "1", 1, order, "V-1")
    capacity.reserve_to(its, Decimal("40.00"), act="reserve", at=START)
    assert headroom.capacity_forecast(order, Decimal(0)).reserved == Decimal("40.00")
    capacity.release_all(its, at=START)
    capacity.reserve_to(capacity.Holder("tests.change 1", "1", 2, order, "V-1"), Decimal("30.00"), act="reserve", at=START)
    capacity.commit(its, Decimal("30.00"), {"seats": -5}, at=START, on=DAY)
    account = CapacityAccount.objects.get()
    assert account.reserved_gbp == capacity.reserved_for(capacity.of_order(order)) == Decimal("500.00")
    assert VolumeEntry.objects.get(key="volume:1:seats").quantity == -5
    assert capacity.raise_to(order, Decimal("30.00"), key="x", at=START) == 0, "it is committed for the contract already"
