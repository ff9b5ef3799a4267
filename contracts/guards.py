"""Why not: reasons in words for the acts on a contract."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contracts import access
from contracts.models import UNSIGNED_CONTRACTS, Contract, ContractState, Party
from documents import store
from documents.clock import london_day
from documents.refusal import Reason
from procurement import recusals, seats, signing, standing
from procurement.actors import Person
from procurement.models import Approval, Delegation, DelegationKind, SigningBar

S = ContractState
ROLES = {
    Party.SUPPLIER: "The Supplier",
    Party.DEPARTMENT: "The Customer",
    Party.AUTHORITY: "The Purchasing Authority",
}


def boxes(contract: Contract) -> tuple[signing.Box, ...]:
    """The three parties in the framework's signing order."""
    return tuple(
        signing.Box(
            party, str(Party(party).label), ROLES[Party(party)], access.organisation_of(contract, party),
            access.SIGNING_POST[Party(party)],
        )
        for party in contract.framework.signing_order
    )  # fmt: skip


def asked_for(approval: Approval) -> frozenset[UUID]:
    """Who requested or submitted what was approved, or had it submitted by their deputy."""
    return frozenset({approval.requester_id, approval.submitted_by, approval.submitted_for} - {None})


def barred(approval: Approval) -> dict[str, frozenset[UUID]]:
    """Who does not sign what was approved, by why: kept with its document when that is made (``signing.bar``), so that the
    database refuses them too."""
    return {
        SigningBar.Why.ASKED: asked_for(approval),
        SigningBar.Why.RECUSED: frozenset(recusals.people(approval)),
    }


def signed_under(approval: Approval) -> dict[str, Any]:
    """What a ``signing.Signing`` of what was approved asks of who signs: nobody who requested or submitted it, nor had it
    submitted by their deputy (domain.md, "Segregation"), nor declared a conflict of interest in it, nor was chosen by
    somebody who has, nor under a delegation that such a person gave. Who has decided may sign."""

    def apart(by: Person, seat: seats.Seat) -> Iterator[Reason]:
        yield from recusals.why_recused(approval, by)
        for reason in recusals.why_chosen(approval, seat):
            yield replace(reason, who_can=_("Another signatory can, or whom an administrator without a conflict appoints."))

    def held(seat: seats.Seat, on: date) -> list[Delegation]:
        return recusals.delegations(approval, seat, DelegationKind.SIGNATURE, on)

    return {"lots": approval.lots, "barred": asked_for(approval), "apart": apart, "held": held}


def signing_of(contract: Contract) -> signing.Signing:
    """The delegation covers its value."""
    return signing.Signing(
        contract, boxes(contract), contract.original_value_gbp, **signed_under(contract.revision.approval),
        barred_words=_("Whoever requested or submitted an order, or had it submitted for them, cannot sign its contract."),
    )  # fmt: skip


def why_not_sign(
    contract: Contract, party: str, *, by: Person, at: datetime, fresh: bool = True
) -> Iterator[Reason]:
    """As for every document, while the contract waits for signatures and its framework goes on."""
    if contract.state != S.AWAITING_SIGNATURES:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    yield from standing.why_framework_over(contract.framework, london_day(at))
    yield from signing.why_not_sign(signing_of(contract), party, by=by, at=at, fresh=fresh)


def why_not_refuse(contract: Contract, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A signatory whose turn it is may refuse, or ask for changes, instead of signing: not who keeps out of the order, nor
    whom such a person chose. To refuse decides on it as much as to sign."""
    if contract.state not in UNSIGNED_CONTRACTS:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    yield from signing.why_not_refuse(signing_of(contract), party, by=by, at=at)


def outlives_its_framework(contract: Contract, *, at: datetime) -> bool:
    """Whether the end of its framework leaves the contract alone, now or for good."""
    return (
        contract.state not in UNSIGNED_CONTRACTS
        or not standing.framework_is_over(contract.framework, london_day(at))
        or store.next_party(contract.document) is None
        or store.pending_intent(contract.document) is not None
    )
