"""A lint for PDF/A-3a and PDF/UA-1, with pikepdf and fontTools alone: the parts of both standards that a renderer, a
finisher or a signature can break. ``problems(pdf)`` says in words what is wrong; an empty list is a pass."""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

import pikepdf
from fontTools.cffLib import CFFFontSet
from fontTools.ttLib import TTFont
from pikepdf import Dictionary, Name

XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "ns": "http://www.aiim.org/pdfa/ns/schema#",
    "dc": "http://purl.org/dc/elements/1.1/",
}
FORBIDDEN_KEYS = ("/JS", "/JavaScript", "/OpenAction", "/AA", "/XFA", "/NeedAppearances", "/Encrypt")
PRINT, HIDDEN, INVISIBLE, NO_VIEW = 4, 2, 1, 32


def problems(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        checks = (_header(pdf), _metadata(opened), _catalog(opened), _objects(opened), _fonts(opened),
                  _widgets(opened), _attachments(opened), _structure(opened))  # fmt: skip
        return [problem for check in checks for problem in check]


def _header(pdf: bytes) -> Iterator[str]:
    first, second = pdf.split(b"\n", 2)[:2]
    if not re.fullmatch(rb"%PDF-1\.[4-7]", first.strip()):
        yield f"the header is {first!r}"
    if not (second.startswith(b"%") and len([b for b in second[1:] if b > 127]) >= 4):
        yield "no binary comment follows the header"


def _metadata(pdf: pikepdf.Pdf) -> Iterator[str]:
    stream = pdf.Root.get("/Metadata")
    if stream is None:
        yield "there is no XMP metadata"
        return
    if "/Filter" in stream:
        yield "the XMP metadata is compressed"
    raw = stream.read_bytes()
    start = re.search(rb"<(x:xmpmeta|rdf:RDF)", raw).start()
    root = ET.fromstring(raw[start : raw.rindex(b">") + 1].split(b"<?xpacket end")[0])
    if sum(1 for node in root.iter() if node.tag == f"{{{XMP['rdf']}}}RDF") != 1:
        yield "XMP does not have exactly one rdf:RDF"

    def value(prefix: str, name: str) -> str:
        tag = f"{{{XMP[prefix]}}}{name}"
        found = [node.attrib[tag] for node in root.iter() if tag in node.attrib]
        found += [(node.text or "") for node in root.iter() if node.tag == tag]
        return found[0] if len(found) == 1 else f"{found}"

    for (prefix, name), wanted in {
        ("pdfaid", "part"): "3", ("pdfaid", "conformance"): "A", ("pdfuaid", "part"): "1",
    }.items():  # fmt: skip
        if value(prefix, name) != wanted:
            yield f"XMP {prefix}:{name} is {value(prefix, name)}, not {wanted}"
    described = [
        node.text or node.get(f"{{{XMP['rdf']}}}resource")  # XMP writes an address either way
        for node in root.iter()
        if node.tag == f"{{{XMP['ns']}}}namespaceURI"
    ]
    if XMP["pdfuaid"] not in described:
        yield "XMP uses pdfuaid without its extension schema"
    if not any(node.tag == f"{{{XMP['dc']}}}title" for node in root.iter()):
        yield "XMP has no title"


def _catalog(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    if "/ID" not in pdf.trailer:
        yield "the trailer has no ID"
    intents = [i for i in root.get("/OutputIntents", []) if i.get("/S") == Name.GTS_PDFA1]
    if len(intents) != 1 or "/DestOutputProfile" not in intents[0]:
        yield "no output intent with a colour profile"
    if not str(root.get("/Lang", "")):
        yield "the document has no language"
    if not bool(root.get("/MarkInfo", Dictionary()).get("/Marked", False)):
        yield "the document is not marked as tagged"
    if "/StructTreeRoot" not in root:
        yield "there is no structure tree"
    if not bool(root.get("/ViewerPreferences", Dictionary()).get("/DisplayDocTitle", False)):
        yield "the title is not what a viewer shows"
    for number, page in enumerate(pdf.pages, 1):
        if "/Annots" in page.obj and page.obj.get("/Tabs") != Name.S:
            yield f"page {number}: tab order does not follow the structure"


def _objects(pdf: pikepdf.Pdf) -> Iterator[str]:
    for number, item in enumerate(pdf.objects):
        if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for key in FORBIDDEN_KEYS:
            if key in item:
                yield f"object {number} has {key}"
        if item.get("/S") in (Name.JavaScript, Name.Launch, Name.SubmitForm, Name.ImportData):
            yield f"object {number} is an action {item['/S']}"
        if isinstance(item, pikepdf.Stream):
            if "/F" in item:
                yield f"stream {number} is outside the file"
            if "/LZWDecode" in str(item.get("/Filter", "")):
                yield f"stream {number} uses LZW"


def _fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    seen = 0
    for item in pdf.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != Name.Font:
            continue
        if item.get("/Subtype") == Name.Type0:
            seen += 1
            if "/ToUnicode" not in item:
                yield f"{item.BaseFont}: no ToUnicode"
            yield from _widths(item.DescendantFonts[0])
        elif item.get("/Subtype") not in (Name.CIDFontType0, Name.CIDFontType2):
            yield f"{item.get('/BaseFont')}: a {item.get('/Subtype')} font, not known to this lint"
    if not seen:
        yield "no font was found"


def _widths(font: pikepdf.Dictionary) -> Iterator[str]:
    """The font is embedded, and the widths the file states are the font's own (within one unit in a thousand)."""
    descriptor = font.get("/FontDescriptor", Dictionary())
    program = descriptor.get("/FontFile2", descriptor.get("/FontFile3"))
    if program is None:
        yield f"{font.BaseFont}: not embedded"
        return
    own = _advances(program.read_bytes())
    stated = list(font.get("/W", []))
    while stated:
        first, second = int(stated[0]), stated[1]
        if isinstance(second, pikepdf.Array):
            pairs, stated = [(first + i, float(w)) for i, w in enumerate(second)], stated[2:]
        else:
            pairs, stated = [(cid, float(stated[2])) for cid in range(first, int(second) + 1)], stated[3:]
        for cid, width in pairs:
            if cid in own and abs(own[cid] - width) > 1:
                yield f"{font.BaseFont}: glyph {cid} is stated {width} wide, it is {own[cid]:.1f}"
            elif cid not in own:
                yield f"{font.BaseFont}: glyph {cid} is not in the embedded program"


def _advances(program: bytes) -> dict[int, float]:
    """glyph number -> advance in thousandths of an em."""
    if program[:4] in (b"OTTO", b"\0\1\0\0", b"true"):
        font = TTFont(io.BytesIO(program))
        scale = 1000 / font["head"].unitsPerEm
        return {i: font["hmtx"][name][0] * scale for i, name in enumerate(font.getGlyphOrder())}
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(program), None)
    top = fonts[0]
    out = {}
    for i, name in enumerate(top.charset):
        shape = top.CharStrings[name]
        shape.decompile()
        private = shape.private
        shape.calcBounds(None)
        out[i] = getattr(shape, "width", private.defaultWidthX)
    return out


def widgets(pdf: pikepdf.Pdf) -> list[tuple[int, pikepdf.Dictionary]]:
    """(page number from 1, annotation) of every form field's place."""
    return [
        (number, annotation)
        for number, page in enumerate(pdf.pages, 1)
        for annotation in page.obj.get("/Annots", [])
        if annotation.get("/Subtype") == Name.Widget
    ]


def _widgets(pdf: pikepdf.Pdf) -> Iterator[str]:
    parents = _number_tree(pdf.Root.StructTreeRoot.ParentTree)
    for _page, widget in widgets(pdf):
        name = str(widget.get("/T", "?"))
        flags = int(widget.get("/F", 0))
        if not flags & PRINT or flags & (HIDDEN | INVISIBLE | NO_VIEW):
            yield f"{name}: flags {flags} hide it or keep it from print"
        x1, y1, x2, y2 = (float(n) for n in widget.Rect)
        if x1 == x2 or y1 == y2:
            continue  # not seen, so not read: the archive timestamp
        if "/N" not in widget.get("/AP", Dictionary()):
            yield f"{name}: no appearance"
        if not str(widget.get("/TU", "")):
            yield f"{name}: no words for a screen reader"
        element = parents.get(int(widget.get("/StructParent", -1)))
        if element is None or element.get("/S") != Name.Form:
            yield f"{name}: not in a Form tag"


def _number_tree(node: pikepdf.Dictionary) -> dict[int, pikepdf.Object]:
    numbers = node.get("/Nums", [])
    found = {int(numbers[i]): numbers[i + 1] for i in range(0, len(numbers), 2)}
    for child in node.get("/Kids", []):
        found |= _number_tree(child)
    return found


def _attachments(pdf: pikepdf.Pdf) -> Iterator[str]:
    associated = [spec.objgen for spec in pdf.Root.get("/AF", [])]
    if len(associated) != len(set(associated)):
        yield "an attachment is associated twice"
    for name, spec in pdf.attachments.items():
        if spec.obj.objgen not in associated:
            yield f"{name} is attached but not associated"
        if spec.obj.get("/AFRelationship") is None:
            yield f"{name} does not say how it belongs"
        embedded = spec.obj.EF.get("/UF", spec.obj.EF.get("/F"))
        if "/Subtype" not in embedded:
            yield f"{name} does not say what type it is"
        if not {"/F", "/UF"} <= set(spec.obj.keys()):
            yield f"{name} lacks one of its two names"
        if "/ModDate" not in embedded.get("/Params", Dictionary()):
            yield f"{name} does not say when it was made"


def _structure(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Headings in order, one first-level heading, cells tied to their headings, pictures with words."""
    headings, named, referred = [], set(), set()
    tree = pdf.Root.StructTreeRoot
    for element in _elements(tree):
        kind = str(element.get("/S", ""))
        if re.fullmatch(r"/H[1-6]", kind):
            headings.append(int(kind[2:]))
        elif kind == "/TH" and "/ID" in element:
            named.add(bytes(element.ID))
        elif kind == "/TH" and "/Scope" not in element.get("/A", Dictionary()):
            yield "a table heading has neither a scope nor a name that cells could refer to"
        elif kind == "/TD":
            referred |= {bytes(name) for name in element.get("/A", Dictionary()).get("/Headers", [])}
        elif kind == "/Figure" and "/Alt" not in element:
            yield "a picture has no words"
    if named and "/IDTree" not in tree:
        yield "table headings have names, but there is no tree of names"
    if referred - named:
        yield f"cells refer to {len(referred - named)} headings that do not exist"
    if headings.count(1) != 1 or headings[0] != 1:
        yield f"the headings begin {headings[:5]}, with {headings.count(1)} of the first level"
    for before, after in pairwise(headings):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def _elements(element: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """Depth first, in reading order."""
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid)
