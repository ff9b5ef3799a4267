"""Pages of a counter-proposal: the order desk fills, checks and sends; the department reads the difference and answers."""

import re
from html import unescape

import pytest
from django.urls import reverse

from documents import clock
from procurement import countering, proposing, workflow
from procurement.counter_forms import CounterForm
from procurement.models import CounterProposal
from tests import cast
from tests.cast import DESK, START
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
BUYER = "requester@dius.example"


def countered(order=None):
    """By the clock of the pages."""
    return cast.countered(order, at=clock.business_now())


def typed(order, **changed) -> dict[str, str]:
    """What a browser sends of the form as it is first shown, with some fields changed."""
    awarded = proposing.read(order.revision)
    form = CounterForm(awarded=awarded, price_list=proposing.live_prices(order, START.date()))
    sent = {}
    for field in form:
        value = field.initial
        if hasattr(value, "year"):
            sent |= {f"{field.html_name}_day": value.day, f"{field.html_name}_month": value.month, f"{field.html_name}_year": value.year}
        else:
            sent[field.html_name] = value if value is not None else ""
    return sent | {"counter-reason": "The data centre is full."} | {f"counter-{name}": value for name, value in changed.items()}


LATER = {"interim_months": "6", "shared_starts_on_month": "5", "shared_months": "54"}


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


@pytest.mark.world("with_supplier")
def test_a_counter_proposal_goes_through_its_pages(client):
    order = cast.with_supplier()
    here = reverse("procurement:call_off", args=[order.public_id])
    sign_in(client, DESK)
    assert here + "counter/" in client.get(here).content.decode()
    shown = client.get(here + "counter/").content.decode()
    for secret in ("DIUS-ICT-2007", "746,848.80", "2,988.00", "50,000,000.00", "ceiling"):
        assert secret not in shown
    checked = client.post(here + "counter/", typed(order, **LATER)).content.decode()
    assert "Check the counter-proposal" in checked and "1 November 2007 to 30 April 2008" in checked
    assert not CounterProposal.objects.exists(), "nothing is kept before it is sent"
    again = client.post(here + "counter/", typed(order, **LATER) | {"change": "1"}).content.decode()
    assert 'value="54"' in again, "what was typed is still there"
    answer = post(client, here + "counter/send/", **typed(order, **LATER), shown_hash=hidden(checked, "shown_hash"))
    assert answer["Location"] == here, answer.content.decode()
    made = CounterProposal.objects.get()
    assert made.changes["term"] == {"interim_months": 6, "shared_months": 54, "shared_starts_on": "2008-05-01"}
    assert (made.changes["lines"], made.changes["milestones"]) == ([], [])
    desk = client.get(here).content.decode()
    assert "Take it back" in desk and "Accept the order" not in desk

    sign_in(client, "budget.holder@dius.example")
    seen = client.get(here).content.decode()
    assert "Lines that differ" in seen and "/counters/1/accept/" not in seen
    sign_in(client, BUYER)
    assert "to a counter-proposal" in client.get("/").content.decode()
    page = client.get(here + "counters/1/accept/").content.decode()
    assert "Who will decide again" in page and "DIUS accounting officer" in page and "under the ceiling" in page
    assert post(client, here + "counters/1/accept/", shown_hash="0" * 64).status_code == 200
    answer = post(client, here + "counters/1/accept/", shown_hash=hidden(page, "shown_hash"))
    assert answer["Location"] == here + "submitted/"
    assert cast.fresh(order).state == "department_approval"
    sign_in(client, DESK)
    desk = client.get(here).content.decode()
    assert "back with the department" in desk and "budget holder" not in desk


