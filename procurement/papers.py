"""What a draft carries beside its lines: data protection, money's administration, attached files, particulars."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue import queries, uploads
from catalogue.rules import exceptional
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import Reason, Refused, insist, refuse
from procurement import guards
from procurement.actors import Person
from procurement.drafting import STALE, close_draft, open_draft, touch
from procurement.locking import lock_call_off
from procurement.models import Attachment, CallOff, ExceptionRequest, Particulars


@transaction.atomic
def save_data_protection(
    call_off: CallOff, schedule: dict[str, Any], *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """The data-processing schedule (UK GDPR article 28(3)): plain strings and ``applies``."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.revision.data_protection = schedule
    call_off.revision.save()
    return close_draft(call_off, "data_protection", by=by, at=at)


@transaction.atomic
def save_budget(
    call_off: CallOff, *, budget_code: str, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.revision.budget_code = budget_code
    call_off.revision.save()
    return close_draft(call_off, "budget", by=by, at=at)


@transaction.atomic
def save_spend_control(
    call_off: CallOff, reference: str, *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.revision.spend_control_reference = reference
    call_off.revision.save()
    return close_draft(call_off, "spend_control", by=by, at=at)


@transaction.atomic
def save_exceptions(
    call_off: CallOff, asked: Iterable[tuple[str, int, str]], *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """Replace what is asked for by exception: (service code, quantity covered, reason). Raises Refused for a service
    that takes no exception in the live catalogue."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    release = queries.live_release(call_off.framework, london_day(at))
    known = exceptional(queries.catalogue_rules(release)) if release else []
    rows = [ExceptionRequest(revision=revision, service_code=c, quantity=q, reason=why) for c, q, why in asked]
    for row in rows:
        if row.service_code not in known:
            refuse(_("%(code)s takes no exception in the live catalogue.") % {"code": row.service_code})
    revision.exceptions.all().delete()
    ExceptionRequest.objects.bulk_create(rows)
    return close_draft(call_off, "exceptions", by=by, at=at)


MOST_FILES = 20
WRITTEN = {kind.content_type for kind in (uploads.PDF, uploads.DOCX, uploads.ODT)}
PARTICULARS = (
    "purchase_order", "cost_centre", "account", "spending", "invoice_address", "contact_name", "contact_email",
    "contact_telephone", "invoice_contact_name", "invoice_contact_email", "invoice_contact_telephone",
)  # fmt: skip


@dataclass(frozen=True)
class StoredFile:
    """Bytes already in the store: their sha256 is their key."""

    filename: str
    content_type: str
    sha256: str
    length: int


def seal(row: Particulars) -> str:
    """A hash that is another one after every change of the particulars."""
    return canonical.sha256_hex(canonical.dumps({name: getattr(row, name) for name in PARTICULARS}))


@transaction.atomic
def attach(
    call_off: CallOff, file: StoredFile, *, kind: str, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """Add a file to the draft. The same content twice is refused by name; a business case has to be a text."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    if call_off.revision.attachments.count() >= MOST_FILES:
        refuse(
            _("An order has at most %(most)s files.") % {"most": MOST_FILES},
            _("Remove one, or put several into one file."),
        )
    if kind == Attachment.Kind.BUSINESS_CASE and file.content_type not in WRITTEN:
        refuse(_("A business case is a text that is read: attach a PDF, Word or OpenDocument file."))
    same = call_off.revision.attachments.filter(sha256=file.sha256).first()
    if same is not None:
        raise Refused([Reason(_("This file is already attached as %(name)s.") % {"name": same.filename})])
    Attachment.objects.create(
        revision=call_off.revision, kind=kind, filename=file.filename, content_type=file.content_type,
        length=file.length, sha256=file.sha256, added_at=at, added_by_name=by.words,
    )  # fmt: skip
    return close_draft(call_off, "attachments", by=by, at=at)


@transaction.atomic
def detach(call_off: CallOff, attachment_id: int, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.revision.attachments.filter(pk=attachment_id).delete()
    return close_draft(call_off, "attachments", by=by, at=at)


@transaction.atomic
def save_particulars(
    call_off: CallOff, values: dict[str, str], *, shown: str | None = None, by: Person, at: datetime
) -> CallOff:
    """Administrative particulars lie outside the hash: while drafting a save, later a recorded notice. ``shown`` is the
    ``seal`` of what the form was filled with: refused when a colleague has changed them since."""
    call_off = lock_call_off(call_off)
    insist(guards.why_not_change_particulars(call_off, by=by, at=at))
    row = call_off.particulars
    if shown is not None and shown != seal(row):
        refuse(*STALE)
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    changed = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    if call_off.is_editable:
        touch(call_off.revision, by, at)
    audit.record("call_off.particulars_saved", call_off, by=by, at=at, extra={"changed": changed},
                 acting_for=guards.for_requester(call_off, by, at))  # fmt: skip
    return call_off
