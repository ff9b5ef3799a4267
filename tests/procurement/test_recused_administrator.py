"""Who has declared a conflict of interest in an order chooses nobody who acts in it instead, as an administrator either."""

from datetime import timedelta

import pytest

from documents.models import AuditEvent
from documents.refusal import Refused
from procurement import approval, desks, inbox, membership, order_decision_guards, recusals
from procurement.models import ActingFor, Delegation, PostHolding, User
from tests import cast, paper
from tests.procurement.test_people import limit

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
ADMIN, SECOND, NORA = "administrator@dius.example", "contract.manager@dius.example", "nora@dius.example"
OFFICER = "accounting.officer@dius.example"


def holding(email: str, post: str) -> PostHolding:
    return PostHolding.objects.get(user__email=email, post__code=post)


def invite(post: str, email: str = NORA, *, by: str = ADMIN, at=cast.START) -> User:
    return membership.invite(cast.dius(), name="Nora New", email=email, post=post, by=cast.person(by), at=at)


def declare(order, email: str = ADMIN):
    by = cast.person(email)
    approval.recuse(cast.open_step(order, by), reason="My brother works there.", by=by, at=cast.START)
    return cast.fresh(order)


def submitted():
    """The administrator is a budget holder too; there is another administrator."""
    for email, post in ((ADMIN, "budget_holder"), (SECOND, "administrator")):
        cast.give_post(email, "DIUS", post)
    return cast.submitted()


@pytest.mark.parametrize("declared_first", [True, False])
def test_whom_the_recused_appoint_does_not_decide(declared_first):
    """Nor whom they appoint a moment before they declare it."""
    order = submitted()
    for act in (declare, lambda _order: invite("budget_holder"))[:: 1 if declared_first else -1]:
        act(order)
    by = cast.person(NORA)
    with pytest.raises(Refused, match=r"Who gave you this post has declared a conflict.*DIUS budget holder.* can, as budget holder"):
        cast.decide(order, NORA)
    assert inbox.items(by, TODAY) == []
    (desk,) = desks.of(cast.fresh(order), TODAY)
    assert by.words not in desk.people


def test_nor_does_a_deputy_of_whom_they_appointed():
    order = declare(submitted())
    chair = holding(invite("budget_holder").email, "budget_holder")
    ActingFor.objects.create(
        holding=chair, deputy=cast.person("signatory@dius.example").user, starts_on=TODAY, ends_on=TODAY
    )
    with pytest.raises(Refused, match="Who gave Nora New this post, for whom you act, has declared a conflict"):
        cast.decide(order, "signatory@dius.example")


@pytest.mark.parametrize("what", ["post", "deputy"])
def test_what_the_deputy_of_a_recused_administrator_gives_is_given_by_them(what):
    order = declare(submitted())
    clerk = cast.person("finance.director@dius.example")
    ActingFor.objects.create(holding=holding(ADMIN, "administrator"), deputy=clerk.user, starts_on=TODAY, ends_on=TODAY)
    if what == "post":
        invite("budget_holder", by=clerk.email)
    else:
        nora, chair = invite("contract_manager", by=SECOND), holding("budget.holder@dius.example", "budget_holder")
        membership.name_deputy(chair, nora, starts_on=TODAY, ends_on=TODAY, by=clerk, at=cast.START)
    with pytest.raises(Refused, match="has declared a conflict of interest"):
        cast.decide(order, NORA)


@pytest.mark.parametrize("links", [1, 2])
def test_what_an_administrator_of_their_making_gives_is_given_by_them(links):
    """Else who keeps out would only have to choose who chooses."""
    cast.give_post(ADMIN, "DIUS", "budget_holder")
    order, by = declare(cast.submitted()), ADMIN
    for email in (SECOND, "finance.director@dius.example")[:links]:
        invite("administrator", email, by=by)
        by = email
    invite("budget_holder", by=by)
    with pytest.raises(Refused, match="has declared a conflict of interest"):
        cast.decide(order, NORA)


