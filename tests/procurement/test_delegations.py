"""What a delegation covers: its limit and, where it names one, its lot; and for whom a deputy acts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from contracts import guards as contract_guards
from documents import periodic
from documents.refusal import Refused
from procurement import approval_guards
from procurement.models import ActingFor, Decision, Delegation, Outcome, PostHolding, StepState
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
OFFICER = "accounting.officer@dius.example"


def only_lot(person, kind, lot):
    """Whatever the person holds of the kind, for one lot alone from now on: rows are facts, so ended and made anew."""
    holding = PostHolding.objects.get(user=person.user, delegations__kind=kind)
    Delegation.objects.filter(holding=holding, kind=kind).update(ends_on=cast.START.date().replace(month=9))
    return Delegation.objects.create(
        holding=holding, kind=kind, unlimited=True, framework=cast.framework(), lot=lot, starts_on=cast.START.date()
    )


@pytest.mark.parametrize(("limit", "lot", "value", "lots", "covers"), [
    ("100.00", None, "100.00", {1, 2}, True), ("100.00", None, "100.01", {1}, False),
    ("100.00", 1, "100.00", {1}, True), ("100.00", 1, "100.00", {2}, False), ("100.00", 1, "1.00", {1, 2}, False),
    (None, 1, "9999.00", {1}, True), (None, 1, "9999.00", {2}, False), (None, 1, "1.00", set(), False),
])  # fmt: skip
def test_a_delegation_covers_a_value_in_its_lot(limit, lot, value, lots, covers):
    held = Delegation(limit_gbp=Decimal(limit) if limit else None, unlimited=limit is None, lot=lot, framework_id=lot and 7)
    assert held.covers(Decimal(value), 7, lots) is covers
    assert held.covers(Decimal(value), 8, lots) is (covers and lot is None), "another framework's lot of that number is another"


def before_the_officer():
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    assert order.revision.approval.lots == [1, 2]
    return cast.fresh(order)


def test_an_order_of_several_lots_is_not_committed_under_a_delegation_for_one():
    order, officer = before_the_officer(), cast.person(OFFICER)
    only_lot(officer, "budget", 1)
    with pytest.raises(Refused, match="your delegation is unlimited for lot 1 of FLEX-2007 until further notice"):
        cast.decide(order, OFFICER)


def test_the_database_refuses_a_delegation_of_another_lot():
    order, officer = before_the_officer(), cast.person(OFFICER)
    held = only_lot(officer, "budget", 1)
    step = order.revision.approval.steps.get(state=StepState.OPEN)
    with pytest.raises(IntegrityError, match="the delegation does not cover the value"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=officer.user, person_id=officer.person_id, name=officer.words,
            holding=held.holding, delegation=held, outcome=Outcome.COMMITTED, no_conflict_declared=True,
            content_hash=step.approval.content_hash, decided_at=cast.START,
        )  # fmt: skip


@pytest.mark.world("issued")
def test_a_signature_delegation_of_one_lot_signs_no_contract_of_several():
    contract = cast.contract()
    signatory = cast.person("supplier.signatory@fujitsu.example")
    only_lot(signatory, "signature", 1)
    found = [str(reason) for reason in contract_guards.why_not_sign(contract, "supplier", by=signatory, at=cast.START)]
    assert len(found) == 1 and "unlimited for lot 1" in found[0]


def test_nobody_acts_for_themselves():
    holding = PostHolding.objects.get(user=cast.person(OFFICER).user)
    day = cast.START.date()
    with pytest.raises(IntegrityError, match="nobody acts for themselves"), transaction.atomic():
        ActingFor.objects.create(holding=holding, deputy=holding.user, starts_on=day, ends_on=day)


def test_a_deputy_acts_for_the_holder_of_the_post_and_for_nobody_else():
    order, officer = before_the_officer(), cast.person(OFFICER)
    holding = PostHolding.objects.get(user=officer.user)
    deputy, day = cast.person("contract.manager@dius.example"), cast.START.date()
    ActingFor.objects.create(holding=holding, deputy=deputy.user, starts_on=day, ends_on=day)
    cast.decide(order, "contract.manager@dius.example")
    decision = order.revision.approval.decisions.get(step__post="accounting_officer")
    assert (decision.principal_id, decision.principal_name) == (officer.person_id, officer.words)


def why_not_covered(order, email: str) -> str:
    step = order.revision.approval.steps.get(state=StepState.OPEN)
    return " ".join(reason.who_can for reason in approval_guards.why_not_covered(step, by=cast.person(email), on=cast.START.date()))


def test_who_could_commit_instead_is_whoever_sits_in_a_chair_that_covers_it_today():
    """The officer and their deputy; nobody whose post has ended, whatever was delegated to them."""
    order, day = before_the_officer(), cast.START.date()
    cast.give_post("contract.manager@dius.example", "DIUS", "accounting_officer")
    ended = PostHolding.objects.create(
        post=PostHolding.objects.get(user=cast.person(OFFICER).user).post, user=cast.person("signatory@dius.example").user,
        starts_on=day - timedelta(days=9), ends_on=day - timedelta(days=1),
    )
    Delegation.objects.create(holding=ended, kind="budget", unlimited=True, starts_on=ended.starts_on)
    PostHolding.objects.create(post=ended.post, user=ended.user, starts_on=day)  # held on without a delegation
    cast.deputy_of(OFFICER)
    assert why_not_covered(order, "contract.manager@dius.example") == "DIUS accounting officer, Del Deputy (deputy) can."


def test_who_has_decided_already_is_not_named_as_who_could_commit():
    order = before_the_officer()
    for email in (cast.ROUTE[1], "contract.manager@dius.example"):
        cast.give_post(email, "DIUS", "accounting_officer")
    decided = PostHolding.objects.get(user=cast.person(cast.ROUTE[1]).user, post__code="accounting_officer")
    Delegation.objects.create(holding=decided, kind="budget", unlimited=True, starts_on=cast.START.date())
    assert why_not_covered(order, "contract.manager@dius.example") == "DIUS accounting officer can."


def test_what_fails_keeps_no_other_waiting():
    seen = []

    def act(number):
        if number == 2:
            raise ValueError("no")
        seen.append(number)
        return [str(number)]

    with pytest.raises(ExceptionGroup) as failed:
        periodic.each([1, 2, 3], act)
    assert seen == [1, 3] and [str(error) for error in failed.value.exceptions] == ["no"]
    assert failed.value.exceptions[0].__notes__ == ["at 2"]


@pytest.mark.world("submitted")
def test_the_decided_step_is_of_a_known_outcome():
    order = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    step = cast.open_step(order, by)
    holding = PostHolding.objects.get(user=by.user)
    with pytest.raises(IntegrityError, match="decision_outcome_is_known"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=by.user, person_id=by.person_id, name=by.words, holding=holding,
            outcome="waved", reason="x", no_conflict_declared=True, content_hash=step.approval.content_hash,
            decided_at=cast.START,
        )  # fmt: skip


def test_a_deputy_reads_for_whom_they_decide_and_that_the_limit_is_theirs(client):
    order = before_the_officer()
    seat = PostHolding.objects.get(user__email=OFFICER)
    deputy, day = cast.person("contract.manager@dius.example"), cast.START.date()
    ActingFor.objects.create(holding=seat, deputy=deputy.user, starts_on=day, ends_on=day + timedelta(days=11))
    words = "You act for DIUS accounting officer, 1 October 2007 to 12 October 2007: within their limit"
    here = f"/call-offs/{order.public_id}/steps/4/"
    for address, theirs, own in ((here, "against their limit:", "against your limit:"),
                                 (here + "decide/", "Their limit, for the net value", "Your limit, for the net value")):  # fmt: skip
        shown = sign_in(client, deputy.user.email).get(address).content.decode()
        assert words in shown and theirs in shown and own not in shown
        shown = sign_in(client, OFFICER).get(address).content.decode()
        assert "You act for" not in shown and own in shown and theirs not in shown
    assert words in sign_in(client, deputy.user.email).get(here + "reject/").content.decode()
    cast.decide(order, OFFICER)
    assert "You act for" not in sign_in(client, deputy.user.email).get(here).content.decode(), "there is nothing to decide any more"
