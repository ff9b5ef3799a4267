"""The call-off contract's template, its newest version: does it hang together as a contract, and does it print what was agreed?"""

import itertools
import re
from hashlib import sha256

import pytest
from django.utils import translation

from documents import legal_templates
from tests.databases import ROOT
from tests.documents.contract_payload import KPIS, dius, dius_approved, payload_of, sized
from tests.documents.html_tree import Element, Tree

KIND, VERSION = "call_off_contract", 4
FOLDER = ROOT / "documents" / "templates" / "documents"


def read(payload) -> Element:
    return Tree(legal_templates.html(KIND, VERSION, payload)).root


def read_page(payload) -> Element:
    return Tree(legal_templates.html_pages(KIND, VERSION, payload)).root


@pytest.fixture(scope="module")
def contract() -> Element:
    return read(dius())


@pytest.fixture(scope="module")
def words(contract) -> str:
    return contract.text


def numbered(element) -> str:
    return element.all("span", cls="no")[0].text


def test_every_clause_and_paragraph_is_numbered_without_a_gap(contract):
    series = {"clause": list(contract.all("section", cls="terms")[0].all("section", cls="clause"))}
    for schedule in contract.all("section", cls="schedule"):
        series[schedule.attrs["id"]] = schedule.all("section", cls="clause")
    assert len(series["clause"]) == 37
    for name, clauses in series.items():
        for position, clause in enumerate(clauses, 1):
            special = "special" in clause.classes
            assert numbered(clause.all("h3")[0]) == str(position), name
            if special:
                continue
            assert clause.attrs["id"] == f"{name}-{position}"
            for sub_position, sub in enumerate(clause.all("p", cls="sub"), 1):
                assert numbered(sub) == f"{position}.{sub_position}"
                assert sub.attrs["id"] == f"{name}-{position}-{sub_position}"
            for items in clause.all("ol", cls="items"):
                letters = [numbered(item) for item in items.all("li")]
                assert letters == [f"({chr(97 + n)})" for n in range(len(letters))] and len(letters) > 1


def test_every_reference_leads_to_the_number_it_names(contract):
    ids = {e.attrs["id"]: e for e in contract.all() if "id" in e.attrs}
    links = [a for a in contract.all("a") if a.text]
    assert len(links) > 150
    for link in links:
        target = link.attrs["href"].removeprefix("#")
        assert target in ids, f"{link.text} leads nowhere: {target}"
        if found := re.fullmatch(r"[Cc]lause (\d+)(?:\.(\d+))?(?:\((\w)\))?", link.text):
            assert target == "-".join(["clause", *filter(None, found.groups())])
        elif found := re.fullmatch(
            r"[Pp]aragraph (\d+)(?:\.(\d+))?(?:\((\w)\))?(?: of Schedule (\d))?", link.text
        ):
            *numbers, schedule = found.groups()
            if schedule is None:
                home = link.parent
                while "schedule" not in home.classes:
                    home = home.parent
                schedule = home.attrs["id"].removeprefix("schedule-")
            assert target == "-".join(["schedule", schedule, *filter(None, numbers)])
        elif found := re.fullmatch(r"(Schedule|Part) (\d)", link.text):
            assert target == f"{found[1].lower()}-{found[2]}"


def test_no_reference_is_typed_without_a_link(contract):
    for element in contract.all("p", "li", "td"):
        own = "".join(c for c in element.children if isinstance(c, str))
        assert not re.search(r"\b([Cc]lause|[Pp]aragraph|Schedule|Part) \d(?!.{0,12} to that Act)", own), own


def test_the_contents_list_every_part_and_clause_under_its_own_title(contract):
    listed = [(a.attrs["href"][1:], a.text) for a in contract.all("nav")[0].all("a")]
    expected = []
    for part in contract.all("section", cls="part"):
        expected.append((part.attrs["id"], part.all("h2")[0].text))
        if "terms" in part.classes:
            expected += [(c.attrs["id"], c.all("h3")[0].text) for c in part.all("section", cls="clause")]
    assert listed == expected


