"""Why not: reasons in words for the acts on a contract."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from catalogue.models import Framework
from contracts import access
from contracts.models import Contract, ContractState, Party, signature_field
from documents import clock, store
from documents.clock import london_day
from documents.models import SigningIntent
from documents.refusal import Reason
from documents.templatetags.flex import gbp
from procurement import access as procurement_access
from procurement import guards as procurement_guards
from procurement.actors import Person
from procurement.models import DelegationKind, PostCode

S = ContractState
FRESH_SIGN_IN = timedelta(minutes=5)


def next_party(contract: Contract) -> str | None:
    """Whose turn it is to sign, in the framework's order; None when all have."""
    intended: set[str] = set()
    if contract.document_id:
        intended = set(SigningIntent.objects.filter(document=contract.document_id).values_list("field", flat=True))
    return party_after(contract.framework, intended)


def party_after(framework: Framework, intended: Collection[str]) -> str | None:
    """The first party in the framework's signing order whose field is not among the intended ones."""
    return next((party for party in framework.signing_order if signature_field(party) not in intended), None)


def why_not_sign(
    contract: Contract, party: str, *, by: Person, at: datetime, fresh: bool = True
) -> Iterator[Reason]:
    """Whose turn, whose post, authority at this moment, and unless not ``fresh`` a new sign-in (real time): the
    contract's page leaves that to the page of signing, which asks for it."""
    on = london_day(at)
    if contract.state != S.AWAITING_SIGNATURES:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    turn = next_party(contract)
    if turn != party:
        yield Reason(
            _("It is the turn of %(party)s to sign.") % {"party": access.organisation_of(contract, turn).name}
            if turn
            else _("All three parties have signed; the document is being closed.")
        )
    elif store.pending_intent(contract.document) is not None:
        yield Reason(_("The signature before yours is still being put on the document; try again in a moment."))
    seat = access.signing_seat(contract, party, by, on)
    organisation = access.organisation_of(contract, party)
    if seat is None:
        post = access.SIGNING_POST[Party(party)]
        yield Reason(
            _("Only the %(post)s of %(organisation)s can sign here.")
            % {"post": PostCode(post).label, "organisation": organisation.name},
            procurement_access.who_holds(organisation.pk, post, on),
        )
        return
    yield from _segregated(contract, by, seat)
    yield from procurement_guards.why_recused(contract.call_off, by)
    yield from _covered(contract, seat, on)
    if fresh and (by.signed_in_at is None or clock.real_now() - by.signed_in_at > FRESH_SIGN_IN):
        yield Reason(_("Sign in again just before you sign."), _("The page asks you for your password."))


def _segregated(contract: Contract, by: Person, seat: procurement_access.Seat) -> Iterator[Reason]:
    """A signatory may have decided, but not have requested or submitted the order."""
    barred = {contract.call_off.requester.person_id, contract.revision.submitted_by}
    if by.person_id in barred or (seat.principal and seat.principal.person_id in barred):
        yield Reason(_("Whoever requested or submitted an order cannot sign its contract."))


def _covered(contract: Contract, seat: procurement_access.Seat, on) -> Iterator[Reason]:
    held = procurement_access.delegations(seat, DelegationKind.SIGNATURE, on)
    if any(delegation.covers(contract.original_value_gbp, contract.revision.lots) for delegation in held):
        return
    value = gbp(contract.original_value_gbp)
    if not held:
        yield Reason(
            _("The contract is worth %(value)s and you hold no signature delegation on this day.") % {"value": value}
        )
        return
    yield Reason(
        _("The contract is worth %(value)s; your signature delegation is %(limit)s.")
        % {"value": value, "limit": procurement_guards.delegation_words(held[0])},
        _("Somebody with a larger signature delegation has to sign."),
    )


def why_not_refuse(contract: Contract, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A signatory whose turn it is may refuse, or ask for changes, instead of signing."""
    if contract.state not in (S.PREPARING, S.AWAITING_SIGNATURES):
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
        return
    turn = next_party(contract)
    if turn is None:
        yield Reason(_("All three parties have signed."))
    elif turn != party:
        yield Reason(
            _("It is the turn of %(party)s to sign.") % {"party": access.organisation_of(contract, turn).name},
            _("Who has signed, or is not asked yet, cannot refuse for them."),
        )
    if access.signing_seat(contract, party, by, london_day(at)) is None:
        organisation = access.organisation_of(contract, party)
        post = access.SIGNING_POST[Party(party)]
        yield Reason(
            _("Only the %(post)s of %(organisation)s can refuse here.")
            % {"post": PostCode(post).label, "organisation": organisation.name},
            procurement_access.who_holds(organisation.pk, post, london_day(at)),
        )
