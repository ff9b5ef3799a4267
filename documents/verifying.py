"""The strict check of a document: stricter than the viewers, which accept truncation, junk after the end, strangers'
signatures and other contracts' documents.

Accepted is only a file whose first bytes are revision 0 as stored, with exactly the expected signatures (the register's
seal alone where nobody signs), each by the expected organisation, intact, trusted to our root and covering its whole
revision, closed by an archive timestamp that covers the file. Any exception means rejected.
"""

import asyncio
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from asn1crypto import parser as asn1_parser
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.decode_limits import DecodeLimits, StreamDecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffPolicy, ModificationLevel
from pyhanko.sign.validation import (
    DocumentSecurityStore,
    SignatureCoverageLevel,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)

from documents import canonical, keys, kinds, signing, trust
from documents.models import Document, DocumentRevision, DocumentState, Purpose, SigningIntent

LIMITS = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=16 * 1024 * 1024))


class NotAsExpected(RuntimeError):
    """The file is not what it must be; the words say what is wrong."""


@dataclass(frozen=True)
class SeenSignature:
    """One signature as found in the file. ``identifier`` is the certificate's organisation identifier.

    Every text is a plain ``str``: the library's own strings hold the whole parsed file, which would then live and be
    copied (``asdict``) with the verdict.
    """

    field: str
    identifier: str
    reason: str
    timestamp: datetime | None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """``valid`` only for a complete document; ``problems`` in words; ``signatures`` say who signed, from our record."""

    valid: bool
    sha256: str
    summary: str
    number: str = ""
    signatures: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class _Since(DiffPolicy):
    """The library's difference analysis from a revision of the file that was looked at before, and onwards. Reading
    the tags of every earlier revision again is what the check spends its time on."""

    def __init__(self, revision: int):
        self.revision = revision

    def apply(self, *args, **how):
        return DEFAULT_DIFF_POLICY.apply(*args, **how)

    def review_file(self, reader, base_revision, field_mdp_spec=None, doc_mdp=None):
        first = base_revision if isinstance(base_revision, int) else base_revision.revision
        return DEFAULT_DIFF_POLICY.review_file(reader, max(first, self.revision), field_mdp_spec, doc_mdp)


def _identifier(certificate) -> str:
    return certificate.subject.native.get("organization_identifier", "")


async def _examine(
    pdf: bytes, moment: datetime | None, checked: bytes = b""
) -> tuple[list[SeenSignature], list[SeenSignature]]:
    """(signatures, document timestamps), each with its problems. ``checked`` is the beginning of the file that was
    examined before: only what was added to it is searched for changes.

    An archive timestamp is judged now; once it holds, the signatures under it are judged at its moment by the
    revocation lists it closed in with them, so that a certificate that ended or was revoked later takes nothing back.
    """
    reader = PdfFileReader(io.BytesIO(pdf), strict=True, decode_limits=LIMITS)
    policy = _Since(_revisions(checked) - 1) if checked else DEFAULT_DIFF_POLICY
    signatures, stamps = [], []
    for found in reader.embedded_timestamp_signatures:
        context = trust.validation_context(moment)
        status = await async_validate_pdf_timestamp(found, validation_context=context, diff_policy=policy)
        stamps.append(
            SeenSignature(str(found.field_name), "", "", status.timestamp, tuple(_problems(status, stamp=True)))
        )
    lists = None
    if stamps and not stamps[-1].problems:
        moment = stamps[-1].timestamp
        lists = [crl.get_object().data for crl in DocumentSecurityStore.read_dss(reader).crls]
    for found in reader.embedded_regular_signatures:
        context = trust.validation_context(moment, lists)
        status = await async_validate_pdf_signature(found, signer_validation_context=context, diff_policy=policy)
        problems = _problems(status)
        if status.timestamp_validity is None or not _is_good(status.timestamp_validity):
            problems.append(_("its timestamp is missing or not trusted"))
        stamp = status.timestamp_validity.timestamp if status.timestamp_validity else None
        if not _is_padded_with_zeros(bytes(found.pkcs7_content)):
            problems.append(_("there is something in the space after the signature"))
        reason = str(found.sig_object.get("/Reason", ""))
        who = _identifier(found.signer_cert)
        signatures.append(SeenSignature(str(found.field_name), who, reason, stamp, tuple(problems)))
    known = len(signatures) + len(stamps)
    if known != len(reader.embedded_signatures):
        raise NotAsExpected(_("The file has a signature of an unknown kind."))
    return signatures, stamps


def _revisions(pdf: bytes) -> int:
    return PdfFileReader(io.BytesIO(pdf), strict=True, decode_limits=LIMITS).total_revisions


