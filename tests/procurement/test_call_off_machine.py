"""A call-off driven anyhow: by the right and the wrong people, in any order, clicked twice, with prices moving under it.

A small model says what should happen; after each step the database agrees with it and every invariant holds. The
search is the same in every run; ``FLEX_EXAMPLES`` in the environment makes it longer.
"""

import os
import uuid

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts import formation
from contracts.models import Contract
from documents.clock import london_day
from documents.management.commands.check_invariants import FILE, broken, read
from documents.refusal import Refused
from procurement import access, approval, countering, drafting, quoting, workflow
from procurement.models import ApprovalStep, CapacityAccount, Decision, StepState, VolumeEntry
from tests import cast

pytestmark = pytest.mark.django_db
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
DESK, REQUESTER = "order.desk@fujitsu.example", "requester@dius.example"
GROUPS = [
    {cast.ROUTE[0]},
    {cast.ROUTE[1], cast.ROUTE[2]},
    {cast.ROUTE[3]},
    {cast.ROUTE[4], cast.ROUTE[5]},
    {cast.ROUTE[6]},
]
DEPARTMENT_GROUPS = 3
OPEN_STATES = {"draft", "returned", "department_approval", "authority_approval", "with_supplier", "counter_proposed"}
PEOPLE = st.sampled_from([*cast.ROUTE, REQUESTER, DESK, "signatory@dius.example", "requester@ons.example"])
RIGHT_PERSON = st.booleans()  # half of the acts come from somebody who may, or no order would ever get far


