"""The order desk asks, the department answers: the supplier's clock stands, and both are annexed to the contract."""

from datetime import timedelta

import pytest
from django.urls import reverse

from documents import legal_templates
from documents.refusal import Refused
from procurement import negotiation, workflow, working_days
from procurement.models import Clarification
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
DESK = "order.desk@fujitsu.example"
ASKED = "Is the network room at Runcorn locked at night?"
ANSWER = "It is; the key is at the reception."


def asked(at=cast.START):
    call_off = cast.with_supplier()
    return negotiation.ask(call_off, text=ASKED, by=cast.person(DESK), at=at)


def test_a_question_stops_the_clock_and_the_answer_starts_it_again():
    question = asked()
    call_off = cast.fresh(question.call_off)
    assert (call_off.answer_due_at, call_off.answer_days_left) == (None, 5)
    later = cast.START + timedelta(days=30)
    assert workflow.lapse(call_off, at=later).state == "with_supplier"
    negotiation.answer(question, text=ANSWER, by=cast.requester(), at=later)
    call_off = cast.fresh(call_off)
    assert (call_off.answer_due_at, call_off.answer_days_left) == (working_days.due(later, 5), None)
    assert workflow.lapse(call_off, at=call_off.answer_due_at).state == "lapsed"


@pytest.mark.parametrize(("days", "left"), [(0, 5), (1, 4), (4, 1), (5, 1), (6, 1), (7, 0)])
def test_working_days_that_are_left_are_kept(days, left):
    """1 October 2007 is a Monday, so the fifth working day after it the Monday after; 6 and 7 October are no working days."""
    at = cast.START + timedelta(days=days)
    assert working_days.left(at, working_days.due(cast.START, 5)) == left


def test_an_order_is_not_accepted_while_a_question_is_open():
    question = asked()
    with pytest.raises(Refused, match="has not been answered"):
        cast.accept(question.call_off)
    with pytest.raises(Refused, match="has not been answered"):
        negotiation.ask(question.call_off, text="And?", by=cast.person(DESK), at=cast.START)


def test_only_the_order_desk_asks_and_only_a_requester_answers_once():
    question = asked()
    for email in ("supplier.signatory@fujitsu.example", "budget.holder@dius.example"):
        with pytest.raises(Refused, match="Only the order desk"):
            negotiation.ask(question.call_off, text="?", by=cast.person(email), at=cast.START)
    with pytest.raises(Refused, match="Only a requester"):
        negotiation.answer(question, text="Yes.", by=cast.person("budget.holder@dius.example"), at=cast.START)
    negotiation.answer(question, text=ANSWER, by=cast.requester(), at=cast.START)
    with pytest.raises(Refused, match="has been answered by DIUS requester"):
        negotiation.answer(question, text="No.", by=cast.requester(), at=cast.START)


def test_questions_and_answers_are_annexed_to_the_contract():
    question = asked()
    before = question.revision.revision_hash
    negotiation.answer(question, text=ANSWER, by=cast.requester(), at=cast.START)
    document = cast.accept(question.call_off).document
    assert document.payload["order"]["contract"]["revision_hash"] == before, "nothing that was priced has changed"
    words = legal_templates.html(document.kind, document.template_version, document.payload)
    assert ASKED in words and ANSWER in words and "#clarifications" in words
    cast.run_all_jobs()
    assert cast.fresh(document).state == "sealed"


@pytest.mark.world("accepted")
def test_a_contract_without_questions_has_no_annex():
    document = cast.accepted().document
    assert "clarifications" not in legal_templates.html(document.kind, document.template_version, document.payload)


@pytest.mark.world("with_supplier")
def test_it_goes_through_the_pages(client, mailoutbox):
    call_off = cast.with_supplier()
    sign_in(client, DESK)
    here = reverse("procurement:call_off", args=[call_off.public_id])
    assert "Ask the department" in client.get(here).content.decode()
    assert post(client, here + "ask/", text="")["Content-Type"] and not Clarification.objects.exists()
    assert post(client, here + "ask/", text=ASKED)["Location"] == here
    shown = client.get(here).content.decode()
    assert ASKED in shown and "time to answer the order has stopped" in shown
    sign_in(client, "requester@dius.example")
    assert "waits for your answer" in client.get("/").content.decode()
    assert ASKED in client.get(here + "questions/1/").content.decode()
    assert post(client, here + "questions/1/", text=ANSWER)["Location"] == here
    sign_in(client, DESK)
    assert ANSWER in client.get(here).content.decode()
    cast.run_all_jobs()
    told = {message.to[0]: message.subject for message in mailoutbox}
    assert told[DESK].endswith("your question is answered")


def test_a_stranger_and_the_other_side_find_no_form(client):
    question = asked()
    here = reverse("procurement:call_off", args=[question.call_off.public_id])
    for email, ask, answer in (("requester@ons.example", 404, 404), (DESK, 200, 404), ("requester@dius.example", 404, 200),
                               ("commercial.lead@co.example", 404, 404)):  # fmt: skip
        sign_in(client, email)
        assert client.get(here + "ask/").status_code == ask, email
        assert client.get(here + "questions/1/").status_code == answer, email
