"""The documents of the end of a contract, the notice of termination and the certificate of returned data: what each says, as a
page and as a file that follows both standards, and that the check accepts it as the register's."""

import io
import json

import pikepdf
import pytest

from config.management.commands.verify_document import in_words
from contracts import exiting
from documents import canonical, legal_templates, rendering, store, verifying
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Document
from tests import cast, paper
from tests.contracts import ending_cast as made
from tests.contracts.transition_cast import MANAGER
from tests.documents import conformance
from tests.documents.html_tree import Tree
from tests.documents.test_notice import SEALED, body

SHA = "ab" * 32
ISSUED = {"signatories": [], "issued": {"business_at": "2008-12-01T10:00:00Z", "real_at": "2026-11-29T09:00:00Z"}}


def of_contract() -> dict:
    return {
        "schema": 1, "framework": {"reference": "FLEX-2007", "title": "Flexible Framework", "regime": "PA2023"},
        "contract": {"number": "CON-2007-000001", "title": "Desktops for <everybody>"},
        "department": body("Dius"), "supplier": body("Fujitsu"), "authority": body("Co"),
    }  # fmt: skip


def person(name: str, post: str, acting_for: str = "") -> dict:
    return {"name": name, "acting_for": acting_for, "post": post, "at": "2008-12-01T10:00:00Z"}


def notice(years: int = 2, **more) -> dict:
    return {
        "notice": of_contract() | {
            "number": "TN-2008-000001", "ground": "convenience", "basis": "", "basis_words": "", "level": None, "milestone": None,
            "words": ["The work <moves>.", "All of it."], "heard": [], "effective_on": "2009-04-17", "last_day": "2009-04-16",
            "ends_on_before": "2012-10-31", "break_cost_gbp": "12345.67", "break_cost_words": ["Leases."], "filename": "", "sha256": "",
            "proposal_sha256": SHA, "before_gbp": "400.00", "after_gbp": "112345.67",
            "years": [{"year": f"{2008 + n}/{9 + n:02}", "before_gbp": "200.00", "after_gbp": "100.00"} for n in range(years)],
            "proposed": person("Con Tract", "contract manager"), "given": person("Sig Natory", "signatory", "Al Ways"), **more,
        },
        **ISSUED,
    }  # fmt: skip


def certificate(acts: int = 3) -> dict:
    codes = ["data_return", "data_usable", "data_deleted"]
    return {
        "certificate": of_contract() | {
            "number": "DR-2009-000001", "state": "terminated", "last_day": "2009-04-16",
            "acts": [{"code": codes[n % 3] if n < 3 else f"more_{n}", "words": ["On a disk.", "In CSV."], "filename": "list.csv" if n == 0 else "",
                      "sha256": SHA if n == 0 else "", **person("Sam Service", "service manager")} for n in range(acts)],
        },
        **ISSUED,
    }  # fmt: skip


LEVEL = {"month": "2008-11", "measure": "SD-S-FIX", "name": "First-contact fix", "actual": "40", "critical": "60"}
CASES = {
    "convenience": ("termination_notice", notice(), (
        "Notice of termination", "TN-2008-000001", "The Contract ends with 16 April 2009", "The Customer’s own convenience (clause 30.4)", "£12,345.67",
        "The work <moves>.", "by Sig Natory for Al Ways, signatory, Dius", "Nobody signs this notice.")),
    "default": ("termination_notice", notice(ground="default", basis="critical_level", basis_words="a level", level=LEVEL, break_cost_gbp=None,
                                             filename="log.pdf", sha256=SHA),
                ("Default of the Supplier (clause 30.1)", "SD-S-FIX First-contact fix, month 2008-11: measured 40, critical figure 60", "log.pdf")),
    "late": ("termination_notice", notice(ground="default", basis="late_milestone", basis_words="a milestone", break_cost_gbp=None,
                                          milestone={"number": "M3", "title": "Pilot", "due_on": "2008-01-01"}),
             ("Milestone M3 Pilot, due on 1 January 2008.",)),
    "procurement": ("termination_notice", notice(ground="procurement", basis="excluded", basis_words="excluded", heard=["Told.", "It denied."],
                                                 break_cost_gbp=None), ("section 78 of the Procurement Act 2023", "It denied.")),
    "insolvency": ("termination_notice", notice(ground="insolvency", break_cost_gbp=None), ("Insolvency of the Supplier (clause 30.2)",)),
    "no cost": ("termination_notice", notice(break_cost_gbp=None), ("No break cost is payable.",)),
    "certificate": ("data_return_certificate", certificate(), (
        "Certificate of returned data", "DR-2009-000001", "Desktops for <everybody>", "16 April 2009, by notice of termination", "Returned", "Found usable",
        "Deleted", "list.csv", SHA, "by Sam Service, service manager, Fujitsu", "Nobody signs this certificate.")),
}  # fmt: skip


