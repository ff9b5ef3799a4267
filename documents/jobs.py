"""Jobs: the row is the truth, the broker a doorbell.

An action enqueues a row in its own transaction; after the commit the broker is rung. A worker claims the row by one
UPDATE, works with no transaction open, and finishes by an UPDATE that must hit its own token, in the transaction of
the effect. A sweep does itself whatever is due, so a lost message costs seconds, never the work.
"""

import faulthandler
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import Q
from django.utils.module_loading import autodiscover_modules

from documents import audit, clock
from documents.actors import Actor
from documents.models import Job

__all__ = [
    "Job", "LostLease", "claim", "due", "enqueue", "finishing", "open_jobs", "progress", "revive", "ring", "run", "task",
]  # fmt: skip

log = logging.getLogger(__name__)


class LostLease(RuntimeError):
    """Another worker took the job over while this one worked; its effect is rolled back."""


@dataclass(frozen=True)
class Task:
    name: str
    run: Callable[[Job], None]
    attempts: int
    hopeless: tuple[type[Exception], ...] = ()


_tasks: dict[str, Task] = {}


LEASE_SECONDS = 30  # after which the job of a worker that was killed is another's
RENEWED_EVERY = 10  # seconds, while the work goes on
HOPELESS_ATTEMPTS = 3
PATIENT_ATTEMPTS = 300  # with the longest delay of five minutes between two: about a day


def task(name: str, *, attempts: int = 5, hopeless: tuple[type[Exception], ...] = ()) -> Callable:
    """Register ``fn(job)`` under a name. It must finish through ``finishing(job)``. An error of a ``hopeless`` kind,
    which trying again hardly mends, ends it after three attempts."""

    def register(fn: Callable[[Job], None]) -> Callable[[Job], None]:
        _tasks[name] = Task(name, fn, attempts, hopeless)
        return fn

    return register


@cache
def load_tasks() -> None:
    """Every app's ``tasks``: who runs jobs loads them, a web process never does."""
    autodiscover_modules("tasks")


def find_task(name: str) -> Task | None:
    load_tasks()
    return _tasks.get(name)


def enqueue(
    task_name: str, subject: str, key: str, *, run_after: datetime | None = None, payload: dict | None = None
) -> Job:
    """Write the job in the caller's transaction and ring after it. A second call with the key returns the first job."""
    now = clock.real_now()
    Job.objects.bulk_create(
        [
            Job(
                task=task_name, subject=subject, key=key, payload=payload or {}, run_after=run_after or now,
                created_at=now,
            )  # fmt: skip
        ],
        ignore_conflicts=True,
    )
    job = Job.objects.get(key=key)
    if job.state == Job.State.DEAD:
        log.error("job %s (%s, %s) is asked for again and is dead: run_jobs --revive", job.pk, job.task, job.subject)
    transaction.on_commit(lambda: ring(job.pk), robust=True)
    return job


def ring(job_id: int) -> None:
    """Tell the broker. Its absence is logged, never an error: the sweep finds the job."""
    try:
        current_app.send_task("documents.run_job", [job_id], retry=False)
    except Exception as error:
        log.warning("job %s: the broker was not reached (%s); the sweep will find it", job_id, error)


def due(limit: int = 100) -> list[int]:
    """Jobs that could be claimed now, oldest first."""
    now = clock.real_now()
    ready = Q(state=Job.State.QUEUED, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    return list(Job.objects.filter(ready).order_by("run_after", "id").values_list("pk", flat=True)[:limit])


def claim(job_id: int) -> Job | None:
    """Take the job if it is due and nobody has it; one statement, one winner."""
    now = clock.real_now()
    token = uuid.uuid4()
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(
                Q(state=Job.State.QUEUED, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now),
                pk=job_id,
            )
            .first()
        )
        if job is None:
            return None
        known = find_task(job.task)
        if known is None:  # of a newer worker, which is to find it
            log.warning("job %s: this worker knows no task %s", job.pk, job.task)
            return None
        if job.attempts >= known.attempts:
            job.state, job.finished_at = Job.State.DEAD, now
            job.last_error = job.last_error or "attempts used up without an answer (killed or timed out)"
            job.save(update_fields=["state", "finished_at", "last_error"])
            log.error("job %s (%s, %s) is dead", job.pk, job.task, job.subject)
            return None
        job.state, job.token, job.attempts = Job.State.RUNNING, token, job.attempts + 1
        job.lease_until = now + timedelta(seconds=LEASE_SECONDS)
        job.save(update_fields=["state", "token", "attempts", "lease_until"])
        return job


