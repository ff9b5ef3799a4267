"""The milestone certificate: what it says in each of its kinds, as a page and as a file that follows both standards."""

import io
import json

import pikepdf
import pytest

from documents import canonical, legal_templates, rendering, signing
from tests.documents import conformance
from tests.documents.html_tree import Tree
from tests.documents.test_notice import body

KIND, VERSION = "milestone_certificate", 1
SHA = "ab" * 32


def criterion(number: int, **more) -> dict:
    return {"number": number, "words": f"criterion <{number}>", "met": True, "why_not": [], "evidence": ["Tested.", "Twice."],
            "filename": "", "sha256": "", **more}  # fmt: skip


def payment(**more) -> dict:
    return {
        "service": "TRN-02", "name": "Migration", "percent": "25", "quantity": None, "payment_gbp": "20000.00",
        "amount_gbp": "20000.00", "weeks_late": 3, "reduction_percent": "5", "reduction_gbp": "1000.00",
        "payable_gbp": "19000.00", **more,
    }  # fmt: skip


def certificate(criteria: int = 2, lines: int = 2, **more) -> dict:
    return {
        "certificate": {
            "schema": 1, "number": "MC-2008-000001", "outcome": "accepted",
            "framework": {"reference": "FLEX-2007", "title": "Flexible Framework"},
            "contract": {"number": "CON-2007-000001", "title": "Desktops for <everybody>"},
            "department": body("Dius"), "supplier": body("Fujitsu"), "authority": body("Co"),
            "milestone": {"number": "M8", "title": "Shared service commencement", "planned_on": "2008-04-01",
                          "due_on": "2008-04-01", "achieved_on": "2008-05-15", "effect": "cutover"},
            "submission": {"number": 1, "sha256": SHA, "by": "Sam Service", "acting_for": "", "at": "2008-05-15T09:00:00Z"},
            "criteria": [criterion(number, **({"filename": "report.pdf", "sha256": SHA} if number == 1 else {}))
                         for number in range(1, criteria + 1)],
            "decision": {"name": "Con Tract", "post": "contract manager", "organisation": "Dius", "acting_for": "Al Ways",
                         "at": "2008-05-15T10:00:00Z"},
            "conditions": None, "part_percent": "100", "payments": [payment()], "amount_gbp": "20000.00",
            "reduction_gbp": "1000.00", "payable_gbp": "19000.00",
            "terms": {"effective_on": "2008-04-01", "kept": False, "lines": [
                {"number": number, "phase": "shared", "service": "CORE-01", "name": "Thin client", "site": "London",
                 "starts_on": "2008-05-15", "ends_on": None}
                for number in range(1, lines + 1)]},
            **more,
        },
        "signatories": [],
        "issued": {"business_at": "2008-05-15T10:00:00Z", "real_at": "2026-11-28T09:00:00Z"},
    }  # fmt: skip


NOT_MET = criterion(2, met=False, why_not=["One is missing."])
KINDS = {
    "cutover": certificate(),
    "kept": certificate(terms={"effective_on": "2008-04-01", "kept": True, "lines": []}),
    "on its day": certificate(terms={"effective_on": "2008-04-01", "kept": False, "lines": []}),
    "conditional": certificate(
        outcome="conditional", criteria=2, part_percent="60", conditions={"words": ["The report.", "In full."], "by": "2008-07-01"}
    ),
    "met": certificate(outcome="met", payments=[], terms=None),
}
KINDS["conditional"]["certificate"]["criteria"] = [criterion(1), NOT_MET]
SAID = {
    "cutover": ("Cutover on 15 May 2008", "no day is charged for both", "15 May 2008", "as before", "report.pdf", SHA),
    "kept": ("are the lower ones, and are paid as planned",),
    "on its day": ("The days of the lines stay as they are.",),
    "conditional": ("on conditions that are to be met by 1 July 2008", "In full.", "60% of the Milestone is delivered",
                    "not met: One is missing."),
    "met": ("the conditions of its acceptance are met", "all that the Milestone pays has fallen due before"),
}  # fmt: skip


def rendered(payload: dict) -> rendering.Rendered:
    return rendering.render(KIND, VERSION, payload, canonical.dumps(payload["certificate"]))


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_was_accepted_by_whom_and_what_it_changes(kind):
    root = Tree(legal_templates.html(KIND, VERSION, KINDS[kind])).root
    for said in ("MC-2008-000001", "CON-2007-000001", "Desktops for <everybody>", "criterion <1>", "M8",
                 "by Con Tract for Al Ways, contract manager, Dius", "Nobody signs this certificate.", *SAID[kind]):  # fmt: skip
        assert " ".join(said.split()) in " ".join(root.text.split()), said
    page = Tree(f"<main>{legal_templates.html_pages(KIND, VERSION, KINDS[kind])}</main>").root
    assert "Nobody signs it." in page.text and not page.all("input") and not page.all("h1") and page.all("h2")


def test_its_payments_say_what_a_delay_takes():
    root = Tree(legal_templates.html(KIND, VERSION, certificate())).root
    rows = [" | ".join(cell.text for cell in row.all("th", "td")) for row in root.all("tr")]
    assert "25% of TRN-02 Migration, £20,000.00 | £20,000.00 | 3 | £1,000.00 | £19,000.00" in rows
    assert "Together | £20,000.00 |  | £1,000.00 | £19,000.00" in rows


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_follows_both_standards_sealed_and_closed(template_database, kind):
    made = rendered(KINDS[kind]).pdf
    sealed = signing.seal(made, lines=["Flex contract register", "Issued: MC-2008-000001"])
    for pdf in (made, sealed, signing.archive(sealed)) if kind == "cutover" else (made,):
        assert conformance.problems(pdf) == []
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert json.loads(pdf.attachments["certificate.json"].get_file().read_bytes()) == KINDS[kind]["certificate"]


def test_a_long_one_follows_them_too_and_comes_out_the_same_each_time():
    long = certificate(criteria=40, lines=60)
    assert rendered(long).pdf == rendered(long).pdf
    assert conformance.problems(rendered(long).pdf) == []