def _is_padded_with_zeros(contents: bytes) -> bool:
    """No signature covers the space kept for itself: what follows the signature in it must be nothing."""
    return not any(contents[asn1_parser.peek(contents) :])


def _is_good(status) -> bool:
    return status.intact and status.valid and status.trusted


def _problems(status, *, stamp: bool = False) -> list[str]:
    problems = []
    if not status.intact:
        problems.append(_("the bytes it covers were changed"))
    if not status.valid:
        problems.append(_("the signature itself is wrong"))
    if not status.trusted:
        problems.append(_("its certificate is not trusted, is revoked or has ended"))
    if status.coverage not in (SignatureCoverageLevel.ENTIRE_REVISION, SignatureCoverageLevel.ENTIRE_FILE):
        problems.append(_("it does not cover its whole revision"))
    allowed = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING)
    if status.modification_level not in allowed:
        problems.append(_("the document was changed after it in a way that is not allowed"))
    if not stamp and not status.docmdp_ok:
        problems.append(_("what was added after it is not permitted by the issuing seal"))
    return problems


def insist_on_state(
    pdf: bytes, document: Document, *, fields: Sequence[str], base: DocumentRevision, archived: bool = False,
    moment: datetime | None = None, checked: bytes = b"",
) -> list[SeenSignature]:  # fmt: skip
    """The strict check against what the file must now hold. Raises NotAsExpected with the first thing wrong; returns
    the signatures, the archive timestamp last. ``checked``: the stored head that this file adds to, which passed this
    check when it was stored."""
    if len(pdf) > kinds.MAX_BYTES:
        raise NotAsExpected(_("The file is larger than any document of this register."))
    if canonical.sha256_hex(pdf[: base.length]) != base.sha256:
        raise NotAsExpected(_("The file does not begin with the document as it was made."))
    if not pdf.startswith(checked):
        raise NotAsExpected(_("The file does not begin with the document as it last stood."))
    if not re.search(rb"startxref\s+\d+\s+%%EOF\s?\s?$", pdf[-64:]):
        raise NotAsExpected(_("There is something after the end of the document, or its end is missing."))
    expected = {s["field"]: s["identifier"] for s in document.expected_signers} | {
        signing.ISSUER_FIELD: keys.REGISTER
    }
    try:
        signatures, stamps = asyncio.run(_examine(pdf, moment, checked))
    except (NotAsExpected, keys.KeyMissing):  # without our own certificates nothing was looked at: that is no verdict
        raise
    except Exception as error:
        raise NotAsExpected(_("The file cannot be read as a signed document: %(why)s.") % {
            "why": type(error).__name__}) from error  # fmt: skip
    seen = [s.field for s in signatures]
    if sorted(seen) != sorted(fields):
        missing, extra = sorted(set(fields) - set(seen)), sorted(set(seen) - set(fields))
        if missing:
            raise NotAsExpected(_("A signature is missing: %(which)s.") % {"which": ", ".join(missing)})
        raise NotAsExpected(_("There is a signature that does not belong: %(which)s.") % {"which": ", ".join(extra)})
    for found in [*signatures, *stamps]:
        if found.problems:
            raise NotAsExpected(f"{found.field}: {'; '.join(found.problems)}.")
    for found in signatures:
        if found.identifier != expected[found.field]:
            raise NotAsExpected(
                _("%(field)s is signed by %(who)s, not by %(expected)s.")
                % {"field": found.field, "who": found.identifier or "?", "expected": expected[found.field]}
            )
    if [s.field for s in stamps] != ([signing.ARCHIVE_FIELD] if archived else []):
        raise NotAsExpected(_("The archive timestamp is missing, or there is one too many."))
    _insist_last_covers_file(pdf)
    return [*signatures, *stamps]


def _insist_last_covers_file(pdf: bytes) -> None:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True, decode_limits=LIMITS)
    last = reader.embedded_signatures[-1]
    last.compute_integrity_info(skip_diff=True)
    if last.evaluate_signature_coverage() != SignatureCoverageLevel.ENTIRE_FILE:
        raise NotAsExpected(_("The last signature does not cover the whole file."))


SEALS_NAME = b"Flex contract register"  # stands in every document that the issuing seal is on
_END = re.compile(rb"%%EOF\r?\n?")


def _prefix_hashes(pdf: bytes) -> list[str]:
    """sha256 of the file up to each of its ends, so that a changed copy still names its origin."""
    hashes = []
    running = sha256()
    position = 0
    for match in islice(_END.finditer(pdf), 24):
        running.update(pdf[position : match.end()])
        position = match.end()
        hashes.append(running.copy().hexdigest())
    return hashes