def test_ids_are_unique(contract):
    ids = [e.attrs["id"] for e in contract.all() if "id" in e.attrs]
    assert len(ids) == len(set(ids))


PROPER = (
    "United Kingdom General Data Protection Regulation", "United Kingdom", "England and Wales", "England", "London",
    "Crown", "Parliament", "National Audit Office", "Information Commissioner", "Baseline Personnel Security Standard",
    "Centre for Effective Dispute Resolution", "Saturday", "Sunday", "ISO", "IEC", "KPI", "Data Protection Act",
    "Freedom of Information Act", "Environmental Information Regulations", "Procurement Act",
    "Transfer of Undertakings (Protection of Employment) Regulations", "Contracts (Rights of Third Parties) Act",
    "Late Payment of Commercial Debts (Interest) Act", "Act", "Schedule", "Part",
    "April", "March",
)  # fmt: skip


def prose(root):
    """(element, its words) of every operative sentence: clauses, items and definitions."""
    for element in root.all("p", "li"):
        if {"sub", "definition"} & set(element.classes) or (
            element.tag == "li" and "items" in element.parent.classes
        ):
            yield element, element.text


def defined_terms(root) -> list[str]:
    return [dfn.text for dfn in root.all("dfn")]


def _forms(term: str) -> str:
    plural = term[:-1] + "ies" if re.search("[^aeo]y$", term) else term + "s"
    return rf"\b(?:{re.escape(plural)}|{re.escape(term)})\b"


def test_every_defined_term_is_used_and_they_stand_in_alphabetical_order(contract):
    terms = defined_terms(contract)
    first = [p.all("dfn")[0].text for p in contract.all("p", cls="definition")]
    assert (
        first == sorted(first, key=lambda term: re.sub("[^a-z]", "", term.lower()))
        and len(terms) == len(set(terms)) > 60
    )
    texts = [(element, text) for element, text in prose(contract)]
    longer = {term: [t for t in terms if term in t and t != term] for term in terms}
    for term in terms:
        for element, text in texts:
            if any(dfn.text == term for dfn in element.all("dfn")):
                continue
            for other in sorted(longer[term], key=len, reverse=True):
                text = re.sub(_forms(other), "", text)
            if re.search(_forms(term), text):
                break
        else:
            pytest.fail(f"“{term}” is defined and never used")


def test_every_capitalised_phrase_is_a_defined_term():
    newest = {}
    for version in range(1, VERSION + 1):
        root = FOLDER / KIND / f"v{version}"
        newest |= {path.relative_to(root): path for path in sorted(root.rglob("*.html"))}
    source = "".join(
        re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"))
        for part, path in newest.items() if part.parent.name in ("clauses", "schedules")
    )  # fmt: skip
    root = Tree(source).root
    known = sorted([*defined_terms(root), *PROPER], key=len, reverse=True)
    unknown = []
    for element, text in prose(root):
        number = element.all("span", cls="no")
        text = text.removeprefix(number[0].text).strip() if number else text
        for phrase in known:
            text = re.sub(_forms(phrase), "x", text)
        text = re.sub(r"(^|[.:] )“?[A-Z]", r"\1x", text)
        text = re.sub(r"“[^”]*”", "x", text)
        unknown += [(word, text) for word in re.findall(r"\b[A-Z][a-z]+", text)]
    assert not unknown


