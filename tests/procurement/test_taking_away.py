"""Who has declared a conflict of interest in an order takes nobody's power over it away, as an administrator either."""

from datetime import timedelta
from decimal import Decimal

import pytest

from documents.models import AuditEvent
from documents.refusal import Refused
from procurement import added_steps, approval, membership, workflow
from procurement.models import ActingFor, AddedStep, Delegation, PostHolding
from tests import cast, paper
from tests.procurement.test_recused_administrator import ADMIN, OFFICER, SECOND, declare, holding, invite

pytestmark = pytest.mark.usefixtures("db")
TODAY, START = cast.START.date(), cast.START
HOLDER, DEPUTY = "budget.holder@dius.example", "finance.director@dius.example"
KEEPS_OUT = r"declared a conflict of interest in CO-2007-\d+ .*takes away nobody's power over it"


def recused(*, second: bool = True):
    """The administrator keeps out of the order as one of its budget holders; there is another administrator."""
    cast.give_post(ADMIN, "DIUS", "budget_holder")
    if second:
        cast.give_post(SECOND, "DIUS", "administrator")
    return declare(cast.submitted())


def deputised(starts_in: int = 0) -> ActingFor:
    return ActingFor.objects.create(
        holding=holding(HOLDER, "budget_holder"), deputy=cast.person(DEPUTY).user, starts_on=TODAY + timedelta(days=starts_in),
        ends_on=TODAY + timedelta(days=9),
    )  # fmt: skip


WAYS = {
    "the post": lambda by: membership.end_holding(holding(HOLDER, "budget_holder"), ends_on=TODAY, by=by, at=START),
    "the post, some day": lambda by: membership.end_holding(
        holding(HOLDER, "budget_holder"), ends_on=TODAY + timedelta(days=3), by=by, at=START
    ),
    "everything at once": lambda by: membership.stop(cast.dius(), cast.person(HOLDER).user, reason="Now.", by=by, at=START),
    "a delegation": lambda by: membership.end_delegation(
        Delegation.objects.get(holding=holding(OFFICER, "accounting_officer"), kind="budget"), ends_on=TODAY, by=by, at=START
    ),
    "a deputy": lambda by: membership.end_deputy(deputised(), by=by, at=START),
    "everything of a deputy": lambda by: membership.stop(cast.dius(), deputised().deputy, reason="Now.", by=by, at=START),
    "everything of who will be one": lambda by: membership.stop(cast.dius(), deputised(5).deputy, reason="Now.", by=by, at=START),
    "the other administrator": lambda by: membership.end_holding(holding(SECOND, "administrator"), ends_on=TODAY, by=by, at=START),
    "who signs": lambda by: membership.end_holding(holding("signatory@dius.example", "signatory"), ends_on=TODAY, by=by, at=START),
    "an added step": lambda by: added_steps.end(
        AddedStep.objects.create(organisation=cast.dius(), post="finance_director", from_gbp=Decimal(1), starts_on=TODAY), by=by, at=START
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_the_recused_administrator_is_refused_and_reads_who_can(way):
    recused()
    before = AuditEvent.objects.count()
    with pytest.raises(Refused, match=KEEPS_OUT) as refused:
        WAYS[way](cast.person(ADMIN))
    assert refused.value.reasons[-1].who_can == f"{cast.person(SECOND).words} can."
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("way", [way for way in WAYS if way != "the other administrator"])
def test_another_administrator_does_it(way):
    recused()
    WAYS[way](cast.person(SECOND))


def test_so_is_their_deputy_and_an_administrator_of_their_making():
    recused()
    clerk = cast.person(DEPUTY)
    ActingFor.objects.create(holding=holding(ADMIN, "administrator"), deputy=clerk.user, starts_on=TODAY, ends_on=TODAY)
    with pytest.raises(Refused, match="You act for who has declared a conflict"):
        WAYS["the post"](clerk)
    made = invite("administrator", by=ADMIN)
    with pytest.raises(Refused, match="You were made administrator by who has declared a conflict"):
        WAYS["everything at once"](cast.person(made.email))


def test_where_nobody_else_is_administrator_the_words_say_what_is_left():
    recused(second=False)
    with pytest.raises(Refused) as refused:
        WAYS["the post"](cast.person(ADMIN))
    assert "who has declared no conflict in it can; otherwise it is decided or withdrawn first" in refused.value.reasons[-1].who_can


def test_what_has_no_power_over_the_order_they_go_on_ending_and_their_own_too():
    recused()
    by = cast.person(ADMIN)
    membership.end_holding(holding("contract.manager@dius.example", "contract_manager"), ends_on=TODAY, by=by, at=START)
    membership.end_holding(holding(ADMIN, "budget_holder"), ends_on=TODAY, by=by, at=START)


@pytest.mark.parametrize("over", ["withdrawn", "signed"])
def test_once_it_is_over_they_end_posts_again(over):
    order = recused()
    if over == "withdrawn":
        workflow.withdraw(order, reason="Not needed.", by=cast.requester(), at=START)
    else:
        for email in cast.ROUTE:
            cast.decide(order, email)
        contract = cast.accept(order)
        with pytest.raises(Refused, match=KEEPS_OUT):
            WAYS["who signs"](cast.person(ADMIN))
        paper.executed(contract)
    WAYS["the post"](cast.person(ADMIN))
    WAYS["who signs"](cast.person(ADMIN))
    assert PostHolding.objects.filter(ends_on=TODAY).count() == 2


def test_while_it_is_returned_for_amendment_they_still_keep_out():
    order = recused()
    step = cast.open_step(order, cast.person(HOLDER))
    approval.return_for_changes(
        step, reason="Dates.", shown_hash=step.approval.content_hash, no_conflict=True, by=cast.person(HOLDER), at=START
    )
    with pytest.raises(Refused, match=KEEPS_OUT):
        WAYS["the post"](cast.person(ADMIN))
