"""The documents of a transfer, the sealed notice and the novation agreement: what each says, as a page and as a file that follows
both standards, and that the check accepts it as the register's."""

import io
import json

import pikepdf
import pytest

from config.management.commands.verify_document import in_words
from contracts import novating
from contracts.tasks import make_seal
from documents import canonical, legal_templates, rendering, store, verifying
from documents.models import Document
from tests import cast, paper
from tests.contracts import transfer_cast as made
from tests.documents import conformance
from tests.documents.html_tree import Tree
from tests.documents.test_notice import SEALED, body

SHA = "ab" * 32
ISSUED = {"business_at": "2009-06-03T10:00:00Z", "real_at": "2026-11-29T09:00:00Z"}
FROZEN = {
    "transfer_notice": "fb362b2d3187f36cef7b7012422398a90c9b18b9e1557f3a6f12ead7c19624fd",
    "novation_agreement": "05dc98aaed42da17d5b7fbcea11024af862a804e86257f219b55ca36f5fedf4f",
}


def placed(name: str) -> dict:
    return body(name) | {"address": f"1 {name} Street"}


def person(name: str, post: str, acting_for: str = "") -> dict:
    return {"name": name, "acting_for": acting_for, "post": post, "at": "2009-06-01T10:00:00Z"}


def notice(contracts: int = 2, **more) -> dict:
    return {
        "notice": {
            "schema": 1, "number": "ST-2009-000001", "transfer": "MG-2009-000001",
            "frameworks": [{"reference": "FLEX-2007", "title": "Flexible Framework"}],
            "authority": body("Co"), "supplier": placed("Fujitsu"), "outgoing": placed("Dius"), "receiving": placed("Bis"),
            "kind": "abolished", "whole": True, "order_number": "Order <2009/1>", "order_on": "2009-05-29", "effective_on": "2009-06-05",
            "words": ["It is <abolished>.", "All of it."], "filename": "order.pdf", "sha256": SHA, "transfer_sha256": SHA,
            "contracts": [
                {"number": f"CON-2007-{number:06}", "title": "Desktops for <everybody>", "framework": "FLEX-2007", "state": "executed",
                 "starts_on": "2007-11-01", "ends_on": "2012-10-31", "value_gbp": "12568863.00"} for number in range(1, contracts + 1)
            ],
            "total_gbp": "25137726.00", "orders": [{"reference": "CO-2009-000007", "title": "Telephones", "framework": "FLEX-2007"}],
            "prepared": person("Fay Manager", "framework manager"), "agreed": person("Dee Director", "deputy director", "Al Ways"), **more,
        },
        "signatories": [], "issued": ISSUED,
    }  # fmt: skip


PARTIES = (("supplier", "The Supplier", "Fujitsu"), ("outgoing", "The Outgoing Customer", "Dius"), ("incoming", "The Incoming Customer", "Cafcass"))


def novation(words: list[str] | None = None) -> dict:
    return {
        "novation": {
            "schema": 1, "number": "CON-2007-000001 MG-2009-000001", "transfer": "MG-2009-000001",
            "framework": {"reference": "FLEX-2007", "title": "Flexible Framework"},
            "contract": {"number": "CON-2007-000001", "title": "Desktops for <everybody>", "signed_on": "2007-10-11", "starts_on": "2007-11-01",
                         "ends_on": "2012-10-31", "value_gbp": "12568863.00"},
            "supplier": placed("Fujitsu"), "outgoing": placed("Dius"), "incoming": placed("Cafcass"), "authority": body("Co"),
            "effective_on": "2009-06-05", "words": words or ["It is <abolished>."], "transfer_sha256": SHA,
            "prepared": person("Fay Manager", "framework manager"), "agreed": person("Dee Director", "deputy director", "Al Ways"),
        },
        "signatories": [
            {"field": f"Signature_{party}", "role": role, "name": name, "identifier": f"GOVGB-{name.upper()}"} for party, role, name in PARTIES
        ],
        "issued": ISSUED,
    }  # fmt: skip