REQUIRED = (
    "Order of precedence", "Order Form", "Definitions and interpretation", "Parties and their roles", "Term",
    "Sites and seats", "Services ordered", "Charges by phase", "Charges by financial year", "Price Bands",
    "How prices fall", "Service Credits", "Key Performance Indicators", "Milestones", "Acceptance", "Delay",
    "Invoices and payment", "Levy and Management Information", "Liability", "Data processing", "Security",
    "Business continuity", "Intellectual property", "Confidentiality", "Freedom of information and publication",
    "Records and audit", "Staff transfer", "Variations", "Ending this contract", "Exit", "Signature", "Law and courts",
    "Special Terms", "Contacts for notices and invoices", "Specifications annexed", "Signatures", "Evidence of approval", "How to check this document",
)  # fmt: skip


def test_nothing_that_a_call_off_contract_needs_is_missing(contract):
    titles = {re.sub(r"^(\d+|Part \d|Schedule \d) ", "", h.text) for h in contract.all("h2", "h3")}
    assert not [title for title in REQUIRED if title not in titles]


@pytest.mark.parametrize(
    "sentence",
    [
        "pay each Valid Invoice within 30 days of receiving it",
        "Nobody is bound by this contract until this document carries the Signatures of all three parties",
        "It is not liable for the Charges",
        "a Levy of 0.5% of the Charges",
        "It is not a deed",
        "governed by the law of England and Wales",
        "together may not exceed 10% of all recurring Charges of that month",
        "If the shares added together exceed 10%",
        "section 74 of the Procurement Act 2023",
        "section 78 of the Procurement Act 2023",
        "Prices are not indexed",
        "executed by the last of the three Signatures. When clause 2.1 has been met it is formed",
        "it formed no contract",
        "No paper on which the order was approved is part of this contract",
        "The Customer must pay VAT on them in addition, at the rate in force at the tax point of each supply",
        "at 17.5%, then 15% from 1 December 2008, then 17.5% from 1 January 2010, then 20% from 4 January 2011",
        "come to more than 10% of its original whole-life value, a further Variation may be signed only after",
        "by e-mail to the contact that the Order Form names for the party",
    ],
)
def test_the_operative_words_are_there(words, sentence):
    assert sentence in words


def test_the_instrument_does_not_call_itself_subject_to_contract(words):
    assert "subject to contract" not in words.lower()


# What the payload says is what the contract prints.


def cells(root, cls: str) -> list[list[str]]:
    return [[cell.text for cell in row.all("th", "td")] for row in root.all("table", cls=cls)[0].all("tr")]


def test_the_dius_contract_prints_the_golden_figures(contract, words):
    for figure in (
        "£186,762.60",
        "£11,252,943.00",
        "£56,264.72",
        "£740,000.00",
        "£241,000.00",
        "£10,271,943.00",
    ):
        assert figure in words
    years = {row[0]: row[1] for row in cells(contract, "years")[1:]}
    assert years["2007/08"] == "£981,000.00" and years["2012/13"] == "£1,307,338.20"
    assert {years[year] for year in ("2008/09", "2009/10", "2010/11", "2011/12")} == {"£2,241,151.20"}
    prices = {row[0]: row[-1] for row in cells(contract, "prices")[1:]}
    assert prices["CORE-01"] == "£74.88" and prices["CALL-06"] == "£109.74" and prices["CORE-17"] == "£14.11"
    assert cells(contract, "sites")[-1] == ["All Sites", "1,000"]


@pytest.mark.parametrize("payload", [dius(), sized(1), sized(40), sized(400)], ids=["dius", "1", "40", "400"])
def test_every_line_is_printed_once_with_its_price(payload):
    printed = [row for row in cells(read(payload), "lines") if len(row) == 9 and row[0].isdigit()]
    lines = payload["order"]["lines"]
    assert sorted(int(row[0]) for row in printed) == [line["number"] for line in lines]
    by_number = {int(row[0]): row for row in printed}
    for line in lines:
        row = by_number[line["number"]]
        assert row[1:4] == [line["service"], line["name"], line["site"] or "All Sites"]
        assert row[5] == f"{line['quantity']:,}" and row[8].replace(",", "") == f"£{line['total_gbp']}"


