"""One payload, one file: the same bytes everywhere, to both standards, closed to everything outside."""

import hashlib
import io
import mmap
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Name

from documents import canonical, legal_templates, rendering
from documents.kinds import KINDS
from documents.rendering import RenderFailed
from tests.documents import conformance
from tests.documents.conftest import KIND, VERSION, render_dius
from tests.documents.contract_payload import sized

ROOT = Path(__file__).resolve().parents[2]
AGAIN = """
import django; django.setup()
from tests.documents.conftest import render_dius
print("sha256", render_dius().sha256)
"""
POINTS = 72 / 25.4
MOMENT = datetime(2007, 10, 1, tzinfo=UTC)
SIZES = (1, 40, 400)  # lines of an order


@pytest.fixture(scope="module")
def orders():
    """Lines -> the file of an order of so many."""
    files = {}
    for lines in SIZES:
        payload = sized(lines)
        files[lines] = rendering.render(KIND, VERSION, payload, canonical.dumps(payload["order"])).pdf
    return files


@pytest.mark.parametrize(
    "world",
    [{"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu"}, {"PYTHONHASHSEED": "4711", "TZ": "America/Lima"}],
)
def test_the_same_payload_gives_the_same_bytes_in_another_process(made, world):
    environment = os.environ | world | {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(
        [sys.executable, "-c", AGAIN], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert shown.split()[-1] == hashlib.sha256(made.files[0]).hexdigest()


def test_the_clock_of_the_machine_leaves_no_mark(made):
    stamps = set()
    with pikepdf.open(io.BytesIO(made.files[0])) as pdf:
        stamps |= {str(value) for key, value in pdf.docinfo.items() if key.endswith("Date")}
        spec = pdf.attachments["order.json"].obj
        stamps |= {str(spec.EF.F.Params[key]) for key in ("/CreationDate", "/ModDate")}
    business = made.payload["issued"]["business_at"]
    real = made.payload["issued"]["real_at"]
    known = {text.translate(str.maketrans("", "", "-:TZ")) for text in (business, real)}
    assert {stamp.removeprefix("D:")[:14] for stamp in stamps} <= known


@pytest.mark.parametrize("lines", SIZES)
def test_the_file_follows_both_standards(orders, lines):
    assert conformance.problems(orders[lines]) == []


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 5])
def test_every_signature_leaves_the_file_to_both_standards(made, step):
    assert conformance.problems(made.files[step]) == []


