"""From a frozen payload to one file that is PDF/A-3a and PDF/UA-1, the same bytes every time.

The template is rendered here; the layout runs in a child process under limits of processor time, memory and clock,
with a closed fetcher: nothing but our own fonts is ever read, and what goes in is text.
"""

import gc
import io
import json
import os
import resource
import signal
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import pikepdf
import pydyf
import weasyprint
from weasyprint import CSS, HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents import legal_templates, typeface
from documents.kinds import KINDS, Kind

CPU_SECONDS, WALL_SECONDS, MEMORY_BYTES = 75, 90, 3 * 1024**3  # the worker itself is stopped at 100 s
ASSET = "asset:"
SMALLEST_BOX = (40, 20)  # points: a signature's appearance must be readable


class RenderFailed(RuntimeError):
    """The document could not be laid out; the words say why. Nothing was made."""


@dataclass(frozen=True)
class Rendered:
    pdf: bytes
    sha256: str
    pages: int
    fields: tuple[str, ...]
    fingerprint: str


def font_css() -> str:
    """@font-face rules of the bundled font, the extended Latin faces under their own ranges."""
    rules = []
    for name, (_file, weight) in typeface.FONTS.items():
        family = "Contract Sans Extended" if name.startswith("extended") else "Contract Sans"
        rules.append(f"@font-face{{font-family:'{family}';font-weight:{weight};src:url({ASSET}{name})}}")
    return "".join(rules)


class ClosedFetcher(URLFetcher):
    """Serves the bundled fonts from memory and refuses everything else."""

    def __init__(self):
        super().__init__(allowed_protocols=["asset"], fail_on_errors=True)

    def fetch(self, url, headers=None):
        name = url.removeprefix(ASSET)
        if url.startswith(ASSET) and name in typeface.outlines():
            return URLFetcherResponse(url, typeface.outlines()[name], {"Content-Type": "font/ttf"})
        raise ValueError(f"a document reads nothing from outside: {url[:80]}")


def fingerprint(kind: str, version: int) -> str:
    """What the bytes depend on beside the payload: libraries, template and fonts."""
    parts = [f"{name} {package_version(name)}" for name in ("weasyprint", "pydyf", "pikepdf", "fonttools")]
    like = KINDS[kind].like
    for one, newest in [*([like] if like else []), (kind, version)]:
        parts += [legal_templates.template_fingerprint(one, number) for number in range(1, newest + 1)]
    parts += [sha256(data).hexdigest() for data in typeface.files().values()]
    return sha256("\n".join(parts).encode()).hexdigest()


def render(kind: str, version: int, payload: dict[str, Any], data: bytes) -> Rendered:
    """Lay the document out, with ``data`` inside as its kind's attachment. Raises RenderFailed on any error, limit or unexpected signature field."""
    source = legal_templates.html(kind, version, payload)
    css = font_css() + legal_templates.sheet(kind, version)
    when = datetime.fromisoformat(payload["issued"]["real_at"].replace("Z", "+00:00"))
    wanted = ["Signature_issuer", *[s["field"] for s in payload["signatories"]]]
    typeface.outlines()  # before the fork: the child has them without making them
    pdf, pages, fields = _in_a_child(source, css, (KINDS[kind], data), when)
    if sorted(fields) != sorted(wanted):
        raise RenderFailed(f"the layout has the signature fields {sorted(fields)}, not {sorted(wanted)}")
    return Rendered(pdf, sha256(pdf).hexdigest(), pages, tuple(fields), fingerprint(kind, version))


def _in_a_child(source: str, css: str, inside: tuple[Kind, bytes], when: datetime) -> tuple[bytes, int, list[str]]:
    """Fork, limit, lay out, and hand the result back through a file; the parent waits no longer than it must."""
    with tempfile.TemporaryDirectory(prefix="flex-render-") as folder:
        target = Path(folder)
        child = os.fork()
        if child == 0:
            _child(source, css, inside, when, target)
        status = _wait(child)
        if status != 0 or not (target / "done").exists():
            words = (target / "error").read_text() if (target / "error").exists() else "it was stopped at its limits"
            raise RenderFailed(f"the document could not be laid out: {words}")
        found = json.loads((target / "done").read_text())
        return (target / "document.pdf").read_bytes(), found["pages"], found["fields"]


