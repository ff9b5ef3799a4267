"""The rows of a document: made once, each revision an extension of the last, each signature an act first.

Compare-and-set on the head under the document's lock; a repeat finds what is already there.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from documents import audit, canonical, clock, storage
from documents.actors import SYSTEM, Actor, Principal
from documents.kinds import KINDS
from documents.models import Document, DocumentRevision, DocumentState, Purpose, Signature, SigningIntent


class HeadMoved(RuntimeError):
    """Somebody else added a revision first; look again and start from the new head."""


def create(
    *, kind: str, version: int, subject: str, number: str, payload: dict[str, Any], signers: Sequence[dict[str, str]],
    by: Actor, at, acting_for: Principal | None = None,
) -> Document:  # fmt: skip
    """Freeze the payload. ``signers`` in signing order: field, party, identifier, name. Raises ValueError where a kind
    that is signed has none, which would be complete without them, or one that nobody signs has some."""
    if bool(signers) != KINDS[kind].signed:
        raise ValueError(f"{kind} {number} has {len(signers)} signers")
    document = Document.objects.create(
        kind=kind, template_version=version, subject=subject, number=number, payload=payload,
        payload_sha256=canonical.sha256_hex(canonical.dumps(payload)), expected_signers=list(signers),
        created_at=clock.real_now(),
    )  # fmt: skip
    audit.record("document.asked_for", document, by=by, at=at, before=None, after=document.state, acting_for=acting_for)
    return document


def issued(at: datetime) -> dict[str, str]:
    """When a document is made, as its payload says and its pages print it: by the business clock (``at``) and by the real one, in UTC."""
    return {"business_at": canonical.moment(at), "real_at": canonical.moment(clock.real_now())}


def signature_field(party: str) -> str:
    """The name of the party's field in the layout."""
    return f"Signature_{party}"


def party_after(document: Document, intended: Collection[str]) -> str | None:
    """The first expected party whose field is not among the intended ones."""
    return next((s["party"] for s in document.expected_signers if s["field"] not in intended), None)


def next_party(document: Document) -> str | None:
    """Whose turn it is to sign, in the order the document was made for; None when all have."""
    return party_after(document, set(SigningIntent.objects.filter(document=document).values_list("field", flat=True)))


def head(document: Document) -> DocumentRevision | None:
    """The newest revision, None before the document is made."""
    return DocumentRevision.objects.filter(document=document).order_by("-number").first()


def content(revision: DocumentRevision) -> bytes:
    return storage.get(revision.sha256)


def lock(document: Document) -> Document:
    return Document.objects.select_for_update().get(pk=document.pk)


_MOVES = {
    Purpose.DRAFT: "draft",
    Purpose.ISSUING_SEAL: "seal",
    Purpose.SIGNATURE: "sign",
    Purpose.ARCHIVE_TIMESTAMP: "complete",
}


@transaction.atomic
def add_revision(
    document: Document, pdf: bytes, purpose: str, *, base_sha256: str | None, pages: int | None = None,
    fingerprint: str = "",
) -> DocumentRevision:  # fmt: skip
    """Append a revision whose bytes are already in the store. Raises HeadMoved if the head is not the base, or
    ValueError if the bytes are not an extension of it."""
    document = lock(document)
    last = head(document)
    if (last.sha256 if last else None) != base_sha256:
        raise HeadMoved(f"{document} has moved on")
    if last is not None and not pdf.startswith(storage.get(last.sha256)):
        raise ValueError("a revision begins with the bytes of the one before it")
    sha256 = canonical.sha256_hex(pdf)
    if not storage.exists(sha256):
        raise ValueError("bytes are stored before they are recorded")
    revision = DocumentRevision.objects.create(
        document=document, number=last.number + 1 if last else 0, purpose=purpose, sha256=sha256, length=len(pdf),
        previous=last, pages=pages, fingerprint=fingerprint, created_at=clock.real_now(),
    )  # fmt: skip
    before = document.state
    getattr(document, _MOVES[Purpose(purpose)])()
    document.save(update_fields=["state"])
    audit.record(
        f"document.{purpose}_stored", document, by=SYSTEM, at=clock.business_now(), before=before,
        after=document.state, hash_shown=sha256,
    )  # fmt: skip
    return revision


def pending_intent(document: Document) -> SigningIntent | None:
    """An act whose signature is not yet on the document."""
    return SigningIntent.objects.filter(document=document, signature__isnull=True).first()


def record_intent(
    document: Document, *, field: str, identifier: str, act: dict[str, Any], base_sha256: str
) -> SigningIntent:
    """Record a person's act before any key is used. The caller holds the transaction and has locked its subject."""
    document = lock(document)
    if field not in {signer["field"] for signer in document.expected_signers}:
        raise ValueError(f"nobody signs {document} in {field}")
    if document.state not in (DocumentState.SEALED, DocumentState.SIGNING):
        raise ValueError(f"{document} is {document.state}, it cannot be signed")
    if head(document).sha256 != base_sha256:
        raise HeadMoved(f"{document} has moved on")
    if pending_intent(document) is not None:  # its signature will move the head: this one could never be put on
        raise HeadMoved(f"{document} is being signed by another party at this moment")
    return SigningIntent.objects.create(
        document=document, field=field, identifier=identifier, base_sha256=base_sha256, act=act,
        created_at=clock.real_now(),
    )  # fmt: skip


@transaction.atomic
def record_signature(intent: SigningIntent, pdf: bytes, *, certificate_sha256: str) -> Signature:
    """The signed bytes (already stored) and the signature's row, together; a repeat returns the first."""
    document = lock(intent.document)
    existing = Signature.objects.filter(intent=intent).first()
    if existing is not None:
        return existing
    revision = add_revision(document, pdf, Purpose.SIGNATURE, base_sha256=intent.base_sha256)
    return Signature.objects.create(
        intent=intent, revision=revision, certificate_sha256=certificate_sha256, signed_at=clock.real_now()
    )


def void(document: Document, *, by: Actor, at, acting_for: Principal | None = None) -> Document:
    """Nobody signs it any more. The stored bytes and rows stay."""
    document = lock(document)
    before = document.state
    document.void()
    document.save(update_fields=["state"])
    audit.record("document.voided", document, by=by, at=at, before=before, after=document.state, acting_for=acting_for)
    return document
