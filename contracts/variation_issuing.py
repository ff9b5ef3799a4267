"""From the last approval of a variation to the terms that it changes: issue, sign, execute, apply; refuse and lapse.

The document work itself runs in a worker (``documents.tasks``), which goes on here (``contracts.tasks``). The signed contract
is never edited: the execution makes a version of the terms that takes effect on its day.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import guards as contract_guards
from contracts import notifications, rerating, terms, variation_payload, varied_terms, varying
from contracts import variation_decision_guards as guards
from contracts.models import ContractLine, ContractVersion, LineChange, Variation, VariationState
from contracts.varied_terms import Asked, Effect
from documents import audit, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.models import SigningIntent
from documents.refusal import insist, insist_on_words
from procurement import capacity, deciding, headroom, seats, signing
from procurement.actors import Person

DOCUMENT_KIND, TEMPLATE_VERSION = "contract_variation", 3
V = VariationState


def holder_of(variation: Variation) -> capacity.Holder:
    """Whose reservation and commitment it is: its own, beside the order's."""
    call_off = variation.contract.call_off
    return capacity.Holder(
        headroom.holder_words(variation), str(variation.public_id), variation.revision.number, call_off, str(variation)
    )


def issue(variation: Variation, *, by: Person, at: datetime, acting_for: Principal | None) -> None:
    """All have approved: its document is asked for. The caller holds the transaction and has moved it."""
    variation.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"variation {variation.public_id}",
        number=f"{variation.contract.number} {variation.label}", payload=variation_payload.build(variation, at=at),
        signers=signing.expected(contract_guards.boxes(variation.contract)), by=by, at=at, acting_for=acting_for,
    )  # fmt: skip
    signing.bar(variation.document, guards.barred(variation))
    variation.save()
    steps.ask_to_make(variation.document)


@transaction.atomic
def issued(variation: Variation, *, at: datetime, by: Actor = SYSTEM) -> Variation:
    """The document is made and sealed: the first signatory is asked. A repeat finds it done."""
    variation = varying.lock(variation)
    box = guards.signing_of(variation).turn() if variation.state == V.AWAITING_SIGNATURES else None
    if box is not None:
        notifications.tell_variation_signatory(variation, box, at)
    return variation


