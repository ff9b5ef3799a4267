"""The call-off's table, pair by pair: in every state each listed action is done, and every other one is refused in words
with nothing changed; the edges of the code are the actions of the table."""

import pytest
from django.db import transaction

from contracts import formation
from documents.machines import edges
from documents.models import AuditEvent
from documents.refusal import Refused
from procurement import approval, countering, drafting, negotiation, workflow
from procurement.models import (
    AWARDED,
    EDITABLE,
    IN_APPROVAL,
    OPEN,
    UNBOUND,
    ApprovalStep,
    CallOff,
    CallOffState,
    Clarification,
)
from tests import cast
from tests.cast import DESK, START

pytestmark = pytest.mark.django_db
S = CallOffState


def returned():
    return workflow.recall(cast.submitted(), by=cast.requester(), at=START)


def rejected():
    order = cast.submitted()
    return decided(approval.reject, order, reason="As it stands.")


def decided(action, order, **words):
    """By whose step is open, else by whose it once was."""
    steps = ApprovalStep.objects.filter(revision__call_off=order).order_by("-revision__number", "-position")
    step = steps.filter(state="open").first() or steps.first()
    by = cast.person(cast.ROUTE[step.position - 1])
    return action(step, shown_hash=step.revision.revision_hash, no_conflict=True, by=by, at=START, **words)


def counter(order):
    wanted = cast.later(order)
    return countering.counter(order, wanted, reason="Full.", by=cast.person(DESK), at=START)


def newest(order):
    return order.counter_proposals.last()


def decline(order):
    return workflow.decline(order, code="capacity", reason="Full.", by=cast.person(DESK), at=START)


def withdraw(order):
    return workflow.withdraw(order, reason="Not needed.", by=cast.requester(), at=START)


def lapse(order):
    """At the end of time; what has ended, or is signed, does not lapse, and the clock is not told why."""
    before = order.state
    after = workflow.lapse(order, at=START.replace(year=2030))
    if after.state == before:
        raise Refused(["it does not lapse"])
    return after


def clarify(order):
    asked = negotiation.ask(order, text="Which door?", by=cast.person(DESK), at=START)
    return negotiation.answer(asked, text="The left one.", by=cast.requester(), at=START)


STATES = {
    S.DRAFT: cast.drafted, S.RETURNED: returned, S.DEPARTMENT_APPROVAL: cast.submitted,
    S.AUTHORITY_APPROVAL: cast.approved_by_department, S.WITH_SUPPLIER: cast.with_supplier,
    S.COUNTER_PROPOSED: lambda: cast.countered().call_off, S.CONFIRMED: lambda: cast.accepted().call_off,
    S.CONTRACTED: None, S.REJECTED: rejected, S.DECLINED: lambda: decline(cast.with_supplier()),
    S.WITHDRAWN: lambda: withdraw(cast.submitted()), S.LAPSED: lambda: lapse(cast.with_supplier()),
}  # fmt: skip
# action -> (the states it is done in, the doing)
TABLE = {
    "submit": (EDITABLE, lambda o: workflow.submit(o, by=cast.requester(), at=START)),
    "recall": ((S.DEPARTMENT_APPROVAL,), lambda o: workflow.recall(o, by=cast.requester(), at=START)),
    "edit": (EDITABLE, lambda o: drafting.save_title(o, "Another", by=cast.requester(), at=START)),
    "decide": (IN_APPROVAL, lambda o: decided(approval.decide, o)),
    "return": (IN_APPROVAL, lambda o: decided(approval.return_for_changes, o, reason="Too large.")),
    "reject": (IN_APPROVAL, lambda o: decided(approval.reject, o, reason="Too large.")),
    "clarify": ((S.WITH_SUPPLIER,), clarify),
    "counter": ((S.WITH_SUPPLIER,), counter),
    "accept_counter": (
        (S.COUNTER_PROPOSED,),
        lambda o: countering.accept(newest(o), shown_hash=cast.shown(newest(o)), by=cast.requester(), at=START),
    ),
    "refuse_counter": ((S.COUNTER_PROPOSED,), lambda o: countering.refuse_it(newest(o), reason="No.", by=cast.requester(), at=START)),
    "withdraw_counter": ((S.COUNTER_PROPOSED,), lambda o: countering.take_back(newest(o), by=cast.person(DESK), at=START)),
    "confirm": ((S.WITH_SUPPLIER,), cast.accept),
    "decline": ((S.WITH_SUPPLIER,), decline),
    "withdraw": (OPEN, withdraw),
    "lapse": (OPEN, lapse),
    "copy": ((S.CONTRACTED, *UNBOUND), lambda o: workflow.copy(o, by=cast.requester(), at=START)),
}  # fmt: skip
ON_A_STEP, ON_A_COUNTER = {"decide", "return", "reject"}, {"accept_counter", "refuse_counter", "withdraw_counter"}


