"""Why not: reasons in words for the acts on a contract."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from contracts import access
from contracts.models import Contract, ContractState, Party
from documents import store
from documents.clock import london_day
from documents.refusal import Reason
from procurement import approval_guards, signing, standing
from procurement.actors import Person

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


def signing_of(contract: Contract) -> signing.Signing:
    """A signatory may have decided, but not have requested or submitted the order, nor had it submitted by their
    deputy (domain.md, "Segregation"); the delegation covers its value."""
    revision = contract.revision
    return signing.Signing(
        contract, boxes(contract), contract.original_value_gbp, revision.lots,
        frozenset({contract.call_off.requester.person_id, revision.submitted_by, revision.submitted_for} - {None}),
        _("Whoever requested or submitted an order, or had it submitted for them, cannot sign its contract."),
    )  # fmt: skip


def why_not_sign(
    contract: Contract, party: str, *, by: Person, at: datetime, fresh: bool = True
) -> Iterator[Reason]:
    """As for every document, and that the person has declared no conflict of interest in the order, nor was chosen as
    deputy by somebody who has: as for who decides on it."""
    if contract.state != S.AWAITING_SIGNATURES:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    yield from standing.why_framework_over(contract.framework, london_day(at))
    yield from signing.why_not_sign(signing_of(contract), party, by=by, at=at, fresh=fresh)
    yield from approval_guards.why_recused(contract.call_off, by)
    seat = signing_of(contract).box(party).seat(by, at)
    yield from approval_guards.why_chosen_by_recused(contract.call_off, seat)


def why_not_refuse(contract: Contract, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A signatory whose turn it is may refuse, or ask for changes, instead of signing."""
    if contract.state not in (S.PREPARING, S.AWAITING_SIGNATURES):
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    yield from signing.why_not_in_turn(signing_of(contract), party)
    yield from signing.why_not_from_chair(signing_of(contract), party, by=by, at=at)


def outlives_its_framework(contract: Contract, *, at: datetime) -> bool:
    """Whether the end of its framework leaves the contract alone, now or for good."""
    return (
        contract.state not in (S.PREPARING, S.AWAITING_SIGNATURES)
        or not standing.framework_is_over(contract.framework, london_day(at))
        or store.next_party(contract.document) is None
        or store.pending_intent(contract.document) is not None
    )