class CallOffMachine(RuleBasedStateMachine):
    reached: set[str] = set()  # by all the runs together
    drafted = None  # where every run begins

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.call_off = cast.fresh(self.drafted)
        self.state, self.waiting, self.reserved = "draft", [], CapacityAccount.objects.get().reserved_gbp
        self.reserved_before = self.reserved
        self.last = None

    @initialize(decisions=st.sampled_from([-1, 0, 2, 4, 6, 7, 7, 7]))
    def begin(self, decisions):
        """Somewhere on the road: a draft (-1), or submitted and decided by so many in their order."""
        if decisions >= 0:
            self.submit(REQUESTER, True)
        for _ in range(decisions):
            self.decide(REQUESTER, 1, 1)

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def fresh(self):
        return cast.fresh(self.call_off)

    # ---- doing, and what the model expects of it

    def act(self, action, *, allowed: bool) -> bool:
        try:
            with transaction.atomic():
                action()
        except Refused as refused:
            assert not allowed, [str(reason) for reason in refused.reasons]
            assert refused.reasons, "a refusal says why"
            return False
        assert allowed, "it should have been refused"
        self.last = action
        return True

    def deciders(self) -> set[str]:
        return self.waiting[0] if self.waiting else set()

    def step_for(self, email: str):
        """Whose step the page would show this person: their own if it is there, or any."""
        steps = self.fresh().revision.approval.steps
        on = london_day(cast.START)
        posts = {code for _, code in access.sight(cast.person(email).user, on).posts}
        return steps.filter(post__in=posts).first() or steps.filter(state=StepState.OPEN).first() or steps.first()

    @rule(email=PEOPLE, right=RIGHT_PERSON)
    def submit(self, email, right):
        email = REQUESTER if right else email
        call_off, by = self.fresh(), cast.person(email)
        allowed = self.state in ("draft", "returned") and email == REQUESTER
        if self.act(lambda: workflow.submit(call_off, by=by, at=cast.START), allowed=allowed):
            self.state, self.waiting = "department_approval", [set(group) for group in GROUPS]

    @rule(email=PEOPLE, right=RIGHT_PERSON)
    def recall(self, email, right):
        email = REQUESTER if right else email
        call_off, by = self.fresh(), cast.person(email)
        allowed = (
            self.state == "department_approval" and email == REQUESTER
            and len(self.waiting) == len(GROUPS) and self.waiting[0] == GROUPS[0]
        )  # fmt: skip
        if self.act(lambda: workflow.recall(call_off, by=by, at=cast.START), allowed=allowed):
            self.ended("returned")

    @rule(email=PEOPLE, luck=st.integers(0, 9))
    def withdraw(self, email, luck):
        """Seldom, or few orders would get far."""
        email = REQUESTER if luck == 0 else email if email != REQUESTER else DESK
        call_off, by = self.fresh(), cast.person(email)
        allowed = self.state in OPEN_STATES and email == REQUESTER
        act = lambda: workflow.withdraw(call_off, reason="not needed", by=by, at=cast.START)  # noqa: E731
        if self.act(act, allowed=allowed):
            self.ended("withdrawn")

    def ended(self, state: str):
        self.state, self.waiting, self.reserved = state, [], self.reserved_before

    @precondition(lambda self: self.state not in ("draft",) and self.fresh().revision.is_submitted)
    @rule(email=PEOPLE, right=st.integers(0, 3), stale=st.integers(0, 5))
    def decide(self, email, right, stale):
        email = sorted(self.deciders())[0] if right and self.deciders() else email
        step, by = self.step_for(email), cast.person(email)
        shown = "0" * 64 if stale == 0 else step.approval.content_hash
        allowed = email in self.deciders() and stale != 0

        def act():
            approval.decide(step, shown_hash=shown, no_conflict=True, by=by, at=cast.START)

        if self.act(act, allowed=allowed):
            self.waiting[0].discard(email)
            if not self.waiting[0]:
                self.waiting.pop(0)
                if len(self.waiting) == len(GROUPS) - DEPARTMENT_GROUPS:
                    self.state = "authority_approval"
                    self.reserved = self.reserved_before + self.fresh().revision.whole_life_gbp
                elif not self.waiting:
                    self.state = "with_supplier"

    @precondition(lambda self: self.waiting)
    @rule(email=PEOPLE, right=RIGHT_PERSON, luck=st.integers(0, 1), declared=st.sampled_from([True, True, False]))
    def send_back_or_reject(self, email, right, luck, declared):
        email = sorted(self.deciders())[0] if right else email
        step, by = self.step_for(email), cast.person(email)
        action = approval.reject if luck == 0 else approval.return_for_changes
        shown = step.approval.content_hash
        allowed = email in self.deciders() and declared

        def act():
            action(step, reason="as it stands", shown_hash=shown, no_conflict=declared, by=by, at=cast.START)

        if self.act(act, allowed=allowed):
            self.ended("rejected" if luck == 0 else "returned")

    @rule(email=PEOPLE, right=RIGHT_PERSON, stale=st.sampled_from([True, False, False]))
    def accept(self, email, right, stale):
        email = DESK if right else email
        call_off, by = self.fresh(), cast.person(email)
        shown = "0" * 64 if stale else call_off.revision.revision_hash
        allowed = self.state == "with_supplier" and email == DESK and not stale
        act = lambda: formation.accept_order(call_off, shown_hash=shown, by=by, at=cast.START)  # noqa: E731
        if self.act(act, allowed=allowed):
            self.state = "confirmed"

    @precondition(lambda self: self.state not in ("draft", "returned"))
    @rule(email=PEOPLE, right=st.sampled_from([True, True, False]))
    def decline(self, email, right):
        email = DESK if right else email
        call_off, by = self.fresh(), cast.person(email)
        allowed = self.state == "with_supplier" and email == DESK
        act = lambda: workflow.decline(call_off, code="capacity", reason="none", by=by, at=cast.START)  # noqa: E731
        if self.act(act, allowed=allowed):
            self.ended("declined")

    @precondition(lambda self: self.state not in ("draft", "returned"))
    @rule(email=PEOPLE, right=st.sampled_from([True, True, False]), stale=st.integers(0, 4), months=st.sampled_from([-1, 1]))
    def counter(self, email, right, stale, months):
        email = DESK if right else email
        call_off, by = self.fresh(), cast.person(email)
        shown = "0" * 64 if stale == 0 else None
        allowed = self.state == "with_supplier" and email == DESK and stale != 0
        wanted = cast.later(call_off, -1 if call_off.revision.interim_months == 6 else months)
        act = lambda: countering.counter(call_off, wanted, reason="Full.", shown_hash=shown, by=by, at=cast.START)  # noqa: E731
        if self.act(act, allowed=allowed):
            self.state = "counter_proposed"

    @precondition(lambda self: self.fresh().counter_proposals.exists())
    @rule(email=PEOPLE, right=st.sampled_from([True, True, False]), answer=st.sampled_from(["accept", "accept", "refuse", "back"]),
          stale=st.integers(0, 4))  # fmt: skip
    def answer_counter(self, email, right, answer, stale):
        """The newest counter-proposal: accepted or refused by the department, or taken back by the supplier."""
        who = DESK if answer == "back" else REQUESTER
        email = who if right else email
        made, by = self.fresh().counter_proposals.last(), cast.person(email)
        allowed = self.state == "counter_proposed" and email == who and not (answer == "accept" and stale == 0)
        shown = "0" * 64 if stale == 0 or self.state == "confirmed" else cast.shown(made)
        acts = {
            "accept": lambda: countering.accept(made, shown_hash=shown, by=by, at=cast.START),
            "refuse": lambda: countering.refuse_it(made, reason="March.", by=by, at=cast.START),
            "back": lambda: countering.take_back(made, by=by, at=cast.START),
        }
        if self.act(acts[answer], allowed=allowed):
            self.state = "department_approval" if answer == "accept" else "with_supplier"
            if answer == "accept":
                self.waiting = [set(group) for group in GROUPS]
                held = max(made.revision.whole_life_gbp, self.fresh().revision.whole_life_gbp)
                self.reserved = self.reserved_before + held

    @precondition(lambda self: self.last is not None)
    @rule()
    def click_again(self):
        """Whatever was done last, the same page sent once more changes nothing."""
        self.act(self.last, allowed=False)

    @rule(email=PEOPLE, right=RIGHT_PERSON)
    def edit(self, email, right):
        email = REQUESTER if right else email
        call_off, by = self.fresh(), cast.person(email)
        allowed = self.state in ("draft", "returned") and email == REQUESTER
        before = self.last
        self.act(lambda: drafting.save_title(call_off, "Another title", by=by, at=cast.START), allowed=allowed)
        self.last = before if not allowed else None

    @rule(seats=st.sampled_from([500, 5000, 20000]))
    def prices_move(self, seats):
        """Another agreement adds to the framework's volume: a later quote is cheaper, a submitted one is not."""
        call_off = self.fresh()
        volume = VolumeEntry.objects.values_list("volume", flat=True).first()
        VolumeEntry.objects.create(
            framework=call_off.framework, volume=volume, quantity=seats, effective_from=london_day(cast.START),
            source="another agreement", key=f"test:{uuid.uuid4()}",
        )  # fmt: skip
        self.last = None

    # ---- what holds after each step

    @invariant()
    def the_database_agrees(self):
        call_off = self.fresh()
        assert call_off.state == self.state
        self.reached.add(self.state)
        assert CapacityAccount.objects.get().reserved_gbp == self.reserved
        open_posts = ApprovalStep.objects.filter(approval__revision=call_off.revision, state=StepState.OPEN).count()
        assert open_posts == len(self.deciders())
        assert Contract.objects.filter(call_off=call_off).count() == int(self.state == "confirmed")
        for decision in Decision.objects.select_related("approval__revision"):
            assert decision.content_hash == decision.approval.revision.revision_hash

    @invariant()
    def what_was_submitted_keeps_its_price(self):
        revision = self.fresh().revision
        if revision.is_submitted:
            assert sum(line.total_gbp for line in revision.lines.all()) == revision.whole_life_gbp
        else:
            assert quoting.quote(revision, london_day(cast.START)).totals.whole_life > 0

    @invariant()
    def every_invariant_holds(self):
        assert broken(INVARIANTS) == []


