"""What a requester finds on the first page about orders that are on other desks, or were ended by others."""

from datetime import timedelta

import pytest

from documents.clock import london_day
from procurement import approval, negotiation, queries, workflow
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")


def rejected():
    order = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    step = cast.open_step(order, by)
    shown = step.approval.content_hash
    return approval.reject(step, reason="Not this year.", shown_hash=shown, no_conflict=True, by=by, at=cast.START)


def test_a_rejected_order_stays_in_sight_for_four_weeks(client):
    order = rejected()
    page = sign_in(client, "requester@dius.example").get("/").content.decode()
    assert order.reference in page and "Not this year." in page
    day = london_day(cast.START)
    for days, seen in ((28, [order]), (29, [])):
        assert list(queries.ended_lately(cast.requester(), day + timedelta(days=days))) == seen


@pytest.mark.parametrize("email", ["requester@ons.example", "order.desk@fujitsu.example", "budget.holder@dius.example"])
def test_others_are_not_shown_it_there(client, email):
    order = rejected()
    assert order.reference not in sign_in(client, email).get("/").content.decode()


@pytest.mark.world("with_supplier")
def test_the_order_desk_sees_that_an_order_it_had_was_withdrawn_and_not_why(client):
    order = cast.with_supplier()
    workflow.withdraw(order, reason="Another supplier is cheaper.", by=cast.requester(), at=cast.START)
    page = sign_in(client, cast.DESK).get("/").content.decode()
    assert order.reference in page and "withdrawn" in page and "cheaper" not in page
    assert order.reference not in sign_in(client, "requester@dius.example").get("/").content.decode(), "who withdrew it knows"
    seen = [queries.ended_lately(cast.person(cast.DESK), london_day(cast.START) + timedelta(days=days)) for days in (28, 29)]
    assert [list(found) for found in seen] == [[order], []]


def waiting_for_others(client) -> str:
    page = sign_in(client, cast.DESK).get("/").content.decode()
    return page.partition("Waiting for others")[2].partition("<h2")[0]


@pytest.mark.world("with_supplier")
def test_the_order_desk_sees_what_it_waits_for_itself(client):
    """A question of its own, and afterwards an order that it accepted and that is not signed by all."""
    order, desk = cast.with_supplier(), cast.person(cast.DESK)
    assert order.reference not in waiting_for_others(client)
    asked = negotiation.ask(order, text="When?", by=desk, at=cast.START)
    assert order.reference in (shown := waiting_for_others(client)) and "it waits for the answer to your question" in shown
    negotiation.answer(asked, text="Now.", by=cast.requester(), at=cast.START)
    assert order.reference not in waiting_for_others(client)
    cast.accept(order)
    assert "accepted, contract not yet complete" in waiting_for_others(client)


@pytest.mark.world("countered")
def test_the_order_desk_sees_that_its_counter_proposal_waits(client):
    order = cast.countered().call_off
    assert order.reference in waiting_for_others(client)


def test_the_order_desk_reads_nothing_of_an_order_it_never_had(client):
    order = cast.submitted()
    workflow.withdraw(order, reason="No.", by=cast.requester(), at=cast.START)
    assert order.reference not in sign_in(client, cast.DESK).get("/").content.decode()


def test_what_the_authority_committed_outside_the_register_is_said(client):
    words = "£56,000,000.00 stands for agreements made before or beside this register"
    assert words in sign_in(client, "requester@dius.example").get("/framework/").content.decode()
    assert words not in sign_in(client, "order.desk@fujitsu.example").get("/framework/").content.decode()


@pytest.mark.world("with_supplier")
def test_the_authority_reads_what_is_expected_and_the_orders_by_state(client):
    order = cast.with_supplier()
    page = sign_in(client, "framework.manager@co.example").get("/framework/").content.decode()
    assert "expected of bodies that may join, at least" in page and "more than is free" in page
    assert f"?state={order.state}" in page
    for email, counted in (("requester@dius.example", True), ("requester@ons.example", False), ("order.desk@fujitsu.example", False)):
        page = sign_in(client, email).get("/framework/").content.decode()
        assert "expected of bodies" not in page and "Orders that have reached" not in page
        assert ("Our orders" in page and f"?state={order.state}" in page) == counted


def test_who_has_joined_finds_its_membership_and_its_agreement(client):
    words = "membership and its access agreement"
    for email, shown in (("requester@dius.example", True), ("requester@ons.example", False), ("order.desk@fujitsu.example", False),
                         ("auditor@co.example", False)):  # fmt: skip
        assert (words in sign_in(client, email).get("/").content.decode()) == shown, email


def test_who_has_not_joined_finds_the_application_whosever_turn_it_is(client):
    words = "How your organisation joins"
    for email, joins in (("requester@ons.example", True), ("requester@dius.example", False), ("order.desk@fujitsu.example", False)):
        assert (words in sign_in(client, email).get("/").content.decode()) == joins
    page = sign_in(client, "requester@ons.example").get("/joining/", follow=True).content.decode()
    assert "Whose desk it is on" in page
