"""The auditor's file is asked for on a page, made by a worker, and dropped after some days; each making is recorded."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contracts import access, audit_content
from contracts.locking import lock_contract
from contracts.models import AuditFile, Contract
from documents import audit, clock, jobs, storage
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import Reason, insist
from procurement import passings
from procurement.actors import Person

KEPT = timedelta(days=7)  # real time, as of all that is kept for a while


def why_not_ask(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whoever may see the contract can, once it binds."""
    if not contract.is_binding:
        yield Reason(_("The contract is %(state)s: there is nothing to audit before it is executed.") % {"state": contract.get_state_display()})


def subject_of(file: AuditFile) -> str:
    """Of its job."""
    return f"audit file {file.public_id}"


def kept(contract: Contract, side: str) -> QuerySet[AuditFile]:
    """Those that were made for the side and are still kept. What was asked for before the contract passed to another department is
    as that one might see it, with the limits and letters of its people: nobody is given it any more."""
    rows = contract.audit_files.filter(side=side, made_at__isnull=False, dropped_at__isnull=True).order_by("id")
    passed = passings.of(contract)
    return rows.filter(asked_at__gte=passed[-1].made_at) if passed else rows


def newest(contract: Contract, side: str) -> AuditFile | None:
    """The one that is being made, or the last that was and is still kept."""
    return contract.audit_files.filter(side=side, made_at__isnull=True).first() or kept(contract, side).last()


def is_current(file: AuditFile) -> bool:
    """Whether it is there, which after a store was brought back from a copy it may not be, and nothing was recorded of the contract
    since it was made."""
    return file.made_at is not None and storage.has_made(file.public_id) and file.stamp == audit_content.stamp(file.contract, file.side)


@transaction.atomic
def ask(contract: Contract, *, by: Person, at: datetime) -> AuditFile:
    """For the person's own side. What is being made, or was made of the same records, is not made again."""
    contract = lock_contract(contract)
    insist(why_not_ask(contract, by=by, at=at))
    side = access.viewpoint(by, contract, london_day(at))
    known = newest(contract, side)
    if known is not None and (known.made_at is None or is_current(known)):
        return known
    file = AuditFile.objects.create(contract=contract, side=side, asked_by=by.person_id, asked_by_name=by.words, asked_at=at)
    audit.record("audit_file.asked_for", file, by=by, at=at, extra={"contract": contract.number, "side": side})
    jobs.enqueue("contracts.make_audit_file", subject_of(file), key=f"audit_file:{file.public_id}", payload={"file": file.pk})
    return file


def make(file: AuditFile) -> tuple[str, str, int, int]:
    """A worker's work, with no transaction open: (stamp, sha256, length, files). The stamp is read first, so that what is recorded
    meanwhile makes another file."""
    stamp, files = audit_content.stamp(file.contract, file.side), []
    sha256, length = storage.keep_made(file.public_id, lambda target: files.append(audit_content.write(file.contract, file.side, target)))
    return stamp, sha256, length, files[0]


@transaction.atomic
def made(file: AuditFile, found: tuple[str, str, int, int], *, at: datetime, by: Actor = SYSTEM) -> AuditFile:
    """It can be downloaded, until it is dropped. A repeat finds it done."""
    file = AuditFile.objects.select_for_update(of=("self",)).select_related("contract").get(pk=file.pk)
    if file.made_at is not None:
        return file
    file.stamp, file.sha256, file.length, file.files = found
    file.made_at = at
    file.save()
    audit.record("audit_file.made", file, by=by, at=at, hash_shown=file.sha256, extra={"length": file.length, "files": file.files})
    jobs.enqueue(
        "contracts.drop_audit_file", subject_of(file), key=f"drop_audit_file:{file.public_id}", payload={"file": file.pk},
        run_after=clock.real_now() + KEPT,
    )  # fmt: skip
    return file


@transaction.atomic
def drop(file: AuditFile, *, at: datetime, by: Actor = SYSTEM) -> AuditFile:
    """Its days are over: it is made again when somebody asks. A repeat finds it done."""
    file = AuditFile.objects.select_for_update().get(pk=file.pk)
    if file.dropped_at is None:
        file.dropped_at = at
        file.save()
        audit.record("audit_file.dropped", file, by=by, at=at)
    return file