COUNTER, LONGER = ("counter", DESK, True, 1, 1), ("counter", DESK, True, 1, -1)
ROADS = (  # from so many decisions on, for a search of few steps seldom comes so far
    (7, (COUNTER, ("answer_counter", REQUESTER, True, "refuse", 1), LONGER, ("answer_counter", DESK, True, "back", 1),
         ("accept", DESK, True, False), ("answer_counter", REQUESTER, True, "refuse", 1))),
    (7, (COUNTER, ("answer_counter", REQUESTER, True, "accept", 0), ("answer_counter", REQUESTER, True, "accept", 1),
         ("click_again",), ("recall", REQUESTER, True), ("submit", REQUESTER, True), ("withdraw", REQUESTER, 0))),
    (7, (COUNTER, ("accept", DESK, True, False), ("decline", DESK, True), ("counter", DESK, True, 1, 1),
         ("withdraw", REQUESTER, 0), ("answer_counter", REQUESTER, True, "accept", 1))),
    (3, (("send_back_or_reject", DESK, False, 0, True), ("send_back_or_reject", DESK, True, 1, True), ("submit", REQUESTER, True),
         ("send_back_or_reject", DESK, True, 0, False), ("send_back_or_reject", DESK, True, 0, True), ("click_again",),
         ("submit", REQUESTER, True), ("withdraw", REQUESTER, 0))),
)  # fmt: skip


def walk(decisions: int, road) -> None:
    machine = CallOffMachine()
    try:
        machine.begin(decisions)
        for name, *arguments in road:
            getattr(machine, name)(*arguments)
            machine.the_database_agrees()
            machine.what_was_submitted_keeps_its_price()
            machine.every_invariant_holds()
    finally:
        machine.teardown()


def test_a_call_off_driven_anyhow():
    CallOffMachine.drafted = cast.drafted()
    for decisions, road in ROADS:
        walk(decisions, road)
    run_state_machine_as_test(
        CallOffMachine,
        settings=settings(
            max_examples=int(os.environ.get("FLEX_EXAMPLES", "40")), stateful_step_count=12, deadline=None,
            derandomize=True, database=None, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    wanted = OPEN_STATES | {"confirmed", "withdrawn", "rejected", "declined"}
    assert CallOffMachine.reached >= wanted, f"the search never came to {wanted - CallOffMachine.reached}"
