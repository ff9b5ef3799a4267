"""What follows the steps of a contract's documents, and the re-rating of contracts, for whoever runs jobs."""

from contracts import formation, rerating
from contracts.models import Contract, ContractVersion
from documents import clock, jobs, steps

steps.register(
    formation.DOCUMENT_KIND,
    steps.Following(
        Contract, issued=formation.issued, signature_made=formation.signature_made,
        signature_left_out=formation.signature_left_out, complete=formation.execute,
    ),
)  # fmt: skip
steps.register(rerating.DOCUMENT_KIND, steps.Following(ContractVersion, complete=rerating.announced))


@jobs.task("contracts.find_falls")
def find_falls(job: jobs.Job) -> None:
    """After a contract is executed: each contract on whose prices it tells gets a job of its own."""
    executed = Contract.objects.select_related("framework").get(pk=job.payload["contract"])
    found = rerating.candidates(executed.framework, clock.business_today())
    with jobs.finishing(job):
        for contract in found:
            jobs.enqueue(
                "contracts.rerate", f"contract {contract}", key=f"rerate:{contract}:{executed.pk}",
                payload={"contract": contract},
            )  # fmt: skip


@jobs.task("contracts.rerate")
def rerate(job: jobs.Job) -> None:
    contract = Contract.objects.get(pk=job.payload["contract"])
    with jobs.finishing(job):
        rerating.rerate(contract, at=clock.business_now())
