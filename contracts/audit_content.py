"""The auditor's file of a contract: one zip with its signed documents, data, decisions, money and history, as one side may see
them, with how to check it by programs that are not ours. The same records make the same bytes.

It only reads. Source: domain.md, "The auditor's file".
"""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import BinaryIO

from django.db.models import Count, Max
from django.utils.translation import gettext as _

from catalogue import sheets
from contracts import access, audit_changes, audit_tables
from contracts.models import Contract, CreditAct, Evidence, ExitAct, Party
from documents import canonical, keys, storage, store
from documents.kinds import KINDS
from documents.models import AuditEvent, Document, DocumentState
from procurement import passings
from procurement.display import files_for
from procurement.models import Attachment, Delegation

MOMENT = (1980, 1, 1, 0, 0, 0)  # of every file in it: the earliest there is, since the moment of making says nothing
SUMS, MANIFEST, README = "SHA256SUMS", "manifest.csv", "README.txt"


@dataclass(frozen=True)
class Entry:
    """One file. ``words`` say what it is; ``read`` gives its bytes, which are held only while they are written."""

    path: str
    words: str
    read: Callable[[], bytes]


def _of(data: bytes) -> Callable[[], bytes]:
    return lambda: data


def stamp(contract: Contract, side: str) -> str:
    """What is recorded of the contract now, as the side reads it: another stamp, another file."""
    called = audit_tables.subjects(contract, side)
    rows = AuditEvent.objects.filter(subject__in={label for label, _id in called}, subject_id__in={identifier for _label, identifier in called})
    found = rows.aggregate(n=Count("pk"), last=Max("pk"))
    return f"{found['n']}:{found['last']}"


def safe(name: str) -> str:
    """A file's name that every program unpacks, and none as a place elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[-80:] or "file"


def _documents(contract: Contract, side: str) -> Iterator[Entry]:
    """The newest bytes of each, with its signatures, and its data as it is inside."""
    for document in audit_tables.documents(contract, side):
        head = store.head(document)
        if head is None or (document.state != DocumentState.COMPLETE and document.pk != contract.document_id):
            continue  # not made, not closed: nothing is handed over as signed that is not
        name = safe(document.number)
        yield Entry(f"documents/{name}.pdf", _kind_words(document), partial(store.content, head))
        data = canonical.dumps(document.payload[KINDS[document.kind].data])
        yield Entry(f"data/{name}.{KINDS[document.kind].attachment}", "The same as data, as it is attached to the document", _of(data))


def _kind_words(document: Document) -> str:
    signed = "signed by its parties" if document.expected_signers else "sealed by the register"
    return f"{document.kind.replace('_', ' ')} {document.number}, {signed}"


def _letters(contract: Contract, side: str) -> Iterator[Entry]:
    """Of each delegation that was decided or signed under, where the side reads whose power it is."""
    used = [one.delegation for _what, one in audit_tables.decisions(contract, side) if one.delegation_id]
    used += Delegation.objects.filter(pk__in=[one.act["delegation"] for one in audit_tables.intents(contract, side)])
    for one in {one.pk: one for one in used}.values():
        if one.letter_sha256 and audit_tables.reads_power(contract, side, one.holding.post.organisation_id):
            words = f"Letter of the delegation of {one.holding.user.name}, {one.holding.post.get_code_display()}"
            yield Entry(f"decisions/letters/{_stored_name(one.letter_sha256, one.letter_filename)}", words, partial(storage.get, one.letter_sha256))


def _stored_name(key: str, filename: str) -> str:
    return f"{key[:12]}-{safe(filename)}"


def _files(contract: Contract, side: str) -> Iterator[Entry]:
    """What people attached, that the side may open."""
    found = [
        (one.sha256, one.filename, f"Attached to the order: {Attachment.Kind(one.kind).label}") for one in files_for(contract.revision, side)
    ]
    found += [(one.sha256, one.filename, f"Invoice {one.label}") for one in contract.invoices.all()]
    evidence = Evidence.objects.filter(submission__milestone__contract=contract).exclude(sha256="").select_related("submission__milestone")
    found += [(one.sha256, one.filename, f"Evidence of milestone {one.submission.milestone.label}") for one in evidence]
    acts = CreditAct.objects.filter(credit__contract=contract).exclude(sha256="").select_related("credit")
    found += [(one.sha256, one.filename, f"Evidence about service credit SC{one.credit.number}") for one in acts]
    found += [
        (one.sha256, one.filename, f"Evidence of termination {one.label}") for one in access.terminations_for(side, contract) if one.sha256
    ]
    found += [
        (one.sha256, one.filename, f"Exit: {one.item.code}")
        for one in ExitAct.objects.filter(item__exit__contract=contract).exclude(sha256="").select_related("item")
    ]
    for key, filename, words in dict.fromkeys(found):
        yield Entry(f"files/{_stored_name(key, filename)}", words, partial(storage.get, key))


def _withheld(contract: Contract, side: str) -> Iterator[Entry]:
    """Why something is withheld from the published copies: not for the supplier."""
    if side == Party.SUPPLIER:
        return
    rows = [
        [copy.label, copy.state, one.number, one.label, one.get_ground_display(), one.words, one.until]
        for copy in access.copies_for(side, contract).prefetch_related("withheld").order_by("number") for one in copy.withheld.all()
    ]  # fmt: skip
    heading = ["copy", "state", "number", "what", "ground", "why", "until"]
    yield Entry("decisions/withheld.csv", "What is withheld from published copies, and why", _of(sheets.to_csv(heading, rows)))


def _published(contract: Contract, side: str) -> Iterator[Entry]:
    """The open data of each statutory notice that was published, as it stood then."""
    for one in audit_changes.notices(contract, side):
        published = getattr(one, "publication", None)
        if published is not None:
            words = f"{one.get_kind_display()} {one.label}, published as {published.reference}"
            yield Entry(f"notices/{safe(one.label)}.json", words, _of(published.content.encode()))


def entries(contract: Contract, side: str) -> list[Entry]:
    """All but the list of files and the sums, by path; of two that are the same file, one."""
    found = [
        *_documents(contract, side), *_letters(contract, side), *_files(contract, side), *_withheld(contract, side),
        *_published(contract, side),
        *(
            Entry(one.path, one.words, _of(sheets.to_csv(one.heading, one.rows)))
            for tables in (audit_tables, audit_changes) for one in tables.all_of(contract, side)
        ),
        Entry("contract.json", "Number, parties, days and state of the contract", _of(_summary(contract))),
        Entry("trust/flex-root.crt", "Root certificate of the register's seals and timestamps", _of(keys.certificate_bytes("root"))),
        Entry(README, "What is in this file and how to check it", _of(readme(contract, side).encode())),
    ]  # fmt: skip
    return [one for _path, one in sorted({one.path: one for one in found}.items())]


def _summary(contract: Contract) -> bytes:
    summary = {
        "schema": 1, "department": contract.department.code,
        "passed": [
            {"from": one.outgoing.code, "to": one.receiving.code, "effective_on": one.effective_on, "words": one.words, "transfer": one.transfer}
            for one in passings.of(contract)
        ], "number": contract.number, "title": contract.title, "state": contract.state, "parties": contract.parties,
        "starts_on": contract.starts_on, "ends_on": contract.ends_on, "signed_on": contract.signed_on,
        "original_value_gbp": contract.original_value_gbp, "framework": contract.framework.reference, "order": contract.call_off.reference,
    }  # fmt: skip
    return json.dumps(json.loads(canonical.dumps(summary)), indent=2, sort_keys=True, ensure_ascii=False).encode()


def readme(contract: Contract, side: str) -> str:
    """In plain words, with commands of programs that are not ours."""
    whose = access.organisation_of(contract, side).name
    head = store.head(contract.document)
    return _(
        """%(number)s: %(title)s