def test_lines_are_printed_in_the_order_of_their_numbers_from_1(contract):
    """Orders are numbered so when they are saved (tests/procurement/test_draft_sections.py)."""
    printed = [int(row[0]) for row in cells(contract, "lines") if len(row) == 9 and row[0].isdigit()]
    assert printed == list(range(1, 34))


def test_every_party_has_a_contact_with_post_and_e_mail(contract):
    rows = cells(contract, "contacts")
    assert rows[0] == ["Contact", "Name", "Post", "E-mail", "Telephone"]
    assert [row[0] for row in rows[1:]] == ["The Supplier", "The Customer", "The Purchasing Authority"]
    assert rows[1][1:] == ["Fujitsu Services supplier signatory", "supplier signatory", "supplier.signatory@fujitsu.example", "–"]


def test_only_what_the_supplier_may_read_is_annexed_and_ranked(contract, words):
    rows = cells(contract, "attachments")[1:]
    attached = dius_approved()["attachments"]
    assert [row[:2] for row in rows] == [
        ["Specification", file["sha256"]] for file in attached if file["kind"] == "specification"
    ]
    assert "business case" not in words.lower() and all(
        file["sha256"] not in words for file in attached if file["kind"] != "specification"
    )
    ranked = next(ol for ol in contract.all("ol", cls="items") if ol.all("li")[0].attrs["id"] == "clause-3-1-a")
    assert [item.text for item in ranked.all("li")][-2:] == [
        "(f) each Specification; and", "(g) the questions and answers annexed to this document, if any.",
    ]  # fmt: skip


def test_several_specifications_are_told_apart():
    approved = dius_approved()
    approved["attachments"] = [{"kind": "specification", "sha256": digit * 64, "length": 5} for digit in "ab"]
    assert [row[0] for row in cells(read(payload_of(approved)), "attachments")[1:]] == ["Specification 1", "Specification 2"]


def test_lines_of_one_phase_with_other_dates_stand_under_their_own_dates():
    approved = dius_approved()
    late = next(line for line in approved["lines"] if line["service"] == "CALL-06")
    late.update(starts_on="2009-04-01", months=43)
    groups = [row[0] for row in cells(read(payload_of(approved)), "lines") if len(row) == 1]
    assert "Shared Service, 1 April 2008 to 31 October 2012 (55 months)" in groups
    assert "Shared Service, 1 April 2009 to 31 October 2012 (43 months)" in groups


def test_a_graduated_line_is_printed_slice_by_slice():
    rows = cells(read(sized(40)), "slices")[1:]
    assert [row[2:5] for row in rows] == [["1", "99", "99"], ["100", "150", "51"]]
    assert sized(40)["order"]["lines"][-1]["total_gbp"] == "82572.00"


def test_a_framework_price_band_shows_the_volume_that_was_counted(contract):
    assert ["seats: volume counted in the prices above", "3,500", ""] in cells(contract, "bands")


def test_the_key_performance_indicators_are_marked(contract):
    rows = cells(contract, "levels")[1:]
    assert [row[0] for row in rows if row[-1] == "KPI"] == list(KPIS)
    assert next(row for row in rows if row[0] == "BC-S")[2:6] == [
        "pass",
        "pass with actions",
        "fail",
        "no credit",
    ]


def test_milestones_print_their_criteria_and_payments(contract):
    rows = {row[0]: row for row in cells(contract, "milestones")[1:]}
    assert len(rows) == 9 and rows["M6"][3] == "320 usersprintingtelephony"
    assert rows["M3"][4].startswith("£48,000.00: 50% of TRN-02") and rows["M6"][4].startswith(
        "£46,400.00: 320 of TRN-03"
    )
    assert "Cutover" in rows["M8"][4]


