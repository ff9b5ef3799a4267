"""From the supplier's acceptance to the executed contract: accept, issue, sign, execute, void.

The document work itself runs in a worker (``documents.tasks``), which goes on with ``issued``, ``signature_made``,
``signature_left_out`` and ``execute`` here (``contracts.tasks``). Until ``execute`` everything is subject to contract.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.pricing import last_day
from contracts import guards, notifications, payload, rerating, searching, statutory, terms, transition
from contracts.locking import lock_contract
from contracts.models import (
    NUMBER_SERIES,
    Contract,
    ContractLine,
    ContractState,
    ContractVersion,
    LineChange,
    Party,
    party_of,
)
from documents import audit, clock, numbers, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.models import SigningIntent
from documents.refusal import insist, insist_on_words
from procurement import seats, signing, workflow
from procurement.actors import Person
from procurement.models import CallOff
from procurement.supplier_guards import for_order_desk

DOCUMENT_KIND, TEMPLATE_VERSION = "call_off_contract", 4


@transaction.atomic
def accept_order(call_off: CallOff, *, shown_hash: str, by: Person, at: datetime) -> Contract:
    """The order desk accepts: the contract record is opened and its document asked for, in one transaction."""
    call_off = workflow.confirm(call_off, shown_hash=shown_hash, by=by, at=at)
    acting_for = for_order_desk(call_off, by, at)
    revision = call_off.revision
    starts_on, ends_on = terms.ordered(revision)
    contract = Contract(
        call_off=call_off, revision=revision, framework=call_off.framework, department=call_off.department,
        supplier=call_off.supplier, title=call_off.title, state_since=at, formed_at=at, starts_on=starts_on,
        ends_on=ends_on, original_value_gbp=revision.whole_life_gbp, levy_forecast_gbp=revision.levy_gbp,
        parties={
            Party.SUPPLIER: party_of(call_off.supplier), Party.DEPARTMENT: party_of(call_off.department),
            Party.AUTHORITY: party_of(call_off.framework.authority),
        },
        number=numbers.take(NUMBER_SERIES, london_day(at).year),
    )  # fmt: skip
    contract.search_text = searching.text_of(contract)
    contract.save()
    contract.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"contract {contract.public_id}", number=contract.number,
        payload=payload.build(contract, accepted_at=at, real_at=clock.real_now()),
        signers=signing.expected(guards.boxes(contract)),
        by=by, at=at, acting_for=acting_for,
    )  # fmt: skip
    signing.bar(contract.document, guards.barred(revision.approval))
    contract.save()
    statutory.opened(contract, at=at)
    audit.record("contract.opened", contract, by=by, at=at, before=None, after=contract.state, acting_for=acting_for)
    steps.ask_to_make(contract.document)
    return contract


@transaction.atomic
def issued(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """The document is made and sealed: the first signatory is asked. A repeat finds it done."""
    contract = lock_contract(contract)
    if contract.state != ContractState.PREPARING:
        return contract
    before = contract.state
    contract.issue(at=at)
    contract.save()
    audit.record("contract.issued", contract, by=by, at=at, before=before, after=contract.state)
    notifications.tell_next_signatory(contract, guards.signing_of(contract).turn(), at)
    return contract


@transaction.atomic
def sign(contract: Contract, party: str, *, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    """A signatory's act, recorded before any key is used; the worker then puts the seal on for it.

    Refused unless it is the party's turn, the person holds the post and a signature delegation covering the value at
    this moment, has just signed in, and was shown the document as it now stands.
    """
    contract = lock_contract(contract)
    insist(guards.why_not_sign(contract, party, by=by, at=at))
    verb = f"contract.signed_by_{party}"
    return signing.sign(guards.signing_of(contract), party, verb=verb, shown_sha256=shown_sha256, by=by, at=at)


@transaction.atomic
def signature_made(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """A signature is on the document: the next party's turn, or after the last the contract date."""
    contract = lock_contract(contract)
    if contract.state == ContractState.AWAITING_SIGNATURES:  # not refused while it was put on
        tell = notifications.tell_next_signatory
        signing.go_on(guards.signing_of(contract), tell, verb="contract.binding", by=by, at=at)
    return contract


