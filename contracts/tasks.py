"""The worker's way in: a job, pure work in ``documents`` with no transaction open, then one action that finishes it.

They are patient: a timestamp service or a key store that is away for hours must not leave a contract half signed."""

from contracts import formation
from contracts.models import Contract
from documents import clock, document_work, jobs
from documents.models import DocumentState, SigningIntent
from documents.rendering import RenderFailed


def _contract(job: jobs.Job) -> Contract:
    return Contract.objects.select_related("document", "call_off").get(public_id=job.subject.removeprefix("contract "))


@jobs.task("contracts.make_document", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=180, hopeless=(RenderFailed,))
def make_document(job: jobs.Job) -> None:
    """Render revision 0 and put the issuing seal on it; repeating it finds what is already stored."""
    contract = _contract(job)
    if contract.document.state != DocumentState.VOID:  # refused before it was made
        document_work.draft(contract.document)
        document_work.seal(contract.document)
    with jobs.finishing(job):
        formation.issued(contract, at=clock.business_now())


@jobs.task("contracts.apply_signature", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=120)
def apply_signature(job: jobs.Job) -> None:
    """Put the party's seal on for the recorded act; a document that became void after it gets none."""
    contract = _contract(job)
    intent = SigningIntent.objects.get(pk=job.payload["intent"])
    signature = document_work.sign(intent)
    with jobs.finishing(job):
        if signature is None:
            formation.signature_left_out(contract, intent, at=clock.business_now())
        else:
            formation.signature_made(contract, at=clock.business_now())


@jobs.task("contracts.close_document", attempts=jobs.PATIENT_ATTEMPTS, lease_seconds=120)
def close_document(job: jobs.Job) -> None:
    """The archive timestamp, the strict check, then execution."""
    contract = _contract(job)
    document_work.archive(contract.document)
    with jobs.finishing(job):
        formation.execute(contract, at=clock.business_now())
