"""One list of what waits for a person, whatever it is about, with its age and its time limit."""

from datetime import timedelta

import pytest

from config.story.orders import draft_dius
from documents.clock import london_day
from documents.models import Email
from documents.refusal import Refused
from procurement import (
    approval,
    desks,
    drafting,
    framework_life,
    inbox,
    joining,
    negotiation,
    order_decision_guards,
    periodic,
    queries,
    waiting,
    workflow,
    working_days,
)
from procurement.models import Accession
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
DAY = london_day(cast.START)


def waits(email: str) -> list[str]:
    return [f"{item.subject}: {item.todo}" for item in inbox.items(cast.person(email), DAY)]


@pytest.mark.world("submitted")
def test_a_step_waits_for_its_chair_alone():
    order = cast.submitted()
    assert waits(cast.ROUTE[0]) == [f"{order}: to endorse as budget holder".replace(str(order), f"{order} {order.title}")]
    for email in (cast.ROUTE[1], "requester@ons.example", "order.desk@fujitsu.example"):
        assert not [line for line in waits(email) if order.reference in line], email


def wrote_in_it():
    """The budget holder is a requester too, and wrote in the order that their colleague submits."""
    cast.give_post(cast.ROUTE[0], "DIUS", "requester")
    draft = cast.drafted()
    drafting.save_title(draft, "In other words", by=cast.person(cast.ROUTE[0]), at=cast.START)
    return workflow.submit(cast.fresh(draft), by=cast.requester(), at=cast.START)


def submitted_it():
    cast.give_post(cast.ROUTE[0], "DIUS", "requester")
    return workflow.submit(cast.drafted(), by=cast.person(cast.ROUTE[0]), at=cast.START)


def requested_it():
    cast.give_post(cast.ROUTE[0], "DIUS", "requester")
    draft = cast.fresh(draft_dius(cast.person(cast.ROUTE[0]), cast.START))
    return workflow.submit(draft, by=cast.requester(), at=cast.START)


@pytest.mark.parametrize("barred", [wrote_in_it, submitted_it, requested_it])
def test_no_step_is_listed_mailed_or_reminded_of_that_the_person_cannot_take(barred):
    """Nor their deputy, who would decide for them. The post has a second holder."""
    holder, deputy, other = cast.ROUTE[0], cast.deputy_of(cast.ROUTE[0]).email, "deputy.budget.holder@dius.example"
    order = cast.fresh(barred())
    step = order.revision.approval.steps.get(post="budget_holder")
    for email, takes in ((holder, False), (deputy, False), (other, True)):
        shut = list(order_decision_guards.why_not_act_on_step(step, by=cast.person(email), at=cast.START))
        assert (not shut) is takes, email
        assert any(order.reference in line for line in waits(email) if "budget holder" in line) is takes, email
    assert told("your_turn") == [other]
    assert [desk.people for desk in desks.of(order, DAY)] == [["DIUS deputy budget holder"]]
    periodic.run(working_days.due(cast.START, 2))
    assert told("reminder") == [other]
    periodic.run(working_days.due(cast.START, 4))
    assert not {holder, deputy} & set(told("reminder"))


def told(template: str) -> list[str]:
    return list(Email.objects.filter(template__endswith=f"{template}.txt").order_by("id").values_list("recipient", flat=True))


def test_a_list_of_steps_is_full_whatever_is_left_out_of_it():
    orders = [wrote_in_it() if made == 0 else cast.submitted() for made in range(3)]
    by = cast.person(cast.ROUTE[0])
    for most, expected in ((1, orders[1:2]), (2, orders[1:]), (9, orders[1:])):
        assert [step.approval.revision.call_off for step in queries.open_steps(by, DAY, most)] == expected


@pytest.mark.world("with_supplier")
def test_an_order_waits_for_the_order_desk_and_a_question_for_the_requester():
    order = cast.with_supplier()
    assert [item.due for item in inbox.items(cast.person("order.desk@fujitsu.example"), DAY)] == [order.answer_due_at]
    negotiation.ask(order, text="When?", by=cast.person("order.desk@fujitsu.example"), at=cast.START)
    assert waits("order.desk@fujitsu.example") == []
    assert [line for line in waits("requester@dius.example") if "Fujitsu Services waits for your answer" in line]