@contextmanager
def finishing(job: Job) -> Iterator[None]:
    """The effect and the job's end in one transaction. Raises LostLease (rolling the effect back) if taken over."""
    with transaction.atomic():
        yield
        done = Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).update(
            state=Job.State.DONE, finished_at=clock.real_now(), lease_until=None, last_error=""
        )
        if not done:
            raise LostLease(f"job {job.pk} was taken over by another worker")


def run(job_id: int) -> bool:
    """Claim and do a job; False if it was not to be had. A failure is kept in the row and tried again later."""
    job = claim(job_id)
    if job is None:
        return False
    known = find_task(job.task)
    try:
        with _no_longer_than(settings.JOB_SECONDS), _renewed(job):
            known.run(job)
    except LostLease as lost:
        log.warning("%s", lost)
    except Exception as error:
        _failed(job, known, error)
    return True


@contextmanager
def _renewed(job: Job) -> Iterator[None]:
    """The lease is renewed beside the work, by a thread with a connection of its own: it is short, so that nobody waits long for
    what a killed worker had, and the work may be long. It ends with the process, and where another has taken the job over."""
    over = threading.Event()

    def renew() -> None:
        try:
            while not over.wait(RENEWED_EVERY):
                until = clock.real_now() + timedelta(seconds=LEASE_SECONDS)
                if not Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).update(lease_until=until):
                    return
        except DatabaseError as error:
            log.warning("job %s: its lease could not be renewed (%s)", job.pk, error)
        finally:
            connections.close_all()

    beside = threading.Thread(target=renew, daemon=True)
    beside.start()
    try:
        yield
    finally:
        over.set()
        beside.join()


STDERR = 2  # its descriptor


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """End this process when the work takes longer, also where it hangs outside Python; whoever watches over the worker
    starts it again, and the job's attempts count. 0: no limit, as where a pool of the worker's own has one."""
    if seconds:
        faulthandler.dump_traceback_later(seconds, exit=True, file=STDERR)  # Celery puts a proxy over sys.stderr
    try:
        yield
    finally:
        if seconds:
            faulthandler.cancel_dump_traceback_later()


def _failed(job: Job, known: Task, error: Exception) -> None:
    """Back to the queue with a growing delay, or dead after the last attempt."""
    dead = job.attempts >= (HOPELESS_ATTEMPTS if isinstance(error, known.hopeless) else known.attempts)
    delay = timedelta(seconds=min(2 ** min(job.attempts, 9), 300))
    changed = Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING).update(
        state=Job.State.DEAD if dead else Job.State.QUEUED,
        run_after=clock.real_now() + delay,
        lease_until=None,
        last_error=f"{type(error).__name__}: {error}"[:2000],
        finished_at=clock.real_now() if dead else None,
    )
    level = logging.ERROR if dead else logging.WARNING
    log.log(level, "job %s (%s) failed, attempt %s%s", job.pk, job.task, job.attempts, " and is dead" if dead else "",
            exc_info=error)  # fmt: skip
    if not changed:
        log.warning("job %s had been taken over", job.pk)


def open_jobs(task_name: str) -> int:
    """How many jobs of a task are not done yet."""
    return Job.objects.filter(task=task_name, state__in=[Job.State.QUEUED, Job.State.RUNNING]).count()


@transaction.atomic
def revive(job_id: int, *, by: Actor) -> bool:
    """Give a dead job its attempts again, when an operator has mended what it died of; False if it is not dead."""
    changed = Job.objects.filter(pk=job_id, state=Job.State.DEAD).update(
        state=Job.State.QUEUED, attempts=0, run_after=clock.real_now(), finished_at=None
    )
    if changed:
        job = Job.objects.get(pk=job_id)
        audit.record("job.revived", job, by=by, at=clock.business_now(), reason=job.last_error)
        transaction.on_commit(lambda: ring(job_id), robust=True)
    return bool(changed)


def progress(subject: str) -> Job | None:
    """The newest job of a subject, for the page that waits for it."""
    return Job.objects.filter(subject=subject).order_by("-id").first()
