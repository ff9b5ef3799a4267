"""One function a message about the published copy of a contract; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from contracts.ending_guards import CONFIRMING
from contracts.models import RedactedCopy
from contracts.notifications import context_of, of_supplier
from documents.clock import london_day
from procurement import mailing
from procurement.models import PostCode, User
from procurement.seats import holders


def _department(copy: RedactedCopy, at: datetime) -> list[User]:
    codes = (PostCode.CONTRACT_MANAGER, *CONFIRMING)
    return [user for code in codes for user in holders(copy.contract.department_id, code, london_day(at))]


def _context(copy: RedactedCopy, address: str, *parts: str, **more) -> dict:
    return context_of(copy.contract, label=copy.label, **more) | {"url": settings.PUBLIC_URL + reverse(address, args=parts)}


def _of_copy(copy: RedactedCopy, **more) -> dict:
    return _context(copy, "contracts:copy", str(copy.contract.public_id), str(copy.number), **more)


def tell_proposed(copy: RedactedCopy, at: datetime) -> None:
    """The signatory and the accounting officer: one of them decides. Not who proposed it in another post."""
    own = {copy.proposed_by, copy.proposed_for}
    people = [user for code in CONFIRMING for user in holders(copy.contract.department_id, code, london_day(at)) if user.person_id not in own]
    context = _of_copy(copy, who=copy.proposed_by_name, withheld=[str(one.label) for one in copy.withheld.all()])
    mailing.must_act(people, "contracts/email/copy_proposed.txt", context, f"copy:{copy.public_id}")


def tell_not_published(copy: RedactedCopy, at: datetime) -> None:
    """Inside the department: nobody else has heard of it."""
    context = _of_copy(copy, state=str(copy.get_state_display()), reason=copy.ended_reason)
    mailing.inform(_department(copy, at), "contracts/email/copy_not_published.txt", context, f"copy_not_published:{copy.public_id}", at=at)


def tell_published(copy: RedactedCopy, at: datetime) -> None:
    """Both sides, with the public address."""
    context = _context(copy, "contracts:published_contract", copy.reference)
    people = _department(copy, at) + of_supplier(copy.contract, at)
    mailing.inform(people, "contracts/email/copy_published.txt", context, f"copy_published:{copy.public_id}", at=at)


def tell_taken_down(copy: RedactedCopy, at: datetime) -> None:
    people, context = _department(copy, at) + of_supplier(copy.contract, at), _of_copy(copy, reason="")
    mailing.must_act(people, "contracts/email/copy_taken_down.txt", context, f"copy_taken_down:{copy.public_id}")
