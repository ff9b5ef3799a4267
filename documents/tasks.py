"""What Celery runs: one job by its id, the sweep that does what was not heard, and the work the clock brings; and the jobs of this app:
the steps of a document, checks, messages.

A step is pure work with no transaction open, then what follows it (``documents.steps``) in the one that finishes the job.
Steps are patient: a timestamp service or a key store that is away for hours must leave no document half signed."""

from celery import shared_task

from documents import clock, document_work, jobs, mail, periodic, steps, storage, verifying
from documents.models import Check, Document, DocumentState, Email, SigningIntent
from documents.rendering import RenderFailed


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


@jobs.task("documents.make", attempts=jobs.PATIENT_ATTEMPTS, hopeless=(RenderFailed,))
def make(job: jobs.Job) -> None:
    """Revision 0 and the issuing seal on it; repeating it finds what is already stored. What nobody signs is then closed."""
    document = Document.objects.get(pk=job.payload["document"])
    following = steps.after(document)
    is_void = document.state == DocumentState.VOID  # before it was made
    if not is_void:
        following.prepare(following.row(document))
        document_work.draft(document)
        document_work.seal(document)
    with jobs.finishing(job):
        if not is_void:
            following.issued(following.row(document), at=clock.business_now())
            if not document.expected_signers:
                steps.ask_to_close(document)


@jobs.task("documents.sign", attempts=jobs.PATIENT_ATTEMPTS)
def sign(job: jobs.Job) -> None:
    """The party's seal for the recorded act; a document that became void after it gets none."""
    intent = SigningIntent.objects.select_related("document").get(pk=job.payload["intent"])
    following = steps.after(intent.document)
    signature = document_work.sign(intent)
    with jobs.finishing(job):
        row, at = following.row(intent.document), clock.business_now()
        if signature is None:
            following.signature_left_out(row, intent, at=at)
        else:
            following.signature_made(row, at=at)


@jobs.task("documents.close", attempts=jobs.PATIENT_ATTEMPTS)
def close(job: jobs.Job) -> None:
    """The archive timestamp and the strict check; a document that nobody signs and that became void meanwhile gets none."""
    document = Document.objects.get(pk=job.payload["document"])
    following = steps.after(document)
    closed = document_work.archive(document)
    with jobs.finishing(job):
        if closed is not None:
            following.complete(following.row(document), at=clock.business_now())


@jobs.task("documents.check", attempts=2)
def give_verdict(job: jobs.Job) -> None:
    """The strict check, for everybody who waits for these bytes; then the uploaded bytes go."""
    check = Check.objects.get(pk=job.payload["check"])
    verdict = verifying.check(storage.upload(check.public_id))
    with jobs.finishing(job):
        waiting = Check.objects.filter(sha256=check.sha256, answered_at__isnull=True)
        waiting.update(verdict=verdict.as_dict(), answered_at=clock.real_now())
    storage.drop_upload(check.public_id)


@jobs.task("documents.send_email", attempts=8)
def send_email(job: jobs.Job) -> None:
    """Send one message. A kill between the sending and the commit may send it twice; it is never lost."""
    email = Email.objects.get(pk=job.payload["email"])
    if email.sent_at is None:
        mail.send(email)
    with jobs.finishing(job):
        Email.objects.filter(pk=email.pk, sent_at=None).update(sent_at=clock.real_now())
