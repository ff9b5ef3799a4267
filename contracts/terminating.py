"""Ending a contract by notice (its clause 30): proposed by the department's contract manager, confirmed by a second person,
in effect by the clock. The notice is made and sealed by a worker; it is given when it is recorded (clause 34.2)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import (
    ending_guards,
    ending_notices,
    ending_notifications,
    ending_terms,
    exiting,
    manager_guards,
    rerating,
    statutory,
    terms,
)
from contracts.locking import lock_contract
from contracts.models import (
    BASES,
    NOTICE_SERIES,
    Basis,
    CalculatedLevel,
    Contract,
    ContractState,
    Ground,
    Milestone,
    Termination,
    TerminationState,
)
from documents import audit, canonical, numbers, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import capacity, seats
from procurement.actors import Person
from procurement.capacity import Holder
from procurement.papers import StoredFile

DOCUMENT_KIND, TEMPLATE_VERSION = "termination_notice", 1
T = TerminationState


@dataclass(frozen=True)
class Asked:
    """What is proposed: ``effective_on`` is the first day without the contract, ``break_cost`` GBP, VAT excluded."""

    ground: str
    words: str
    effective_on: date
    basis: str = ""
    level: CalculatedLevel | None = None
    milestone: Milestone | None = None
    heard: str = ""
    break_cost: Decimal = ZERO
    break_cost_words: str = ""
    file: StoredFile | None = None


def lock(termination: Termination) -> Termination:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(termination.contract)
    fresh = Termination.objects.select_related("level__calculation", "level__measurement__measure", "milestone", "document").get(pk=termination.pk)
    fresh.contract = contract
    return fresh


def _record(
    verb: str, termination: Termination, before: str, *, by: Actor, at: datetime, principal: Principal | None = None, **more: Any
) -> None:
    audit.record(f"contract_termination.{verb}", termination, by=by, at=at, before=before, after=termination.state,
                 acting_for=principal, **more)  # fmt: skip


@transaction.atomic
def propose(contract: Contract, asked: Asked, *, by: Person, at: datetime) -> Termination:
    """The contract manager says why it is to end, from which day on, and what that rests on. The bytes of a file are in the
    store. Nothing is given yet."""
    contract = lock_contract(contract)
    on = london_day(at)
    insist(ending_guards.why_not_propose(contract, by=by, at=at))
    _insist_on_ground(contract, asked, on)
    insist(ending_guards.why_not_from(contract, asked.ground, asked.effective_on, on))
    _insist_on_break_cost(contract, asked)
    seat = seats.hold(manager_guards.department_seat(contract, by, on))
    file = asked.file or StoredFile("", "", "", 0)
    made = Termination(
        contract=contract, number=contract.terminations.count() + 1, ground=asked.ground, basis=asked.basis, level=asked.level,
        milestone=asked.milestone, words=asked.words, heard=asked.heard, effective_on=asked.effective_on,
        break_cost_gbp=asked.break_cost, break_cost_words=asked.break_cost_words if asked.break_cost else "",
        filename=file.filename, content_type=file.content_type, length=file.length, sha256=file.sha256, state_since=at,
        proposed_by=by.person_id, proposed_by_name=by.words, proposed_for=seat.principal.person_id if seat.principal else None,
        proposed_for_name=seat.principal.name if seat.principal else "", proposed_at=at,
    )  # fmt: skip
    made.content_hash = canonical.sha256_hex(canonical.dumps(ending_notices.proposed(made)))
    made.save()
    _record("proposed", made, "", by=by, at=at, principal=seat.principal, reason=asked.words, hash_shown=made.content_hash)
    ending_notifications.tell_proposed(made, at)
    return made


def _insist_on_ground(contract: Contract, asked: Asked, on: date) -> None:
    insist_on_words(asked.words, _("Say why the contract is to end: the notice says it to the supplier."))
    if asked.ground not in Ground.values:
        refuse(_("Choose the ground on which it ends."))
    bases = BASES[Ground(asked.ground)]
    if (asked.basis or None) not in (bases or (None,)):
        refuse(_("Choose what that ground rests on."))
    if asked.ground == Ground.PROCUREMENT:
        insist_on_words(asked.heard, _("Say what the supplier was told beforehand, and what it said: s.78 gives it that chance."))
    if asked.basis == Basis.CRITICAL_LEVEL and asked.level not in ending_guards.critical_levels(contract):
        refuse(_("Choose the service level that was below its critical figure."), _("The months of the service levels say which was."))
    if asked.basis == Basis.LATE_MILESTONE and asked.milestone not in ending_guards.late_milestones(contract, on):
        refuse(_("Choose the milestone that has failed, or that is more than 60 days late."), _("The page of the transition says which is."))
    if (asked.basis != Basis.CRITICAL_LEVEL and asked.level) or (asked.basis != Basis.LATE_MILESTONE and asked.milestone):
        refuse(_("It rests on one thing: leave the other out."))


def _insist_on_break_cost(contract: Contract, asked: Asked) -> None:
    """Of convenience alone, proven in words, and no more than three months' charges (clause 30.4)."""
    if asked.break_cost < ZERO:
        refuse(_("A break cost is not below nothing."))
    if not asked.break_cost:
        return
    if asked.ground != Ground.CONVENIENCE:
        refuse(_("Only an end for convenience has a break cost (clause 30.4)."))
    insist_on_words(asked.break_cost_words, _("Say how the supplier has proven the break cost."))
    insist(ending_guards.why_not_break_cost(contract, asked.break_cost, asked.effective_on))


