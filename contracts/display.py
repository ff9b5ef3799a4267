"""What of a contract's doings is said to which reader."""

from django.utils.translation import gettext as _

from contracts.models import Party, Variation, VariationState


def ended_words(variation: Variation, viewpoint: str) -> str:
    """Why it ended, for the reader, on a page as in a message; empty while it goes on. What approvers and the department
    write to each other is not the supplier's; what a signatory or the clock says is."""
    inside = variation.document_id is None and variation.state in (VariationState.REJECTED, VariationState.WITHDRAWN)
    if viewpoint != Party.SUPPLIER or not inside:
        return variation.ended_reason
    if variation.state == VariationState.WITHDRAWN:
        return _("The department has withdrawn it.")
    return _("It was not approved.")