CASES = {
    "notice": ("transfer_notice", notice(), (
        "Notice of transfer", "ST-2009-000001", "From 5 June 2009 the Customer is Bis", "By Order <2009/1> of 29 May 2009, what Dius has", "It is abolished",
        "CON-2007-000002", "£12,568,863.00", "CO-2009-000007 Telephones", "by Dee Director for Al Ways, deputy director, Co", "order.pdf", SHA,
        "Every contract and order of Dius", "There is nothing to sign.", "Nobody signs this notice.")),
    "merged": ("transfer_notice", notice(kind="merged", filename="", sha256=""), ("It is merged into the receiving department",)),
    "split": ("transfer_notice", notice(kind="split", whole=False), ("It goes on; a part of it passes", "is listed below of Dius")),
    "no supplier": ("transfer_notice", notice(0, supplier=None, orders=[]), ("None at the time of this notice.",)),
    "novation": ("novation_agreement", novation(), (
        "Novation", "of contract CON-2007-000001", "The Incoming Customer", "Cafcass", "signed 11 October 2007", "£12,568,863.00",
        "From the Transfer Date on, 5 June 2009", "release each other", "signed under hand", "Dee Director for Al Ways",
        "prepared", "agreed")),
}  # fmt: skip


def data_of(kind: str) -> str:
    return {"transfer_notice": "notice", "novation_agreement": "novation"}[kind]


def rendered(kind: str, payload: dict) -> rendering.Rendered:
    return rendering.render(kind, 1, payload, canonical.dumps(payload[data_of(kind)]))


@pytest.mark.parametrize("kind", FROZEN)
def test_a_version_is_frozen(kind):
    """To change a word, make the next version beside it, with the parts that differ."""
    assert legal_templates.template_fingerprint(kind, 1) == FROZEN[kind]


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_it_is_for_as_a_file_and_as_a_page(case):
    kind, payload, said = CASES[case]
    text = " ".join(Tree(legal_templates.html(kind, 1, payload)).root.text.split())
    assert [words for words in said if words not in text] == []
    page = Tree(f"<main>{legal_templates.html_pages(kind, 1, payload)}</main>").root
    assert not page.all("input") and not page.all("h1") and page.all("h2")


@pytest.mark.parametrize("case", ["notice", "split", "no supplier", "novation"])
def test_the_file_follows_both_standards_and_carries_itself_as_data(case):
    kind, payload, _said = CASES[case]
    made_once = rendered(kind, payload).pdf
    assert conformance.problems(made_once) == [] and rendered(kind, payload).pdf == made_once
    with pikepdf.open(io.BytesIO(made_once)) as pdf:
        assert json.loads(pdf.attachments[f"{data_of(kind)}.json"].get_file().read_bytes()) == payload[data_of(kind)]


def test_long_ones_follow_them_too():
    assert conformance.problems(rendered("transfer_notice", notice(120, words=["Word. " * 80] * 20)).pdf) == []
    assert conformance.problems(rendered("novation_agreement", novation(["Word. " * 80] * 20)).pdf) == []


def test_the_boxes_of_a_novation_are_its_three_parties():
    assert list(rendered("novation_agreement", novation()).fields) == [
        "Signature_issuer", "Signature_supplier", "Signature_outgoing", "Signature_incoming",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_notice_of_a_transfer_is_made_sealed_and_accepted_by_the_check():
    paper.in_force()
    made.agreed()
    cast.run_all_jobs()
    document = Document.objects.get(kind="transfer_notice")
    verdict = verifying.check(store.content(store.head(document)))
    assert (document.state, verdict.valid, verdict.number) == ("complete", True, "ST-2007-000001")
    assert SEALED in in_words(verdict)
    assert [seen["as"] for seen in verdict.signatures] == ["issuing seal", "archive timestamp"]


@pytest.mark.django_db
def test_a_novation_is_signed_by_three_and_accepted_by_the_check():
    paper.in_force()
    transfer = made.agreed(made.prepared(made.novated()))
    cast.run_all_jobs()
    one = made.novation(transfer)
    make_seal(one)
    for party, email in made.NOVATION_PARTIES:
        novating.sign(made.novation(transfer), party, shown_sha256=store.head(one.document).sha256, by=cast.person(email), at=cast.START)
        cast.run_all_jobs()
    one = made.novation(transfer)
    verdict = verifying.check(store.content(store.head(one.document)))
    assert (one.state, one.document.state, verdict.valid) == ("executed", "complete", True)
    assert verdict.signatures[0]["as"] == "issuing seal" and len(verdict.signatures) == 5