def test_the_lint_sees_what_it_is_for(made):
    """A check that cannot fail proves nothing."""

    def spoiled(change) -> list[str]:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(made.files[0])) as pdf:
            change(pdf)
            pdf.save(out)
        return conformance.problems(out.getvalue())

    def without(key):
        return lambda pdf: pdf.Root.__delitem__(key)

    def narrow(pdf):
        font = next(o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/DescendantFonts" in o)
        font.DescendantFonts[0].W[1][0] = 1

    def out_of_the_tags(pdf):
        conformance.widgets(pdf)[0][1].StructParent = 999_999

    def script(pdf):
        pdf.Root.OpenAction = pikepdf.Dictionary(S=Name.JavaScript, JS="app.alert(1)")

    for change in (without("/Lang"), without("/MarkInfo"), without("/OutputIntents"), without("/Metadata"),
                   without("/AF"), narrow, out_of_the_tags, script):  # fmt: skip
        assert spoiled(change)


@pytest.mark.parametrize("lines", SIZES)
def test_each_signature_field_is_the_box_that_was_drawn(orders, lines):
    """94 by 38 mm (the issuer's 30) inside the page's margins, the issuer's on the first page, the three parties' together."""
    with pikepdf.open(io.BytesIO(orders[lines])) as pdf:
        fields = {
            str(widget.T): (page, [float(n) for n in widget.Rect])
            for page, widget in conformance.widgets(pdf)
        }
        assert all(
            str(widget.FT) == "/Sig" and "/V" not in widget for _page, widget in conformance.widgets(pdf)
        )
        assert len(pdf.Root.AcroForm.Fields) == 4
        width, height = (float(n) for n in pdf.pages[0].MediaBox[2:])
    assert set(fields) == {
        "Signature_issuer",
        "Signature_supplier",
        "Signature_department",
        "Signature_authority",
    }
    for name, (_page, (left, bottom, right, top)) in fields.items():
        assert (right - left, top - bottom) == (
            pytest.approx(94 * POINTS, abs=0.1),
            pytest.approx((30 if name == "Signature_issuer" else 38) * POINTS, abs=0.1),
        )
        assert left >= 15 * POINTS and right <= width - 15 * POINTS
        assert bottom >= 20 * POINTS and top <= height - 15 * POINTS
    parties = [fields[name] for name in fields if name != "Signature_issuer"]
    assert fields["Signature_issuer"][0] == 1 and len({page for page, _box in parties}) == 1
    tops = sorted((box[3], box[1]) for _page, box in parties)
    assert all(above[1] >= below[0] for below, above in pairwise(tops)), "boxes overlap"


def test_the_order_inside_is_the_order_of_the_payload_and_its_source(made):
    with pikepdf.open(io.BytesIO(made.files[-1])) as pdf:
        spec = pdf.attachments["order.json"]
        assert spec.get_file().read_bytes() == made.order_json == canonical.dumps(made.payload["order"])
        assert spec.obj.AFRelationship == Name.Source
        assert len(pdf.attachments) == len(pdf.Root.AF) == 1


def test_the_totals_in_the_text_are_the_totals_of_the_order(made, tmp_path):
    path = tmp_path / "contract.pdf"
    path.write_bytes(made.files[-1])
    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    totals = made.payload["order"]["totals"]
    assert totals["whole_life_gbp"] == "11252943.00"
    for name in ("monthly_gbp", "whole_life_gbp", "one_off_gbp", "levy_gbp"):
        assert f"£{float(totals[name]):,.2f}" in text, name


def lay_out(body: str, css: str = ""):
    box = "<input type=checkbox name=Signature_issuer title=Seal style='appearance:auto;width:86mm;height:26mm'>"
    source = f"<html lang=en><title>Specimen</title><body><h1>Specimen</h1>{body}{box}</body></html>"
    return rendering.lay_out(source, rendering.font_css() + css, (KINDS["call_off_contract"], b"{}"), MOMENT)


def test_what_is_read_belongs_to_an_element_with_a_meaning(made):
    """No wrapper of the layout's is left in the tree, and every piece of text is owned by the element that lists it."""
    with pikepdf.open(io.BytesIO(made.files[0])) as pdf:
        root = pdf.Root.StructTreeRoot
        listed, waiting, seen = {}, [root], 0
        while waiting:
            element = waiting.pop()
            kids = element.get("/K", [])
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                if isinstance(kid, int):
                    listed[element.Pg.objgen, kid] = element.objgen
                elif kid.get("/Type") == Name.MCR:
                    listed[kid.Pg.objgen, int(kid.MCID)] = element.objgen
                elif "/S" in kid:
                    assert str(kid.S) not in rendering.WRAPPERS, kid.S
                    assert kid.P.objgen == element.objgen
                    waiting.append(kid)
                    seen += 1
        owners = dict(zip(list(root.ParentTree.Nums)[::2], list(root.ParentTree.Nums)[1::2], strict=True))
        for page in pdf.pages:
            for number, owner in enumerate(owners[page.StructParents]):
                at_the_edge = (page.objgen, number) not in listed
                assert owner.objgen == listed.pop((page.objgen, number), owner.objgen)
                assert not at_the_edge or str(owner.S) in rendering.WRAPPERS, "only what runs from page to page is in no element"
    assert not listed
    assert seen > 1000


@pytest.mark.parametrize(
    "outside",
    ["<img src='file:///etc/passwd' alt=x>", "<link rel=attachment href='file:///etc/passwd'>",
     "<img src='http://127.0.0.1:9/x.png' alt=x>", "<link rel=stylesheet href='http://127.0.0.1:9/x.css'>",
     "<object data='file:///etc/hostname'></object>", "<img src='asset:../../etc/passwd' alt=x>"],
)  # fmt: skip
def test_a_document_reads_nothing_from_outside(outside):
    secret = Path("/etc/passwd").read_bytes()[:40]
    try:
        pdf, _pages, _fields = lay_out(outside)
    except BaseException as refused:  # noqa: BLE001 - the library's refusal is not an Exception
        assert type(refused).__name__ in {"FatalURLFetchingError", "URLFetchingError", "ValueError"}
        return
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert set(opened.attachments) == {"order.json"}
        streams = [
            o.read_bytes()
            for o in opened.objects
            if isinstance(o, pikepdf.Stream) and "/DCTDecode" not in str(o.get("/Filter"))
        ]
    assert not any(secret in stream for stream in streams)


def test_text_of_the_order_is_never_markup(made):
    payload = {**made.payload, "order": {**made.payload["order"]}}
    payload["order"]["call_off"] = {
        **payload["order"]["call_off"],
        "title": "<script>x</script><h1>no & never</h1>",
    }
    shown = legal_templates.html(KIND, VERSION, payload)
    assert "<script>" not in shown and "&lt;h1&gt;no &amp; never" in shown
    assert "<script>" not in legal_templates.html_pages(KIND, VERSION, payload)


def test_a_layout_with_other_boxes_than_its_signatories_is_refused(made, monkeypatch):
    source = legal_templates.html(KIND, VERSION, made.payload)
    spoiled = source.replace('name="Signature_department"', 'name="Signature_stranger"')
    assert spoiled != source
    monkeypatch.setattr(legal_templates, "html", lambda *_: spoiled)
    with pytest.raises(RenderFailed, match="Signature_stranger"):
        rendering.render(KIND, VERSION, made.payload, made.order_json)


def test_what_takes_too_long_is_stopped_and_leaves_no_process(monkeypatch):
    children = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: children.append(fork()) or children[-1])
    monkeypatch.setattr(rendering, "WALL_SECONDS", 1.5)
    began = time.monotonic()
    with pytest.raises(RenderFailed, match="stopped at its limits"):
        rendering._in_a_child("<p>line</p>" * 60_000, rendering.font_css(), b"{}", MOMENT)
    assert time.monotonic() - began < 6
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)


def test_what_its_process_has_taken_before_is_not_counted():
    """The address space of a long life, more than a layout may take."""
    with mmap.mmap(-1, rendering.MEMORY_BYTES + 1024**3):
        assert render_dius().pages > 20


def test_what_takes_too_much_memory_is_stopped(monkeypatch):
    monkeypatch.setattr(rendering, "MEMORY_BYTES", 150 * 1024**2)
    with pytest.raises(RenderFailed, match="MemoryError|stopped at its limits"):
        rendering._in_a_child("<p>line</p>" * 60_000, rendering.font_css(), b"{}", MOMENT)
