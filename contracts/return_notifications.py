"""One function a message about returns; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from contracts import managers
from contracts.models import LevyNote, ManagementReturn
from documents.clock import london_day
from documents.templatetags.flex import day as format_day
from documents.templatetags.flex import gbp
from procurement import mailing
from procurement.models import PostCode
from procurement.seats import holders


def _context(found: ManagementReturn, **more) -> dict:
    return {
        "framework": found.framework.reference, "title": found.framework.title, "supplier": found.supplier.name,
        "month": str(found.label), "day": format_day(found.due_on),
        "url": settings.PUBLIC_URL + reverse("contracts:return", args=[found.public_id]),
    } | more  # fmt: skip


def tell_made(found: ManagementReturn, at: datetime) -> None:
    """Who runs the supplier's contracts: they confirm it, or explain."""
    people = managers.of_supplier(found.supplier_id, london_day(at))
    mailing.must_act(people, "contracts/email/return_made.txt", _context(found), f"return:{found.pk}")


def tell_declared(found: ManagementReturn, note: LevyNote | None, at: datetime) -> None:
    """The authority's finance leads; of a note the supplier's people too, who pay it or have it back."""
    on, key = london_day(at), f"return_declared:{found.pk}"
    finance = list(holders(found.framework.authority_id, PostCode.FINANCE_LEAD, on))
    if note is None:
        return mailing.inform(finance, "contracts/email/return_declared.txt", _context(found), key, at=at)
    context = _context(
        found, note=note.number, kind=str(note.get_kind_display()), amount=gbp(note.amount_gbp), pay_by=format_day(note.due_on),
        corrects=note.corrects.number if note.corrects else "",
    )  # fmt: skip
    return mailing.inform([*finance, *managers.of_supplier(found.supplier_id, on)], "contracts/email/levy_note.txt", context, key, at=at)
