"""Checks that anybody asks for: the file is kept only until its verdict is known, the verdict by its hash."""

from datetime import timedelta

from django.db import transaction

from documents import canonical, clock, jobs, storage, verifying
from documents.models import Check

SAME_ANSWER = timedelta(minutes=5)  # real time: the same bytes are not looked at again so soon
LONGEST_KEPT = timedelta(hours=6)


@transaction.atomic
def ask(data: bytes, filename: str) -> Check:
    """Keep the bytes for the worker and ask for a verdict; bytes answered a moment ago get the same answer."""
    now, sha256 = clock.real_now(), canonical.sha256_hex(data)
    answered = Check.objects.filter(sha256=sha256, answered_at__gt=now - SAME_ANSWER).order_by("-answered_at").first()
    check = Check.objects.create(
        sha256=sha256, length=len(data), filename=filename[:120], asked_at=now,
        verdict=answered.verdict if answered else None, answered_at=answered.answered_at if answered else None,
    )  # fmt: skip
    if answered is None:
        storage.drop_uploads_before(now - LONGEST_KEPT)
        storage.keep_upload(check.public_id, data)
        jobs.enqueue("documents.check", subject_of(check), key=f"check:{check.public_id}", payload={"check": check.pk})
    return check


def subject_of(check: Check) -> str:
    return f"check {check.public_id}"


def failed(check: Check) -> bool:
    """Whether nobody will look any more: the worker could not, at every attempt."""
    job = jobs.progress(subject_of(check)) if check.verdict is None else None
    return job is not None and job.state == jobs.Job.State.DEAD


@jobs.task("documents.check", attempts=2, lease_seconds=180)  # a worker is stopped at 115 s
def give_verdict(job: jobs.Job) -> None:
    """The strict check; then the uploaded bytes go."""
    check = Check.objects.get(pk=job.payload["check"])
    verdict = verifying.check(storage.upload(check.public_id))
    with jobs.finishing(job):
        Check.objects.filter(pk=check.pk).update(verdict=verdict.as_dict(), answered_at=clock.real_now())
    storage.drop_upload(check.public_id)
