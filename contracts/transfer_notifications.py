"""One function a message about a transfer; rows in the caller's transaction, each once."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from catalogue.models import Organisation
from contracts.access import SIGNING_POST
from contracts.managers import SUPPLIER_POSTS
from contracts.models import Novation, NovationParty, Party, Transfer, TransferNotice
from contracts.transfer_guards import AGREEING
from contracts.transfer_notices import legal_basis
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day, gbp
from procurement import mailing
from procurement.models import PostCode, User
from procurement.seats import holders
from procurement.signing import Box

OF_A_DEPARTMENT = (
    PostCode.ADMINISTRATOR, PostCode.CONTRACT_MANAGER, PostCode.REQUESTER, PostCode.SIGNATORY, PostCode.FINANCE_DIRECTOR,
)  # fmt: skip


def _holding(body: Organisation, posts: Iterable[str], at: datetime) -> list[User]:
    return [user for code in posts for user in holders(body.pk, code, london_day(at))]


def _managers(transfer: Transfer, at: datetime) -> list[User]:
    return _holding(transfer.authority, (PostCode.FRAMEWORK_MANAGER,), at)


def _inside(transfer: Transfer, at: datetime) -> list[User]:
    """Who runs, orders and signs in both departments, and who prepares and agrees at the authority."""
    people = _holding(transfer.outgoing, OF_A_DEPARTMENT, at) + _holding(transfer.receiving, OF_A_DEPARTMENT, at)
    return people + _managers(transfer, at) + _holding(transfer.authority, AGREEING, at)


def _tell_suppliers(name: str, transfer: Transfer, suppliers: Iterable[Organisation], context: dict, key: str, at: datetime) -> None:
    """Each where it reads what concerns it: its notice, or its contracts. The plan is of all suppliers, and shut to them."""
    notices = dict(transfer.notices.values_list("supplier", "position"))
    for supplier in suppliers:
        path = reverse("contracts:contracts")
        if supplier.pk in notices:
            path = reverse("contracts:transfer_notice", args=[transfer.public_id, notices[supplier.pk]])
        people = _holding(supplier, (*SUPPLIER_POSTS, SIGNING_POST[Party.SUPPLIER]), at)
        mailing.must_act(people, _email(name), context | {"url": settings.PUBLIC_URL + path}, key)


def _context(transfer: Transfer, **more) -> dict:
    return {
        "number": transfer.number, "outgoing": transfer.outgoing.name, "receiving": transfer.receiving.name,
        "day": day(transfer.effective_on), "basis": legal_basis(transfer),
        "url": settings.PUBLIC_URL + reverse("contracts:transfer", args=[transfer.public_id]), **more,
    }  # fmt: skip


def _email(name: str) -> str:
    return f"contracts/email/transfer_{name}.txt"


def tell_prepared(transfer: Transfer, at: datetime) -> None:
    """Those who can agree; not who prepared it in another post."""
    people = [user for user in _holding(transfer.authority, AGREEING, at) if user.person_id not in transfer.hands]
    context = _context(transfer, who=transfer.prepared_by_name, words=transfer.words)
    mailing.must_act(people, _email("prepared"), context, f"transfer:{transfer.public_id}:{transfer.content_hash}")


def tell_agreed(transfer: Transfer, suppliers: Iterable[Organisation], at: datetime) -> None:
    context, key = _context(transfer, words=transfer.words), f"transfer_agreed:{transfer.public_id}"
    mailing.must_act(_inside(transfer, at), _email("agreed"), context, key)
    _tell_suppliers("agreed", transfer, suppliers, context, key, at)


def tell_sealed(notice: TransferNotice, at: datetime) -> None:
    """Both departments and the supplier are told where its file is."""
    transfer = notice.transfer
    people = _holding(transfer.outgoing, OF_A_DEPARTMENT, at) + _holding(transfer.receiving, OF_A_DEPARTMENT, at)
    if notice.supplier is not None:
        people += _holding(notice.supplier, (*SUPPLIER_POSTS, SIGNING_POST[Party.SUPPLIER]), at)
    url = reverse("contracts:transfer_notice", args=[transfer.public_id, notice.position])
    context = _context(transfer, notice=notice.number) | {"url": settings.PUBLIC_URL + url}
    mailing.inform(people, _email("sealed"), context, f"transfer_sealed:{notice.number}", at=at)


def tell_withdrawn(transfer: Transfer, suppliers: Iterable[Organisation], at: datetime) -> None:
    """Everybody who had heard of it: of what was not agreed to nobody outside the authority has."""
    people = _inside(transfer, at) if transfer.agreed_at else _managers(transfer, at) + _holding(transfer.authority, AGREEING, at)
    context, key = _context(transfer, reason=transfer.ended_reason), f"transfer_withdrawn:{transfer.public_id}"
    mailing.must_act(people, _email("withdrawn"), context, key)
    if transfer.agreed_at:
        _tell_suppliers("withdrawn", transfer, suppliers, context, key, at)


def tell_applied(transfer: Transfer, moved: Iterable[User], suppliers: Iterable[Organisation], at: datetime) -> None:
    """Everybody, and each person who is of the other department now. How many contracts, worth how much, is of all suppliers
    together: none of them reads it."""
    context, key = _context(transfer, contracts=transfer.contracts_after, value=gbp(transfer.value_after_gbp)), f"transfer_applied:{transfer.public_id}"
    moved = list(moved)
    left = {user.pk for user in _holding(transfer.outgoing, OF_A_DEPARTMENT, at)} - {user.pk for user in moved}
    people = {user.pk: user for user in [*moved, *_inside(transfer, at)]}
    mailing.must_act([user for pk, user in people.items() if pk not in left], _email("applied"), context, key)
    home = context | {"url": settings.PUBLIC_URL + reverse("home")}  # who stays behind reads nothing of it any more
    mailing.must_act([people[pk] for pk in left], _email("applied"), home, key)
    _tell_suppliers("applied_to_supplier", transfer, suppliers, _context(transfer), key, at)


def tell_kept_waiting(transfer: Transfer, reasons: Iterable[Reason], at: datetime) -> None:
    """Its day has come and something is in its way: those who can mend it, once a day."""
    people = _managers(transfer, at) + _holding(transfer.authority, AGREEING, at)
    context = _context(transfer, reasons="\n".join(f"- {one}" for one in reasons))
    mailing.must_act(people, _email("waits"), context, f"transfer_waits:{transfer.public_id}:{london_day(at)}")


def _of_novation(novation: Novation, **more) -> dict:
    """Its page is open to all three parties, the transfer's is not."""
    url = reverse("contracts:novation", args=[novation.transfer.public_id, novation.contract.public_id])
    context = _context(novation.transfer, contract=novation.contract.number, title=novation.contract.title, **more)
    return context | {"url": settings.PUBLIC_URL + url}


def tell_novation_signatory(novation: Novation, box: Box, at: datetime) -> None:
    people = holders(box.organisation.pk, box.post, london_day(at))
    context = _of_novation(novation, party=box.label)
    mailing.must_act(people, _email("novation_sign"), context, f"novation:{novation.public_id}:{NovationParty(box.party)}")


def _parties(novation: Novation, at: datetime) -> list[User]:
    """Who runs and signs the contract on its three sides, and the framework manager."""
    transfer = novation.transfer
    people = _holding(transfer.outgoing, OF_A_DEPARTMENT, at) + _holding(transfer.receiving, OF_A_DEPARTMENT, at)
    return people + _holding(novation.contract.supplier, (*SUPPLIER_POSTS, SIGNING_POST[Party.SUPPLIER]), at) + _managers(transfer, at)


def tell_novated(novation: Novation, at: datetime) -> None:
    context = _of_novation(novation)
    mailing.inform(_parties(novation, at), _email("novated"), context, f"novated:{novation.public_id}", at=at)


def tell_novation_void(novation: Novation, at: datetime) -> None:
    context = _of_novation(novation, reason=novation.void_reason)
    mailing.must_act(_parties(novation, at), _email("novation_void"), context, f"novation_void:{novation.public_id}")
