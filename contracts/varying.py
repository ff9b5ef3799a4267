"""Building a variation, up to its assessment: every save of its forms, and the freezing of what it comes to. Each act locks
the contract, refuses a stale form, and remembers the hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalogue import queries
from catalogue.models import ServiceVersion
from contracts import assessing, gateways, notifications, statutory, variation_content
from contracts import variation_guards as guards
from contracts.locking import lock_contract
from contracts.models import (
    Contract,
    Correction,
    LineVariation,
    Variation,
    VariationHand,
    VariationKind,
    VariationRevision,
)
from documents import audit
from documents.clock import london_day
from documents.refusal import insist, refuse
from procurement import seats
from procurement.actors import Person
from procurement.drafting import STALE
from procurement.models import Phase


@dataclass(frozen=True)
class Wanted:
    """So many more, or fewer, of a service; ``site`` "" for all sites."""

    service_code: str
    quantity_change: int
    site: str = ""
    phase: str = Phase.SHARED


@dataclass(frozen=True)
class PutRight:
    place: str
    was: str
    reads: str


def phases_of(contract: Contract, codes: Iterable[str], on: date) -> dict[str, str]:
    """By service code the phase in which a variation orders it, as the contract has it or the live release offers it; none of
    a code that is in neither."""
    rows = ServiceVersion.objects.filter(
        Q(pk__in=contract.lines.values("service")) | Q(release=queries.live_release(contract.framework, on)), code__in=codes
    )
    charges = dict(rows.values_list("code", "charge_type"))
    return {code: Phase.USAGE if charge == "usage" else Phase.SHARED for code, charge in charges.items()}


def lock(variation: Variation) -> Variation:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(variation.contract)
    fresh = Variation.objects.select_related("revision", "requester").get(pk=variation.pk)
    fresh.contract = contract
    fresh.revision.variation = fresh
    return fresh


def record(
    verb: str, variation: Variation, before: str | None, *, by: Person, at: datetime, extra: Mapping[str, Any] | None = None, **more
) -> None:
    """What somebody who works on it did, from which post and for whom."""
    seat = seats.hold(guards.seat_of(variation.contract, by, london_day(at)))
    audit.record(
        f"variation.{verb}", variation, by=by, at=at, before=before, after=variation.state, acting_for=seat.principal,
        extra={"post": seat.holding.post.code, **(extra or {})}, **more,
    )  # fmt: skip


@transaction.atomic
def begin(contract: Contract, *, kind: str, title: str, by: Person, at: datetime) -> Variation:
    """A new draft with nothing in it yet."""
    contract = lock_contract(contract)
    insist(guards.why_not_begin(contract, by=by, at=at))
    number = contract.variations.count() + 1
    variation = Variation.objects.create(
        contract=contract, number=number, kind=VariationKind(kind), title=title, state_since=at, requester=by.user, created_at=at
    )
    variation.revision = VariationRevision.objects.create(variation=variation, number=1, created_at=at)
    remember(variation.revision, by, at)
    variation.save()
    record("begun", variation, None, by=by, at=at)
    return variation


def remember(revision: VariationRevision, by: Person, at: datetime) -> None:
    """Whose hand it was, and whose it is when they act for somebody."""
    VariationHand.objects.get_or_create(
        revision=revision, person_id=by.person_id, defaults={"name": by.words, "first_at": at}
    )
    seat = guards.seat_of(revision.variation.contract, by, london_day(at))
    if seat and seat.principal:
        VariationHand.objects.get_or_create(
            revision=revision, person_id=seat.principal.person_id, defaults={"name": seat.principal.name, "first_at": at}
        )


def _open(variation: Variation, edits: int | None, by: Person, at: datetime) -> Variation:
    variation = lock(variation)
    insist(guards.why_not_edit(variation, by=by, at=at))
    if edits is not None and edits != variation.revision.edits:
        refuse(*STALE)
    return variation


def _insist_on_kind(variation: Variation, *wanted: str) -> None:
    """Each kind changes one thing, by which it is counted."""
    if variation.kind not in wanted:
        refuse(_("This variation changes something else: %(kind)s.") % {"kind": variation.get_kind_display()})


def _close(variation: Variation, part: str, by: Person, at: datetime) -> Variation:
    revision = variation.revision
    revision.edits += 1
    revision.save()
    remember(revision, by, at)
    record(f"{part}_saved", variation, variation.state, by=by, at=at)
    return variation


@transaction.atomic
def save_lines(
    variation: Variation, wanted: Sequence[Wanted], *, effective_on: date, edits: int | None = None, by: Person, at: datetime
) -> Variation:
    """All that it changes about the lines, in the order given, from one day on."""
    variation = _open(variation, edits, by, at)
    _insist_on_kind(variation, VariationKind.QUANTITY, VariationKind.SITE, VariationKind.SERVICE)
    revision = variation.revision
    seen = [(one.phase, one.service_code, one.site) for one in wanted]
    if len(set(seen)) < len(seen):
        refuse(_("A service stands twice for one site: add its quantities up."))
    revision.effective_on = effective_on
    revision.changes.all().delete()
    LineVariation.objects.bulk_create(
        LineVariation(
            revision=revision, number=number, phase=one.phase, service_code=one.service_code, site=one.site,
            quantity_change=one.quantity_change,
        )  # fmt: skip
        for number, one in enumerate(wanted, start=1)
    )
    return _close(variation, "lines", by, at)


@transaction.atomic
def save_term(
    variation: Variation, *, extension_months: int, edits: int | None = None, by: Person, at: datetime
) -> Variation:
    """By how many months the extension option is used; it holds from the day after the term."""
    variation = _open(variation, edits, by, at)
    _insist_on_kind(variation, VariationKind.TERM)
    variation.revision.extension_months = extension_months
    return _close(variation, "term", by, at)


@transaction.atomic
def save_corrections(
    variation: Variation, wanted: Sequence[PutRight], *, effective_on: date, edits: int | None = None, by: Person, at: datetime
) -> Variation:
    """The words that are put right, and from which day on they read so."""
    variation = _open(variation, edits, by, at)
    _insist_on_kind(variation, VariationKind.CORRECTION)
    revision = variation.revision
    revision.effective_on = effective_on
    revision.corrections.all().delete()
    Correction.objects.bulk_create(
        Correction(revision=revision, number=number, place=one.place, was=one.was, reads=one.reads)
        for number, one in enumerate(wanted, start=1)
    )
    return _close(variation, "corrections", by, at)


@transaction.atomic
def save_grounds(
    variation: Variation, *, reason: str, gateway: str, paragraph: str = "", answers: Mapping[str, str], edits: int | None = None,
    by: Person, at: datetime,
) -> Variation:  # fmt: skip
    """Why it is wanted, by which gateway it is lawful, and why each test of that holds."""
    variation = _open(variation, edits, by, at)
    revision = variation.revision
    revision.reason, revision.gateway, revision.paragraph = reason, gateway, paragraph
    asked = {test.code for test in gateways.tests(gateway, paragraph)}
    revision.answers = {code: words for code, words in answers.items() if code in asked}
    return _close(variation, "grounds", by, at)


@transaction.atomic
def assess(variation: Variation, *, edits: int | None = None, by: Person, at: datetime) -> Variation:
    """Freeze what it says and what it comes to. The supplier and the authority see it from now on."""
    variation = _open(variation, edits, by, at)
    revision = variation.revision
    found = assessing.assess(revision, on=london_day(at))
    insist(found.reasons)
    remember(revision, by, at)
    seat = seats.hold(guards.seat_of(variation.contract, by, london_day(at)))
    _freeze_lines(revision, found)
    if variation.kind == VariationKind.TERM:
        revision.effective_on = found.effective_on
    revision.value_gbp, revision.gross_gbp = found.money.value_gbp, found.money.gross_gbp
    revision.counted_gbp, revision.counted_gross_gbp = found.money.counted_gbp, found.money.counted_gross_gbp
    revision.share_percent = found.share.percent
    revision.cumulative_gbp, revision.cumulative_percent = found.share.cumulative_gbp, found.share.cumulative_percent
    revision.notice_first = found.notice_first
    revision.assessed_at, revision.assessed_by, revision.assessed_by_name = at, by.person_id, by.words
    revision.assessed_for = seat.principal.person_id if seat.principal else None
    variation_content.freeze(revision, found)
    revision.save()
    before = variation.state
    variation.assess(at=at)
    variation.save()
    statutory.assessed(variation, at=at)
    record("assessed", variation, before, by=by, at=at, hash_shown=revision.content_hash)
    notifications.tell_assessed(variation, at)
    return variation


def _freeze_lines(revision: VariationRevision, found: assessing.Assessment) -> None:
    """The service that each line is of, and the price of one that the contract does not have yet."""
    by_key = {(one.phase, one.service.code, one.site): one for one in found.effects}
    for change in revision.changes.all():
        effect = by_key[change.phase, change.service_code, change.site]
        change.service = effect.service
        change.unit_price_gbp = effect.price if effect.line is None else None
        change.save()


@transaction.atomic
def revise(variation: Variation, *, by: Person, at: datetime) -> Variation:
    """Back to a draft: a new revision with the same content, which is assessed anew."""
    variation = lock(variation)
    insist(guards.why_not_revise(variation, by=by, at=at))
    before = variation.state
    variation.revise(at=at)
    copy_draft(variation, at=at)
    remember(variation.revision, by, at)
    variation.save()
    record("revised", variation, before, by=by, at=at)
    return variation


def copy_draft(variation: Variation, *, at: datetime) -> VariationRevision:
    """A draft with what the last revision said; the caller holds the lock and saves the variation. The hands come with the
    words: whoever wrote them does not decide on what became of them."""
    was = variation.revision
    revision = VariationRevision.objects.create(variation=variation, number=was.number + 1, created_at=at)
    VariationHand.objects.bulk_create(
        VariationHand(revision=revision, person_id=hand.person_id, name=hand.name, first_at=hand.first_at) for hand in was.hands.all()
    )
    for name in ("reason", "effective_on", "extension_months", "gateway", "paragraph", "answers"):
        setattr(revision, name, getattr(was, name))
    revision.save()
    LineVariation.objects.bulk_create(
        LineVariation(
            revision=revision, number=one.number, phase=one.phase, service_code=one.service_code, site=one.site,
            quantity_change=one.quantity_change,
        )  # fmt: skip
        for one in was.changes.all()
    )
    Correction.objects.bulk_create(
        Correction(revision=revision, number=one.number, place=one.place, was=one.was, reads=one.reads) for one in was.corrections.all()
    )
    variation.revision = revision
    return revision
