"""Why not: reasons in words for the acts on a novation."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from contracts import guards, transfer_plan
from contracts.models import Contract, Novation, NovationParty, NovationState, Transfer, TransferState
from documents.clock import london_day
from documents.models import DocumentState
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import recusals, signing
from procurement.actors import Person
from procurement.models import PostCode

N = NovationState
ROLES = {
    NovationParty.SUPPLIER: "The Supplier",
    NovationParty.OUTGOING: "The Outgoing Customer",
    NovationParty.INCOMING: "The Incoming Customer",
}


def boxes(transfer: Transfer, contract: Contract) -> tuple[signing.Box, ...]:
    """The supplier, the body that leaves and the body that comes in, in the order in which they sign."""
    places = (
        (NovationParty.SUPPLIER, contract.supplier, PostCode.SUPPLIER_SIGNATORY),
        (NovationParty.OUTGOING, transfer.outgoing, PostCode.SIGNATORY),
        (NovationParty.INCOMING, transfer.receiving, PostCode.SIGNATORY),
    )
    return tuple(signing.Box(party, str(party.label), ROLES[party], body, post) for party, body, post in places)


def box_of(transfer: Transfer, contract: Contract, party: str) -> signing.Box:
    return next(box for box in boxes(transfer, contract) if box.party == party)


def signing_of(novation: Novation) -> signing.Signing:
    """Each under a delegation that covers what was agreed of the contract. Who prepared the transfer signs nothing of it; who
    keeps out of the order keeps out of what becomes of its contract."""
    contract = novation.contract
    approval = contract.revision.approval
    asked = guards.signed_under(approval)
    value = transfer_plan.values(Contract.objects.filter(pk=contract.pk))[contract.pk]
    return signing.Signing(
        novation, boxes(novation.transfer, contract), value, lots=asked["lots"], barred=frozenset(novation.transfer.hands),
        barred_words=_("Whoever prepared a transfer signs no novation of it."), apart=asked["apart"], held=asked["held"],
    )  # fmt: skip


def recused(contract: Contract) -> frozenset:
    return frozenset(recusals.people(contract.revision.approval))


def _why_over(novation: Novation, at: datetime) -> Iterator[Reason]:
    transfer = novation.transfer
    if novation.state != N.AWAITING_SIGNATURES:
        yield Reason(_("The novation is %(state)s.") % {"state": novation.get_state_display()})
    elif transfer.state != TransferState.AGREED:
        yield Reason(_("Transfer %(number)s is %(state)s.") % {"number": transfer.number, "state": transfer.get_state_display()})
    elif transfer.effective_on <= london_day(at):
        yield Reason(_("It was to be signed before %(day)s.") % {"day": as_day(transfer.effective_on)})


def why_not_sign(novation: Novation, party: str, *, by: Person, at: datetime, fresh: bool = True) -> Iterator[Reason]:
    """As for every document, before the day of the transfer."""
    over = list(_why_over(novation, at))
    if not over and novation.document.state in (DocumentState.QUEUED, DocumentState.DRAFTED):
        over = [Reason(_("Its document is being made and sealed; try again in a moment."))]
    yield from over or signing.why_not_sign(signing_of(novation), party, by=by, at=at, fresh=fresh)


def why_not_refuse(novation: Novation, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A signatory whose turn it is may refuse instead of signing."""
    over = list(_why_over(novation, at))
    if over:
        yield from over
        return
    yield from signing.why_not_refuse(signing_of(novation), party, by=by, at=at)