def _wait(child: int) -> int:
    deadline = time.monotonic() + WALL_SECONDS
    ended = False
    try:
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                ended = True
                return status
            time.sleep(0.02)
        return 1
    finally:  # also when the worker is told to stop meanwhile: no child is left behind
        if not ended:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _child(source: str, css: str, inside: tuple[Kind, bytes], when: datetime, target: Path) -> None:
    """Never returns: the child leaves by _exit so that nothing of the parent's is run twice."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        most = _taken() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        gc.disable()  # it lives for seconds: looking for garbage would take a tenth of them
        pdf, pages, fields = lay_out(source, css, inside, when)
        (target / "document.pdf").write_bytes(pdf)
        (target / "done").write_text(json.dumps({"pages": pages, "fields": fields}))
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it was, the parent is told and the child ends
        (target / "error").write_text(f"{type(error).__name__}: {error}"[:2000])
    finally:
        os._exit(code)


def _taken() -> int:
    """Bytes of address space that the process has, its parent's with it: a long life of that takes nothing from the layout."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def lay_out(source: str, css: str, inside: tuple[Kind, bytes], when: datetime) -> tuple[bytes, int, list[str]]:
    """HTML to bytes: tagged, with the order inside and empty signature fields where the layout put them."""
    fonts = FontConfiguration()
    fetcher = ClosedFetcher()
    sheet = CSS(string=css, url_fetcher=fetcher, font_config=fonts)
    document = HTML(string=source, base_url="about:blank", url_fetcher=fetcher).render(
        font_config=fonts, stylesheets=[sheet], pdf_variant="pdf/a-3a", pdf_forms=True, pdf_tags=True
    )
    document.metadata.__class__ = _Metadata
    kind, data = inside
    attachment = Attachment(
        file_obj=io.BytesIO(data), name=kind.attachment, description=kind.description, created=when, modified=when,
        relationship="Source",
    )  # fmt: skip
    fields: list[str] = []
    raw = document.write_pdf(
        finisher=_finisher(fields), pdf_variant="pdf/a-3a", pdf_forms=True, pdf_tags=True, attachments=[attachment]
    )
    return _settle(raw), len(document.pages), fields


def _settle(raw: bytes) -> bytes:
    """The same bytes each time. Without object streams: a check would read the index of a stream again for each object."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        _lift_wrappers(pdf)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
    return out.getvalue()


WRAPPERS, PLAIN = ("/Span", "/NonStruct"), {"/Type", "/S", "/P", "/Pg", "/K"}


def _lift_wrappers(pdf: pikepdf.Pdf) -> None:
    """The layout tags each run of text as a span of its own, which says nothing to a reader and makes up half of all
    objects, through each of which every check of a signature goes. What stands in one goes to the element around it."""
    root = pdf.Root.StructTreeRoot
    around = {}  # the element that took the content of a wrapper, by the wrapper's number

    def lifted(kid, element):
        """What stands for a kid among those of the element."""
        is_element = isinstance(kid, pikepdf.Dictionary) and "/S" in kid
        if not is_element:
            return [kid]
        if str(kid.S) not in WRAPPERS or set(kid.keys()) - PLAIN:
            kid.P = element
            waiting.append(kid)
            return [kid]
        around[kid.objgen] = element
        page, found = kid.get("/Pg"), []
        for inner in _kids(kid):
            if isinstance(inner, int) and page.objgen != element.get("/Pg", root).objgen:
                inner = pikepdf.Dictionary(Type=pikepdf.Name.MCR, Pg=page, MCID=inner)
            found += lifted(inner, element)
        return found

    waiting = [root]
    while waiting:
        element = waiting.pop()
        kids = _kids(element)
        if any(isinstance(kid, pikepdf.Dictionary) and str(kid.get("/S")) in WRAPPERS for kid in kids):
            element.K = pikepdf.Array([part for kid in kids for part in lifted(kid, element)])
        else:
            waiting += [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
    owners = root.ParentTree.Nums
    for place in range(1, len(owners), 2):
        if isinstance(owners[place], pikepdf.Array):
            owners[place] = pikepdf.Array([around.get(owner.objgen, owner) for owner in owners[place]])
        else:
            owners[place] = around.get(owners[place].objgen, owners[place])


def _kids(element: pikepdf.Object) -> list:
    kids = element.get("/K", [])
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _finisher(found: list[str]):
    """Turn each named checkbox of the layout into an empty signature field of the drawn box's size."""

    def finish(document, pdf) -> None:
        form = pdf.catalog.get("AcroForm")
        if form is None:
            raise ValueError("the layout has no signature boxes")
        by_reference = {item.reference: item for item in pdf.objects if item is not None}
        for item in list(pdf.objects):
            if isinstance(item, dict) and item.get("Subtype") == "/Widget":
                found.append(_to_signature_field(item, by_reference))
        for item in pdf.objects:
            # a one-element /K array in a Form tag makes later signatures look like tampering
            kids = item.get("K") if isinstance(item, dict) and item.get("S") == "/Form" else None
            if isinstance(kids, list) and len(kids) == 1:
                item["K"] = kids[0]
        _name_table_headings(pdf)
        form.pop("NeedAppearances", None)
        form.pop("DR", None)
        form["SigFlags"] = 1
        pdf.add_object(form)
        pdf.catalog["AcroForm"] = form.reference
        if "AF" in pdf.catalog:  # each attachment is listed twice otherwise
            pdf.catalog["AF"] = pydyf.Array(list(dict.fromkeys(pdf.catalog["AF"])))

    return finish


