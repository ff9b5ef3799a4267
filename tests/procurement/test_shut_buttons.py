"""Every shut button opens why it is shut, and who can: a colleague without the post reads it on the page of the thing."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from documents import clock
from documents.models import BusinessClock
from documents.templatetags.flex import day as as_day
from procurement import drafting, negotiation, workflow
from tests import cast
from tests.cast import START
from tests.procurement import release_cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
HOLDER, SIGNATORY = "budget.holder@dius.example", "supplier.signatory@fujitsu.example"
REQUESTERS = "Only a requester of Department for Innovation, Universities and Skills can do this."
DESK = "Only the order desk of Fujitsu Services can do this."


def shut(client, email: str, address: str) -> dict[str, str]:
    """By button: the reasons that it opens."""
    sign_in(client, email)
    page = client.get(address).content.decode()
    found = re.findall(r'<details class="flex-shut">\s*<summary>(.*?) — <span>why not\?</span></summary>(.*?)</details>', page, re.S)
    return {name: re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", words)).strip() for name, words in found}


def order(call_off) -> str:
    return reverse("procurement:call_off", args=[call_off.public_id])


@pytest.mark.world("submitted")
def test_a_colleague_reads_who_recalls_withdraws_and_copies_an_order_in_approval(client):
    found = shut(client, HOLDER, order(cast.submitted()))
    assert set(found) == {"Recall", "Withdraw", "Copy to a new draft"}
    for words in found.values():
        assert REQUESTERS in words and "DIUS requester, DIUS second requester can." in words


@pytest.mark.world("submitted")
def test_a_colleague_reads_who_copies_an_order_that_has_ended(client):
    call_off = cast.submitted()
    workflow.withdraw(call_off, reason="Not now.", by=cast.requester(), at=START)
    found = shut(client, HOLDER, order(call_off))
    assert set(found) == {"Copy to a new draft"} and REQUESTERS in found["Copy to a new draft"]


@pytest.mark.world("with_supplier")
def test_whoever_is_not_the_order_desk_reads_who_answers_for_the_supplier(client):
    found = shut(client, SIGNATORY, order(cast.with_supplier()))
    assert set(found) == {"Accept the order", "Decline", "Ask the department", "Counter-propose"}
    for words in found.values():
        assert DESK in words and "Fujitsu Services order desk" in words


@pytest.mark.world("countered")
def test_a_counter_proposal_says_to_both_sides_who_answers_it_and_who_takes_it_back(client):
    address = order(cast.countered().call_off)
    found = shut(client, HOLDER, address)
    assert REQUESTERS in found["Accept or refuse the counter-proposal"]
    assert DESK in shut(client, SIGNATORY, address)["Take it back"]
    assert "Accept or refuse the counter-proposal" not in shut(client, "requester@dius.example", address)


@pytest.mark.world("submitted")
def test_a_step_says_why_it_cannot_be_returned_or_rejected(client):
    call_off = cast.submitted()
    brief = reverse("procurement:brief", args=[call_off.public_id, call_off.revision.approval.steps.get(post="accounting_officer").position])
    found = shut(client, "accounting.officer@dius.example", brief)
    assert "It is not yet the turn of the accounting officer." in found["Ask, return or reject"]
    mine = reverse("procurement:brief", args=[call_off.public_id, 1])
    assert shut(client, HOLDER, mine) == {}


def test_submit_opens_what_is_missing(client):
    call_off = drafting.start(cast.framework(), cast.dius(), title="Desktops", by=cast.requester(), at=START)
    check = reverse("procurement:check", args=[call_off.public_id])
    assert "Enter the budget code" in shut(client, "requester@dius.example", check)["Submit"]


def test_a_colleague_reads_who_writes_in_a_draft_release(client):
    release = release_cast.drafted()
    found = shut(client, "order.desk@fujitsu.example", reverse("procurement:release", args=[release.public_id]))
    assert "account manager" in found["Upload sheets"]


def test_nobody_is_sent_to_an_administrator_that_an_organisation_does_not_have(client):
    found = shut(client, cast.DESK, reverse("procurement:people", args=["FUJITSU"]))
    assert found["Give somebody a post"].endswith("Nobody holds the post of administrator on this day.")


@pytest.mark.world("approved_by_department")
def test_who_cannot_recall_an_order_any_more_reads_who_can_send_it_back(client):
    found = shut(client, "requester@dius.example", order(cast.approved_by_department()))
    assert found["Recall"] == "This call-off is with the purchasing authority. An approver whose turn it is can return it for amendment."


@pytest.mark.parametrize(("made", "email", "words"), [
    ("submitted", "requester@dius.example", "the requester can recall it while nobody has decided, or withdraw it."),
    ("with_supplier", "requester@dius.example", "The requester can withdraw it and submit a copy."),
    ("with_supplier", cast.DESK, "The requester can withdraw it and submit a copy."),
])  # fmt: skip
def test_an_order_whose_prices_are_held_no_longer_says_so_above_its_buttons_and_who_can_mend_it(client, made, email, words):
    call_off = getattr(cast, made)()
    until = call_off.revision.approval.hold_until
    if made == "with_supplier":  # or it lapses long before
        negotiation.ask(call_off, text="When?", by=cast.person(cast.DESK), at=START)
    for day, said in ((until, False), (until + timedelta(days=1), True)):
        BusinessClock.objects.update_or_create(defaults={"moment": clock.first_moment(day)})
        page = sign_in(client, email).get(order(call_off)).content.decode()
        above, _buttons, _rest = page.partition('<div class="flex-actions">')
        assert (f"Its prices were held until {as_day(until)}: return to reprice." in above) is said is (words in above), day
