"""Pages of contracts: an outsider finds nothing; each party sees its own; signing asks for a fresh sign-in."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

import contracts.urls
from contracts.models import ContractState
from documents import mail, periodic
from documents.models import Email
from tests import cast, paper
from tests.procurement.test_pages import post, sign_in, sign_in_freshly

pytestmark = pytest.mark.usefixtures("db")
PARTS = {"number": 2, "evidence_id": 1, "certificate": "MC-2007-000001", "position": 1, "query_id": 1, "month": "2008-04", "code": "EUS-B", "name": "waive"}  # of what such a contract may have
OF_A_CONTRACT = {
    p.name: [part for part in p.pattern.converters if part != "public_id"]
    for p in contracts.urls.urlpatterns if "contracts/<uuid" in str(p.pattern)
}  # fmt: skip


@pytest.mark.world("accepted")
def test_an_outsider_finds_nothing_and_the_parties_find_their_contract(client):
    contract = cast.accepted()
    sign_in(client, "requester@ons.example")
    for name, parts in OF_A_CONTRACT.items():
        address = reverse(f"contracts:{name}", kwargs={"public_id": contract.public_id} | {part: PARTS[part] for part in parts})
        assert client.get(address).status_code == 404, name
        assert post(client, address).status_code == 404, name
    assert contract.number not in client.get(reverse("contracts:contracts")).content.decode()
    for email in ("requester@dius.example", "order.desk@fujitsu.example", "auditor@co.example"):
        sign_in(client, email)
        page = client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
        assert contract.number in page
        assert "Subject to contract" in page


@pytest.mark.world("executed")
def test_a_word_that_the_database_does_not_take_is_not_found(client):
    """A NUL, in every place of an address where a word stands."""
    contract = cast.contract()
    sign_in(client, "contract.manager@dius.example")
    for name, parts in OF_A_CONTRACT.items():
        for part in {"month", "code", "name"} & set(parts):
            words = {one: PARTS[one] for one in parts} | {part: "zz"}
            address = reverse(f"contracts:{name}", kwargs={"public_id": contract.public_id} | words).replace("/zz/", "/%00/")
            assert "%00" in address and client.get(address).status_code == 404, address


@pytest.mark.world("accepted")
def test_while_the_document_is_made_the_page_says_so_and_asks_again(client):
    contract = cast.accepted()
    sign_in(client, "order.desk@fujitsu.example")
    address = reverse("contracts:contract", args=[contract.public_id])
    assert "hx-trigger" in client.get(address).content.decode()
    assert client.get(reverse("contracts:download", args=[contract.public_id])).status_code == 404
    cast.run_all_jobs()
    page = client.get(address).content.decode()
    assert "hx-trigger" not in page
    pdf = client.get(reverse("contracts:download", args=[contract.public_id]))
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["X-Document-Sha256"] in page


@pytest.mark.world("accepted")
def test_signing_asks_for_a_fresh_sign_in_first(client):
    contract = cast.accepted()
    cast.run_all_jobs()
    assert cast.fresh(contract).state == ContractState.AWAITING_SIGNATURES
    sign_in(client, "supplier.signatory@fujitsu.example")
    answer = client.get(reverse("contracts:sign", args=[contract.public_id]))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/sign-in-again/")
    deputy = cast.deputy_of("supplier.signatory@fujitsu.example")
    shown = sign_in_freshly(client, deputy.user.email).get(reverse("contracts:sign", args=[contract.public_id]))
    assert "You act for Fujitsu Services supplier signatory" in shown.content.decode()


@pytest.mark.world("issued")
def test_each_signatory_reads_what_they_can_do_and_nobody_else_is_shown_a_button(client):
    contract = cast.contract()
    address = reverse("contracts:contract", args=[contract.public_id])

    def read(email):
        return sign_in(client, email).get(address).content.decode()

    supplier, department, authority = (email for _party, email in cast.SIGNATORIES)
    assert "Read and sign" in read(supplier)
    cast.sign(contract, "supplier", supplier)
    cast.run_all_jobs()
    assert "You signed on 1 October 2007 at 10:00am as supplier signatory." in read(supplier)
    assert "Read and sign" in read(department)
    assert "It is the turn of Department for Innovation, Universities and Skills to sign." in read(authority)
    for email in (supplier, "requester@dius.example", "auditor@co.example"):
        page = read(email)
        assert "Read and sign" not in page
        assert "Refuse to sign" not in page
        assert page.count("flex-shut") == (email == "requester@dius.example"), "who can be reminded only from tomorrow on"


@pytest.mark.world("issued")
def test_every_message_until_the_contract_binds_says_that_it_is_subject_to_contract():
    periodic.run_due(cast.START + timedelta(days=1))  # the digests of what has happened
    found = {email.template: mail.render(email)[1] for email in Email.objects.order_by("-id")}
    assert {mail.DIGEST, "contracts/email/please_sign.txt", "procurement/email/your_turn.txt"} < set(found)
    assert [template for template, body in found.items() if "subject to contract" not in body.lower()] == []


@pytest.mark.world("issued")
def test_every_page_of_a_contract_being_signed_says_that_it_is_subject_to_contract(client):
    """Also where somebody is about to sign or refuse; what is read anew of a page stands under its words."""
    contract = cast.contract()
    sign_in_freshly(client, cast.SIGNATORIES[0][1])
    for name in ("contract", "sign", "document", "refuse"):
        page = client.get(reverse(f"contracts:{name}", args=[contract.public_id])).content.decode()
        assert "Subject to contract: nobody is bound until all three parties have signed" in page, name


LISTED = "Until a contract is executed, everything about an order is subject to contract."


@pytest.mark.world("issued")
@pytest.mark.parametrize("address", ["/", "/call-offs/", "/contracts/", "/search/?q=dius"])
def test_a_list_of_orders_that_do_not_bind_yet_says_so(client, address):
    contract = cast.contract()
    page = sign_in(client, "requester@dius.example").get(address).content.decode()
    assert contract.title in page and LISTED in page
    assert LISTED not in sign_in(client, "requester@ons.example").get(address).content.decode(), "nothing is listed there"


@pytest.mark.world("executed")
@pytest.mark.parametrize("address", ["/call-offs/", "/contracts/", "/search/?q=dius"])
def test_a_list_of_contracts_that_bind_does_not(client, address):
    page = sign_in(client, "requester@dius.example").get(address).content.decode()
    assert cast.contract().title in page and LISTED not in page


@pytest.mark.world("issued")
@pytest.mark.parametrize("path", ["/contracts/", "/search/"])
@pytest.mark.parametrize("words", ["number", "PO-DIUS-004711", "innovation", "dius", "Runcorn", "CORE-17", "managed desktop", "fujitsu"])
def test_a_contract_is_found_by_number_purchase_order_department_site_service_and_supplier(client, path, words):
    contract = cast.contract()
    words = contract.number if words == "number" else words
    assert contract.number in sign_in(client, "requester@dius.example").get(path, {"q": words}).content.decode()
    assert contract.title not in client.get(path, {"q": f"{words} nowhere"}).content.decode()
    assert contract.title not in sign_in(client, "requester@ons.example").get(path, {"q": words}).content.decode()


@pytest.mark.world("issued")
@pytest.mark.parametrize("path", ["/call-offs/", "/search/"])
@pytest.mark.parametrize("words", ["number", "CON-", "con-2007"])
def test_an_order_is_found_by_the_number_of_the_contract_it_became(client, path, words):
    contract = cast.contract()
    order = contract.call_off
    words = contract.number if words == "number" else words
    for email in ("requester@dius.example", "order.desk@fujitsu.example", "auditor@co.example"):
        assert order.reference in sign_in(client, email).get(path, {"q": words}).content.decode(), email
    assert order.title not in client.get(path, {"q": "CON-1999"}).content.decode()
    assert order.title not in sign_in(client, "requester@ons.example").get(path, {"q": words}).content.decode()


@pytest.mark.world("issued")
def test_a_call_off_that_is_found_points_at_its_contract(client):
    contract = cast.contract()
    page = sign_in(client, "requester@dius.example").get("/search/", {"q": contract.call_off.reference}).content.decode()
    row = page.partition(reverse("procurement:call_off", args=[contract.call_off.public_id]))[2]
    assert f'{reverse("contracts:contract", args=[contract.public_id])}">{contract.number}</a>' in row


@pytest.mark.world("executed")
def test_each_revision_of_a_document_says_whose_signature_was_added(client):
    contract = cast.contract()
    page = sign_in(client, "requester@dius.example").get(reverse("contracts:contract", args=[contract.public_id]))
    said = re.findall(r"signature of ([^<]+)<", page.content.decode())
    assert said == ["Fujitsu Services", "Department for Innovation, Universities and Skills", "Cabinet Office"]


@pytest.mark.world("issued")
def test_a_signatory_out_of_turn_reads_whose_turn_it_is_and_when_theirs_comes(client):
    contract = cast.contract()
    supplier, _department, authority = (email for _party, email in cast.SIGNATORIES)

    def refused(email):
        answer = sign_in(client, email).get(reverse("contracts:sign", args=[contract.public_id]))
        assert answer.status_code == 403
        return answer.content.decode()

    page = refused(authority)
    assert "It is the turn of Fujitsu Services to sign." in page and "Only the" not in page
    assert "comes when Fujitsu Services and then Department for Innovation, Universities and Skills have signed." in page
    paper.sign(contract, "supplier", supplier)
    assert "Fujitsu Services has signed already, and neither signs again nor refuses." in refused(supplier)
    assert "Only the signatory of" in refused("auditor@co.example")
