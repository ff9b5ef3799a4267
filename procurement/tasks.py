"""The worker's way in: a job, pure work in ``documents`` with no transaction open, then one action that finishes it."""

from documents import clock, document_work, jobs, keys
from documents.models import DocumentState, SigningIntent
from documents.rendering import RenderFailed
from procurement import agreements
from procurement.models import Accession


def _accession(job: jobs.Job) -> Accession:
    return Accession.objects.select_related("document", "department", "framework").get(
        public_id=job.subject.removeprefix("accession ")
    )


@jobs.task(
    "procurement.make_agreement", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=180, hopeless=(RenderFailed,)
)
def make_agreement(job: jobs.Job) -> None:
    """The joining department's seal if it has none yet, revision 0, and the issuing seal on it."""
    accession = _accession(job)
    if accession.document.state != DocumentState.VOID:
        keys.make([(accession.department.identifier, accession.department.name)])
        document_work.draft(accession.document)
        document_work.seal(accession.document)
    with jobs.finishing(job):
        agreements.issued(accession, at=clock.business_now())


@jobs.task("procurement.apply_signature", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=120)
def apply_signature(job: jobs.Job) -> None:
    """Put the party's seal on for the recorded act; a document that became void after it gets none."""
    accession = _accession(job)
    intent = SigningIntent.objects.select_related("document").get(pk=job.payload["intent"])
    signature = document_work.sign(intent)
    with jobs.finishing(job):
        if signature is None:
            agreements.signature_left_out(accession, intent, at=clock.business_now())
        else:
            agreements.signature_made(accession, at=clock.business_now())


@jobs.task("procurement.close_agreement", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=120)
def close_agreement(job: jobs.Job) -> None:
    """The archive timestamp, the strict check, then membership."""
    accession = _accession(job)
    document_work.archive(accession.document)
    with jobs.finishing(job):
        agreements.activate(accession, at=clock.business_now())
