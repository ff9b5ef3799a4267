"""What follows the steps of a contract's document, for whoever runs jobs."""

from contracts import formation
from contracts.models import Contract
from documents import steps

steps.register(
    formation.DOCUMENT_KIND,
    steps.Following(
        Contract, issued=formation.issued, signature_made=formation.signature_made,
        signature_left_out=formation.signature_left_out, complete=formation.execute,
    ),
)  # fmt: skip