def check(pdf: bytes) -> Verdict:
    """The verdict on any file anybody holds. Names nobody unless the file is one of ours, byte for byte."""
    keys.refresh_revocation_lists()
    digest = canonical.sha256_hex(pdf)
    revision = DocumentRevision.objects.select_related("document").filter(sha256=digest).first()
    if revision is None:
        return _unknown(pdf, digest)
    document = revision.document
    base = DocumentRevision.objects.get(document=document, number=0)
    earlier = list(
        DocumentRevision.objects.filter(document=document, number__lte=revision.number).order_by("number")
    )
    signed = [r.signature.intent.field for r in earlier if r.purpose == Purpose.SIGNATURE]
    sealed = [signing.ISSUER_FIELD] if revision.number > 0 else []
    archived = revision.purpose == Purpose.ARCHIVE_TIMESTAMP
    try:
        seen = insist_on_state(pdf, document, fields=[*sealed, *signed], base=base, archived=archived) if sealed else []
        people = _people(document, seen)
    except NotAsExpected as wrong:
        return Verdict(False, digest, _("This document is not valid."), document.number, problems=[str(wrong)])
    if document.state == DocumentState.VOID:
        words = _("This document was voided: nobody is bound by it.")
        return Verdict(False, digest, words, document.number, people, [words])
    if archived and document.state == DocumentState.COMPLETE:
        words = (
            _("This is the executed document %(number)s, complete and unchanged.")
            if document.expected_signers
            else _("This is the document %(number)s, complete and unchanged: it is sealed by the register and closed by the archive timestamp. Nobody signs it.")
        ) % {"number": document.number}  # fmt: skip
        return Verdict(True, digest, words + _what_it_is(document), document.number, people)
    missing = [s["name"] for s in document.expected_signers if s["field"] not in signed]
    words = (
        _("This is a genuine earlier state of %(number)s; it is not signed by %(missing)s.")
        % {"number": document.number, "missing": ", ".join(missing)}
        if missing
        else _("This is a genuine earlier state of %(number)s; its archive timestamp is not on it.")
        % {"number": document.number}
    )
    return Verdict(False, digest, words, document.number, people, [words])


def _what_it_is(document: Document) -> str:
    """Of a kind that could be taken for another."""
    if document.kind != "redacted_contract":
        return ""
    return " " + _("It is the redacted copy %(number)s of contract %(contract)s, in which its department withholds what it says there. It is not the contract. Whether it is still published, the list of published contracts says.") % {
        "number": document.number, "contract": document.payload["copy"]["contract"]["number"]}  # fmt: skip


def _unknown(pdf: bytes, digest: str) -> Verdict:
    if not pdf.startswith(b"%PDF-"):
        return Verdict(False, digest, _("This is not a PDF file."), problems=[_("This is not a PDF file.")])
    origin = DocumentRevision.objects.filter(sha256__in=_prefix_hashes(pdf)).order_by("-number").first()
    if origin is not None:
        words = _("This file begins as a document of this register but was changed after it: it is not valid.")
    elif SEALS_NAME in pdf:
        words = _("This file calls itself a document of this register and is none, byte for byte: it was changed or saved anew, or is forged. Do not rely on it; ask whoever gave it to you for the file as it was downloaded.")
    else:
        words = _("This is no document of this register.")
    return Verdict(False, digest, words, problems=[words])


def _people(document: Document, seen: Sequence[SeenSignature]) -> list[dict[str, str]]:
    """Who signed, in words, from the recorded acts; the moment from the trusted timestamp in the file. Raises
    NotAsExpected when a signature names another act than the recorded one."""
    acts = {intent.field: intent for intent in SigningIntent.objects.filter(document=document)}
    out = []
    for found in seen:
        when = canonical.moment(found.timestamp) if found.timestamp else ""
        if found.field == signing.ISSUER_FIELD:
            out.append({"field": found.field, "who": "Flex contract register", "as": _("issuing seal"), "at": when})
        elif found.field == signing.ARCHIVE_FIELD:
            out.append({"field": found.field, "who": "Flex timestamp service", "as": _("archive timestamp"),
                        "at": when})  # fmt: skip
        else:
            intent = acts[found.field]
            if found.reason != f"act {intent.act_id}":
                raise NotAsExpected(_("The signature names another act than the one recorded."))
            act = intent.act
            out.append({
                "field": found.field, "who": act["name"], "as": act["post"], "organisation": act["organisation"],
                "identifier": found.identifier, "business_at": act["at"], "at": when,
            })  # fmt: skip
    return out


