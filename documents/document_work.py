"""A worker's steps on a document: make, seal, sign, close. No transaction is open while they work; each step finds
what an earlier, interrupted run already stored, so that redelivery and kill -9 never make a second one.

Order of every step: make the bytes -> check them -> store the object -> record the row.
"""

from documents import canonical, keys, rendering, signing, storage, store, verifying
from documents.kinds import KINDS
from documents.models import Document, DocumentRevision, DocumentState, Purpose, Signature, SigningIntent
from documents.templatetags.flex import utc


def _revision(document: Document, purpose: str) -> DocumentRevision | None:
    return DocumentRevision.objects.filter(document=document, purpose=purpose).first()


def data(document: Document) -> bytes:
    """The attachment: the data part of the frozen payload in canonical form."""
    return canonical.dumps(document.payload[KINDS[document.kind].data])


def draft(document: Document) -> DocumentRevision:
    """Revision 0 from the frozen payload."""
    existing = _revision(document, Purpose.DRAFT)
    if existing is not None:
        return existing
    if canonical.sha256_hex(canonical.dumps(document.payload)) != document.payload_sha256:
        raise ValueError(f"the payload of {document} is not what was frozen")
    made = rendering.render(document.kind, document.template_version, document.payload, data(document))
    storage.put(made.pdf)
    try:
        return store.add_revision(
            document, made.pdf, Purpose.DRAFT, base_sha256=None, pages=made.pages, fingerprint=made.fingerprint
        )
    except store.HeadMoved:
        return _revision(document, Purpose.DRAFT)


def seal(document: Document) -> DocumentRevision:
    """The issuing seal on revision 0."""
    existing = _revision(document, Purpose.ISSUING_SEAL)
    if existing is not None:
        return existing
    base = store.head(document)
    issued = document.payload["issued"]
    lines = [
        "Flex contract register",
        f"Issued: {document.number}",
        f"Business moment: {utc(issued['business_at'])}",
        f"Real moment: {utc(issued['real_at'])}",
        f"Document sha256: {base.sha256[:32]}",
        f"{'':17}{base.sha256[32:]}",
    ]
    pdf = signing.seal(store.content(base), lines=lines)
    verifying.insist_on_state(pdf, document, fields=[signing.ISSUER_FIELD], base=_revision(document, Purpose.DRAFT))
    storage.put(pdf)
    try:
        return store.add_revision(document, pdf, Purpose.ISSUING_SEAL, base_sha256=base.sha256)
    except store.HeadMoved:
        return _revision(document, Purpose.ISSUING_SEAL)


def sign(intent: SigningIntent) -> Signature | None:
    """The organisation's seal on the recorded act. None: the document became void after the act."""
    existing = Signature.objects.filter(intent=intent).first()
    if existing is not None:
        return existing
    document, act = intent.document, intent.act
    if document.state == DocumentState.VOID:
        return None
    acting = f" for {act['acting_for']}" if act["acting_for"] else ""
    lines = [
        act["organisation"],
        f"Signed by {act['name']}{acting}, {act['post']}",
        f"Authority: {act['delegation_words']}",
        f"Business moment: {utc(act['at'])}",
        f"Real moment: {utc(act['real_at'])}",
        f"Shown sha256: {act['hash_shown'][:32]}",
        f"{act['hash_shown'][32:]}",
    ]
    base = storage.get(intent.base_sha256)
    pdf = signing.sign(
        base, field=intent.field, identifier=intent.identifier, lines=lines, reason=f"act {intent.act_id}"
    )
    signed = [s.intent.field for s in Signature.objects.filter(intent__document=document).select_related("intent")]
    verifying.insist_on_state(
        pdf, document, fields=[signing.ISSUER_FIELD, *signed, intent.field], base=_revision(document, Purpose.DRAFT),
        checked=base,
    )  # fmt: skip
    storage.put(pdf)
    return store.record_signature(intent, pdf, certificate_sha256=keys.key_id(intent.identifier))


def archive(document: Document) -> DocumentRevision | None:
    """The archive timestamp, then the whole strict check of what will be called complete. None: it became void."""
    existing = _revision(document, Purpose.ARCHIVE_TIMESTAMP)
    if existing is not None:
        return existing
    if document.state == DocumentState.VOID:
        return None
    base = store.head(document)
    pdf = signing.archive(store.content(base))
    fields = [signing.ISSUER_FIELD, *[s["field"] for s in document.expected_signers]]
    verifying.insist_on_state(pdf, document, fields=fields, base=_revision(document, Purpose.DRAFT), archived=True)
    storage.put(pdf)
    try:
        return store.add_revision(document, pdf, Purpose.ARCHIVE_TIMESTAMP, base_sha256=base.sha256)
    except store.HeadMoved:
        return _revision(document, Purpose.ARCHIVE_TIMESTAMP)