@transaction.atomic
def signature_left_out(contract: Contract, intent: SigningIntent, *, at: datetime, by: Actor = SYSTEM) -> None:
    """Another signatory refused after this act: the document is void and gets no signature for it."""
    contract = lock_contract(contract)
    audit.record("contract.signature_left_out", contract, by=by, at=at, extra={"act": str(intent.act_id)})


@transaction.atomic
def execute(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """The archive timestamp is stored: executed, the call-off contracted, capacity committed, version 1 and
    the plan of the transition made."""
    contract = lock_contract(contract)
    if contract.state != ContractState.AWAITING_SIGNATURES:
        return contract
    insist(signing.why_not_complete(contract))
    before = contract.state
    contract.execute(at=at)
    contract.save()
    _first_version(contract, at)
    transition.open_plan(contract, by=by, at=at)
    statutory.executed(contract, at=at)
    audit.record("contract.executed", contract, by=by, at=at, before=before, after=contract.state,
                 hash_shown=store.head(contract.document).sha256)  # fmt: skip
    notifications.tell_executed(contract, at)
    workflow.conclude(contract.call_off, at=at, by=by)
    rerating.look(contract.framework, cause=str(contract.public_id))
    return contract


def _first_version(contract: Contract, at: datetime) -> None:
    """The lines as they were accepted: prices, bands and days stay those of the revision."""
    version = ContractVersion.objects.create(
        contract=contract, number=1, kind=ContractVersion.Kind.CONTRACT, effective_from=contract.starts_on,
        made_at=at, caused_by=contract.number, document=contract.document,
    )  # fmt: skip
    ordered = list(contract.revision.lines.select_related("site").order_by("number"))
    lines = ContractLine.objects.bulk_create(
        ContractLine(
            contract=contract, number=row.number, phase=row.phase, service_id=row.service_id,
            site=row.site.name if row.site else "",
        )  # fmt: skip
        for row in ordered
    )
    LineChange.objects.bulk_create(
        LineChange(
            version=version, line=line, quantity_change=row.quantity, unit_price_gbp=row.unit_price_gbp,
            starts_on=row.starts_on, ends_on=last_day(row.starts_on, row.months),
        )  # fmt: skip
        for row, line in zip(ordered, lines, strict=True)
    )


def _void(contract: Contract, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> None:
    """Nobody signs it any more; what becomes of the call-off is the caller's."""
    before = contract.state
    store.void(contract.document, by=by, at=at, acting_for=acting_for)
    contract.void(at=at, reason=reason)
    contract.save()
    audit.record("contract.voided", contract, by=by, at=at, before=before, after=contract.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    notifications.tell_void(contract, at)


@transaction.atomic
def void_unsigned(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """The clock's: the framework has ended before all three signed, so the contract is void and its order lapses. The
    third act stops it (domain.md, "Contract"), also while its seal is still being put on; an earlier act that is being
    put on is waited for. Safe to run twice."""
    contract = lock_contract(contract)
    if guards.outlives_its_framework(contract, at=at):
        return contract
    reason = _("The framework has ended.")
    _void(contract, reason=reason, by=by, at=at)
    workflow.lapse_unsigned(contract.call_off, reason=reason, by=by, at=at)
    return contract


@transaction.atomic
def take_back(contract: Contract, *, reason: str, at: datetime, by: Actor = SYSTEM, acting_for: Principal | None = None) -> Contract:
    """Before all have signed: what it says of its parties does not hold any more. It is void, and its order goes back to its
    requester. The caller has asked its guard."""
    contract = lock_contract(contract)
    _void(contract, reason=reason, by=by, at=at, acting_for=acting_for)
    workflow.reopen(contract.call_off, reason=reason, by=by, at=at, acting_for=acting_for)
    return contract


@transaction.atomic
def refuse_to_sign(
    contract: Contract, party: str, *, reason: str, changes_wanted: bool, by: Person, at: datetime
) -> Contract:
    """A signatory refuses: the contract is void; the call-off reopens for changes, or ends."""
    contract = lock_contract(contract)
    insist(guards.why_not_refuse(contract, party, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is what the other parties will read."))
    acting_for = seats.hold(guards.signing_of(contract).seat(party, by, at)).principal
    _void(contract, reason=reason, by=by, at=at, acting_for=acting_for)
    if changes_wanted:
        workflow.reopen(contract.call_off, reason=reason, by=by, at=at, acting_for=acting_for)
    else:
        workflow.end_refused(contract.call_off, reason=reason, by=by, at=at, acting_for=acting_for)
    return contract
