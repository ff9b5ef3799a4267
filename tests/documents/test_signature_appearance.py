"""What is seen in a signature's box: every line that was asked for, on the one page that goes into it."""

import io

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from weasyprint import HTML

from documents import signing

ACT = [
    "Department for Innovation, Universities and Skills",
    "Signed by DIUS signatory, signatory",
    "Authority: signature delegation of 21 May 2007 to 20 May 2014",
    "Business moment: 2007-10-10 09:00:00 UTC",
    "Real moment: 2026-11-23 12:07:45 UTC",
    "Shown sha256: 773a0ef2bf6ebe0b3d036e5192e964d9",
    "74e2db5d63b77c1b390a431cfeb26aab",
]
LONG = [ACT[0] * 2, "Signed by " + "n" * 120 + " for " + "p" * 120 + ", accounting officer", *ACT[2:]]


MM = 72 / 25.4
BOXES = {"contract": (94 * MM, 38 * MM), "cover": (94 * MM, 30 * MM), "before": (86 * MM, 26 * MM)}


def lines_shown(monkeypatch, lines, box):
    """The text boxes of the layout that was chosen, and the file."""
    laid_out = []
    render = HTML.render

    def remember(self, *args, **kwargs):
        laid_out.append(render(self, *args, **kwargs))
        return laid_out[-1]

    monkeypatch.setattr(HTML, "render", remember)
    pdf = signing.appearance(lines, box)
    boxes = [box for box in laid_out[-1].pages[0]._page_box.descendants() if hasattr(box, "text")]
    return boxes, pdf


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("lines", [ACT, LONG], ids=["an act", "long names"])
def test_every_line_of_the_act_is_seen_inside_the_box(monkeypatch, lines, box):
    boxes, pdf = lines_shown(monkeypatch, lines, box)
    shown = "".join(box.text for box in boxes)
    for line in lines:
        assert line.replace(" ", "") in shown.replace(" ", "")
    width, height = (points * 96 / 72 for points in box)
    assert all(box.position_x + box.width <= width and box.position_y + box.height <= height for box in boxes)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
        assert [float(n) for n in opened.pages[0].MediaBox[2:]] == pytest.approx(list(box), abs=0.1)


@pytest.mark.parametrize("place", ["contract", "cover"])
def test_an_act_is_read_in_no_less_than_8_points(monkeypatch, place):
    acting = [ACT[0], "Signed by DIUS deputy signatory for DIUS signatory, signatory", *ACT[2:]]
    for lines in (ACT, acting):
        boxes, _pdf = lines_shown(monkeypatch, lines, BOXES[place])
        assert min(box.style["font_size"] for box in boxes) >= 8 * 96 / 72


def test_the_box_is_the_one_that_was_drawn(made):
    reader = PdfFileReader(io.BytesIO(made.files[0]))
    assert signing._box(reader, signing.ISSUER_FIELD) == pytest.approx(BOXES["cover"], abs=0.1)
    assert all(signing._box(reader, field) == pytest.approx(BOXES["contract"], abs=0.1) for field in made.parties)
    with pytest.raises(signing.SigningFailed, match="no box Signature_stranger"):
        signing._box(reader, "Signature_stranger")


def test_words_that_can_not_be_shown_are_not_signed():
    with pytest.raises(signing.SigningFailed):
        signing.appearance([*ACT, "word " * 900], BOXES["contract"])
