"""What follows the steps of an access agreement, for whoever runs jobs."""

from documents import keys, steps
from procurement import agreements
from procurement.models import Accession


def make_seal(accession: Accession) -> None:
    """The joining department's, if it has none yet."""
    keys.make([(accession.department.identifier, accession.department.name)])


steps.register(
    agreements.DOCUMENT_KIND,
    steps.Following(
        Accession, prepare=make_seal, issued=agreements.issued, signature_made=agreements.signature_made,
        signature_left_out=agreements.signature_left_out, complete=agreements.activate,
    ),
)  # fmt: skip
