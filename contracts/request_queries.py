"""Reads of change requests: what of them waits for a person."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.managers import SUPPLIER_POSTS
from contracts.models import BOUND, ChangeRequest, RequestState
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item


def inbox(by: Person, on: date) -> list[Item]:
    """Those that the supplier's people accept or refuse, before their first day; one query."""
    sells = [organisation for organisation, post in sight_of(by, on).posts if post in SUPPLIER_POSTS]
    if not sells:
        return []
    rows = ChangeRequest.objects.filter(state=RequestState.ASKED, contract__supplier_id__in=sells, contract__state__in=BOUND)
    return [
        Item(
            f"{row.contract.number} {row.contract.title}", row.contract.department.name,
            _("change request %(label)s to accept or refuse") % {"label": row.label},
            reverse("contracts:change_request", args=[row.contract.public_id, row.number]), row.asked_at,
            working_days.midnight_after(row.effective_on - timedelta(days=1)),
        )
        for row in rows.select_related("contract__department").order_by("effective_on", "id")[:MOST_OF_A_KIND]
    ]  # fmt: skip