@pytest.mark.world("with_supplier")
def test_an_order_is_on_the_order_desk_since_its_question_was_answered():
    """Who was asked had it meanwhile: no other desk is said to have kept it, nor reminded on the day on which it comes back."""
    order, desk = cast.with_supplier(), cast.person("order.desk@fujitsu.example")
    asked = negotiation.ask(order, text="When?", by=desk, at=cast.START)
    later = cast.START + timedelta(days=18)
    negotiation.answer(asked, text="Now.", by=cast.requester(), at=later)
    order, on = cast.fresh(order), later.date()
    (item,) = [item for item in inbox.items(desk, on) if order.reference in item.subject]
    (whose,) = desks.of(order, on)
    assert item.since == whose.since == later and (item.days(on), whose.days) == (0, 0)
    assert [str(reason.words) for reason in desks.why_not_nudge(order, by=cast.requester(), at=later)] == [
        "It has come to this desk today; remind them from tomorrow on."
    ]
    (matter,) = [one for kind in waiting.by_kind({}) for one in kind if one.subject.startswith("answer:")]
    assert matter.came_at == later and matter.reminds_at > later


@pytest.mark.world("submitted")
def test_an_approvers_question_waits_for_the_requester():
    order = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    with pytest.raises(Refused, match="Say what you ask"):
        approval.ask(cast.open_step(order, by), text=" ", by=by, at=cast.START)
    query = approval.ask(cast.open_step(order, by), text="Why now?", by=by, at=cast.START)
    assert [line for line in waits("requester@dius.example") if "a question from DIUS budget holder" in line]
    with pytest.raises(Refused, match="Say the answer"):
        approval.answer(query, text=" ", by=cast.requester(), at=cast.START)


def test_a_proposed_termination_waits_for_a_second_person_until_it_is_decided():
    manager, director = "framework.manager@co.example", "deputy.director@co.example"
    deputy = cast.deputy_of(director).email
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(manager), at=cast.START)
    words = f"Termination of {cast.framework().title}: to confirm or drop"
    assert words in waits(director) and words in waits(deputy) and words not in waits(manager)
    cast.give_post(manager, "CO", "deputy_director")
    assert words not in waits(manager), "who proposed it does not confirm it"
    framework_life.drop_termination(cast.framework(), reason="Paid.", by=cast.person(director), at=cast.START)
    assert words not in waits(director)


def test_a_prospect_waits_for_the_accession_lead():
    assert [line for line in waits("accession.lead@co.example") if line.endswith("to invite, or to close")]
    assert not [line for line in waits("accession.approver@co.example") if line.endswith("to invite, or to close")]


def test_a_draft_and_an_accession_wait_for_who_writes_them():
    order = cast.drafted()
    assert f"{order.title}: draft" in waits("requester@dius.example")
    assert Accession.objects.filter(state="engaged").exists() and joining
    assert [line for line in waits("requester@ons.example") if line.endswith("to fill in the application")]


def test_time_limits_come_first_and_then_what_has_waited_longest():
    def item(subject, since, due=None):
        when = cast.START + timedelta(days=since)
        return inbox.Item(subject, "", "", "", when, cast.START + timedelta(days=due) if due else None)

    found = inbox.in_order([item("new", 3), item("old", 1), item("later", 0, 9), item("soon", 2, 5)])
    assert [one.subject for one in found] == ["soon", "later", "old", "new"]
    assert item("old", 1).days(DAY + timedelta(days=4)) == 3


@pytest.mark.world("with_supplier")
def test_the_first_page_shows_age_and_what_is_late(client):
    order = cast.with_supplier()
    page = sign_in(client, "order.desk@fujitsu.example").get("/").content.decode()
    assert order.reference in page and "by the end of 8 October 2007" in page and ">late<" not in page


@pytest.mark.world("submitted")
def test_what_is_cut_is_said(client, monkeypatch):
    cast.submitted()
    page = sign_in(client, cast.ROUTE[0])
    assert "that have waited longest are shown" not in page.get("/").content.decode()
    monkeypatch.setattr(inbox, "MOST_OF_A_KIND", 1)
    assert "Of each kind the 1 that have waited longest are shown" in page.get("/").content.decode()
