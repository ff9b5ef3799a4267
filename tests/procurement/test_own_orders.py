"""The authority orders for itself: who asks for the order does not decide on it for the authority, and who is of both sides
reads what both ask."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from documents.models import Email
from documents.refusal import Refused
from procurement import approval, granting, inbox, order_decision_guards, seats
from procurement.models import ActingFor, Decision, Outcome, PostHolding
from tests import cast
from tests.procurement.test_pages import address, sign_in

pytestmark = pytest.mark.usefixtures("db")
LEAD, OTHER = "commercial.lead@co.example", "finance.lead@co.example"
OFFICERS = ("budget.holder@co.example", "technology.officer@co.example", "finance.director@co.example", "accounting.officer@co.example")
TODAY = cast.START.date()


def before_the_authority():
    order = cast.own_order()
    for email in OFFICERS:
        cast.decide(order, email)
    return cast.fresh(order)


def join_the_requesters(email: str = LEAD) -> None:
    cast.give_post(email, "CO", "requester")


def acts_for_the_requester(email: str = LEAD) -> None:
    desk = PostHolding.objects.get(user__email="requester@co.example")
    ActingFor.objects.create(holding=desk, deputy=cast.person(email).user, starts_on=TODAY, ends_on=TODAY)


def deputy_of_a_requester() -> str:
    join_the_requesters()
    chair = PostHolding.objects.get(user__email=LEAD, post__code="commercial_lead")
    ActingFor.objects.create(holding=chair, deputy=cast.person("auditor@co.example").user, starts_on=TODAY, ends_on=TODAY)
    return "auditor@co.example"


TEAM = {"a requester": lambda: join_the_requesters() or LEAD, "a requester's deputy": lambda: acts_for_the_requester() or LEAD,
        "who acts for a requester": deputy_of_a_requester}  # fmt: skip


@pytest.mark.parametrize("become", TEAM.values(), ids=TEAM)
def test_nobody_of_the_requesting_team_decides_for_the_authority(become):
    email = become()
    order = before_the_authority()
    by, step = cast.person(email), order.revision.approval.steps.get(post="commercial_lead")
    shown = {"shown_hash": order.revision.revision_hash, "no_conflict": True, "by": by, "at": cast.START}
    for act in (
        lambda: approval.decide(step, **shown),
        lambda: approval.reject(step, reason="No.", **shown),
        lambda: approval.return_for_changes(step, reason="No.", **shown),
    ):
        with pytest.raises(Refused, match="is a requester of Cabinet Office, whose own order this is"):
            act()
    assert not [item for item in inbox.items(by, TODAY) if item.todo == "to endorse as commercial lead"]
    assert not Email.objects.filter(template__endswith="your_turn.txt", recipient=email).exists()
    seat = seats.find_seat(by, step.organisation_id, step.post, TODAY)
    with pytest.raises(IntegrityError, match="nobody of the requesting team"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=by.user, person_id=by.person_id, name=by.words, holding=seat.holding,
            principal_id=seat.principal.person_id if seat.principal else None, outcome=Outcome.ENDORSED,
            no_conflict_declared=True, content_hash=step.approval.content_hash, decided_at=cast.START,
        )  # fmt: skip
    assert cast.decide(order, OTHER).revision.approval.decisions.filter(step__post="finance_lead").exists()


def test_who_was_a_requester_until_yesterday_decides():
    order, desk = before_the_authority(), PostHolding.objects.get(user__email="requester@co.example").post
    PostHolding.objects.create(
        post=desk, user=cast.person(LEAD).user, starts_on=TODAY - timedelta(days=30), ends_on=TODAY - timedelta(days=1)
    )
    cast.decide(order, LEAD)


@pytest.mark.world("approved_by_department")
def test_a_requester_of_the_authority_decides_on_the_orders_of_others():
    join_the_requesters()
    order = cast.approved_by_department()
    assert order.revision.approval.decisions.count() == 4
    cast.decide(order, LEAD)


def test_who_is_of_both_sides_reads_what_both_ask_and_who_is_of_one_only_that(client):
    order = cast.own_order()
    by = cast.person(OFFICERS[0])
    approval.ask(cast.open_step(order, by), text="Will the permanent secretary mind?", by=by, at=cast.START)
    for email in OFFICERS:
        cast.decide(order, email)
    lead = cast.person(LEAD)
    approval.ask(cast.open_step(order, lead), text="Is the minister keen?", by=lead, at=cast.START)
    granting.grant_organisation(cast.person("auditor@co.example").user, order.department, starts_on=TODAY)
    for email, sides in ((OFFICERS[3], {1}), (OTHER, {5}), ("auditor@co.example", {1, 5})):
        sign_in(client, email)
        whole = client.get(address("call_off", order)).content.decode()
        assert ("permanent secretary" in whole, "minister" in whole) == (1 in sides, 5 in sides), email
        for position in (1, 5):
            assert client.get(address("brief", order, position=position)).status_code == (200 if position in sides else 404), email
            assert (address("brief", order, position=position) in whole) is (position in sides), email


def test_the_rule_is_read_by_the_page_too():
    join_the_requesters()
    order = before_the_authority()
    step = order.revision.approval.steps.get(post="commercial_lead")
    reasons = [str(reason.words) for reason in order_decision_guards.why_not_decide(step, by=cast.person(LEAD), at=cast.START)]
    assert reasons == ["Cabinet Office commercial lead is a requester of Cabinet Office, whose own order this is."]
