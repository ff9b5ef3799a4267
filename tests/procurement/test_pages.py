"""Pages of ordering through Django's client: what is saved, what is refused, who may look."""

import re
import uuid
from datetime import timedelta

import pytest
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from django.test import Client
from django.urls import reverse

import procurement.urls
from catalogue import queries
from documents import clock
from documents.templatetags.flex import gbp, moment
from procurement import headroom
from procurement.models import CallOff, Phase
from tests import cast

pytestmark = pytest.mark.usefixtures("db")


def sign_in(client, email):
    client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def sign_in_freshly(client, email):
    """And has just given the password, as signing asks for."""
    sign_in(client, email)
    session = client.session
    proof = {"method": "password", "at": clock.real_now().timestamp(), "reauthenticated": True}
    session.update({"account_authentication_methods": [proof], _AUTHENTICATION_METHODS_USER_SESSION_KEY: session["_auth_user_id"]})
    session.save()
    return client


def post(client, address, /, **fields):
    return client.post(address, {"idempotency_key": str(uuid.uuid4()), **fields})


@pytest.fixture
def buyer(client):
    return sign_in(client, "requester@dius.example")


def test_the_matrix_saves_what_was_typed(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:services", args=[call_off.public_id])
    assert 'value="434"' in buyer.get(address).content.decode()
    answer = post(buyer, address, edits=call_off.revision.edits, stay="1",
                  **{"q-CORE-01-1": "400", "q-CORE-04-all": "1,000", "q-TRN-01-all": "1000"})  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    lines = {(line.service_code, line.quantity, line.phase) for line in call_off.revision.lines.all()}
    assert lines == {
        ("CORE-01", 400, Phase.SHARED), ("CORE-04", 1000, Phase.SHARED), ("TRN-01", 1000, Phase.INTERIM)
    }  # fmt: skip


WORDS = {"code": "CORE-03", "kind": "lines", "number": 1}
ORDER_ADDRESSES = {
    pattern.name: pattern for pattern in procurement.urls.urlpatterns if str(pattern.pattern).startswith("call-offs/<uuid")
}


def address(name, call_off, **more):
    """Any address of an order, with numbers that exist or could."""
    wanted = {"public_id": call_off.public_id}
    pattern = str(ORDER_ADDRESSES[name].pattern)
    for extra in ("position", "query_id", "attachment_id", "number"):
        if extra in pattern:
            wanted[extra] = more.get(extra, 1)
    wanted |= {name: value for name, value in WORDS.items() if f":{name}>" in pattern}
    return reverse(f"procurement:{name}", kwargs=wanted)


@pytest.mark.world("with_supplier")
def test_an_outsider_finds_nothing_at_any_address_of_an_order(client):
    call_off = cast.with_supplier()
    sign_in(client, "requester@ons.example")
    for name in ORDER_ADDRESSES:
        assert client.get(address(name, call_off)).status_code == 404, name
        assert post(client, address(name, call_off)).status_code == 404, name


@pytest.mark.parametrize("name", sorted(ORDER_ADDRESSES))
def test_nobody_unsigned_gets_past_the_sign_in_page(client, name):
    answer = client.get(reverse(f"procurement:{name}", kwargs=_any(name)))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/sign-in/")


def _any(name):
    pattern = str(ORDER_ADDRESSES[name].pattern)
    wanted = {"public_id": uuid.uuid4()}
    wanted |= {name: value for name, value in WORDS.items() if f":{name}>" in pattern}
    return wanted | {extra: 1 for extra in ("position", "query_id", "attachment_id", "number") if extra in pattern}


INTERNAL = ("brief", "decide", "return", "reject", "ask", "tasks", "check", "budget", "services", "submitted")


@pytest.mark.world("with_supplier")
def test_the_supplier_finds_nothing_at_the_departments_addresses(client):
    call_off = cast.with_supplier()
    sign_in(client, "order.desk@fujitsu.example")
    assert client.get(address("call_off", call_off)).status_code == 200
    for name in INTERNAL:
        assert client.get(address(name, call_off)).status_code == 404, name


@pytest.mark.world("with_supplier")
def test_the_supplier_never_sees_what_is_not_for_it(client):
    call_off = cast.with_supplier()
    sign_in(client, "order.desk@fujitsu.example")
    page = client.get(address("call_off", call_off)).content.decode()
    for secret in ("DIUS-ICT-2007", "746,848.80", "2,988.00", "business-case.pdf", "186.99", "50,000,000.00"):
        assert secret not in page
    case = call_off.revision.attachments.get()
    assert client.get(address("attachment", call_off, attachment_id=case.pk)).status_code == 404


def test_an_order_on_its_way_is_not_yet_the_suppliers_nor_a_draft_the_authoritys(client):
    draft, going = cast.drafted(), cast.submitted()
    for email in ("order.desk@fujitsu.example", "commercial.lead@co.example"):
        sign_in(client, email)
        assert client.get(address("call_off", draft)).status_code == 404
        assert client.get(address("call_off", going)).status_code == 404


@pytest.mark.world("with_supplier")
def test_a_get_never_acts(client):
    call_off = cast.with_supplier()
    sign_in(client, "order.desk@fujitsu.example")
    for name in ("decline",):
        assert client.get(address(name, call_off)).status_code == 200
    assert client.get(reverse("contracts:accept", args=[call_off.public_id])).status_code == 200
    assert CallOff.objects.get(pk=call_off.pk).state == "with_supplier"


def test_a_doubled_click_gets_the_first_answer_and_another_body_is_refused(buyer):
    key = str(uuid.uuid4())
    start = reverse("procurement:new")
    first = buyer.post(start, {"idempotency_key": key, "title": "Once"})
    again = buyer.post(start, {"idempotency_key": key, "title": "Once"})
    assert (first.status_code, again.status_code, first["Location"]) == (302, 302, again["Location"])
    assert CallOff.objects.count() == 1
    assert buyer.post(start, {"idempotency_key": key, "title": "Twice"}).status_code == 422
    assert buyer.post(start, {"title": "No key"}).status_code == 400


def test_a_refused_form_keeps_what_was_typed_and_can_be_sent_again(buyer):
    call_off = cast.drafted()
    key = str(uuid.uuid4())
    term = address("term", call_off)
    values = {"shared_starts_on": "1/4/2008", "shared_months": "1e3", "interim_starts_on": "1/11/2007", "interim_months": "5"}
    shown = buyer.post(term, {"idempotency_key": key, "edits": call_off.revision.edits, **values})
    assert shown.status_code == 200
    assert "1e3" in shown.content.decode()
    assert "<title>Error:" in shown.content.decode().replace("\n", "")
    values["shared_months"] = "55"
    sent = buyer.post(term, {"idempotency_key": key, "edits": call_off.revision.edits, **values})
    assert sent.status_code == 302


def test_a_stale_form_is_refused_and_nothing_is_lost(buyer):
    call_off = cast.drafted()
    answer = post(buyer, address("budget", call_off), edits=call_off.revision.edits - 1, budget_code="NEW")
    assert answer.status_code == 200
    assert "Somebody saved this call-off" in answer.content.decode()
    assert cast.fresh(call_off).revision.budget_code == "DIUS-ICT-2007"


@pytest.mark.world("submitted")
def test_search_finds_by_number_purchase_order_department_site_and_service(client):
    call_off = cast.submitted()
    sign_in(client, "requester@dius.example")
    for text in (call_off.reference, "PO-DIUS-004711", "innovation", "Runcorn", "CORE-17"):
        assert call_off.reference in client.get(reverse("search"), {"q": text}).content.decode(), text
    sign_in(client, "requester@ons.example")
    assert call_off.title not in client.get(reverse("search"), {"q": call_off.reference}).content.decode()


def test_totals_follow_what_is_typed_and_nothing_is_saved(buyer):
    call_off = cast.drafted()
    before = list(call_off.revision.lines.values_list("service_code", "quantity"))
    answer = post(buyer, address("totals", call_off), **{"q-CORE-04-all": "1000", "q-CORE-06-all": "ten"})
    page = answer.content.decode()
    assert "£12,960.00" in page
    assert "CORE-06 E-mail, calendar and directory, all sites: Enter a whole number, like 1,000." in page
    assert list(call_off.revision.lines.values_list("service_code", "quantity")) == before


def test_the_services_stand_as_the_catalogue_has_them_and_a_bad_cell_is_named(buyer):
    """Row by row, for a block pasted from its sheet; what is typed and cannot be saved is warned of on leaving."""
    call_off = cast.drafted()
    page = buyer.get(address("services", call_off)).content.decode()
    release = queries.live_release(call_off.framework, cast.START.date())
    assert re.findall(r'name="q-([A-Z]+-[0-9]+)-all"', page) == [service.code for service in release.services.all()]
    assert "data-warns-on-leaving>" in page
    page = post(buyer, address("services", call_off), **{"q-CORE-06-all": "ten", "q-CORE-08-2": "-"}).content.decode()
    for cell in ("CORE-06 E-mail, calendar and directory, all sites", "CORE-08 Secure remote and home working, Sheffield"):
        assert f"{cell}: Enter a whole number, like 1,000.</a>" in page
    assert "data-warns-on-leaving data-unsaved>" in page


def test_the_spend_control_reference_saved_leads_back_to_the_tasks(buyer):
    call_off = cast.drafted()
    sent = {"what": "reference", "reference-reference": "SC-2007-0200", "edits": call_off.revision.edits}
    assert post(buyer, address("attachments", call_off), **sent)["Location"] == address("tasks", call_off)
    assert cast.fresh(call_off).revision.spend_control_reference == "SC-2007-0200"


def test_the_rules_not_met_follow_what_is_typed(buyer):
    """London has 620 seats: a line of desktops that leaves some without one is named with its figures, until it does not."""
    call_off = cast.drafted()
    words = "London has 620 seats and 586 desktops"
    for thin_clients, said in (("400", True), ("434", False)):
        page = post(buyer, address("totals", call_off), **{"q-CORE-01-1": thin_clients, "q-CORE-02-1": "186"}).content.decode()
        assert (words in page) is said
        assert 'id="unmet" hx-swap-oob="true"' in page, "it takes the place of what stood there"
        assert '<a class="govuk-link" href="#unmet">' in page, "from far down in the table it leads up to them"


def test_the_totals_show_vat_the_years_and_what_is_left_under_the_ceiling(buyer):
    call_off = cast.drafted()
    typed = {"q-CORE-04-all": "1000"}
    page = post(buyer, address("totals", call_off), **typed)
    quote = page.context["quote"]
    assert quote.vat_gbp and quote.totals.whole_life + quote.vat_gbp == quote.gross_gbp
    content = page.content.decode()
    assert f"<dt>VAT</dt><dd>{gbp(quote.vat_gbp)}</dd>" in content
    for year in quote.years:
        assert year.year in content and gbp(year.net) in content
    left = headroom.capacity_forecast(call_off, quote.totals.whole_life, reader=[call_off.department_id]).left
    assert "Free under the ceiling after this order" in content and gbp(left) in content


@pytest.mark.parametrize("demonstration", [True, False])
def test_the_banner_of_the_demonstration_stands_on_its_pages_and_never_in_production(buyer, settings, demonstration):
    settings.STEPPABLE_CLOCK = demonstration
    for page in (buyer.get("/"), Client().get(reverse("account_login"))):
        words = page.content.decode()
        assert page.status_code == 200
        assert (f"It is {moment(clock.business_now())} in this demonstration." in words) is demonstration
        assert ("flex-demo" in words) is demonstration
    assert (reverse("procurement:clock") in buyer.get("/").content.decode()) is demonstration


def test_totals_asked_while_the_form_is_being_saved_still_answer(buyer):
    call_off = cast.drafted()
    key = str(uuid.uuid4())
    filled = {"q-CORE-04-all": "1000", "idempotency_key": key}
    assert buyer.post(address("services", call_off), filled | {"edits": str(call_off.revision.edits)}).status_code == 302
    assert buyer.post(address("totals", call_off), filled).status_code == 200


@pytest.mark.world("submitted")
def test_the_order_says_whose_desk_it_is_on_and_for_how_many_days(buyer):
    call_off = cast.submitted()
    page = reverse("procurement:call_off", args=[call_off.public_id])
    since = f"since {moment(cast.START)}"
    assert f"{since}</p>" in buyer.get(page).content.decode()
    clock.step_to(cast.START + timedelta(days=3), by=cast.requester())
    assert f"{since} (3 days)</p>" in buyer.get(page).content.decode()


def test_every_page_of_an_order_says_that_it_is_subject_to_contract(client):
    """Nobody is bound yet, whoever looks and whatever they are about to do."""
    call_off = cast.drafted()
    looked_at = 0
    for email, stage in (("requester@dius.example", None), (cast.ROUTE[0], cast.submitted),
                         ("order.desk@fujitsu.example", cast.with_supplier)):  # fmt: skip
        order = stage() if stage else call_off
        sign_in(client, email)
        for name in ORDER_ADDRESSES:
            answer = client.get(address(name, order))
            if answer.status_code == 200 and "text/html" in answer["Content-Type"] and name != "totals":
                looked_at += 1
                assert "Subject to contract" in answer.content.decode(), (email, name)
    assert looked_at > 20


@pytest.mark.world("submitted")
@pytest.mark.parametrize("path", ["/", "/framework/"])
def test_the_supplier_reads_no_capacity_that_orders_not_sent_to_it_would_change(client, path):
    cast.submitted()
    words = "Capacity of the framework"
    assert words in sign_in(client, "requester@dius.example").get(path).content.decode()
    assert words not in sign_in(client, "order.desk@fujitsu.example").get(path).content.decode()


@pytest.mark.world("submitted")
@pytest.mark.parametrize(("decided", "next_words"), [
    (3, "It then goes to the commercial lead and the finance lead, Cabinet Office."),
    (6, "It then goes to Fujitsu Services to accept."),
])  # fmt: skip
def test_who_commits_reads_whom_it_goes_to_next(client, decided, next_words):
    order = cast.submitted()
    for email in cast.ROUTE[:decided]:
        cast.decide(order, email)
    answer = sign_in(client, cast.ROUTE[decided]).get(reverse("procurement:decide", args=[order.public_id, decided + 1]))
    assert next_words in answer.content.decode()