def data_of(kind: str) -> str:
    return "notice" if kind == "termination_notice" else "certificate"


def rendered(kind: str, payload: dict) -> rendering.Rendered:
    return rendering.render(kind, 1, payload, canonical.dumps(payload[data_of(kind)]))


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_it_is_for_as_a_file_and_as_a_page(case):
    kind, payload, said = CASES[case]
    text = " ".join(" ".join(Tree(legal_templates.html(kind, 1, payload)).root.text.split()).split())
    assert [words for words in said if words not in text] == []
    if case == "convenience":
        rows = [" | ".join(cell.text for cell in row.all("th", "td")) for row in Tree(legal_templates.html(kind, 1, payload)).root.all("tr")]
        assert rows[-1] == "Together | £400.00 | £112,345.67"
    page = Tree(f"<main>{legal_templates.html_pages(kind, 1, payload)}</main>").root
    assert "Nobody signs it." in page.text and not page.all("input") and not page.all("h1") and page.all("h2")


@pytest.mark.parametrize("case", ["convenience", "procurement", "certificate"])
def test_the_file_follows_both_standards_and_carries_itself_as_data(case):
    kind, payload, _said = CASES[case]
    made_once = rendered(kind, payload).pdf
    assert conformance.problems(made_once) == [] and rendered(kind, payload).pdf == made_once
    with pikepdf.open(io.BytesIO(made_once)) as pdf:
        name = f"{data_of(kind)}.json"
        assert json.loads(pdf.attachments[name].get_file().read_bytes()) == payload[data_of(kind)]


def test_long_ones_follow_them_too():
    assert conformance.problems(rendered("termination_notice", notice(years=60, words=["Word. " * 80] * 30)).pdf) == []
    assert conformance.problems(rendered("data_return_certificate", certificate(acts=30)).pdf) == []


@pytest.mark.django_db
def test_the_notice_and_the_certificate_of_a_contract_are_made_sealed_and_accepted_by_the_check():
    """The rows and files of the real way; of the contract itself, which the check does not see, the document is paper."""
    contract = paper.in_force()
    one = made.given(contract)
    cast.run_all_jobs()
    made_effective = made.terminating.take_effect(one, at=made.on(one.effective_on))
    for code in ("data_return", "data_usable", "data_deleted"):
        made.done(made_effective.contract, code, made.on(one.effective_on))
    exiting.leave_out(made.item(contract, "assets"), reason="None.", by=cast.person(MANAGER), at=made.on(one.effective_on))
    cast.run_all_jobs()
    for kind, number in (("termination_notice", "TN-2007-000001"), ("data_return_certificate", "DR-2009-000001")):
        document = Document.objects.get(kind=kind)
        verdict = verifying.check(store.content(store.head(document)))
        assert (document.state, verdict.valid, verdict.number) == ("complete", True, number)
        assert SEALED in in_words(verdict)
        assert [seen["as"] for seen in verdict.signatures] == ["issuing seal", "archive timestamp"]
    assert broken(read(FILE.read_text(encoding="utf-8"))) == []
