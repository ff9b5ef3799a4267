"""What Celery runs: one job by its id, the sweep that does what was not heard, and the work the clock brings."""

from celery import shared_task

from documents import clock, jobs, mail, periodic, storage, verifying
from documents.models import Check, Email


@shared_task(name="documents.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    jobs.run(job_id)


@shared_task(name="documents.sweep", ignore_result=True)
def sweep() -> None:
    """Do what is due and was not heard; two sweeps at once are harmless."""
    for job_id in jobs.due():
        jobs.run(job_id)


@shared_task(name="documents.tick", ignore_result=True)
def tick() -> None:
    """What the business clock makes due."""
    periodic.run_due(clock.business_now())


@jobs.task("documents.check", attempts=2, lease_seconds=180)  # a worker is stopped at 115 s
def give_verdict(job: jobs.Job) -> None:
    """The strict check, for everybody who waits for these bytes; then the uploaded bytes go."""
    check = Check.objects.get(pk=job.payload["check"])
    verdict = verifying.check(storage.upload(check.public_id))
    with jobs.finishing(job):
        waiting = Check.objects.filter(sha256=check.sha256, answered_at__isnull=True)
        waiting.update(verdict=verdict.as_dict(), answered_at=clock.real_now())
    storage.drop_upload(check.public_id)


@jobs.task("documents.send_email", attempts=8, lease_seconds=60)
def send_email(job: jobs.Job) -> None:
    """Send one message. A kill between the sending and the commit may send it twice; it is never lost."""
    email = Email.objects.get(pk=job.payload["email"])
    if email.sent_at is None:
        mail.send(email)
    with jobs.finishing(job):
        Email.objects.filter(pk=email.pk, sent_at=None).update(sent_at=clock.real_now())
