"""What transfers ask of a person, and where a contract or an order has passed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Model, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.models import (
    Contract,
    Novation,
    NovationParty,
    NovationState,
    Transfer,
    TransferKind,
    TransferNotice,
    TransferState,
)
from contracts.transfer_guards import AGREEING
from procurement import passings, signing, working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import Passing, PostCode


def inbox(by: Person, on: date) -> list[Item]:
    """To agree to a transfer; to sign a novation. None where the person sits in none of these chairs."""
    held = sight_of(by, on).posts
    agrees = [organisation for organisation, post in held if post in AGREEING]
    sells = [organisation for organisation, post in held if post == PostCode.SUPPLIER_SIGNATORY]
    buys = [organisation for organisation, post in held if post == PostCode.SIGNATORY]
    return [*(_to_agree(agrees, by) if agrees else ()), *(_to_sign(sells, buys) if sells or buys else ())]


def until(transfer: Transfer) -> datetime:
    """When it is too late to agree to it, and to sign a novation of it: its day begins."""
    return working_days.midnight_after(transfer.effective_on - timedelta(days=1))


def _subject(transfer: Transfer) -> str:
    return _("%(number)s: %(outgoing)s to %(receiving)s") % {
        "number": transfer.number, "outgoing": transfer.outgoing.name, "receiving": transfer.receiving.name,
    }  # fmt: skip


def _to_agree(agrees: list[int], by: Person) -> Iterable[Item]:
    rows = Transfer.objects.filter(state=TransferState.DRAFT, authority__in=agrees).exclude(hands__contains=[by.person_id])
    for one in rows.select_related("authority", "outgoing", "receiving").order_by("prepared_at", "id")[:MOST_OF_A_KIND]:
        url = reverse("contracts:transfer", args=[one.public_id])
        yield Item(_subject(one), one.authority.name, _("transfer to agree to"), url, one.prepared_at, until(one))


def _to_sign(sells: list[int], buys: list[int]) -> Iterable[Item]:
    mine = Q(contract__supplier__in=sells) | Q(transfer__outgoing__in=buys) | Q(transfer__receiving__in=buys)
    rows = Novation.objects.filter(mine, state=NovationState.AWAITING_SIGNATURES, transfer__state=TransferState.AGREED)
    rows = rows.select_related("document", "contract", "transfer__outgoing", "transfer__receiving").order_by("id")
    for one, party, since in signing.whose_turn(rows[:MOST_OF_A_KIND]):
        contract, transfer = one.contract, one.transfer
        is_theirs = {
            NovationParty.SUPPLIER: contract.supplier_id in sells, NovationParty.OUTGOING: transfer.outgoing_id in buys,
            NovationParty.INCOMING: transfer.receiving_id in buys,
        }  # fmt: skip
        if is_theirs[party]:
            url = reverse("contracts:novation", args=[transfer.public_id, contract.public_id])
            yield Item(f"{contract.number} {contract.title}", transfer.outgoing.name, _("novation to sign"), url, since, until(transfer))


@dataclass(frozen=True)
class Passed:
    """That a thing has passed, and where the document by which it did is read ("" where no document names it)."""

    passing: Passing
    document: str
    url: str


def passed(thing: Model) -> list[Passed]:
    """In order; two queries at most for each document."""
    return [Passed(one, one.document.number if one.document else "", _address(one)) for one in passings.of(thing)]


@dataclass(frozen=True)
class Coming:
    """That a contract is to pass: by a transfer that was agreed to, and where the document of that is read ("" while there is none)."""

    transfer: Transfer
    document: str
    url: str


def coming(contract: Contract) -> Coming | None:
    """All of its parties have heard of it. Three queries at most."""
    agreed = Transfer.objects.filter(state=TransferState.AGREED, outgoing=contract.department_id, authority=contract.framework.authority_id)
    chosen = Q(contracts__contains=[contract.public_id]) | Q(orders__contains=[contract.call_off.public_id])
    transfer = agreed.filter(~Q(kind=TransferKind.SPLIT) | chosen).select_related("receiving", "outgoing").first()
    if transfer is None:
        return None
    document, url = "", ""
    if (notice := transfer.notices.filter(supplier=contract.supplier_id).first()) is not None:
        document, url = notice.number, reverse("contracts:transfer_notice", args=[transfer.public_id, notice.position])
    elif transfer.novations.filter(contract=contract).exists():
        document, url = _("novation"), reverse("contracts:novation", args=[transfer.public_id, contract.public_id])
    return Coming(transfer, document, url)


def _address(passing: Passing) -> str:
    if passing.document is None:
        return ""
    notice = TransferNotice.objects.select_related("transfer").filter(document=passing.document).first()
    if notice is not None:
        return reverse("contracts:transfer_notice", args=[notice.transfer.public_id, notice.position])
    novation = Novation.objects.select_related("transfer", "contract").get(document=passing.document)
    return reverse("contracts:novation", args=[novation.transfer.public_id, novation.contract.public_id])
