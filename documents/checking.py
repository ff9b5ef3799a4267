"""Checks that anybody asks for: the file is kept only until its verdict is known, the verdict by its hash."""

from django.db import transaction

from documents import canonical, clock, jobs, storage, verifying
from documents.models import Check


@transaction.atomic
def ask(data: bytes, filename: str) -> Check:
    """Keep the bytes for the worker and ask for a verdict."""
    key = storage.put(data)
    check = Check.objects.create(
        sha256=canonical.sha256_hex(data), length=len(data), filename=filename[:120], asked_at=clock.real_now()
    )
    jobs.enqueue("documents.check", f"check {check.public_id}", key=f"check:{check.public_id}",
                 payload={"check": check.pk, "key": key})  # fmt: skip
    return check


@jobs.task("documents.check", attempts=2, lease_seconds=60)
def give_verdict(job: jobs.Job) -> None:
    """The strict check; then the uploaded bytes go, unless they are a document of ours."""
    check = Check.objects.get(pk=job.payload["check"])
    verdict = verifying.check(storage.get(job.payload["key"]))
    with jobs.finishing(job):
        Check.objects.filter(pk=check.pk).update(verdict=verdict.as_dict(), answered_at=clock.real_now())
    if not verifying.is_ours(job.payload["key"]):
        storage.discard(job.payload["key"])
