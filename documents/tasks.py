"""What Celery runs: one job by its id, the sweep that rings again, and the work the clock brings."""

from celery import shared_task

from documents import checking, clock, jobs, mail, periodic
from documents.models import Email


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


CHECK = checking.give_verdict  # registered by being imported


@jobs.task("documents.send_email", attempts=8, lease_seconds=60)
def send_email(job: jobs.Job) -> None:
    """Send one message. A kill between the sending and the commit may send it twice; it is never lost."""
    email = Email.objects.get(pk=job.payload["email"])
    if email.sent_at is None:
        mail.send(email)
    with jobs.finishing(job):
        Email.objects.filter(pk=email.pk, sent_at=None).update(sent_at=clock.real_now())
