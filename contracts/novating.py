"""The novation of a contract: issued when its transfer is agreed, signed by the supplier, the outgoing and the incoming body by
the same machinery as the contract, executed; or void. That the contract is the incoming body's is the transfer's own act.

The document work runs in a worker (``documents.tasks``), which goes on here (``contracts.tasks``).
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import novation_guards as guards
from contracts import novation_payload, transfer_notifications, transfer_plan
from contracts.locking import lock_contract
from contracts.models import BOUND, Contract, Novation, NovationState, Transfer
from documents import audit, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.models import SigningIntent
from documents.refusal import insist, insist_on_words
from procurement import seats, signing
from procurement.actors import Person
from procurement.models import SigningBar

DOCUMENT_KIND, TEMPLATE_VERSION = "novation_agreement", 1
N = NovationState


def lock(novation: Novation) -> Novation:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(novation.contract)
    rows = Novation.objects.select_related("transfer__authority", "transfer__outgoing", "transfer__receiving", "document")
    fresh = rows.select_for_update(of=("self",)).get(pk=novation.pk)
    fresh.contract = contract
    return fresh


def issue_each(transfer: Transfer, *, by: Person, at: datetime, acting_for: Principal | None) -> None:
    """For every contract under which something is still to be done. The caller holds the transfer."""
    contracts = transfer_plan.contracts_of(transfer).filter(state__in=BOUND)
    values = transfer_plan.values(contracts)
    rows = contracts.select_related("framework__authority", "department", "supplier", "revision__approval", "call_off")
    for contract in rows.order_by("number"):
        _issue(transfer, contract, values[contract.pk], by=by, at=at, acting_for=acting_for)


def _issue(transfer: Transfer, contract: Contract, value, *, by: Person, at: datetime, acting_for: Principal | None) -> None:
    boxes = guards.boxes(transfer, contract)
    document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"novation {contract.public_id} {transfer.number}",
        number=f"{contract.number} {transfer.number}", payload=novation_payload.build(transfer, contract, value, boxes, at=at),
        signers=signing.expected(boxes), by=by, at=at, acting_for=acting_for,
    )  # fmt: skip
    signing.bar(document, {SigningBar.Why.ASKED: frozenset(transfer.hands), SigningBar.Why.RECUSED: guards.recused(contract)})
    made = Novation.objects.create(transfer=transfer, contract=contract, document=document, state_since=at)
    audit.record("novation.issued", made, by=by, at=at, before="", after=made.state, acting_for=acting_for)
    steps.ask_to_make(document)


@transaction.atomic
def issued(novation: Novation, *, at: datetime, by: Actor = SYSTEM) -> Novation:
    """The document is made and sealed: the first signatory is asked. A repeat finds it done."""
    novation = lock(novation)
    box = guards.signing_of(novation).turn() if novation.state == N.AWAITING_SIGNATURES else None
    if box is not None:
        transfer_notifications.tell_novation_signatory(novation, box, at)
    return novation


@transaction.atomic
def sign(novation: Novation, party: str, *, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    """A signatory's act, recorded before any key is used; the worker then puts the seal on for it."""
    novation = lock(novation)
    insist(guards.why_not_sign(novation, party, by=by, at=at))
    return signing.sign(guards.signing_of(novation), party, verb=f"novation.signed_by_{party}", shown_sha256=shown_sha256, by=by, at=at)


@transaction.atomic
def signature_made(novation: Novation, *, at: datetime, by: Actor = SYSTEM) -> Novation:
    """A signature is on the document: the next party's turn, or after the last the day on which all had signed."""
    novation = lock(novation)
    if novation.state == N.AWAITING_SIGNATURES:
        signing.go_on(guards.signing_of(novation), transfer_notifications.tell_novation_signatory, verb="novation.binding", by=by, at=at)
    return novation


@transaction.atomic
def signature_left_out(novation: Novation, intent: SigningIntent, *, at: datetime, by: Actor = SYSTEM) -> None:
    """Somebody refused, or the transfer was withdrawn, after this act: the document is void and gets no signature for it."""
    novation = lock(novation)
    audit.record("novation.signature_left_out", novation, by=by, at=at, extra={"act": str(intent.act_id)})


@transaction.atomic
def execute(novation: Novation, *, at: datetime, by: Actor = SYSTEM) -> Novation:
    """The archive timestamp is stored: the contract passes with its transfer, on the day of that."""
    novation = lock(novation)
    if novation.state != N.AWAITING_SIGNATURES:
        return novation
    insist(signing.why_not_complete(novation))
    before = novation.state
    novation.execute(at=at)
    novation.save()
    audit.record("novation.executed", novation, by=by, at=at, before=before, after=novation.state,
                 hash_shown=store.head(novation.document).sha256)  # fmt: skip
    transfer_notifications.tell_novated(novation, at)
    return novation


@transaction.atomic
def refuse_to_sign(novation: Novation, party: str, *, reason: str, by: Person, at: datetime) -> Novation:
    """A signatory refuses: the contract stays with the outgoing body, unless another transfer is agreed to."""
    novation = lock(novation)
    insist(guards.why_not_refuse(novation, party, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is what the other parties will read."))
    principal = seats.hold(guards.signing_of(novation).seat(party, by, at)).principal
    return void(novation, reason=reason, by=by, at=at, acting_for=principal)


def void(novation: Novation, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> Novation:
    """Nobody signs it any more; of one that all have signed the document stays as it is. The caller holds the transaction."""
    before = novation.state
    if before == N.AWAITING_SIGNATURES:
        store.void(novation.document, by=by, at=at, acting_for=acting_for)
    novation.void(at=at, reason=reason)
    novation.save()
    audit.record("novation.voided", novation, by=by, at=at, before=before, after=novation.state, reason=reason, acting_for=acting_for)
    transfer_notifications.tell_novation_void(novation, at)
    return novation


def is_being_closed(transfer: Transfer) -> bool:
    """Whether a signature is being put on one of its novations, or one that all have signed is being closed."""
    waiting = transfer.novations.filter(state=N.AWAITING_SIGNATURES).select_related("document")
    return bool(signing.being_signed([one.document for one in waiting]))