def _name_table_headings(pdf) -> None:
    """Cells refer to their headings by name; the standard asks for the tree of those names (ISO 32000-1, 14.7.2)."""
    named = {}
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("S") == "/TH" and "ID" in item:
            named[item["ID"].string.encode()] = (item["ID"], item.reference)
    if named:
        pairs = [part for _name, pair in sorted(named.items()) for part in pair]
        root = next(item for item in pdf.objects if isinstance(item, dict) and item.get("Type") == "/StructTreeRoot")
        root["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(pairs)})


def _to_signature_field(widget, by_reference) -> str:
    name = widget["T"].string
    x1, y1, x2, y2 = widget["Rect"]
    left, bottom, right, top = (round(v, 2) for v in (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))
    if right - left < SMALLEST_BOX[0] or top - bottom < SMALLEST_BOX[1]:
        raise ValueError(f"the signature box {name} is too small")
    appearance = by_reference[next(iter(widget["AP"]["N"].values()))]
    appearance.stream = []
    appearance.extra["BBox"] = pydyf.Array([0, 0, round(right - left, 2), round(top - bottom, 2)])
    appearance.extra["Resources"] = pydyf.Dictionary()
    for key in ("DA", "V", "Ff", "MaxLen", "AS", "MK", "Opt", "Border"):
        widget.pop(key, None)
    widget["FT"] = "/Sig"
    widget["Rect"] = pydyf.Array([left, bottom, right, top])
    widget["F"] = 132  # print, locked
    widget["AP"] = pydyf.Dictionary({"N": appearance.reference})
    return name


_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SCHEMA = {
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}


def _ua_identifier() -> ET.Element:
    """The PDF/UA identifier and the extension schema that PDF/A asks for when a foreign identifier is used."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _SCHEMA.items())
    prop = (
        '<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>'
        "<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
        "<pdfaProperty:category>internal</pdfaProperty:category>"
        "<pdfaProperty:description>Part of ISO 14289 the file follows</pdfaProperty:description>"
        "</rdf:li></rdf:Seq></pdfaSchema:property>"
    )
    return ET.fromstring(  # noqa: S314 - our own text
        f'<rdf:RDF xmlns:rdf="{_RDF}" {spaces}><rdf:Description rdf:about="" pdfuaid:part="1"/>'
        '<rdf:Description rdf:about=""><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_SCHEMA['pdfuaid']}</pdfaSchema:namespaceURI>"
        f"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>{prop}"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"
    )


class _Metadata(weasyprint.pdf.metadata.DocumentMetadata):
    """WeasyPrint takes one variant: PDF/A from it, the PDF/UA identifier from here, in the one rdf:RDF."""

    def generate_rdf_metadata(self, variant, version, conformance):
        for prefix, uri in _SCHEMA.items():
            ET.register_namespace(prefix, uri)
        root = ET.fromstring(super().generate_rdf_metadata(variant, version, conformance))  # noqa: S314
        root.extend(_ua_identifier())
        return ET.tostring(root, encoding="utf-8")
