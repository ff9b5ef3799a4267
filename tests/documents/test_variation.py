"""The document of a variation: what it says in each of its kinds, as a page and as a file that follows both standards."""

import io
import json

import pikepdf
import pytest

from documents import canonical, legal_templates, rendering, signing
from tests.documents import conformance
from tests.documents.html_tree import Tree

KIND, VERSION = "contract_variation", 3
SHA = "ab" * 32
PARTIES = ("supplier", "department", "authority")


def line(number: int | None, **more) -> dict:
    return {
        "number": number, "phase": "shared", "service": "CORE-01", "name": "Thin <client>", "site": "London", "quantity_before": 434,
        "quantity_change": 100, "quantity_after": 534, "unit_price_before_gbp": "50.00", "unit_price_gbp": "50.00",
        "starts_on": "2008-11-01", "ends_on_before": "2012-10-31", "ends_on": "2012-10-31", **more,
    }  # fmt: skip


def variation(**more) -> dict:
    return {
        "schema": 2, "contract": {"number": "CON-2007-000001", "title": "Desktops for <everybody>", "framework": "FLEX-2007"},
        "variation": {"label": "VAR-01", "kind": "quantity", "title": "100 more desktops"}, "reason": "More staff.",
        "effective_on": "2008-11-01", "lines": [line(1), line(None, quantity_before=0, quantity_change=-4, site=None)],
        "term": {"ends_on_before": "2012-10-31", "ends_on": "2012-10-31"}, "corrections": [],
        "money": {"value_gbp": "240000.00", "gross_gbp": "282000.00", "monthly_gbp": "5000.00",
                  "by_financial_year": [{"year": "2008/09", "net_gbp": "25000.00"}, {"year": "2009/10", "net_gbp": "60000.00"}]},
        "share": {"counted_gbp": "300000.00", "original_value_gbp": "4000000.00", "percent": "6", "cumulative_gbp": "440000.00", "cumulative_percent": "11",
                  "with": [{"label": "VAR-02", "assessed_on": "2008-01-01", "amount_gbp": "200000.00"}], "control_percent": "10",
                  "notice_first": True},
        "gateway": {"code": "not_substantial", "words": "not a substantial modification (s.74(3))", "paragraph": "",
                    "tests": [{"test": "The scope stays", "answer": "The same\nservices."}]},
        "terms_of": ["CON-2007-000001"], **more,
    }  # fmt: skip


def payload(**more) -> dict:
    content = variation(**more)
    for one in content["corrections"]:
        one |= {"was_lines": one["was"].splitlines(), "reads_lines": one["reads"].splitlines()}
    return {
        "variation": content, "content_hash": SHA, "framework": {"reference": "FLEX-2007", "title": "Flexible Framework"},
        "parties": {"department": "Dius", "supplier": "Fujitsu"}, "signed_on": "2007-10-01",
        "assessed_at": "2008-09-01T09:00:00Z", "reason": ["More staff."],
        "change_notice": {"reference": "2008/S 1", "published_on": "2008-09-02"},
        "evidence": [{"act": "submitted", "name": "Con Tract", "post": "contract manager", "organisation": "Dius", "acting_for": "Al Ways",
                      "delegation": "", "at": "2008-09-01T10:00:00Z", "real_at": "2026-11-28T08:59:00Z", "revision_hash": SHA}],
        "signatories": [{"field": f"Signature_{party}", "role": party.title(), "name": f"The {party}", "identifier": "GB-1"}
                        for party in PARTIES],
        "issued": {"business_at": "2008-09-03T10:00:00Z", "real_at": "2026-11-28T09:00:00Z"},
    }  # fmt: skip


KINDS = {
    "lines": payload(),
    "term": payload(term={"ends_on_before": "2012-10-31", "ends_on": "2013-10-31"}),
    "correction": payload(lines=[], corrections=[{"place": "Schedule 2, paragraph <3>", "was": "a day\nearlier", "reads": "a day\nlater"}]),
}
SAID = {
    "lines": ("+100", "What counts of it is £300,000.00", "CORE-01 Thin <client>, London", "£240,000.00", "with VAR-02, as amounts, 11% (£440,000.00)",
              "a contract change notice was published first, 2008/S 1 on 2 September 2008"),
    "term": ("The Term ends on 31 October 2013 instead of 31 October 2012.",),
    "correction": ("Schedule 2, paragraph <3>", "earlier", "later"),
}  # fmt: skip


FROZEN = {
    1: "4de44f4e9fcdc822881a2827ec6ca61a15365133f04f5ea2573539e27d7fbc9a",
    2: "39864d78da7a8e68035d1bb015754a40a0806484bd5ba837725e0fed105c633b",
    3: "3d8bcb3751cca5482a335143baafd2b60bacf347428ad041dba2bab2ee98c9ad",
}


@pytest.mark.parametrize("version", FROZEN)
def test_a_version_is_frozen(version):
    """To change a word, make the next version beside them, with the parts that differ."""
    assert legal_templates.template_fingerprint(KIND, version) == FROZEN[version]


def rendered(payload: dict) -> rendering.Rendered:
    return rendering.render(KIND, VERSION, payload, canonical.dumps(payload["variation"]))


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_changes_why_and_what_it_comes_to(kind):
    root = Tree(legal_templates.html(KIND, VERSION, KINDS[kind])).root
    for said in ("CON-2007-000001", "Desktops for <everybody>", "VAR-01", SHA, "Con Tract for Al Ways", "contract manager, Dius",
                 "recorded 2026-11-28 08:59:00 UTC", "The same", *SAID[kind]):
        assert " ".join(said.split()) in " ".join(root.text.split()), said
    page = Tree(f"<main>{legal_templates.html_pages(KIND, VERSION, KINDS[kind])}</main>").root
    assert not page.all("input") and not page.all("h1") and page.all("h2")


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_follows_both_standards_and_comes_out_the_same_each_time(template_database, kind):
    made = rendered(KINDS[kind]).pdf
    assert rendered(KINDS[kind]).pdf == made
    sealed = signing.seal(made, lines=["Flex contract register", "Issued: VAR-01"]) if kind == "lines" else made
    assert conformance.problems(made) == conformance.problems(sealed) == []
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert json.loads(pdf.attachments["variation.json"].get_file().read_bytes()) == KINDS[kind]["variation"]
        assert [str(widget.T) for _page, widget in conformance.widgets(pdf)][:4] == [
            signing.ISSUER_FIELD, *(f"Signature_{party}" for party in PARTIES)
        ]  # fmt: skip