@pytest.mark.world("with_supplier")
def test_what_is_typed_wrong_comes_back_with_words_on_the_field(client):
    order = cast.with_supplier()
    sign_in(client, DESK)
    here = reverse("procurement:counter", args=[order.public_id])
    line = order.revision.lines.first()
    name = f"quantity-{line.number}"
    for wrong in ("1e3", "-4", "1.5", "٣"):
        page = client.post(here, typed(order, **{name: wrong})).content.decode()
        assert "<title>Error: Counter-propose" in page.replace("\n", "") or "Error:" in page
        assert f'value="{wrong}"' in page and "Enter a whole number" in page
    second = order.revision.lines.exclude(pk=line.pk).select_related("site").first()
    page = client.post(here, typed(order, **{name: "x", f"quantity-{second.number}": "y"})).content.decode()
    for each in (line, second):
        where = f"{each.service_code}, {each.site.name if each.site else 'all sites'}"
        assert f'href="#id_counter-quantity-{each.number}">{where}: Enter a whole number' in page, "the summary says of which line"
    assert "Change a date" in client.post(here, typed(order)).content.decode()
    page = client.post(here, typed(order, reason="")).content.decode()
    assert "Say why" in page
    desktop = order.revision.lines.filter(service_code="CORE-01").first()
    page = client.post(here, typed(order, **{f"service-{desktop.number}": "CHG-01"})).content.decode()
    assert "Select a valid choice" in page
    page = client.post(here, typed(order, shared_months="200")).content.decode()
    assert "Enter a whole number from 1 to 120" in page
    assert client.post(here, {}).status_code == 200
    assert post(client, here + "send/").status_code == 200
    assert client.get(here + "send/")["Location"] == here
    assert not CounterProposal.objects.exists()


@pytest.mark.world("with_supplier")
def test_a_payment_that_moves_from_one_milestone_to_another_is_shown(client):
    order = cast.with_supplier()
    sign_in(client, DESK)
    page = client.post(reverse("procurement:counter", args=[order.public_id]), typed(order, **{"units-6-TRN-03": "340", "units-7-TRN-03": "600"}))
    shown = " ".join(re.sub("<[^>]*>", " ", page.content.decode()).split())
    assert "Payments of milestones that differ" in shown and "Dates that differ" not in shown
    assert "M6 Darlington and Sheffield migrated TRN-03 x 320, £46,400.00 TRN-03 x 340, £49,300.00" in shown
    assert "M7 London migrated TRN-03 x 620, £89,900.00 TRN-03 x 600, £87,000.00" in shown


@pytest.mark.world("with_supplier")
def test_an_equivalent_is_named_with_what_it_stands_for(client):
    order = cast.with_supplier()
    line = order.revision.lines.filter(service_code="CORE-13").first()
    sign_in(client, DESK)
    page = client.post(reverse("procurement:counter", args=[order.public_id]), typed(order, **{f"service-{line.number}": "CORE-14"}))
    assert f"WAN access - resilient (dual path) instead of WAN access - standard, {line.site.name}" in page.content.decode()


def test_a_refusal_and_a_taking_back_go_through_their_pages(client):
    made = countered()
    here = reverse("procurement:call_off", args=[made.call_off.public_id])
    sign_in(client, BUYER)
    assert post(client, here + "counters/1/refuse/", reason="").status_code == 200
    assert post(client, here + "counters/1/refuse/", reason="We need them in March.")["Location"] == here
    sign_in(client, DESK)
    assert "We need them in March." in client.get(here).content.decode()
    assert client.get(here + "counters/1/take-back/").status_code == 200
    countered(cast.fresh(made.call_off))
    assert post(client, here + "counters/2/take-back/")["Location"] == here
    page = client.get(here).content.decode()
    assert "Counter-proposal 1: refused" in page and "Counter-proposal 2: taken back by the supplier" in page
    assert page.count("The supplier counter-proposed") == 2, "the timeline has both"


