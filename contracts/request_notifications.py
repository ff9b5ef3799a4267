"""One function a message about a change request; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from contracts.models import ChangeRequest
from contracts.notifications import context_of, of_department, of_supplier
from documents.templatetags.flex import day as format_day
from documents.templatetags.flex import gbp
from procurement import mailing


def _context(request: ChangeRequest, **more) -> dict:
    path = reverse("contracts:change_request", args=[request.contract.public_id, request.number])
    return context_of(
        request.contract, label=request.label, day=format_day(request.effective_on), value=gbp(request.value_gbp), **more
    ) | {"url": settings.PUBLIC_URL + path}  # fmt: skip


def tell_asked(request: ChangeRequest, at: datetime) -> None:
    """Those of the supplier who accept or refuse it."""
    context = _context(request, who=request.asked_by_name, reason=request.reason)
    mailing.must_act(of_supplier(request.contract, at), "contracts/email/change_asked.txt", context, f"change_asked:{request.public_id}")


def tell_answered(request: ChangeRequest, at: datetime) -> None:
    """The department's contract managers."""
    context = _context(request, who=request.answered_by_name, state=str(request.get_state_display()), words=request.answer)
    key = f"change_answered:{request.public_id}"
    mailing.inform(of_department(request.contract, at), "contracts/email/change_answered.txt", context, key, at=at)


def tell_ended(request: ChangeRequest, at: datetime) -> None:
    """Withdrawn or lapsed: both sides."""
    people = of_department(request.contract, at) + of_supplier(request.contract, at)
    context = _context(request, state=str(request.get_state_display()), words=request.answer)
    mailing.inform(people, "contracts/email/change_ended.txt", context, f"change_ended:{request.public_id}", at=at)
