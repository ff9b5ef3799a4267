"""Who acts for several holders of one post acts, step by step and signature by signature, for one of them against whom
nothing stands: what they may do, what they do and what is recorded of it agree."""

import pytest

from contracts import formation
from documents import audit
from documents.refusal import Refused
from procurement import approval, desks, drafting, inbox, order_decision_guards, workflow
from procurement.models import ActingFor, Delegation, PostHolding
from tests import cast, paper
from tests.procurement.test_two_sides import seat_past_the_guards

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
DEPUTY = "contract.manager@dius.example"
HOLDER, COLLEAGUE = "budget.holder@dius.example", "deputy.budget.holder@dius.example"
OFFICER, SIGNATORY = "accounting.officer@dius.example", "signatory@dius.example"


def holding(email: str, post: str) -> PostHolding:
    return PostHolding.objects.get(user__email=email, post__code=post)


def acts_for(post: str, *principals: str, deputy: str = DEPUTY) -> None:
    for email in principals:
        ActingFor.objects.create(
            holding=holding(email, post), deputy=cast.person(deputy).user, starts_on=TODAY, ends_on=TODAY
        )


def written_in_by(email: str):
    cast.give_post(email, "DIUS", "requester")
    draft = cast.drafted()
    drafting.save_title(draft, "In better words", by=cast.person(email), at=cast.START)
    return cast.fresh(workflow.submit(cast.fresh(draft), by=cast.requester(), at=cast.START))


@pytest.mark.parametrize("first", [True, False])
def test_a_deputy_of_two_decides_for_the_one_who_may(first):
    """In whatever order they were named, and however much of the other's hand is in the order."""
    order = written_in_by(HOLDER)
    acts_for("budget_holder", *((HOLDER, COLLEAGUE) if first else (COLLEAGUE, HOLDER)))
    by, words = cast.person(DEPUTY), cast.person(COLLEAGUE).words
    step = cast.open_step(order, by)
    assert list(order_decision_guards.why_not_decide(step, by=by, at=cast.START)) == []
    assert [item.todo for item in inbox.items(by, TODAY)] == ["to endorse as budget holder"]
    (desk,) = desks.of(cast.fresh(order), TODAY)
    assert f"{by.words} (deputy)" in desk.people
    approval.ask(step, text="Why now?", by=by, at=cast.START)
    cast.decide(order, DEPUTY)
    assert order.revision.approval.decisions.get().principal_name == words
    said = audit.history(order).filter(actor_person_id=by.person_id).values_list("verb", "acting_for")
    assert list(said) == [("call_off.queried", words), ("call_off.endorsed_by_department", words)]


def test_a_deputy_of_two_of_whom_neither_may_decides_for_none():
    order = written_in_by(HOLDER)
    acts_for("budget_holder", HOLDER)
    with pytest.raises(Refused, match="DIUS budget holder, for whom you act, edited this revision"):
        cast.decide(order, DEPUTY)


@pytest.mark.world("submitted")
@pytest.mark.parametrize("own_seat", [True, False])
def test_who_commits_does_so_from_the_seat_whose_delegation_covers_it(client, own_seat):
    """An own post without a delegation, or a principal's, does not stand before the one that has it."""
    without = DEPUTY if own_seat else "second.requester@dius.example"
    cast.give_post(without, "DIUS", "accounting_officer")
    acts_for("accounting_officer", *([] if own_seat else [without]), OFFICER)
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    step = cast.open_step(order, cast.person(DEPUTY))
    client.force_login(cast.person(DEPUTY).user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "unlimited" in client.get(f"/call-offs/{order.public_id}/steps/{step.position}/").content.decode().lower()
    cast.decide(order, DEPUTY)
    decision = order.revision.approval.decisions.get(step=step)
    assert (decision.holding, decision.principal_name) == (holding(OFFICER, "accounting_officer"), cast.person(OFFICER).words)


def second_signatory(email: str) -> None:
    cast.give_post(email, "DIUS", "signatory")
    Delegation.objects.create(holding=holding(email, "signatory"), kind="signature", unlimited=True, starts_on=TODAY)


def ready_to_sign(order):
    for email in cast.ROUTE:
        cast.decide(order, email)
    return paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0])


def test_a_deputy_of_two_signs_for_the_one_who_may():
    """The first had the order submitted by a deputy, so it is not signed for them."""
    second_signatory("second.requester@dius.example")
    order = cast.fresh(workflow.submit(cast.drafted(), by=cast.person("second.requester@dius.example"), at=cast.START))
    acts_for("signatory", "second.requester@dius.example", SIGNATORY)
    act = paper.act(ready_to_sign(order), "department", DEPUTY).act
    assert (act["acting_for"], act["principal_id"]) == ("DIUS signatory", str(cast.person(SIGNATORY).person_id))


def test_a_deputy_of_two_signs_under_the_delegation_that_covers_it():
    cast.give_post("second.requester@dius.example", "DIUS", "signatory")
    acts_for("signatory", "second.requester@dius.example", SIGNATORY)
    order = cast.submitted()
    assert paper.act(ready_to_sign(order), "department", DEPUTY).act["acting_for"] == "DIUS signatory"


@pytest.mark.world("submitted")
def test_a_deputy_of_two_accepts_for_the_one_who_may():
    """One of the two at the order desk decided on the order in a department's post that should not have been theirs."""
    order, deputy = cast.submitted(), "account.manager@fujitsu.example"
    by = cast.person(seat_past_the_guards(cast.DESK, "budget_holder").user.email)
    step = cast.open_step(order, by)
    approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=cast.START)
    for email in cast.ROUTE[1:]:
        cast.decide(order, email)
    acts_for("order_desk", cast.DESK, "second.order.desk@fujitsu.example", deputy=deputy)
    order = cast.fresh(order)
    formation.accept_order(order, shown_hash=order.revision.revision_hash, by=cast.person(deputy), at=cast.START)
    assert audit.history(order).get(verb="call_off.confirmed").acting_for == "Fujitsu Services second order desk"
