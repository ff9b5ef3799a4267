"""The order desk counter-proposes, the department answers: what is refused, what it becomes, what stays reserved."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from documents import legal_templates
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement import approval, countering, headroom, negotiation, workflow, working_days
from procurement.models import CapacityAccount, CounterProposal
from procurement.proposing import Changes
from tests import cast
from tests.cast import DESK, START

pytestmark = pytest.mark.usefixtures("db")
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
DAYS = pytest.mark.parametrize(("days", "left"), [(0, 5), (1, 4)])


def reserved() -> Decimal:
    return CapacityAccount.objects.get().reserved_gbp


def test_a_counter_proposal_is_the_order_awarded_with_its_changes_at_todays_price():
    order = cast.with_supplier()
    made = cast.countered(order)
    order = cast.fresh(order)
    assert (order.state, order.revision.number, made.revision_id) == ("counter_proposed", 1, order.revision_id)
    assert made.whole_life_gbp != order.whole_life_gbp
    assert Changes.of(made.changes) == cast.later(order)
    assert order.revision.lines.get(service_code="CORE-17").months == 55, "the order awarded is untouched"
    assert broken(INVARIANTS) == []


@DAYS
def test_the_suppliers_clock_stands_until_it_is_refused_or_taken_back(days, left):
    order = cast.with_supplier()
    at = START + timedelta(days=days)
    made = cast.countered(order, at=at)
    order = cast.fresh(order)
    assert order.answer_days_left == left
    later = at + timedelta(days=20)
    assert workflow.lapse(order, at=later).state == "counter_proposed"
    countering.refuse_it(made, reason="The seats are needed in March.", by=cast.requester(), at=later)
    order = cast.fresh(order)
    assert (order.state, order.answer_due_at, order.answer_days_left) == ("with_supplier", working_days.due(later, left), None)
    again = cast.countered(order, at=later)
    assert again.number == 2
    countering.take_back(again, by=cast.person(DESK), at=later)
    assert cast.fresh(order).answer_due_at == working_days.due(later, left)
    assert cast.accept(order).state == "preparing", "the order as it was awarded can be accepted"
    assert broken(INVARIANTS) == []


@pytest.mark.world("countered")
def test_an_unanswered_counter_proposal_lapses_with_the_price_hold():
    made = cast.countered()
    order = cast.fresh(made.call_off)
    due = order.answer_due_at
    assert (due - timedelta(seconds=1)).date() >= order.revision.approval.hold_until
    assert workflow.lapse(order, at=due - timedelta(seconds=1)).state == "counter_proposed"
    with pytest.raises(Refused, match="The time to answer it ended"):  # however late the clock is that lets it lapse
        countering.take_back(made, by=cast.person(DESK), at=due)
    with pytest.raises(Refused, match="The time to answer it ended"):
        countering.refuse_it(made, reason="Too late.", by=cast.requester(), at=due)
    assert workflow.lapse(order, at=due).state == "lapsed"
    assert (cast.fresh(made).answer, reserved()) == ("ended", 0)
    assert cast.fresh(order).ended_reason == "The department did not answer the counter-proposal in time."
    assert broken(INVARIANTS) == []


@pytest.mark.world("countered")
def test_an_accepted_counter_proposal_is_a_new_revision_approved_again():
    made = cast.countered()
    order = cast.accept_counter(made)
    revision = order.revision
    assert (order.state, revision.number, revision.previous_id) == ("department_approval", 2, made.revision_id)
    assert (revision.submitted_by, cast.fresh(made).became_id) == (cast.requester().person_id, revision.pk)
    assert revision.whole_life_gbp == made.whole_life_gbp == order.whole_life_gbp
    assert not revision.hands.filter(person_id=cast.person(DESK).person_id).exists(), "the supplier is no hand of it"
    assert [step.state for step in revision.approval.steps.all()] == ["open"] + ["waiting"] * 6
    assert (order.authority_revision.number, order.supplier_revision.number) == (1, 1)
    assert broken(INVARIANTS) == []
    for email in cast.ROUTE:
        cast.decide(order, email)
    order = cast.fresh(order)
    assert (order.state, order.supplier_revision.number, reserved()) == ("with_supplier", 2, revision.whole_life_gbp)
    cast.accept(order)
    assert broken(INVARIANTS) == []


@pytest.mark.parametrize("months", [-1, 1])
def test_the_higher_of_both_stays_reserved_until_the_department_has_approved(months):
    order = cast.with_supplier()
    old = order.whole_life_gbp
    made = cast.countered(order, cast.later(order, months))
    order = cast.accept_counter(made)
    assert old != made.whole_life_gbp
    assert reserved() == max(old, made.whole_life_gbp)
    forecast = headroom.capacity_forecast(order, order.whole_life_gbp)
    assert (forecast.reserved, forecast.in_approval) == (0, 0), "its own place is not counted against it"
    other = cast.drafted()
    forecast = headroom.capacity_forecast(other, other.whole_life_gbp or Decimal(1))
    assert (forecast.reserved, forecast.in_approval) == (reserved(), 0), "nor twice against others"
    for email in cast.ROUTE[:4]:
        cast.decide(order, email)
    assert reserved() == made.whole_life_gbp
    assert broken(INVARIANTS) == []


@pytest.mark.world("countered")
@pytest.mark.parametrize("ending", ["recall", "withdraw", "return", "reject"])
def test_every_ending_of_what_it_became_releases_all(ending):
    order = cast.accept_counter(cast.countered())
    if ending == "recall":
        workflow.recall(order, by=cast.requester(), at=START)
    elif ending == "withdraw":
        workflow.withdraw(order, reason="Not needed.", by=cast.requester(), at=START)
    else:
        by = cast.person(cast.ROUTE[0])
        step = cast.open_step(order, by)
        act = approval.return_for_changes if ending == "return" else approval.reject
        act(step, reason="Too late.", shown_hash=order.revision.revision_hash, no_conflict=True, by=by, at=START)
    assert reserved() == 0
    assert broken(INVARIANTS) == []


def test_one_that_the_ceiling_cannot_hold_is_not_accepted():
    order = cast.with_supplier()
    made = cast.countered(order, cast.later(order, -1))
    higher = made.whole_life_gbp - order.whole_life_gbp
    assert higher > 0
    cast.leave_free(higher - 1)
    with pytest.raises(Refused, match="passes the framework's ceiling"):
        cast.accept_counter(made)
    cast.leave_free(higher)
    assert cast.accept_counter(made).state == "department_approval"


@pytest.mark.world("countered")
def test_prices_that_moved_are_shown_before_they_are_accepted():
    made = cast.countered()
    seen = cast.shown(made)
    cast.add_volume("seats", 5000)
    with pytest.raises(Refused, match="prices or volumes have changed"):
        countering.accept(made, shown_hash=seen, by=cast.requester(), at=START)
    order = cast.accept_counter(made)
    assert order.whole_life_gbp < made.whole_life_gbp
    assert broken(INVARIANTS) == []


def test_an_equivalent_takes_the_place_of_a_service():
    order = cast.with_supplier()
    line = order.revision.lines.filter(service_code="CORE-13").first()
    made = cast.countered(order, Changes(lines={line.number: ("CORE-14", line.quantity)}))
    order = cast.accept_counter(made)
    became = order.revision.lines.get(number=line.number)
    assert (became.service_code, became.quantity, became.site and became.site.name) == (
        "CORE-14", line.quantity, line.site and line.site.name)  # fmt: skip


def wrong(order):
    lines = {line.service_code: line for line in order.revision.lines.order_by("-number")}
    return [
        (Changes(), "Change a date, a quantity or a service"),
        (Changes(lines={999: ("CORE-01", 1)}), "does not have"),
        (Changes(lines={lines["CORE-01"].number: ("CORE-04", 10)}), "no equivalent"),
        (Changes(lines={lines["CORE-01"].number: ("CORE-02", 10)}), "two lines"),
        (cast.changes(order, {"CORE-01": 1}), "seats"),
        (Changes(term={"shared_starts_on": order.revision.shared_starts_on + timedelta(days=1)}), "first of a month"),
        (Changes(term={"shared_months": order.revision.shared_months + 60}), "allows"),
        (Changes(term={"interim_starts_on": START.date().replace(year=2006)}), "gap|past"),
    ]


@pytest.mark.world("with_supplier")
def test_what_breaks_a_rule_of_the_catalogue_or_the_framework_is_refused_in_words():
    order = cast.with_supplier()
    for changes, words in wrong(order):
        with pytest.raises(Refused, match=words), transaction.atomic():
            countering.counter(order, changes, reason="Other ones.", by=cast.person(DESK), at=START)
    with pytest.raises(Refused, match="Say why"):
        countering.counter(order, cast.later(order), reason=" ", by=cast.person(DESK), at=START)
    with pytest.raises(Refused, match="have changed"):
        countering.counter(order, cast.later(order), reason="Why.", shown_hash="0" * 64, by=cast.person(DESK), at=START)
    assert not CounterProposal.objects.exists()


def test_each_side_does_its_own_and_nobody_anything_twice():
    order = cast.with_supplier()
    for email in ("supplier.signatory@fujitsu.example", "requester@dius.example", "requester@ons.example"):
        with pytest.raises(Refused, match="Only the order desk"):
            countering.counter(order, cast.later(order), reason="Why.", by=cast.person(email), at=START)
    made = cast.countered(order)
    with pytest.raises(Refused, match="counter-proposed"):
        cast.accept(order)
    for email in ("budget.holder@dius.example", DESK, "requester@ons.example", "commercial.lead@co.example"):
        with pytest.raises(Refused, match="Only a requester"):
            countering.accept(made, shown_hash=cast.shown(made), by=cast.person(email), at=START)
        with pytest.raises(Refused, match="Only a requester"):
            countering.refuse_it(made, reason="No.", by=cast.person(email), at=START)
    with pytest.raises(Refused, match="Only the order desk"):
        countering.take_back(made, by=cast.requester(), at=START)
    with pytest.raises(Refused, match="Give a reason"):
        countering.refuse_it(made, reason=" ", by=cast.requester(), at=START)
    countering.take_back(made, by=cast.person(DESK), at=START)
    for again in (
        lambda: countering.take_back(made, by=cast.person(DESK), at=START),
        lambda: countering.refuse_it(made, reason="No.", by=cast.requester(), at=START),
    ):
        with pytest.raises(Refused, match="with the supplier"):
            again()


@pytest.mark.world("countered")
def test_the_database_keeps_what_was_proposed_and_answers_it_once():
    made = cast.countered()
    countering.refuse_it(made, reason="No.", by=cast.requester(), at=START)
    with pytest.raises(IntegrityError, match="answered once"), transaction.atomic():
        CounterProposal.objects.filter(pk=made.pk).update(answer_reason="Yes.")
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        CounterProposal.objects.filter(pk=made.pk).update(reason="Another.")


def test_questions_of_the_revision_that_led_to_it_are_annexed_to_the_contract():
    order = cast.with_supplier()
    asked = negotiation.ask(order, text="Is the network room locked?", by=cast.person(DESK), at=START)
    with pytest.raises(Refused, match="has not been answered"):
        cast.countered(order)
    negotiation.answer(asked, text="It is.", by=cast.requester(), at=START)
    order = cast.accept_counter(cast.countered(order))
    for email in cast.ROUTE:
        cast.decide(order, email)
    second = negotiation.ask(cast.fresh(order), text="And on Sundays?", by=cast.person(DESK), at=START)
    negotiation.answer(second, text="Also.", by=cast.requester(), at=START)
    document = cast.accept(order).document
    assert [(a["number"], a["text"]) for a in document.payload["clarifications"]] == [
        (1, ["Is the network room locked?"]), (2, ["And on Sundays?"])]  # fmt: skip
    assert document.payload["evidence"][0]["name"] == "DIUS requester"
    words = legal_templates.html(document.kind, document.template_version, document.payload)
    assert "It is." in words and "Also." in words


def test_who_has_to_act_is_told_at_once_and_who_only_waits_in_the_digest():
    made = cast.countered()
    countering.take_back(made, by=cast.person(DESK), at=START)
    made = cast.countered(made.call_off)
    countering.refuse_it(made, reason="The seats are needed in March.", by=cast.requester(), at=START)
    cast.accept_counter(cast.countered(made.call_off))
    rows = Email.objects.filter(template__contains="counter_").order_by("id")
    told = [(row.recipient, row.template.rpartition("/")[2], row.held_until is not None) for row in rows]
    buyer, desks = "requester@dius.example", (DESK, f"second.{DESK}")
    assert told == [
        (buyer, "counter_proposed.txt", False), (buyer, "counter_taken_back.txt", True), (buyer, "counter_proposed.txt", False),
        *[(desk, "counter_refused.txt", False) for desk in desks], (buyer, "counter_proposed.txt", False),
        *[(desk, "counter_accepted.txt", True) for desk in desks],
    ]  # fmt: skip
    assert rows.get(template__endswith="counter_refused.txt", recipient=DESK).context["reason"] == "The seats are needed in March."
