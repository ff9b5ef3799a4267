"""One list of what waits for a person, whatever it is about, with its age and its time limit."""

from datetime import timedelta

import pytest

from documents.clock import london_day
from procurement import approval, inbox, joining, negotiation
from procurement.models import Accession
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.django_db
DAY = london_day(cast.START)


def waits(email: str) -> list[str]:
    return [f"{item.subject}: {item.todo}" for item in inbox.items(cast.person(email), DAY)]


def test_a_step_waits_for_its_chair_alone():
    order = cast.submitted()
    assert waits(cast.ROUTE[0]) == [f"{order}: to endorse as budget holder".replace(str(order), f"{order} {order.title}")]
    for email in (cast.ROUTE[1], "requester@ons.example", "order.desk@fujitsu.example"):
        assert not [line for line in waits(email) if order.reference in line], email


def test_an_order_waits_for_the_order_desk_and_a_question_for_the_requester():
    order = cast.with_supplier()
    assert [item.due for item in inbox.items(cast.person("order.desk@fujitsu.example"), DAY)] == [order.answer_due_at]
    negotiation.ask(order, text="When?", by=cast.person("order.desk@fujitsu.example"), at=cast.START)
    assert waits("order.desk@fujitsu.example") == []
    assert [line for line in waits("requester@dius.example") if "Fujitsu Services waits for your answer" in line]


def test_an_approvers_question_waits_for_the_requester():
    order = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    approval.ask(cast.open_step(order, by), text="Why now?", by=by, at=cast.START)
    assert [line for line in waits("requester@dius.example") if "a question from DIUS budget holder" in line]


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


def test_the_first_page_shows_age_and_what_is_late(client):
    order = cast.with_supplier()
    page = sign_in(client, "order.desk@fujitsu.example").get("/").content.decode()
    assert order.reference in page and "by the end of 8 October 2007" in page and ">late<" not in page
