"""What is seen in a signature's box: every line that was asked for, on the one page that goes into it."""

import io

import pikepdf
import pytest
from weasyprint import HTML

from documents import signing

ACT = [
    "Department for Innovation, Universities and Skills",
    "Signed by DIUS signatory, signatory",
    "Authority: signature delegation of 21 May 2007 to 20 May 2014",
    "Business moment: 2007-10-10 09:00:00 UTC",
    "Real moment: 2026-11-23 12:07:45 UTC",
    "Shown sha256: 773a0ef2bf6ebe0b3d036e5192e964d974e2db5d",
    "63b77c1b390a431cfeb26aab",
]
LONG = [ACT[0] * 2, "Signed by " + "n" * 120 + " for " + "p" * 120 + ", accounting officer", *ACT[2:]]


def lines_shown(monkeypatch, lines):
    """The text boxes of the layout that was chosen, and the file."""
    laid_out = []
    render = HTML.render

    def remember(self, *args, **kwargs):
        laid_out.append(render(self, *args, **kwargs))
        return laid_out[-1]

    monkeypatch.setattr(HTML, "render", remember)
    pdf = signing.appearance(lines)
    boxes = [box for box in laid_out[-1].pages[0]._page_box.descendants() if hasattr(box, "text")]
    return boxes, pdf


@pytest.mark.parametrize("lines", [ACT, LONG], ids=["an act", "long names"])
def test_every_line_of_the_act_is_seen_inside_the_box(monkeypatch, lines):
    boxes, pdf = lines_shown(monkeypatch, lines)
    shown = "".join(box.text for box in boxes)
    for line in lines:
        assert line.replace(" ", "") in shown.replace(" ", "")
    width, height = (points * 96 / 72 for points in signing.BOX)
    assert all(box.position_x + box.width <= width and box.position_y + box.height <= height for box in boxes)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == 1
        assert [float(n) for n in opened.pages[0].MediaBox[2:]] == pytest.approx(list(signing.BOX), abs=0.1)


def test_words_that_can_not_be_shown_are_not_signed():
    with pytest.raises(signing.SigningFailed):
        signing.appearance([*ACT, "word " * 900])
