"""One function a message about the end of a contract; rows in the caller's transaction, each once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from contracts.access import SIGNING_POST
from contracts.ending_guards import CONFIRMING
from contracts.models import Contract, Exit, Party, RunningOn, Termination
from contracts.notifications import context_of, of_department, of_supplier
from documents.clock import london_day
from documents.templatetags.flex import day as format_day
from procurement import mailing
from procurement.models import User
from procurement.notifications import requesters
from procurement.seats import holders


def _managers(contract: Contract, at: datetime) -> list[User]:
    """The contract managers of both sides: the department's, and those who run it for the supplier."""
    return of_department(contract, at) + of_supplier(contract, at)


def _confirming(contract: Contract, at: datetime) -> list[User]:
    return [user for code in CONFIRMING for user in holders(contract.department_id, code, london_day(at))]


def _everyone(contract: Contract, at: datetime) -> list[User]:
    """Those who run it, who asked for it, and the signatories of all three."""
    on = london_day(at)
    people = _managers(contract, at) + requesters(contract.call_off, at) + _confirming(contract, at)
    people += holders(contract.supplier_id, SIGNING_POST[Party.SUPPLIER], on)
    return people + holders(contract.framework.authority_id, SIGNING_POST[Party.AUTHORITY], on)


def _context(contract: Contract, **more) -> dict:
    path = reverse("contracts:ending", args=[contract.public_id])
    return context_of(contract, **more) | {"url": settings.PUBLIC_URL + path}


def _termination(termination: Termination, **more) -> dict:
    return _context(
        termination.contract, day=format_day(termination.effective_on),
        last_day=format_day(termination.effective_on - timedelta(days=1)), ground=str(termination.get_ground_display()), **more,
    )  # fmt: skip


def tell_proposed(termination: Termination, at: datetime) -> None:
    """The signatory and the accounting officer: one of them confirms it or refuses. Not who proposed it in another post."""
    own = {termination.proposed_by, termination.proposed_for}
    people = [user for user in _confirming(termination.contract, at) if user.person_id not in own]
    context = _termination(termination, who=termination.proposed_by_name, words=termination.words)
    mailing.must_act(people, "contracts/email/termination_proposed.txt", context, f"termination:{termination.public_id}")


def tell_given(termination: Termination, at: datetime) -> None:
    """Both sides and the authority, at once: the notice is given when it is recorded."""
    contract, context = termination.contract, _termination(termination, notice=termination.notice, words=termination.words)
    mailing.must_act(_everyone(contract, at), "contracts/email/termination_given.txt", context, f"given:{termination.public_id}")


def tell_sealed(termination: Termination, at: datetime) -> None:
    contract = termination.contract
    context = _termination(termination, notice=termination.notice)
    context["url"] = settings.PUBLIC_URL + reverse("contracts:termination_notice", args=[contract.public_id, termination.number])
    mailing.inform(_managers(contract, at), "contracts/email/termination_sealed.txt", context, f"sealed:{termination.public_id}", at=at)


def tell_not_given(termination: Termination, at: datetime) -> None:
    """Inside the department: the supplier has heard nothing of it."""
    contract = termination.contract
    people = of_department(contract, at) + _confirming(contract, at)
    context = _termination(termination, state=str(termination.get_state_display()), reason=termination.ended_reason)
    key = f"not_given:{termination.public_id}"
    mailing.inform(people, "contracts/email/termination_not_given.txt", context, key, at=at)


def tell_withdrawn(termination: Termination, at: datetime) -> None:
    contract, context = termination.contract, _termination(termination, notice=termination.notice, reason=termination.ended_reason)
    key = f"withdrawn:{termination.public_id}"
    mailing.must_act(_everyone(contract, at), "contracts/email/termination_withdrawn.txt", context, key)


def tell_ended(contract: Contract, at: datetime) -> None:
    """It has expired or was terminated: the exit is to be done."""
    context = _context(contract, state=str(contract.get_state_display()), last_day=format_day(contract.ends_on))
    mailing.must_act(_everyone(contract, at), "contracts/email/contract_ended.txt", context, f"ended:{contract.public_id}")


def tell_end_nears(contract: Contract, days: int, at: datetime) -> None:
    context = _context(contract, last_day=format_day(contract.ends_on), days=(contract.ends_on - london_day(at)).days)
    key = f"ends:{contract.public_id}:{contract.ends_on}:{days}"
    mailing.must_act(_managers(contract, at), "contracts/email/end_nears.txt", context, key)


def tell_running(running: RunningOn, at: datetime) -> None:
    """Once a day, until the stop is recorded."""
    contract = running.contract
    context = _context(contract, last_day=format_day(contract.ends_on), days=(london_day(at) - contract.ends_on).days)
    key = f"running_on:{running.public_id}:{london_day(at)}"
    mailing.must_act(_managers(contract, at), "contracts/email/running_on.txt", context, key)


def tell_stopped(running: RunningOn, reason: str, at: datetime) -> None:
    contract = running.contract
    context = _context(contract, day=format_day(running.last_day), reason=reason)
    mailing.inform(_managers(contract, at), "contracts/email/running_stopped.txt", context, f"stopped:{running.public_id}", at=at)


def tell_certified(exit: Exit, at: datetime) -> None:
    contract = exit.contract
    context = _context(contract, certificate=exit.number)
    context["url"] = settings.PUBLIC_URL + reverse("contracts:data_certificate", args=[contract.public_id])
    mailing.inform(_managers(contract, at), "contracts/email/data_returned.txt", context, f"data_returned:{exit.number}", at=at)


def tell_closed(contract: Contract, at: datetime) -> None:
    people = _managers(contract, at)
    mailing.inform(people, "contracts/email/contract_closed.txt", _context(contract), f"closed:{contract.public_id}", at=at)
