"""Checks that anybody asks for: the file is kept only until its verdict is known, the verdict by its hash."""

from datetime import timedelta

from django.db import transaction

from documents import canonical, clock, jobs, storage
from documents.models import Check

SAME_ANSWER = timedelta(minutes=5)  # real time: the same bytes are not looked at again so soon
LONGEST_KEPT = timedelta(hours=6)
MOST_WAITING = 50  # each takes the worker some seconds, and signing waits behind them


class TooMany(RuntimeError):
    """More checks wait than the worker can do soon."""


@transaction.atomic
def ask(data: bytes, filename: str) -> Check:
    """Keep the bytes for the worker and ask for a verdict; bytes answered a moment ago get the same answer, and bytes
    that somebody else waits for are looked at once. Raises TooMany while the worker has more than it can do."""
    now, sha256 = clock.real_now(), canonical.sha256_hex(data)
    Check.objects.filter(asked_at__lt=now - LONGEST_KEPT).delete()
    answered = Check.objects.filter(sha256=sha256, answered_at__gt=now - SAME_ANSWER).order_by("-answered_at").first()
    check = Check.objects.create(
        sha256=sha256, length=len(data), filename=filename[:120], asked_at=now,
        verdict=answered.verdict if answered else None, answered_at=answered.answered_at if answered else None,
    )  # fmt: skip
    if answered is None and not _looked_at(sha256):
        if jobs.open_jobs("documents.check") >= MOST_WAITING:
            raise TooMany
        storage.drop_uploads_before(now - LONGEST_KEPT)
        storage.keep_upload(check.public_id, data)
        jobs.enqueue("documents.check", subject_of(check), key=f"check:{check.public_id}", payload={"check": check.pk})
    return check


def subject_of(check: Check) -> str:
    return _subject(check.sha256)


def _subject(sha256: str) -> str:
    return f"check {sha256}"


def _looked_at(sha256: str) -> bool:
    job = jobs.progress(_subject(sha256))
    return job is not None and job.is_open


def failed(check: Check) -> bool:
    """Whether nobody will look any more: the worker could not, at every attempt."""
    job = jobs.progress(subject_of(check)) if check.verdict is None else None
    return job is not None and job.state == jobs.Job.State.DEAD
