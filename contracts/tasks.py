"""What follows the steps of a contract's documents, and the re-rating of contracts, for whoever runs jobs."""

from catalogue.models import Framework
from contracts import (
    accepting,
    audit_making,
    exiting,
    formation,
    novating,
    publishing,
    rerating,
    terminating,
    transferring,
    variation_issuing,
)
from contracts.models import (
    AcceptanceDecision,
    AuditFile,
    Contract,
    ContractVersion,
    Exit,
    Novation,
    RedactedCopy,
    Termination,
    TransferNotice,
    Variation,
)
from documents import clock, jobs, keys, steps, storage

steps.register(
    formation.DOCUMENT_KIND,
    steps.Following(
        Contract, issued=formation.issued, signature_made=formation.signature_made,
        signature_left_out=formation.signature_left_out, complete=formation.execute,
    ),
)  # fmt: skip
steps.register(
    variation_issuing.DOCUMENT_KIND,
    steps.Following(
        Variation, issued=variation_issuing.issued, signature_made=variation_issuing.signature_made,
        signature_left_out=variation_issuing.signature_left_out, complete=variation_issuing.execute,
    ),
)  # fmt: skip
steps.register(rerating.DOCUMENT_KIND, steps.Following(ContractVersion, complete=rerating.announced))
steps.register(terminating.DOCUMENT_KIND, steps.Following(Termination, complete=terminating.announced))


def make_seal(made: TransferNotice | Novation) -> None:
    """The receiving department's, if it has none yet: it signs from the day on, or the novation."""
    receiving = made.transfer.receiving
    keys.make([(receiving.identifier, receiving.name)])


steps.register(transferring.DOCUMENT_KIND, steps.Following(TransferNotice, prepare=make_seal, complete=transferring.announced))
steps.register(
    novating.DOCUMENT_KIND,
    steps.Following(
        Novation, prepare=make_seal, issued=novating.issued, signature_made=novating.signature_made,
        signature_left_out=novating.signature_left_out, complete=novating.execute,
    ),
)  # fmt: skip
steps.register(exiting.DOCUMENT_KIND, steps.Following(Exit, complete=exiting.certified))
steps.register(publishing.DOCUMENT_KIND, steps.Following(RedactedCopy, complete=publishing.published))
steps.register(accepting.DOCUMENT_KIND, steps.Following(AcceptanceDecision, complete=accepting.certified))


@jobs.task("contracts.find_falls", attempts=jobs.PATIENT_ATTEMPTS)
def find_falls(job: jobs.Job) -> None:
    """Each contract on whose prices the framework's volumes tell gets a job of its own."""
    framework, cause = Framework.objects.get(pk=job.payload["framework"]), job.payload["cause"]
    found = rerating.candidates(framework, clock.business_today())
    with jobs.finishing(job):
        for contract in found:
            jobs.enqueue(
                "contracts.rerate", f"contract {contract} prices", key=f"rerate:{contract}:{cause}", payload={"contract": contract}
            )


@jobs.task("contracts.rerate", attempts=jobs.PATIENT_ATTEMPTS)
def rerate(job: jobs.Job) -> None:
    contract = Contract.objects.get(pk=job.payload["contract"])
    with jobs.finishing(job):
        rerating.rerate(contract, at=clock.business_now())


@jobs.task("contracts.make_audit_file")
def make_audit_file(job: jobs.Job) -> None:
    file = AuditFile.objects.select_related("contract__framework__authority", "contract__document").get(pk=job.payload["file"])
    found = audit_making.make(file)
    with jobs.finishing(job):
        audit_making.made(file, found, at=clock.business_now())


@jobs.task("contracts.drop_audit_file")
def drop_audit_file(job: jobs.Job) -> None:
    """The row first: who reads it meanwhile is told that it is gone."""
    file = AuditFile.objects.get(pk=job.payload["file"])
    with jobs.finishing(job):
        audit_making.drop(file, at=clock.business_now())
    storage.drop_made(file.public_id)