@transaction.atomic
def sign(variation: Variation, party: str, *, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    """A signatory's act, recorded before any key is used; the worker then puts the seal on for it."""
    variation = varying.lock(variation)
    insist(guards.why_not_sign(variation, party, by=by, at=at))
    verb = f"variation.signed_by_{party}"
    return signing.sign(guards.signing_of(variation), party, verb=verb, shown_sha256=shown_sha256, by=by, at=at)


@transaction.atomic
def signature_made(variation: Variation, *, at: datetime, by: Actor = SYSTEM) -> Variation:
    """A signature is on the document: the next party's turn, or after the last the day on which it binds."""
    variation = varying.lock(variation)
    if variation.state == V.AWAITING_SIGNATURES:
        tell = notifications.tell_variation_signatory
        signing.go_on(guards.signing_of(variation), tell, verb="variation.binding", by=by, at=at)
    return variation


@transaction.atomic
def signature_left_out(variation: Variation, intent: SigningIntent, *, at: datetime, by: Actor = SYSTEM) -> None:
    """Somebody refused, or its day came, after this act: the document is void and gets no signature for it."""
    variation = varying.lock(variation)
    audit.record("variation.signature_left_out", variation, by=by, at=at, extra={"act": str(intent.act_id)})


@transaction.atomic
def execute(variation: Variation, *, at: datetime, by: Actor = SYSTEM) -> Variation:
    """The archive timestamp is stored: the terms change from its day on, capacity is committed, volumes count. Since the last
    act, which still fitted, a milestone may have brought forward what it changes: the charges of that are committed too."""
    variation = varying.lock(variation)
    if variation.state != V.AWAITING_SIGNATURES:
        return variation
    insist(signing.why_not_complete(variation))
    before, contract = variation.state, variation.contract
    effects = _effects(variation)
    variation.execute(at=at)
    variation.save()
    _version(variation, effects, at)
    standing = terms.put_together(terms.read(contract))
    if effects:
        contract.ends_on = terms.last_day(standing, default=contract.ends_on)
        contract.save()
    audit.record("variation.executed", variation, by=by, at=at, before=before, after=variation.state,
                 hash_shown=store.head(variation.document).sha256)  # fmt: skip
    notifications.tell_variation_executed(variation, at)
    rerating.look(contract.framework, cause=str(variation.public_id))
    capacity.commit(holder_of(variation), max(ZERO, variation.revision.value_gbp), varied_terms.volumes_of(effects), at=at, on=london_day(at))
    capacity.raise_to(contract.call_off, terms.total(standing), key=f"adjust:{variation.public_id}", at=at)
    return variation


def _effects(variation: Variation) -> list[Effect]:
    """On the terms as they stand now: what has been agreed since it was assessed stays."""
    revision, contract = variation.revision, variation.contract
    changes = list(revision.changes.select_related("service__release"))
    if not changes and not revision.extension_months:
        return []
    asked = Asked(revision.effective_on, changes, revision.extension_months or 0)
    return varied_terms.effects(terms.read(contract), asked, {}, {})


def _version(variation: Variation, effects: list[Effect], at: datetime) -> None:
    contract = variation.contract
    if not effects:
        return
    version = ContractVersion.objects.create(
        contract=contract, number=contract.versions.count() + 1, kind=ContractVersion.Kind.VARIATION,
        effective_from=variation.revision.effective_on, made_at=at, caused_by=variation.label, document=variation.document,
    )  # fmt: skip
    number = contract.lines.aggregate(last=Max("number"))["last"]
    changes = []
    for effect in effects:
        line = effect.line
        if line is None:
            number += 1
            line = ContractLine.objects.create(
                contract=contract, number=number, phase=effect.phase, service=effect.service, site=effect.site
            )
        changes.append(effect.change(version, line))
    LineChange.objects.bulk_create(changes)


@transaction.atomic
def apply(variation: Variation, *, at: datetime, by: Actor = SYSTEM) -> Variation:
    """The clock's: its day has come, within the contract: of one that was terminated before it, it never does. Safe to run
    twice."""
    variation = varying.lock(variation)
    if variation.state != V.EXECUTED or variation.revision.effective_on > min(london_day(at), variation.contract.ends_on):
        return variation
    before = variation.state
    variation.apply(at=at)
    variation.save()
    audit.record("variation.applied", variation, by=by, at=at, before=before, after=variation.state)
    notifications.tell_variation_applied(variation, at)
    return variation


@transaction.atomic
def refuse_to_sign(variation: Variation, party: str, *, reason: str, by: Person, at: datetime) -> Variation:
    """A signatory refuses: the variation ends, the contract stays as it is."""
    variation = varying.lock(variation)
    insist(guards.why_not_refuse(variation, party, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is what the other parties will read."))
    principal = seats.hold(guards.signing_of(variation).seat(party, by, at)).principal
    before = variation.state
    store.void(variation.document, by=by, at=at, acting_for=principal)
    variation.refuse(at=at, reason=reason)
    variation.save()
    audit.record("variation.refused", variation, by=by, at=at, before=before, after=variation.state, reason=reason,
                 acting_for=principal)  # fmt: skip
    notifications.tell_variation_ended(variation, at)
    capacity.release_all(holder_of(variation), at=at)
    return variation


@transaction.atomic
def lapse(variation: Variation, *, at: datetime, by: Actor = SYSTEM) -> Variation:
    """The clock's: its first day has come, or its framework or contract has ended, before all parties signed; of a draft the
    latter alone. The last signatory's act stops it, also while its seal is still being put on; an earlier act is waited for. Safe to run twice."""
    variation = varying.lock(variation)
    reason = guards.why_lapsed(variation, at=at)
    return _lapse(variation, reason=reason, by=by, at=at) if reason else variation


@transaction.atomic
def take_back(variation: Variation, *, reason: str, at: datetime, by: Actor = SYSTEM, acting_for: Principal | None = None) -> Variation:
    """Before all have signed: what it says of its parties does not hold any more. The caller has asked its guard."""
    return _lapse(varying.lock(variation), reason=reason, by=by, at=at, acting_for=acting_for)


def _lapse(variation: Variation, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> Variation:
    before = variation.state
    if variation.approval is not None:
        deciding.void(variation.approval)
    if variation.document is not None:
        store.void(variation.document, by=by, at=at, acting_for=acting_for)
    variation.lapse(at=at, reason=reason)
    variation.save()
    audit.record("variation.lapsed", variation, by=by, at=at, before=before, after=variation.state, reason=reason, acting_for=acting_for)
    notifications.tell_variation_ended(variation, at)
    capacity.release_all(holder_of(variation), at=at)
    return variation
