"""Who has a conflict of interest keeps out of an order, and the order does not stand still for it."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from documents.models import Email
from documents.refusal import Refused
from procurement import (
    approval,
    counter_guards,
    desks,
    granting,
    order_decision_guards,
    queries,
    seats,
    supplier_guards,
    workflow,
)
from procurement.models import ActingFor, Decision, Outcome, PostHolding, Recusal, StepState, User
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
HOLDER = cast.ROUTE[0]


def recused(order, reason="My brother works there."):
    by = cast.person(HOLDER)
    approval.recuse(cast.open_step(order, by), reason=reason, by=by, at=cast.START)
    return by


@pytest.mark.world("submitted")
def test_the_recused_decides_nothing_and_the_step_stays_open():
    order = cast.submitted()
    by = recused(order)
    step = cast.fresh(order).revision.approval.steps.get(state=StepState.OPEN)
    hashed = {"shown_hash": step.approval.content_hash, "no_conflict": True}
    for act in (
        lambda: approval.decide(step, **hashed, by=by, at=cast.START),
        lambda: approval.reject(step, **hashed, reason="No.", by=by, at=cast.START),
        lambda: approval.recuse(step, reason="Again.", by=by, at=cast.START),
    ):
        with pytest.raises(Refused, match="You declared a conflict of interest"):
            act()
    assert not queries.open_steps(by, cast.START.date(), 50)
    assert all(by.words not in desk.people for desk in desks.of(cast.fresh(order), cast.START.date()))


@pytest.mark.world("submitted")
def test_a_deputy_named_afterwards_decides():
    order = cast.submitted()
    principal = recused(order)
    deputy = cast.person("auditor@co.example").user
    holding = PostHolding.objects.get(user=principal.user, post__code="budget_holder")
    granting.grant_organisation(deputy, cast.dius(), starts_on=cast.START.date())
    ActingFor.objects.create(
        holding=holding, deputy=deputy, starts_on=cast.START.date(), ends_on=cast.START.date()
    )
    cast.decide(order, deputy.email)
    assert cast.fresh(order).revision.approval.decisions.get().principal_name == principal.words


@pytest.mark.world("submitted")
def test_the_database_refuses_a_decision_of_the_recused():
    order = cast.submitted()
    by = recused(order)
    step = cast.fresh(order).revision.approval.steps.get(state=StepState.OPEN)
    holding = PostHolding.objects.get(user=by.user, post__code=step.post)
    with pytest.raises(IntegrityError, match="conflict of interest"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=by.user, person_id=by.person_id, name=by.words, holding=holding,
            outcome=Outcome.ENDORSED, no_conflict_declared=True, content_hash=step.approval.content_hash,
            decided_at=cast.START,
        )  # fmt: skip


@pytest.mark.world("submitted")
def test_the_recused_does_nothing_for_the_order_as_its_requester_either():
    """Before and after somebody else has taken it back; their own next order they begin as ever."""
    cast.give_post(HOLDER, "DIUS", "requester")
    order = cast.submitted()
    by = recused(order)
    acting = {"by": by, "at": cast.START}
    for act in (workflow.recall, lambda o, **who: workflow.withdraw(o, reason="No.", **who)):
        with pytest.raises(Refused, match="You declared a conflict of interest in this order"):
            act(cast.fresh(order), **acting)
    workflow.recall(cast.fresh(order), by=cast.requester(), at=cast.START)
    for act in (workflow.submit, lambda o, **who: workflow.withdraw(o, reason="No.", **who)):
        with pytest.raises(Refused, match="You declared a conflict of interest in this order"):
            act(cast.fresh(order), **acting)
    assert workflow.copy(cast.fresh(order), **acting).state == "draft"


def test_nor_at_the_order_desk():
    order = cast.submitted()
    cast.give_post(HOLDER, "FUJITSU", "order_desk")
    granting.grant_organisation(cast.person(HOLDER).user, order.supplier, starts_on=cast.START.date())
    by = recused(order)
    for email in ("deputy.budget.holder@dius.example", *cast.ROUTE[1:]):
        cast.decide(order, email)
    for why_not in (supplier_guards.why_not_confirm, supplier_guards.why_not_decline, counter_guards.why_not_counter):
        (reason,) = why_not(cast.fresh(order), by=by, at=cast.START)
        assert "You declared a conflict of interest in this order" in reason.words


@pytest.mark.world("submitted")
def test_the_recusal_counts_for_every_later_revision():
    order = cast.submitted()
    by = recused(order)
    workflow.recall(cast.fresh(order), by=cast.requester(), at=cast.START)
    again = workflow.submit(cast.fresh(order), by=cast.requester(), at=cast.START)
    step = cast.open_step(again, by)
    assert any("conflict" in reason.words for reason in order_decision_guards.why_not_decide(step, by=by, at=cast.START))
    assert not Email.objects.filter(recipient=HOLDER, key__startswith=f"turn:{step.pk}").exists()


@pytest.mark.world("submitted")
def test_the_page_names_who_can_act_instead_and_tells_them_without_the_reason(client):
    order = cast.submitted()
    step = cast.open_step(order, cast.person(HOLDER))
    others = [person for person in seats.holders(step.organisation_id, step.post, cast.START.date())
              if person.email != HOLDER]  # fmt: skip
    assert others  # the story has a deputy of this post
    sign_in(client, HOLDER)
    brief = client.get(reverse("procurement:brief", args=[order.public_id, step.position])).content.decode()
    address = reverse("procurement:recuse", args=[order.public_id, step.position])
    assert address in brief
    assert f"{others[0].name} can act in your place" in client.get(address).content.decode()
    assert post(client, address, reason="My brother works there.").status_code == 302
    assert Recusal.objects.get().reason == "My brother works there."
    told = Email.objects.filter(template="procurement/email/recused.txt")
    assert {mail.recipient for mail in told} == {"administrator@dius.example", *(person.email for person in others)}
    assert "brother" not in str([mail.context for mail in told])


@pytest.mark.world("submitted")
def test_where_nobody_else_sits_in_the_chair_the_administrator_is_told(client):
    order = cast.submitted()
    User.objects.filter(email="deputy.budget.holder@dius.example").update(is_active=False)
    step = cast.open_step(order, cast.person(HOLDER))
    address = reverse("procurement:recuse", args=[order.public_id, step.position])
    sign_in(client, HOLDER)
    assert "your administrator is told and has to name somebody" in client.get(address).content.decode()
    assert post(client, address, reason="My brother works there.").status_code == 302
    told = Email.objects.get(template="procurement/email/recused.txt")
    assert told.recipient == "administrator@dius.example" and told.context["others"] == ""


DEPARTMENT, AUTHORITY = ("accounting.officer@dius.example", "requester@dius.example"), ("finance.lead@co.example", "auditor@co.example")


@pytest.mark.parametrize("email", [*DEPARTMENT, *AUTHORITY, "order.desk@fujitsu.example"])
@pytest.mark.parametrize(("position", "own"), [(1, DEPARTMENT), (5, AUTHORITY)])
def test_only_the_own_side_reads_why(client, position, own, email):
    order = cast.submitted() if position == 1 else cast.approved_by_department()
    by = cast.person(cast.ROUTE[position - 1])
    approval.recuse(cast.open_step(order, by), reason="My brother works there.", by=by, at=cast.START)
    if position == 1:  # the department's deputy decides, so that the order reaches the authority too
        for decider in ("deputy.budget.holder@dius.example", *cast.ROUTE[1:4]):
            cast.decide(order, decider)
    sign_in(client, email)
    address = reverse("procurement:brief", args=[order.public_id, position])
    page = client.get(address)
    assert page.status_code == (200 if email in own else 404)
    assert ("brother" in page.content.decode()) is (email in own)
    whole = client.get(reverse("procurement:call_off", args=[order.public_id])).content.decode()
    assert "brother" not in whole
    assert (address in whole) is (email in own), "a link that opens"