def test_strangers_and_the_other_side_find_no_page_of_it(client):
    made = countered()
    here = reverse("procurement:call_off", args=[made.call_off.public_id])
    addresses = ("counter/", "counter/send/", "counters/1/accept/", "counters/1/refuse/", "counters/1/take-back/")
    expected = {
        "requester@ons.example": (404, 404, 404, 404, 404),
        DESK: (403, 403, 404, 404, 200),  # it has made one: first that is answered
        "supplier.signatory@fujitsu.example": (403, 403, 404, 404, 403),
        BUYER: (404, 404, 200, 200, 404),
        "budget.holder@dius.example": (404, 404, 403, 403, 404),
        "commercial.lead@co.example": (404, 404, 404, 404, 404),
    }
    for email, codes in expected.items():
        sign_in(client, email)
        assert tuple(client.get(here + address).status_code for address in addresses) == codes, email
    sign_in(client, BUYER)
    assert client.get(here + "counters/7/accept/").status_code == 404


@pytest.mark.world("countered")
def test_the_supplier_reads_on_no_page_who_has_an_order_that_went_back(client):
    """Its desk's acts are refused in the words of the order's own page."""
    order = cast.accept_counter(cast.countered())

    def recalled():
        workflow.recall(cast.fresh(order), by=cast.requester(), at=START)

    def approved():
        workflow.submit(cast.fresh(order), by=cast.requester(), at=START)
        for email in cast.ROUTE[:4]:
            cast.decide(order, email)

    acts = [
        reverse("contracts:accept", args=[order.public_id]), reverse("procurement:take_back_counter", args=[order.public_id, 1]),
        *(reverse(f"procurement:{name}", args=[order.public_id]) for name in ("counter", "decline", "clarify")),
    ]  # fmt: skip
    for goes_on in (lambda: None, recalled, approved):
        goes_on()
        order = cast.fresh(order)
        sign_in(client, DESK)
        for address in acts:
            answers = client.get(address), post(client, address, reason="Full.", code="other", text="When?", repeated="0" * 12)
            read = "".join(unescape(answer.content.decode()) for answer in answers)
            assert "This call-off is back with the department." in read, (order.state, address)
            assert order.get_state_display() not in read, (order.state, address)


def test_the_authority_sees_the_new_revision_and_what_led_to_it_when_it_reaches_it(client):
    made = countered()
    here = reverse("procurement:call_off", args=[made.call_off.public_id])
    sign_in(client, "commercial.lead@co.example")
    assert "Lines that differ" not in client.get(here).content.decode()
    order = cast.accept_counter(made)
    page = client.get(here).content.decode()
    assert "Lines that differ" not in page and "revision 1" in page
    for email in cast.ROUTE[:4]:
        cast.decide(order, email)
    page = client.get(here).content.decode()
    assert "Lines that differ" in page and "revision 2" in page
    position = cast.fresh(order).revision.approval.steps.get(state="open", post="commercial_lead").position
    brief = client.get(f"{here}steps/{position}/").content.decode()
    assert "Changed since revision 1, the last that came to the commercial lead" in brief and "30 April 2008" in brief


def test_the_pages_say_when_prices_have_moved_since(client, django_assert_max_num_queries):
    made = countered()
    cast.add_volume("seats", 5000)
    here = reverse("procurement:call_off", args=[made.call_off.public_id])
    sign_in(client, BUYER)
    client.get(here)
    with django_assert_max_num_queries(60):
        page = client.get(here + "counters/1/accept/").content.decode()
    assert "have changed since it was made" in page
    answer = post(client, here + "counters/1/accept/", shown_hash=hidden(page, "shown_hash"))
    assert answer.status_code == 302
    assert countering.CounterProposal.objects.get().answer == "accepted"


def test_the_brief_says_of_a_revision_that_it_came_of_a_counter_proposal_and_why(client):
    order = cast.accept_counter(cast.countered())
    sign_in(client, "budget.holder@dius.example")
    page = " ".join(client.get(f"/call-offs/{order.public_id}/steps/1/").content.decode().split())
    assert "Why it is decided again" in page and "Counter-proposal 1 of the supplier (Fujitsu Services order desk, " in page
    assert "which DIUS requester accepted on" in page and "The data centre is full." in page
    assert "Why it came back before" not in page