def test_another_administrator_who_acts_for_the_recused_beside_their_own_post_goes_on_appointing():
    cast.give_post(ADMIN, "DIUS", "budget_holder")
    cast.give_post(SECOND, "DIUS", "administrator")
    order = declare(cast.submitted())
    membership.name_deputy(holding(ADMIN, "administrator"), cast.person(SECOND).user, starts_on=TODAY, ends_on=TODAY,
                           by=cast.person(ADMIN), at=cast.START)  # fmt: skip
    invite("budget_holder", by=SECOND)
    cast.decide(order, NORA)


def test_whom_another_administrator_appoints_decides_and_whom_the_recused_appointed_before_the_order():
    cast.give_post(ADMIN, "DIUS", "budget_holder")
    cast.give_post(SECOND, "DIUS", "administrator")
    invite("technology_officer", "theo@dius.example", at=cast.START - timedelta(minutes=1))
    order = declare(cast.submitted())
    invite("budget_holder", by=SECOND)
    cast.decide(order, NORA)
    cast.decide(order, "theo@dius.example")


def test_a_namesake_of_the_recused_goes_on_appointing_through_a_deputy():
    """The record says by id for whom it was done; one from before that was kept says it by name, and counts as it did."""
    order = submitted()
    User.objects.filter(email=SECOND).update(name=cast.person(ADMIN).words)
    declare(order)
    deputy = cast.deputy_of(SECOND)
    invite("budget_holder", by=deputy.email)
    event = AuditEvent.objects.get(verb="organisation.invited", extra__name="Nora New")
    assert (event.acting_for, event.acting_for_id) == (cast.person(ADMIN).words, cast.person(SECOND).person_id)
    event.acting_for_id = None
    assert recusals._for_one_of(event, {str(cast.person(ADMIN).person_id): event.acting_for})
    cast.decide(order, NORA)


def test_where_nobody_else_is_left_the_words_say_that_another_administrator_appoints():
    order = declare(submitted())
    User.objects.filter(email__contains="budget.holder").update(is_active=False)
    step = cast.open_step(order, cast.person(invite("budget_holder").email))
    (reason,) = order_decision_guards.why_not_act_on_step(step, by=cast.person(NORA), at=cast.START)
    assert "an administrator who has declared no conflict in it can appoint somebody" in reason.who_can


def test_a_delegation_that_the_recused_gave_commits_nothing_of_the_order():
    """The new accounting officer is another administrator's choice; what they may commit is not."""
    order = declare(submitted())
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    invite("accounting_officer", by=SECOND)
    wide = limit(limit_gbp=None, unlimited=True)
    membership.delegate(holding(NORA, "accounting_officer"), wide, by=cast.person(ADMIN), at=cast.START)
    with pytest.raises(Refused, match=r"who gave you the delegation for it has declared a conflict.*DIUS accounting officer can"):
        cast.decide(order, NORA)
    membership.delegate(holding(NORA, "accounting_officer"), wide, by=cast.person(SECOND), at=cast.START)
    cast.decide(order, NORA)
    second = Delegation.objects.filter(holding=holding(NORA, "accounting_officer")).last()
    assert order.revision.approval.decisions.get(step__post="accounting_officer").delegation == second


@pytest.mark.parametrize("gave", ["post", "delegation"])
def test_nor_does_whom_they_appointed_sign_nor_anybody_under_their_delegation(gave):
    order = declare(submitted())
    for email in cast.ROUTE:
        cast.decide(order, email)
    contract = paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0])
    posts, delegations = (ADMIN, SECOND) if gave == "post" else (SECOND, ADMIN)
    invite("signatory", by=posts)
    wide = limit(kind="signature", limit_gbp=None, unlimited=True)
    membership.delegate(holding(NORA, "signatory"), wide, by=cast.person(delegations), at=cast.START)
    with pytest.raises(Refused, match="Who gave you this post has" if gave == "post" else "who gave it has declared"):
        paper.act(contract, "department", NORA)