def test_the_evidence_names_every_act_and_both_clocks_where_they_differ(contract):
    rows = cells(contract, "acts")[1:]
    assert [row[0] for row in rows] == ["Submitted", *["Endorsed"] * 3, "Committed", *["Endorsed"] * 2, "Committed",
                                        "Accepted"]  # fmt: skip
    assert (
        rows[4][1]
        == "DIUS accounting officeraccounting officer, Department for Innovation, Universities and Skills"
    )
    assert rows[4][2] == "budget delegation of 21 May 2007 to 20 May 2014"
    assert rows[4][3] == "3 October 2007 at 3:42pmrecorded 2026-11-23 11:30:00 UTC"
    same = cells(read(payload_of(dius_approved(), real_at="")), "acts")[1:]
    assert same[4][3] == "3 October 2007 at 3:42pm"


def test_who_acted_for_whom_is_printed():
    payload = dius()
    payload["evidence"][1]["acting_for"] = "DIUS budget holder"
    assert "acting for DIUS budget holder" in cells(read(payload), "acts")[2][2]


def test_the_parties_sign_in_the_order_of_the_framework():
    approved = dius_approved()
    approved["framework"]["signing_order"] = ["department", "authority", "supplier"]
    root = read(payload_of(approved))
    assert [box.attrs["name"] for box in root.all("input")] == [
        "Signature_issuer", "Signature_department", "Signature_authority", "Signature_supplier"
    ]  # fmt: skip
    assert all(box.attrs["title"] for box in root.all("input"))


def test_what_the_supplier_may_not_see_is_not_printed(words):
    payload = dius()
    assert payload["order"]["budget_commitment"] not in words
    for word in ("baseline cost", "baseline per user", "saving", "ceiling", "headroom", "limit of"):
        assert word not in words.lower()


def test_another_legal_regime_leaves_no_trace_of_the_act_of_2023():
    approved = dius_approved()
    approved["framework"]["regime"] = "PCR2015"
    text = read(payload_of(approved)).text
    assert "2023" not in text and "PCR2015" in text
    assert "where the Procurement Law requires or allows it to do so" in text


def test_answers_and_options_change_the_words():
    approved = dius_approved()
    approved["staff_transfer"] = {"applies": True, "text": "Eleven people of the present supplier."}
    approved["data_protection"] = {"applies": False}
    approved["term"]["extension_months"] = 0
    approved["framework"].update(quantity_tolerance_percent="5", indexation="CPI, base October 2007")
    approved["parties"]["department"]["crown"] = False
    approved.update(special_terms=[], milestones=[], attachments=[], spend_control_reference="")
    text = read(payload_of(approved)).text
    for sentence in (
        "The parties expect the Employment Transfer Law to apply", "Eleven people of the present supplier.",
        "do not expect the Supplier to handle Personal Data", "contains no option to extend the Term",
        "by up to 5% of those", "as the Framework Agreement states: CPI, base October 2007.", "are separate bodies",
        "There are no Special Terms", "This contract has no Milestones", "No Specification is annexed",
    ):  # fmt: skip
        assert sentence in text, sentence
    assert "Spend-control reference" not in text


# What comes in is text, whatever it looks like.


def _poisoned(value, at=""):
    """The payload with markup in every text that a person or the catalogue wrote."""
    if isinstance(value, dict):
        return {key: _poisoned(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, at) for item in value]
    written = {"title", "name", "address", "identifier", "text", "heading", "measure", "criteria", "site", "unit",
               "post", "organisation", "delegation", "purchase_order", "invoice_address", "email", "telephone", "role",
               "subject_matter", "nature_and_purpose", "duration", "data_types", "data_subjects", "retention",
               "spend_control_reference", "kind"}  # fmt: skip
    if isinstance(value, str) and at in written and value not in ("percent", "pass_fail"):
        return value + '<script>alert(1)</script><b title="x">{{ settings }}'
    return value