@transaction.atomic
def confirm(termination: Termination, *, shown_hash: str, by: Person, at: datetime) -> Termination:
    """The second person gives notice. Its document is asked for, and the exit begins."""
    termination = lock(termination)
    contract, on = termination.contract, london_day(at)
    insist(ending_guards.why_not_confirm(termination, by=by, at=at))
    if shown_hash != termination.content_hash:
        refuse(_("What you were shown is not what was proposed."), _("Open the page again, read it, and decide on what it shows."))
    seat = seats.hold(ending_guards.seat_to_confirm(contract, by, on))
    before = termination.state
    termination.give(at=at)
    termination.confirmed_by, termination.confirmed_by_name, termination.confirmed_at = by.person_id, by.words, at
    termination.confirmed_post = seat.holding.post.code
    if seat.principal:
        termination.confirmed_for, termination.confirmed_for_name = seat.principal.person_id, seat.principal.name
    termination.notice = numbers.take(NOTICE_SERIES, on.year)
    changes = terms.read(contract)
    payload = ending_notices.notice(termination, terms.put_together(changes), ending_terms.ended(changes, contract, termination), at=at)
    termination.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"notice {termination.notice}", number=termination.notice,
        payload=payload, signers=[], by=by, at=at, acting_for=seat.principal,
    )  # fmt: skip
    termination.save()
    _record("given", termination, before, by=by, at=at, principal=seat.principal, hash_shown=shown_hash,
            extra={"notice": termination.notice})  # fmt: skip
    exiting.open_exit(contract, at=at)
    steps.ask_to_make(termination.document)
    ending_notifications.tell_given(termination, at)
    return termination


@transaction.atomic
def announced(termination: Termination, *, at: datetime) -> None:
    """The notice is sealed and closed: both sides are told where its file is. A repeat writes nothing new."""
    ending_notifications.tell_sealed(termination, at)


@transaction.atomic
def refuse_to_confirm(termination: Termination, *, reason: str, by: Person, at: datetime) -> Termination:
    """The second person does not give notice: the contract goes on."""
    termination = lock(termination)
    insist(ending_guards.why_not_decide(termination, by=by, at=at))
    insist_on_words(reason, _("Give a reason: whoever proposed it reads it."))
    seat = seats.hold(ending_guards.seat_to_confirm(termination.contract, by, london_day(at)))
    before = termination.state
    termination.refuse(at=at, reason=reason)
    termination.save()
    _record("refused", termination, before, by=by, at=at, principal=seat.principal, reason=reason)
    ending_notifications.tell_not_given(termination, at)
    return termination


@transaction.atomic
def withdraw(termination: Termination, *, reason: str, by: Person, at: datetime) -> Termination:
    """Before its day: the contract goes on as if it had not been given. The sealed notice stays, and so does this."""
    termination = lock(termination)
    insist(ending_guards.why_not_withdraw(termination, by=by, at=at))
    given, on = termination.state == T.GIVEN, london_day(at)
    insist_on_words(reason, _("Give a reason: both sides read it.") if given else _("Give a reason: it stays with the proposal."))
    find = ending_guards.seat_to_confirm if given else manager_guards.department_seat
    seat = seats.hold(find(termination.contract, by, on))
    before = termination.state
    termination.withdraw(at=at, reason=reason)
    termination.save()
    _record("withdrawn", termination, before, by=by, at=at, principal=seat.principal, reason=reason)
    (ending_notifications.tell_withdrawn if given else ending_notifications.tell_not_given)(termination, at)
    return termination


@transaction.atomic
def lapse(termination: Termination, *, at: datetime, by: Actor = SYSTEM) -> Termination:
    """The clock's: its day has come, or the contract has ended, and nobody has confirmed it. Safe to run twice."""
    termination = lock(termination)
    if termination.state != T.PROPOSED or (
        termination.contract.state == ContractState.EXECUTED and termination.effective_on > london_day(at)
    ):
        return termination
    before = termination.state
    termination.lapse(at=at, reason=_("It was not confirmed before its day."))
    termination.save()
    _record("lapsed", termination, before, by=by, at=at, reason=termination.ended_reason)
    ending_notifications.tell_not_given(termination, at)
    return termination


def holder_of(termination: Termination) -> Holder:
    return Holder(
        f"contracts.termination {termination.public_id}", str(termination.public_id), termination.number,
        termination.contract.call_off, termination.notice or "",
    )  # fmt: skip


@transaction.atomic
def take_effect(termination: Termination, *, at: datetime, by: Actor = SYSTEM) -> Termination:
    """The clock's: its day has come. The terms end with the day before, however late the clock is, with the prices that were due by
    then, and what will not be charged of what is committed is released. The last signature of a variation that is just being closed is waited for. Safe to run
    twice."""
    termination = lock(termination)
    contract = termination.contract
    if termination.state != T.GIVEN or termination.effective_on > london_day(at) or contract.state != ContractState.EXECUTED:
        return termination
    if ending_guards.is_being_closed(contract):
        return termination
    last_day = termination.effective_on - timedelta(days=1)
    rerating.catch_up(contract, last_day, by=by, at=at)
    changes = terms.read(contract)
    version = ending_terms.version(contract, termination, len(changes) + 1)
    version.made_at, version.document = at, termination.document
    version.save()
    was, before = contract.state, termination.state
    contract.terminate(at=at, last_day=last_day)
    contract.save()
    termination.take_effect(at=at)
    termination.save()
    _record("in_effect", termination, before, by=by, at=at)
    audit.record("contract.terminated", contract, by=by, at=at, before=was, after=contract.state, extra={"notice": termination.notice})
    exiting.open_exit(contract, at=at)
    statutory.ended(contract, at=at)
    ending_notifications.tell_ended(contract, at)
    capacity.release_all(capacity.edge_of(contract.call_off), at=at)
    capacity.give_back(holder_of(termination), terms.total(terms.put_together(terms.read(contract))), at=at)
    return termination
