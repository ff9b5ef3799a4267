"""One function a message about a contract; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from contracts.access import SIGNING_POST, organisation_of
from contracts.models import Contract, Party
from documents import mail
from documents.clock import london_day
from procurement.access import holders
from procurement.models import PostCode, User
from procurement.notifications import requesters


def _context(contract: Contract, **more) -> dict:
    return {
        "number": contract.number, "title": contract.title, "department": contract.department.name,
        "supplier": contract.supplier.name, "reference": contract.call_off.reference,
        "url": settings.PUBLIC_URL + reverse("contracts:contract", args=[contract.public_id]),
        "subject_to_contract": not contract.is_binding, **more,
    }  # fmt: skip


def _send(people, template: str, contract: Contract, key: str, **more) -> None:
    for person in people:
        context = _context(contract, name=person.name, **more)
        mail.enqueue(person.email, f"contracts/email/{template}.txt", context, f"{key}:{person.person_id}")


def _signatories(contract: Contract, party: str, at: datetime) -> list[User]:
    return list(holders(organisation_of(contract, party).pk, SIGNING_POST[Party(party)], london_day(at)))


def tell_next_signatory(contract: Contract, party: str, at: datetime) -> None:
    people = _signatories(contract, party, at)
    _send(people, "please_sign", contract, f"sign:{contract.public_id}:{party}", party=Party(party).label)


def _everyone(contract: Contract, at: datetime) -> list[User]:
    """The requester, the order desk, the department's contract manager and the three signatories, each once."""
    day = london_day(at)
    people = requesters(contract.call_off, at)
    people += holders(contract.supplier_id, PostCode.ORDER_DESK, day)
    people += holders(contract.department_id, PostCode.CONTRACT_MANAGER, day)
    for party in Party.values:
        people += _signatories(contract, party, at)
    return list({person.pk: person for person in people}.values())


def tell_executed(contract: Contract, at: datetime) -> None:
    _send(_everyone(contract, at), "executed", contract, f"executed:{contract.public_id}")


def tell_void(contract: Contract, at: datetime) -> None:
    _send(_everyone(contract, at), "void", contract, f"void:{contract.public_id}", reason=contract.void_reason)