@pytest.mark.parametrize("state", [state for state in STATES if STATES[state]])
def test_each_state_does_what_is_listed_and_nothing_else(state):
    order = cast.fresh(STATES[state]())
    assert order.state == state
    for name, (states, act) in TABLE.items():
        if (name in ON_A_COUNTER and not order.counter_proposals.exists()) or (name in ON_A_STEP and order.reference is None):
            continue  # there is nothing to decide or answer, and no address of it
        events, changed = AuditEvent.objects.count(), _facts(order)
        try:
            with transaction.atomic():
                act(cast.fresh(order))
                done = True
                transaction.set_rollback(True)
        except Refused:
            done = False
        assert done == (state in states), (state, name)
        assert (AuditEvent.objects.count(), _facts(order)) == (events, changed), name


def _facts(order):
    return (cast.fresh(order).state, order.revisions.count(), order.counter_proposals.count(), Clarification.objects.count(),
            order.capacity_entries.count())  # fmt: skip


@pytest.mark.parametrize("ending", ["refused", "taken_back", "accepted"])
def test_an_answered_counter_proposal_is_answered_no_more(ending):
    made = cast.countered()
    if ending == "refused":
        countering.refuse_it(made, reason="No.", by=cast.requester(), at=START)
        counter(cast.fresh(made.call_off))  # another is open now; the old one stays answered
    elif ending == "taken_back":
        countering.take_back(made, by=cast.person(DESK), at=START)
    else:
        cast.accept_counter(made)
    shown = "0" * 64
    for act in (
        lambda: countering.accept(made, shown_hash=shown, by=cast.requester(), at=START),
        lambda: countering.refuse_it(made, reason="No.", by=cast.requester(), at=START),
        lambda: countering.take_back(made, by=cast.person(DESK), at=START),
    ):
        with pytest.raises(Refused, match="This counter-proposal is|This call-off is"), transaction.atomic():
            act()


def test_the_counters_edges_of_the_code_are_those_of_the_table():
    found = {(source, name) for source, _target, name in edges(CallOff)}
    for name in ("counter", *ON_A_COUNTER, "withdraw", "lapse", "submit", "decline"):
        assert {source for source, action in found if action == name} == {str(s) for s in TABLE[name][0]}, name
    assert set(AWARDED) <= set(OPEN)


def void():
    contract = cast.issued()
    formation.refuse_to_sign(contract, "supplier", reason="A term.", changes_wanted=False, at=START,
                             by=cast.person("supplier.signatory@fujitsu.example"))  # fmt: skip
    return contract.call_off


ENDINGS = {
    "rejected": rejected, "declined": STATES[S.DECLINED], "lapsed": STATES[S.LAPSED], "withdrawn": STATES[S.WITHDRAWN],
    "a draft withdrawn": lambda: withdraw(cast.drafted()), "refused by a signatory": void,
    "a counter-proposal withdrawn": lambda: withdraw(cast.countered().call_off),
    "a counter-proposal lapsed": lambda: lapse(cast.countered().call_off),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_order_that_ended_unbound_is_copied_from_its_page(client, ending):
    order = cast.fresh(ENDINGS[ending]())
    assert order.state in UNBOUND
    client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/call-offs/{order.public_id}/").content.decode()
    assert f'action="/call-offs/{order.public_id}/copy/"' in page, "one click"
    answer = client.post(f"/call-offs/{order.public_id}/copy/", {"idempotency_key": "0b0e9f2e-8f3c-4b58-9d1c-6f3a0d8c1a11"})
    copy = CallOff.objects.latest("id")
    assert answer["Location"].endswith(f"/call-offs/{copy.public_id}/tasks/")
    assert (copy.state, copy.revision.lines.count()) == ("draft", order.revision.lines.count())
