"""The published copy of a contract (Procurement Act 2023 s.94): proposed by the department's contract manager with what it
withholds, decided by a second person, made and sealed by a worker, then for everybody to read until a newer one replaces it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import (
    ending_guards,
    manager_guards,
    publication_content,
    publishing_guards,
    publishing_notifications,
    redaction,
)
from contracts.locking import lock_contract
from contracts.models import COPY_SERIES, Contract, CopyState, RedactedCopy, WithheldField, WithholdingGround
from documents import audit, numbers, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats
from procurement.actors import Person

DOCUMENT_KIND, TEMPLATE_VERSION = "redacted_contract", 1
S = CopyState


@dataclass(frozen=True)
class Asked:
    """One part to withhold: ``words`` say why the ground holds, ``until`` when it is looked at again."""

    code: str
    ground: str
    words: str
    until: date


def lock(copy: RedactedCopy) -> RedactedCopy:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(copy.contract)
    fresh = RedactedCopy.objects.select_related("document").get(pk=copy.pk)
    fresh.contract = contract
    return fresh


def _record(
    verb: str, copy: RedactedCopy, before: str, *, by: Actor, at: datetime, principal: Principal | None = None, **more: Any
) -> None:
    audit.record(f"redacted_copy.{verb}", copy, by=by, at=at, before=before, after=copy.state, acting_for=principal, **more)


@transaction.atomic
def propose(contract: Contract, asked: Sequence[Asked], *, by: Person, at: datetime) -> RedactedCopy:
    """The contract manager says what is withheld, on which ground, why and until when; with nothing, all of it is published."""
    contract = lock_contract(contract)
    insist(publishing_guards.why_not_propose(contract, by=by, at=at))
    content = publication_content.everything(contract)
    _insist_on_grounds(content, asked, on=london_day(at))
    marked = [redaction.Marked(one.code, one.ground, one.until.isoformat()) for one in asked]
    redacted = redaction.redact(content, marked)
    insist(publishing_guards.why_not_marked(content, redacted, marked))
    seat = seats.hold(manager_guards.department_seat(contract, by, london_day(at)))
    text, content_hash = publication_content.frozen(redacted)
    made = RedactedCopy.objects.create(
        contract=contract, number=contract.redacted_copies.count() + 1, content=text, content_hash=content_hash, state_since=at,
        proposed_by=by.person_id, proposed_by_name=by.words, proposed_for=seat.principal.person_id if seat.principal else None,
        proposed_for_name=seat.principal.name if seat.principal else "", proposed_at=at,
    )  # fmt: skip
    by_code = {one.code: one for one in asked}
    parts = [part for part in redaction.parts(content) if part.code in by_code]
    WithheldField.objects.bulk_create(
        WithheldField(
            copy=made, number=number, code=part.code, label=part.label, ground=by_code[part.code].ground,
            words=by_code[part.code].words, until=by_code[part.code].until,
        )
        for number, part in enumerate(parts, start=1)
    )  # fmt: skip
    _record("proposed", made, "", by=by, at=at, principal=seat.principal, hash_shown=content_hash)
    publishing_notifications.tell_proposed(made, at)
    return made


def _insist_on_grounds(content: dict[str, Any], asked: Sequence[Asked], *, on: date) -> None:
    known = {part.code for part in redaction.parts(content)}
    for one in asked:
        if one.code not in known or one.ground not in WithholdingGround.values:
            refuse(_("Choose from the list what is withheld, and on which ground."))
        insist_on_words(one.words, _("Say why the ground holds: who decides on it reads it."))
        if one.until <= on:
            refuse(_("Say until when it is withheld: a day after today."))
    if len({one.code for one in asked}) < len(asked):
        refuse(_("Each part is withheld once, on one ground."))


@transaction.atomic
def approve(copy: RedactedCopy, *, shown_hash: str, by: Person, at: datetime) -> RedactedCopy:
    """The second person decides that this is withheld and all else is published. Its document is asked for."""
    copy = lock(copy)
    insist(publishing_guards.why_not_decide(copy, by=by, at=at))
    if shown_hash != copy.content_hash:
        refuse(_("What you were shown is not what was proposed."), _("Open the page again, read it, and decide on what it shows."))
    seat = seats.hold(ending_guards.seat_to_confirm(copy.contract, by, london_day(at)))
    before = copy.state
    copy.approve(at=at)
    copy.decided_by, copy.decided_by_name, copy.decided_at = by.person_id, by.words, at
    copy.decided_post = seat.holding.post.code
    if seat.principal:
        copy.decided_for, copy.decided_for_name = seat.principal.person_id, seat.principal.name
    copy.reference = numbers.take(COPY_SERIES, london_day(at).year)
    copy.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"copy {copy.reference}", number=copy.reference,
        payload=publication_content.payload(copy, at=at), signers=[], by=by, at=at, acting_for=seat.principal,
    )  # fmt: skip
    copy.save()
    _record("approved", copy, before, by=by, at=at, principal=seat.principal, hash_shown=shown_hash, extra={"reference": copy.reference})
    steps.ask_to_make(copy.document)
    return copy


@transaction.atomic
def published(copy: RedactedCopy, *, at: datetime, by: Actor = SYSTEM) -> RedactedCopy:
    """It is sealed and closed: from now on everybody can read it, and no longer the one before it. A repeat finds it done."""
    copy = lock(copy)
    if copy.state != S.APPROVED:
        return copy
    for earlier in copy.contract.redacted_copies.filter(state=S.PUBLISHED):
        before = earlier.state
        earlier.replace(at=at)
        earlier.save()
        _record("replaced", earlier, before, by=by, at=at, extra={"by": copy.reference})
    before = copy.state
    copy.publish(at=at)
    copy.save()
    _record("published", copy, before, by=by, at=at)
    publishing_notifications.tell_published(copy, at)
    return copy


@transaction.atomic
def refuse_to_publish(copy: RedactedCopy, *, reason: str, by: Person, at: datetime) -> RedactedCopy:
    """The second person does not agree with what is withheld, or with what is not."""
    copy = lock(copy)
    insist(publishing_guards.why_not_decide(copy, by=by, at=at))
    insist_on_words(reason, _("Give a reason: whoever proposed it reads it."))
    seat = seats.hold(ending_guards.seat_to_confirm(copy.contract, by, london_day(at)))
    before = copy.state
    copy.refuse(at=at, reason=reason)
    copy.save()
    _record("refused", copy, before, by=by, at=at, principal=seat.principal, reason=reason)
    publishing_notifications.tell_not_published(copy, at)
    return copy


@transaction.atomic
def withdraw(copy: RedactedCopy, *, reason: str, by: Person, at: datetime) -> RedactedCopy:
    """Before it is decided: the contract manager proposes it anew, or not at all."""
    copy = lock(copy)
    insist(publishing_guards.why_not_withdraw(copy, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it stays with the proposal."))
    seat = seats.hold(manager_guards.department_seat(copy.contract, by, london_day(at)))
    before = copy.state
    copy.withdraw(at=at, reason=reason)
    copy.save()
    _record("withdrawn", copy, before, by=by, at=at, principal=seat.principal, reason=reason)
    publishing_notifications.tell_not_published(copy, at)
    return copy


@transaction.atomic
def take_down(copy: RedactedCopy, *, reason: str, by: Person, at: datetime) -> RedactedCopy:
    """Nobody outside can read it any more. What was downloaded before is out; the sealed file stays in the register."""
    copy = lock(copy)
    insist(publishing_guards.why_not_take_down(copy, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it stays with the copy."))
    on = london_day(at)
    seat = seats.hold(manager_guards.department_seat(copy.contract, by, on) or ending_guards.seat_to_confirm(copy.contract, by, on))
    before = copy.state
    copy.take_down(at=at, reason=reason)
    copy.save()
    _record("taken_down", copy, before, by=by, at=at, principal=seat.principal, reason=reason)
    publishing_notifications.tell_taken_down(copy, at)
    return copy


def title(copy: RedactedCopy) -> str:
    """The contract's title as the copy gives it."""
    return json.loads(copy.content)["order"]["call_off"]["title"]