What this is
  All that the Flex contract register has recorded of this contract, as %(whose)s may see it.
  It is made from the records: the same records make the same file, byte for byte.

What is in it
  manifest.csv     every file here, its length, its sha256, and what it is
  documents/       the contract, its variations, novations, notices, certificates and redacted copies, as they were sealed and signed
  data/            the same documents as data (JSON), as they are attached to the PDF files
  decisions/       who decided what under which delegation, who signed, change requests, and the letters of the delegations
  notices/         what the law asks to be published: the notices with their last days, what was published, and the ratings
  departments.csv  from which department to which the contract passed, and from which day on
  money/           charges by month, invoices, payments, service credits and milestones (CSV, GBP)
  files/           what people attached: invoices, evidence, specifications
  history.csv      what was done, by whom, when, by the business clock and by the real one, both in UTC
  trust/           the root certificate that the seals and timestamps go back to

How to check that nothing here was changed
  sha256sum -c SHA256SUMS
  On Windows: certutil -hashfile NAME SHA256, and compare with SHA256SUMS.

How to check a signed document, without the register
  With pyHanko:       pyhanko sign validate --pretty-print --trust trust/flex-root.crt documents/%(file)s.pdf
  With poppler:       pdfsig documents/%(file)s.pdf
                      It does not know the issuer unless the certificate in trust/ is in its NSS database.
  In Adobe Reader:    trust the certificate in trust/, then open the document and its signature panel.
  With the register:  upload the file to its public page for checking documents, which needs no account.
  The sha256 of documents/%(file)s.pdf is %(sha256)s

How to check that what was signed is what was decided
  The decisions repeat a hash: the sha256 of the order as data, without what was added on acceptance. With jq:
    jq -cSj 'del(.contract)' data/%(file)s.order.json | sha256sum
  It is the hash in decisions/decisions.csv, and stands in the contract.
  That the data is what is in the PDF:  pdfdetach -saveall documents/%(file)s.pdf

Cells that a spreadsheet would take for a formula begin with an apostrophe.
"""
    ) % {
        "number": contract.number, "title": contract.title, "whose": whose, "file": safe(contract.document.number),
        "sha256": head.sha256 if head else "",
    }  # fmt: skip


def write(contract: Contract, side: str, target: BinaryIO) -> int:
    """Write the zip; how many files are in it. Each is read and written one after the other, and the list of them last."""
    found = entries(contract, side)
    sums, listed = [], []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for one in found:
            data = one.read()
            _add(archive, one.path, data)
            digest = sha256(data).hexdigest()
            sums.append(f"{digest}  {one.path}\n")
            listed.append([one.path, len(data), digest, one.words])
        manifest = sheets.to_csv(["path", "bytes", "sha256", "what"], listed)
        _add(archive, MANIFEST, manifest)
        sums.append(f"{sha256(manifest).hexdigest()}  {MANIFEST}\n")
        _add(archive, SUMS, "".join(sums).encode())
    return len(found) + 2


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    """The same bytes whoever makes it, on whatever system and day."""
    info = zipfile.ZipInfo(path, MOMENT)
    info.create_system, info.external_attr, info.compress_type = 3, 0o100644 << 16, zipfile.ZIP_DEFLATED
    archive.writestr(info, data)
