"""The call-off contract on paper: WeasyPrint's own boxes, measured in millimetres, for small and large orders."""

from dataclasses import dataclass
from functools import cache

import pytest
from weasyprint import CSS, HTML
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration

from documents import legal_templates, rendering
from tests.documents.contract_payload import dius, dius_approved, payload_of, sized

KIND, VERSION = "call_off_contract", 4
MM = 96 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 16, 210 - 16, 25, 297 - 24  # the lines table reaches 4 mm into both margins


@dataclass
class Placed:
    """A box and the elements around it, outermost first."""

    box: object
    around: tuple

    @property
    def tags(self):
        return [element.tag for element in self.around]

    @property
    def element(self):
        return self.around[-1] if self.around else None

    def is_a(self, tag):
        return self.element is not None and self.element.tag == tag

    def inside(self, tag=None, cls=None):
        return any(
            (tag is None or e.tag == tag) and (cls is None or cls in (e.get("class") or "").split())
            for e in self.around
        )


def walk(box, around=()):
    if isinstance(box, boxes.MarginBox):
        return
    if box.element is not None and (not around or around[-1] is not box.element):
        around = (*around, box.element)
    yield Placed(box, around)
    for child in getattr(box, "children", ()):
        yield from walk(child, around)


def lay_out(payload):
    """One list of placed boxes a page."""
    css = legal_templates.sheet(KIND, VERSION)
    fonts, fetcher = FontConfiguration(), rendering.ClosedFetcher()
    sheet = CSS(string=rendering.font_css() + css, url_fetcher=fetcher, font_config=fonts)
    document = HTML(
        string=legal_templates.html(KIND, VERSION, payload), base_url="about:blank", url_fetcher=fetcher
    ).render(font_config=fonts, stylesheets=[sheet], pdf_forms=True)
    return [list(walk(page._page_box)) for page in document.pages]


def long_words():
    """Names, terms and codes with no place to break, as long as the forms let them be."""
    approved = dius_approved()
    word = "Donaudampfschiffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    approved["call_off"]["title"] = word[:120]
    for party in approved["parties"].values():
        party.update(name=word[:100], identifier=word[:40], address=word)
    approved["sites"][0]["name"] = approved["lines"][3]["site"] = word[:80]
    approved["lines"][4]["name"] = approved["milestones"][0]["title"] = word[:100]
    approved["milestones"][0]["criteria"] = [word]
    approved["special_terms"] = [{"number": 1, "heading": word[:120], "text": word * 9}]
    approved["data_protection"]["subject_matter"] = word * 3
    payload = payload_of(approved)
    payload["evidence"][0].update(name=word[:100], acting_for=word[:100])
    payload["particulars"]["contacts"][0].update(name=word[:100], email=f"{word[:100]}@example.org")
    return payload


ORDERS = {
    "dius": dius,
    "one line": lambda: sized(1),
    "40 lines": lambda: sized(40),
    "400 lines": lambda: sized(400),
    "long words": long_words,
}


@cache
def pages_of(name):
    return lay_out(ORDERS[name]())


@pytest.fixture(params=list(ORDERS))
def pages(request):
    return pages_of(request.param)


def texts(page):
    return [p for p in page if isinstance(p.box, boxes.TextBox) and p.box.text.strip()]


def test_no_text_leaves_the_page(pages):
    for number, page in enumerate(pages, 1):
        for placed in texts(page):
            box = placed.box
            assert box.position_x >= LEFT * MM and box.position_x + box.width <= RIGHT * MM, (
                number,
                box.text,
            )
            assert box.position_y >= (TOP - 1) * MM and box.position_y + box.height <= BOTTOM * MM + 1, (
                number,
                box.text,
            )


def test_no_text_of_a_cell_runs_into_the_next_cell(pages):
    for number, page in enumerate(pages, 1):
        for cell in page:
            if not isinstance(cell.box, boxes.TableCellBox):
                continue
            for inner in texts(walk(cell.box)):
                right = inner.box.position_x + inner.box.width
                assert right <= cell.box.position_x + cell.box.border_width() + 0.5, (number, inner.box.text)


def test_no_heading_is_left_at_the_foot_of_a_page(pages):
    for number, page in enumerate(pages, 1):
        last = max(texts(page), key=lambda placed: placed.box.position_y, default=None)
        assert last is not None, f"page {number} is empty"
        assert not {"h1", "h2", "h3"} & set(last.tags) and not last.inside("tr", "group"), (
            number,
            last.box.text,
        )


def test_every_part_begins_on_a_page_of_its_own(pages):
    for page in pages[1:]:
        tops = {
            id(p.element): p.box for p in reversed(page) if p.is_a("h2") and isinstance(p.box, boxes.BlockBox)
        }
        assert len(tops) <= 1 and all(box.position_y < (TOP + 1) * MM for box in tops.values())


def test_the_head_of_the_lines_is_repeated_on_every_page_they_reach():
    reached = [page for page in pages_of("400 lines") if any(p.inside("table", "lines") for p in page)]
    assert len(reached) > 8
    for page in reached:
        heads = [p.box.text for p in texts(page) if p.inside("table", "lines") and p.inside("thead")]
        assert heads[:3] == ["Line", "Code", "Service"]


def fields(page):
    return {p.element.get("name"): p for p in page if p.is_a("input")}


def test_each_signature_box_is_whole_and_beside_the_name_of_its_party(pages):
    found = {name: (number, p) for number, page in enumerate(pages) for name, p in fields(page).items()}
    assert set(found) == {
        "Signature_issuer",
        "Signature_supplier",
        "Signature_department",
        "Signature_authority",
    }
    assert found["Signature_issuer"][0] == 0
    signing = {number for name, (number, _p) in found.items() if name != "Signature_issuer"}
    assert len(signing) == 1, "the three parties sign on one page"
    for name, (number, placed) in found.items():
        box = placed.box
        frame = next(
            p.box
            for p in pages[number]
            if p.element is placed.around[-2] and isinstance(p.box, boxes.BlockBox)
        )
        assert (round(box.width / MM), round(box.height / MM)) == (94, 30 if name == "Signature_issuer" else 38)
        assert frame.position_x <= box.position_x and frame.position_y <= box.position_y
        assert box.position_y + box.height <= frame.position_y + frame.border_height() + 0.01
        if name != "Signature_issuer":
            party = next(e for e in placed.around if e.get("class") == "party")
            own = [p for p in texts(pages[number]) if party in p.around]
            assert len(own) >= 4 and all(p.box.position_x + p.box.width <= box.position_x for p in own)


def test_the_contents_give_the_page_on_which_each_part_begins(pages):
    given = {}
    for page in pages[1:3]:
        for placed in texts(page):
            if placed.inside("nav") and placed.box.element_tag == "a::after":
                given[placed.element.get("href")[1:]] = int(placed.box.text)
    begins = {}
    for number, page in enumerate(pages, 1):
        for placed in page:
            begins.setdefault(None if placed.element is None else placed.element.get("id"), number)
    assert len(given) == 49 and all(begins[target] == number for target, number in given.items())


def test_the_order_form_of_an_ordinary_order_takes_at_most_three_pages():
    form = [
        n for n, page in enumerate(pages_of("dius")) if any(p.inside("section", "order-form") for p in page)
    ]
    assert len(form) <= 3