def test_markup_in_any_text_is_printed_and_not_obeyed():
    root = read(_poisoned(dius()))
    assert not root.all("script") and not root.all("b")
    assert root.text.count("<script>alert(1)</script>") > 100 and "{{ settings }}" in root.text


def test_no_template_turns_escaping_off_or_carries_style_or_script():
    files = sorted(FOLDER.glob("*/v*/**/*.html"))
    assert len(files) > 25
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"\|\s*safe|autoescape|\bstyle=|<script|<style|\son\w+=|https?:|\|force_escape", text
        ), path


def test_the_language_of_the_reader_does_not_change_the_contract():
    english = legal_templates.html(KIND, VERSION, dius())
    with translation.override("cy"):
        assert legal_templates.html(KIND, VERSION, dius()) == english


# The same template on the contract's page.


def test_headings_fit_the_document_and_the_page():
    for root, first in ((read(dius()), 1), (read_page(dius()), 2)):
        levels = [int(h.tag[1]) for h in root.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels[0] == first and levels.count(1) == (1 if first == 1 else 0)
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_the_page_has_the_same_text_and_no_boxes_to_tick():
    page = read_page(dius())
    assert not page.all("input")
    clauses = [p.text for p in page.all("p", cls="sub")]
    assert clauses == [p.text for p in read(dius()).all("p", cls="sub")] and len(clauses) > 150


def test_tables_are_readable_by_ear():
    for table in read(sized(40)).all("table"):
        named = table.attrs.get("aria-label") or table.attrs.get("aria-labelledby")
        region = table.parent
        assert named or "between" in table.classes or region.attrs["tabindex"] == "0"
        assert all(th.attrs.get("scope") in ("col", "row", "rowgroup") for th in table.all("th"))
        if "grid" in table.classes:
            assert table.all("thead") and region.attrs["role"] == "region"


FROZEN = {
    1: "3ddd34bf8080ca04f75a887e6206ef1b7e5f0700c2b4926b4176cdb43db02e89",
    2: "c07dfaca1c6aa9b11d0f2bd8c55298dad6ab3097dc5750bbf4d38664c7ae65ca",
    3: "50d76831ad2344ff2cb7521461b6a53d6e51b4adba22f5caaaa2014f85ee3d25",
    4: "e30a13b74c735541650a557b3bdfc3251d7ca923ff9d5b0854a40cdb8bb346ff",
}


@pytest.mark.parametrize("version", FROZEN)
def test_a_version_is_frozen(version):
    """Signed contracts were made from these files. To change a word, make the next version beside them, with the parts
    that differ, and leave these alone."""
    assert legal_templates.template_fingerprint(KIND, version) == FROZEN[version]


# sha256 over page and style sheet of the DIUS order as its payload was when these versions were made
PRINTED = {
    1: "3028d7b6bb902e34ea8d4d8fc665f7ab329a717a818c5a128cb9ab3c438415ad",
    2: "4f9dc0c2e75a8d20cc3746f01231e33a6b191e821c50ed16e046d4ffe4b54d58",
}


def payload_before_version_3():
    """Without the VAT rates; ``contract`` had a second name for the acceptance; one contact, without a post."""
    approved = dius_approved()
    del approved["vat_rates"]
    payload = payload_of(approved)
    contract = payload["order"]["contract"]
    del contract["schema"]
    contract["formed_at"] = contract["accepted_at"]
    payload["particulars"]["contacts"] = [
        {"role": "For the Customer", "name": "DIUS contract manager", "email": "contract.manager@dius.example",
         "telephone": "020 7946 0123"}
    ]  # fmt: skip
    return payload


@pytest.mark.parametrize("version", PRINTED)
def test_an_older_version_prints_what_it_printed(version):
    """Its files are frozen; the filters and the parts that they share with later versions are held by this."""
    printed = legal_templates.html(KIND, version, payload_before_version_3()) + legal_templates.sheet(KIND, version)
    assert sha256(printed.encode()).hexdigest() == PRINTED[version]
