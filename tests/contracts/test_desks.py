"""While a contract is being signed somebody has it: the pages say who and since when, and a requester can remind them; the
day it is signed on is that of the last act, however late its seal was put on."""

from datetime import timedelta

import pytest
from django.urls import reverse

from contracts import formation, queries
from documents import clock, mail
from documents.models import Email
from documents.refusal import Refused
from procurement import agreements, desks, workflow
from tests import cast, paper
from tests.cast import START
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
DAY = timedelta(days=1)
SUPPLIER, DEPARTMENT, AUTHORITY = (email for _party, email in cast.SIGNATORIES)


def issued():
    return paper.issued(cast.accepted())


def on_desk(contract, at):
    return [(desk.people, desk.since, desk.days) for desk in desks.of(cast.fresh(contract.call_off), at.date())]


@pytest.mark.world("accepted")
def test_it_is_on_the_desk_of_the_signatory_whose_turn_it_is_since_the_one_before_signed():
    contract = cast.accepted()
    assert on_desk(contract, START) == [], "a worker has it"
    contract = paper.issued(contract)
    assert on_desk(contract, START + DAY) == [([cast.person(SUPPLIER).words], START, 1)]
    act = formation.sign(contract, "supplier", shown_sha256=paper.store.head(contract.document).sha256,
                         by=cast.person(SUPPLIER), at=START + DAY)  # fmt: skip
    assert on_desk(contract, START + DAY) == [], "while the seal is put on it is nobody's turn"
    paper.signed(act)
    formation.signature_made(contract, at=START + 3 * DAY)
    assert on_desk(contract, START + 3 * DAY) == [([cast.person(DEPARTMENT).words], START + DAY, 2)]
    (item,) = queries.inbox(cast.person(DEPARTMENT), (START + 3 * DAY).date())
    assert item.since == START + DAY
    (desk,) = desks.of(cast.fresh(contract.call_off), START.date())
    assert desk.who == "signatory, Department for Innovation, Universities and Skills (to sign the contract)"


def test_a_requester_reminds_the_signatory_once_a_day_and_nobody_when_all_have_signed():
    contract = issued()
    order = contract.call_off
    with pytest.raises(Refused, match="has come to this desk today"):
        workflow.nudge(order, by=cast.requester(), at=START)
    workflow.nudge(order, by=cast.requester(), at=START + DAY)
    told = Email.objects.get(template="procurement/email/nudged.txt")
    assert (told.recipient, told.context["todo"]) == (SUPPLIER, "to sign the contract")
    subject, body = mail.render(told)
    assert f"{contract.number} ({order.reference})" in subject
    assert f"the contract {contract.number} (call-off {order.reference})" in body
    assert told.context["url"].endswith(reverse("contracts:contract", args=[contract.public_id]))
    with pytest.raises(Refused, match="has reminded them today"):
        workflow.nudge(order, by=cast.requester(), at=START + DAY)
    with pytest.raises(Refused, match="Only a requester"):
        workflow.nudge(order, by=cast.person(cast.DESK), at=START + 2 * DAY)
    for party, email in cast.SIGNATORIES:
        paper.sign(contract, party, email)
    reasons = [reason.words for reason in desks.why_not_nudge(cast.fresh(order), by=cast.requester(), at=START + 2 * DAY)]
    assert reasons == ["It is on nobody's desk: its document is being worked on. Look again in a moment."]


def test_both_pages_say_whose_turn_it_is_and_offer_a_requester_the_reminder(client):
    contract = issued()
    clock.step_to(START + DAY, by=cast.requester())
    pages = (
        reverse("procurement:call_off", args=[contract.call_off.public_id]),
        reverse("contracts:contract", args=[contract.public_id]),
    )
    remind = reverse("procurement:nudge", args=[contract.call_off.public_id])
    for email, offered in (("requester@dius.example", True), (cast.ROUTE[0], False), (cast.DESK, False), (AUTHORITY, False)):
        sign_in(client, email)
        for address in pages:
            page = client.get(address).content.decode()
            assert f"supplier signatory, Fujitsu Services (to sign the contract): {cast.person(SUPPLIER).words}" in page, (email, address)
            assert (remind in page) is offered, (email, address)
    sign_in(client, "requester@ons.example")
    assert [client.get(address).status_code for address in (*pages, remind)] == [404, 404, 404]


def test_a_void_contract_says_nothing_of_where_its_order_has_gone(client):
    contract = issued()
    by = cast.person(SUPPLIER)
    formation.refuse_to_sign(contract, "supplier", reason="A date.", changes_wanted=True, by=by, at=START)
    assert on_desk(contract, START), "back with the requester"
    sign_in(client, cast.DESK)
    page = client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    assert "Whose desk it is on" not in page


def test_a_contract_is_signed_on_the_day_of_the_third_act_though_its_seal_came_the_next():
    contract = issued()
    for party, email in cast.SIGNATORIES[:2]:
        paper.sign(contract, party, email)
    paper.signed(paper.act(contract, *cast.SIGNATORIES[2]))
    assert formation.signature_made(cast.fresh(contract), at=START + DAY).signed_on == START.date()


@pytest.mark.world("ons_approved")
def test_an_agreement_is_signed_on_the_day_of_the_last_act_though_its_seal_came_the_next():
    accession = paper.agreement_issued(cast.ons_approved())
    paper.sign_agreement(accession, *paper.PARTIES[0])
    paper.signed(paper.agreement_act(accession, *paper.PARTIES[1]))
    assert agreements.signature_made(cast.fresh(accession), at=START + DAY).signed_on == START.date()
