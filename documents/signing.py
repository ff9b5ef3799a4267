"""Putting seals and timestamps on a document: one incremental update each, so that every earlier byte stays.

Fails shut: with a key, certificate or timestamp missing, nothing is returned and the document waits.
"""

import asyncio
import binascii
import io
import uuid
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.utils.html import escape
from pyhanko.pdf_utils import content, layout
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_cms import Signer
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfTimeStamper,
    SigDSSPlacementPreference,
    TimestampDSSContentSettings,
)
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from documents import keys, rendering, trust

ISSUER_FIELD = "Signature_issuer"
ARCHIVE_FIELD = "Archive_1"
LOCATION = "London"

APPEARANCE_CSS = """
@page { margin: 3pt 6pt }
html { font-family: 'Contract Sans', 'Contract Sans Extended'; color: #0b0c0c; line-height: 1.2 }
body { margin: 0 } p { margin: 0; overflow-wrap: anywhere } .who { font-size: 1.25em; font-weight: 700 }
"""
# points: the largest that shows every line in the box. Less than 8 is for very long names, and for the boxes of 26 mm
# of documents that were made before the contract's had 38
APPEARANCE_SIZES = (8, 7.5, 7, 6.4, 5.8, 5.2, 4.6, 4)


class SigningFailed(RuntimeError):
    """Nothing was signed; the words say why."""


class _LoadedKeySigner(Signer):
    """Signs with a key that stays loaded (RSA, PKCS#1 v1.5, as pdfsig reads it)."""

    def __init__(self, name: str):
        store = SimpleCertificateStore()
        store.register(keys.certificate("issuing"))
        self._key = keys.private_key(name)
        if keys.public_bytes(self._key) != keys.certificate(name).public_key.dump():
            raise SigningFailed(f"the key of {name} does not belong to its certificate")
        super().__init__(
            signing_cert=keys.certificate(name), cert_registry=store, prefer_pss=False, embed_roots=False
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(self._key.key_size // 8)
        return self._key.sign(data, padding.PKCS1v15(), getattr(hashes, digest_algorithm.upper())())


class _PageFromBytes(content.ImportedPdfPage):
    """A page given as bytes (the library's own class takes a file name)."""

    def __init__(self, data: bytes):
        super().__init__("")
        self._data = data

    def render(self) -> bytes:
        imported = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self._data)), page_ix=0)
        name = b"/Import" + binascii.hexlify(uuid.uuid4().bytes)
        self.resources.xobject[name.decode()] = imported
        x1, y1, x2, y2 = imported.get_object()["/BBox"]
        self.box = layout.BoxConstraints(width=abs(x1 - x2), height=abs(y1 - y2))
        return name + b" Do"


def _box(reader: PdfFileReader, field: str) -> tuple[float, float]:
    """Width and height in points of the box that the layout drew for the field. Raises SigningFailed without one."""
    for name, _value, reference in fields.enumerate_sig_fields(reader):
        if name == field:
            left, bottom, right, top = (float(edge) for edge in reference.get_object()["/Rect"])
            return right - left, top - bottom
    raise SigningFailed(f"the document has no box {field}")


def appearance(lines: Sequence[str], box: tuple[float, float]) -> bytes:
    """What is seen in the signature's box: a small page of the size of ``box`` (width and height in points), in the
    document's own font.

    Raises SigningFailed where the lines do not fit even in the smallest type.
    """
    width, height = box
    fonts = FontConfiguration()
    fetcher = rendering.ClosedFetcher()
    body = "".join(
        f"<p class=who>{escape(line)}</p>" if index == 0 else f"<p>{escape(line)}</p>"
        for index, line in enumerate(lines)
    )
    html = HTML(
        string=f"<html lang=en><title>Signature</title><body>{body}</body></html>", base_url="about:blank",
        url_fetcher=fetcher,
    )  # fmt: skip
    for size in APPEARANCE_SIZES:
        page = f"@page{{size:{width:.2f}pt {height:.2f}pt}}"
        css = f"{rendering.font_css()}{APPEARANCE_CSS}{page}html{{font-size:{size}pt}}"
        sheet = CSS(string=css, url_fetcher=fetcher, font_config=fonts)
        document = html.render(stylesheets=[sheet], font_config=fonts)
        if len(document.pages) == 1:  # a line on a second page would be lost: only the first goes into the box
            return document.write_pdf()
    raise SigningFailed("the words of the signature do not fit into its box")


def _style(lines: Sequence[str], box: tuple[float, float]) -> StaticStampStyle:
    placed = layout.SimpleBoxLayoutRule(
        x_align=layout.AxisAlignment.ALIGN_MIN, y_align=layout.AxisAlignment.ALIGN_MIN,
        margins=layout.Margins(0, 0, 0, 0),
    )  # fmt: skip
    return StaticStampStyle(
        background=_PageFromBytes(appearance(lines, box)), background_opacity=1.0, border_width=0, background_layout=placed
    )


def seal(pdf: bytes, *, lines: Sequence[str]) -> bytes:
    """The register's issuing seal: certifies the document, permitting only signatures after it."""
    return _sign(pdf, ISSUER_FIELD, keys.REGISTER, lines=lines, reason="Issued by the contract register", certify=True)


def sign(pdf: bytes, *, field: str, identifier: str, lines: Sequence[str], reason: str) -> bytes:
    """An organisation's seal put on its signatory's act, with timestamp and validation material (PAdES B-LT)."""
    return _sign(pdf, field, identifier, lines=lines, reason=reason, certify=False)


def _sign(
    pdf: bytes, field: str, identifier: str, *, lines: Sequence[str], reason: str, certify: bool
) -> bytes:
    keys.refresh_revocation_lists()
    metadata = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, certify=certify,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS, reason=reason, location=LOCATION,
        validation_context=trust.validation_context(), embed_validation_info=True,
        dss_settings=DSSContentSettings(
            include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
        ),
    )  # fmt: skip
    signer = signers.PdfSigner(
        metadata, _LoadedKeySigner(keys.seal_name(identifier)), timestamper=trust.timestamper(),
        stamp_style=_style(lines, _box(PdfFileReader(io.BytesIO(pdf)), field)),
    )  # fmt: skip

    async def run() -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        out = await signer.async_sign_pdf(writer, existing_fields_only=True, in_place=False)
        return out.getvalue()

    return _append(pdf, run)


def archive(pdf: bytes) -> bytes:
    """The document timestamp that closes it (PAdES B-LTA), after everything a later check needs."""
    keys.refresh_revocation_lists()
    stamper = PdfTimeStamper(
        trust.timestamper(), field_name=ARCHIVE_FIELD,
        invis_settings=fields.InvisSigSettings(set_print_flag=True),
    )  # fmt: skip

    async def run() -> bytes:
        out = await stamper.async_timestamp_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), "sha256", trust.validation_context(),
            dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
        )  # fmt: skip
        return out.getvalue()

    return _append(pdf, run)


def _append(pdf: bytes, run) -> bytes:
    try:
        signed = asyncio.run(run())
    except keys.KeyMissing:
        raise
    except Exception as error:
        raise SigningFailed(f"{type(error).__name__}: {error}") from error
    if not signed.startswith(pdf) or len(signed) <= len(pdf):
        raise SigningFailed("the signature did not leave the bytes before it as they were")
    return signed
