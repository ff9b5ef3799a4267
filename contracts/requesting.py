"""Joiners and leavers inside the tolerance of a contract's quantities (its clause 6.6): the department's contract manager asks, the
supplier accepts or refuses. What is accepted is a change of the terms from its day on, without a signature and without an
approval: it was approved with the order, and its money reserved, up to the upper edge."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import manager_guards, request_notifications, rerating, terms, tolerance, varied_terms
from contracts import request_guards as guards
from contracts.locking import lock_contract
from contracts.models import ChangeRequest, Contract, ContractVersion, LineChange, RequestedChange
from contracts.tolerance import Found
from documents import audit, canonical
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import capacity, headroom, seats
from procurement.actors import Person
from procurement.seats import Seat


def lock(request: ChangeRequest) -> ChangeRequest:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(request.contract)
    fresh = ChangeRequest.objects.get(pk=request.pk)
    fresh.contract = contract
    return fresh


def _record(
    verb: str, request: ChangeRequest, before: str, *, by: Actor, at: datetime, principal: Principal | None = None, **more: Any
) -> None:
    audit.record(f"change_request.{verb}", request, by=by, at=at, before=before, after=request.state, acting_for=principal, **more)


@transaction.atomic
def ask(
    contract: Contract, wanted: Mapping[tuple[str, str], int], *, effective_on: date, reason: str, by: Person, at: datetime
) -> ChangeRequest:
    """The contract manager asks for so many more or fewer, by service code and site, from a day on. What it comes to is frozen
    for the supplier to accept. Nothing is reserved: what the upper edge needs was, with the order."""
    contract = lock_contract(contract)
    insist(guards.why_not_ask(contract, by=by, at=at))
    insist_on_words(reason, _("Say why there are more or fewer: the supplier reads it."))
    found = tolerance.find(contract, wanted, effective_on, on=london_day(at))
    insist(found.reasons)
    seat = seats.hold(manager_guards.department_seat(contract, by, london_day(at)))
    made = ChangeRequest(
        contract=contract, number=contract.change_requests.count() + 1, effective_on=effective_on, reason=reason,
        value_gbp=found.money.value_gbp, counted_gbp=found.money.counted_gbp, share_percent=found.share.percent, cumulative_percent=found.share.cumulative_percent,
        state_since=at, asked_by=by.person_id, asked_by_name=by.words, asked_for=seat.principal.person_id if seat.principal else None,
        asked_for_name=seat.principal.name if seat.principal else "", asked_at=at,
    )  # fmt: skip
    data = canonical.dumps(tolerance.content(contract, made.label, reason, found))
    made.content, made.content_hash = data.decode(), canonical.sha256_hex(data)
    made.save()
    asked = [(key, change) for key, change in sorted(wanted.items()) if change]
    RequestedChange.objects.bulk_create(
        RequestedChange(request=made, number=number, service_code=code, site=site, quantity_change=change)
        for number, ((code, site), change) in enumerate(asked, start=1)
    )
    _record("asked", made, "", by=by, at=at, principal=seat.principal, reason=reason, hash_shown=made.content_hash)
    request_notifications.tell_asked(made, at)
    return made


def _answer(request: ChangeRequest, seat: Seat, words: str, by: Person) -> None:
    seats.hold(seat)
    request.answered_by, request.answered_by_name, request.answer = by.person_id, by.words, words
    if seat.principal:
        request.answered_for, request.answered_for_name = seat.principal.person_id, seat.principal.name


def holder_of(request: ChangeRequest) -> capacity.Holder:
    """Whose commitment it is: its own, beside the order's."""
    return capacity.Holder(headroom.holder_words(request), str(request.public_id), 1, request.contract.call_off, str(request))


@transaction.atomic
def accept(request: ChangeRequest, *, shown_hash: str, words: str = "", by: Person, at: datetime) -> ChangeRequest:
    """The supplier accepts what it was shown: the terms change from its day on. What the charges then come to beyond what is
    committed is committed, first out of what is reserved for the upper edge; a reduction gives nothing back."""
    request = lock(request)
    insist(guards.why_not_accept(request, by=by, at=at))
    if shown_hash != request.content_hash:
        refuse(_("What you were shown is not what was asked."), _("Open the page again, read it, and decide on what it shows."))
    contract, on, before = request.contract, london_day(at), request.state
    found = tolerance.find(contract, tolerance.asked_of(request), request.effective_on, on=on, request=request)
    seat = manager_guards.supplier_seat(contract, by, on)
    _answer(request, seat, words, by)
    request.accept(at=at)
    request.save()
    _version(request, found, at)
    _record("accepted", request, before, by=by, at=at, principal=seat.principal, reason=words, hash_shown=shown_hash)
    request_notifications.tell_answered(request, at)
    rerating.look(contract.framework, cause=str(request.public_id))
    _commit(request, varied_terms.volumes_of(found.effects), at)
    return request


def _version(request: ChangeRequest, found: Found, at: datetime) -> None:
    """Of the contract's own document, whose clause it is done under."""
    contract = request.contract
    version = ContractVersion.objects.create(
        contract=contract, number=contract.versions.count() + 1, kind=ContractVersion.Kind.CHANGE_REQUEST,
        effective_from=request.effective_on, made_at=at, caused_by=request.label, document=contract.document,
    )  # fmt: skip
    LineChange.objects.bulk_create(effect.change(version, effect.line) for effect in found.effects)


def _commit(request: ChangeRequest, volumes: dict[str, int], at: datetime) -> None:
    """The counter is taken last, so that nothing waits behind it."""
    contract = request.contract
    more = capacity.uncommitted(contract.call_off, terms.total(terms.put_together(terms.read(contract))))
    capacity.draw(contract.call_off, more, key=f"draw:{request.public_id}", at=at)
    capacity.commit(holder_of(request), more, volumes, at=at, on=london_day(at))


@transaction.atomic
def decline(request: ChangeRequest, *, words: str, by: Person, at: datetime) -> ChangeRequest:
    """The supplier refuses: the quantities stay as they are."""
    request = lock(request)
    insist(guards.why_not_refuse(request, by=by, at=at))
    insist_on_words(words, _("Say why not: the department reads it."))
    seat, before = manager_guards.supplier_seat(request.contract, by, london_day(at)), request.state
    _answer(request, seat, words, by)
    request.refuse(at=at)
    request.save()
    _record("refused", request, before, by=by, at=at, principal=seat.principal, reason=words)
    request_notifications.tell_answered(request, at)
    return request


@transaction.atomic
def withdraw(request: ChangeRequest, *, words: str, by: Person, at: datetime) -> ChangeRequest:
    """The department takes it back before it is answered."""
    request = lock(request)
    insist(guards.why_not_withdraw(request, by=by, at=at))
    insist_on_words(words, _("Give a reason: both sides read it."))
    seat, before = manager_guards.department_seat(request.contract, by, london_day(at)), request.state
    _answer(request, seat, words, by)
    request.withdraw(at=at)
    request.save()
    _record("withdrawn", request, before, by=by, at=at, principal=seat.principal, reason=words)
    request_notifications.tell_ended(request, at)
    return request


@transaction.atomic
def lapse(request: ChangeRequest, *, at: datetime, by: Actor = SYSTEM) -> ChangeRequest:
    """The clock's: its first day has come, or the contract has ended, before it was accepted. Safe to run twice."""
    request = lock(request)
    words = guards.why_lapsed(request, at=at)
    if not words:
        return request
    before, request.answer = request.state, words
    request.lapse(at=at)
    request.save()
    _record("lapsed", request, before, by=by, at=at, reason=words)
    request_notifications.tell_ended(request, at)
    return request
