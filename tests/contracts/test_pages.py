"""Pages of contracts: an outsider finds nothing; each party sees its own; signing asks for a fresh sign-in."""

import pytest
from django.urls import reverse

import contracts.urls
from contracts.models import ContractState
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
NAMES = [p.name for p in contracts.urls.urlpatterns if "contracts/<uuid" in str(p.pattern)]


def test_an_outsider_finds_nothing_and_the_parties_find_their_contract(client):
    contract = cast.accepted()
    sign_in(client, "requester@ons.example")
    for name in NAMES:
        assert client.get(reverse(f"contracts:{name}", args=[contract.public_id])).status_code == 404, name
        assert post(client, reverse(f"contracts:{name}", args=[contract.public_id])).status_code == 404, name
    assert contract.number not in client.get(reverse("contracts:contracts")).content.decode()
    for email in ("requester@dius.example", "order.desk@fujitsu.example", "auditor@co.example"):
        sign_in(client, email)
        page = client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
        assert contract.number in page
        assert "Subject to contract" in page


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


def test_signing_asks_for_a_fresh_sign_in_first(client):
    contract = cast.accepted()
    cast.run_all_jobs()
    assert cast.fresh(contract).state == ContractState.AWAITING_SIGNATURES
    sign_in(client, "supplier.signatory@fujitsu.example")
    answer = client.get(reverse("contracts:sign", args=[contract.public_id]))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/sign-in-again/")


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
