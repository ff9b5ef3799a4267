"""The database's own segregation of duties (trigger ``decision_is_segregated``): a decision written past the actions, by
whoever may not take it, is refused in the words of the clause that it breaks."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from procurement import papers, workflow
from procurement.models import (
    ActingFor,
    CallOff,
    Decision,
    Delegation,
    Outcome,
    Post,
    PostHolding,
)
from tests import cast
from tests.cast import START

pytestmark = pytest.mark.django_db
REQUESTER, SUBMITTER, EDITOR = "requester@dius.example", "second.requester@dius.example", "contract.manager@dius.example"
HOLDER, OFFICER, ACCOUNTING = cast.ROUTE[0], cast.ROUTE[1], cast.ROUTE[3]
STRANGER = "signatory@dius.example"
ASKED, EDITED = "nobody decides on what they requested or submitted", "nobody decides on what they edited"
TWICE = "nobody decides twice in one approval"
NO_POST, NOT_COVERED = "does not hold the post of the step on that day", "the delegation does not cover the value on that day"
DAY, BEFORE, AFTER = START.date(), START.date() - timedelta(days=1), START.date() + timedelta(days=1)


@pytest.fixture
def order():
    """Requested, edited and submitted by three people."""
    drafted = cast.drafted()
    cast.give_post(EDITOR, "DIUS", "requester")
    papers.save_budget(drafted, budget_code="DIUS-ICT-2008", by=cast.person(EDITOR), at=START)
    return cast.fresh(workflow.submit(cast.fresh(drafted), by=cast.person(SUBMITTER), at=START))


def holding(email: str, post: str = "technology_officer") -> PostHolding:
    return PostHolding.objects.get(user=cast.person(email).user, post__code=post)


def written(order: CallOff, email: str, seat: PostHolding, post: str = "technology_officer", **more) -> dict:
    """A decision on the step of the post, as the database would be asked to keep it."""
    by, step = cast.person(email), order.revision.approval.steps.get(post=post)
    principal = {} if seat.user_id == by.user.pk else {"principal_id": seat.user.person_id, "principal_name": seat.user.name}
    return {
        "step": step, "approval": step.approval, "user": by.user, "person_id": by.person_id, "name": by.words,
        "holding": seat, "outcome": Outcome.ENDORSED, "no_conflict_declared": True,
        "content_hash": step.approval.content_hash, "decided_at": START,
    } | principal | more  # fmt: skip


def refused(decision: dict, words: str) -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        Decision.objects.create(**decision)


def test_who_holds_the_post_and_their_deputy_are_not_refused(order):
    deputy = cast.deputy_of(OFFICER)
    for email in (OFFICER, deputy.email):
        with transaction.atomic():
            Decision.objects.create(**written(order, email, holding(OFFICER)))
            transaction.set_rollback(True)


@pytest.mark.parametrize(("whose", "as_deputy", "before", "words"), [
    (REQUESTER, False, None, ASKED), (SUBMITTER, False, None, ASKED), (EDITOR, False, None, EDITED),
    (REQUESTER, True, None, ASKED),
    (HOLDER, False, "themselves", TWICE), (HOLDER, True, "themselves", TWICE), (HOLDER, False, "deputy", TWICE),
])  # fmt: skip
def test_the_database_refuses_a_second_hand_or_voice(order, whose, as_deputy, before, words):
    """In the chair of the step, each of them, or as the deputy of who sits in it: after the one or the other decided
    on the step before, where ``before`` says so."""
    cast.give_post(whose, "DIUS", "technology_officer")
    deputy = cast.deputy_of(whose)
    if before:
        cast.decide(order, whose if before == "themselves" else deputy.email)
    refused(written(order, deputy.email if as_deputy else whose, holding(whose)), words)


def of_another_order(order):
    return {"step": cast.submitted().revision.approval.steps.get(post="technology_officer")}


def seat_of(post: str, organisation: str = "DIUS", starts_on=DAY, **more):
    """A holding of the officer's own that is not of the step on that day."""
    def made(order):
        chair = Post.objects.get(organisation__code=organisation, code=post)
        return {"holding": PostHolding.objects.create(post=chair, user=cast.person(OFFICER).user, starts_on=starts_on, **more)}

    return made


def somebody_elses(order):
    return {"holding": PostHolding.objects.create(post=holding(OFFICER).post, user=cast.person(STRANGER).user, starts_on=DAY)}


def deputising(starts_on=DAY, ends_on=DAY, principal=OFFICER, named=OFFICER, deputy=STRANGER):
    """The stranger writes as a deputy and says for whom; who acts for one on those days is ``deputy``."""
    def made(order):
        seat = holding(OFFICER)
        if principal != OFFICER:
            seat = PostHolding.objects.create(post=seat.post, user=cast.person(principal).user, starts_on=DAY)
        ActingFor.objects.create(holding=seat, deputy=cast.person(deputy).user, starts_on=starts_on, ends_on=ends_on)
        return written(order, STRANGER, holding(OFFICER)) | {"principal_id": cast.person(named).person_id}

    return made


@pytest.mark.parametrize(("changed", "words"), [
    (of_another_order, "the step belongs to another approval"),
    (lambda order: {"content_hash": "0" * 64}, "repeats the hash of what was submitted"),
    (lambda order: {"person_id": uuid4()}, "the decider is not the person named"),
    (seat_of("finance_director"), NO_POST), (seat_of("technology_officer", "ONS"), NO_POST),
    (seat_of("technology_officer", starts_on=AFTER), NO_POST),
    (seat_of("technology_officer", starts_on=BEFORE, ends_on=BEFORE), NO_POST),
    (somebody_elses, NO_POST), (deputising(principal=EDITOR), NO_POST), (deputising(named=ACCOUNTING), NO_POST),
    (deputising(deputy=EDITOR), NO_POST),
    (deputising(starts_on=AFTER, ends_on=AFTER), NO_POST), (deputising(starts_on=BEFORE, ends_on=BEFORE), NO_POST),
], ids=lambda value: "" if isinstance(value, str) else None)  # fmt: skip
def test_the_database_refuses_what_is_not_of_this_step_or_this_chair(order, changed, words):
    refused(written(order, OFFICER, holding(OFFICER)) | changed(order), words)


def delegated(**more):
    def made(seat):
        return Delegation.objects.create(**{"holding": seat, "kind": "budget", "unlimited": True, "starts_on": DAY} | more)

    return made


def anothers(seat):
    return Delegation.objects.create(holding=holding(OFFICER), kind="budget", unlimited=True, starts_on=DAY)


@pytest.mark.parametrize(("delegation", "words"), [
    (delegated(kind="purchase"), NOT_COVERED), (delegated(starts_on=AFTER), NOT_COVERED),
    (delegated(starts_on=BEFORE, ends_on=BEFORE), NOT_COVERED), (anothers, NOT_COVERED),
    (delegated(unlimited=False, limit_gbp=1), "does not cover the orders counted together"),  # it is asked before
])  # fmt: skip
def test_the_database_refuses_a_commitment_that_its_delegation_does_not_cover(order, delegation, words):
    """Of one lot: ``test_delegations``."""
    seat = holding(ACCOUNTING, "accounting_officer")
    commit = {"outcome": Outcome.COMMITTED, "delegation": delegation(seat)}
    refused(written(order, ACCOUNTING, seat, "accounting_officer", **commit), words)
