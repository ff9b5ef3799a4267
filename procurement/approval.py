"""Deciding on an order: endorse or commit a step, query, return for amendment, reject. Every decision is bound to the hash
shown; how a step is decided is ``procurement.deciding``'s, what it does to the order is here."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.clock import london_day
from documents.refusal import insist
from procurement import approval_guards, capacity, clocks, deciding, guards, notifications, seats, standing, tolerance
from procurement import order_decision_guards as own_guards
from procurement.actors import Person
from procurement.locking import lock_call_off
from procurement.models import (
    ApprovalStep,
    CallOff,
    ExceptionDecision,
    ExceptionOutcome,
    ExceptionRequest,
    Outcome,
    Query,
    Recusal,
    Side,
)
from procurement.workflow import new_draft_revision


def _lock(step: ApprovalStep) -> tuple[CallOff, ApprovalStep]:
    call_off = lock_call_off(step.approval.revision.call_off)
    fresh = deciding.lock(step, call_off.revision.approval)
    if fresh.approval_id != call_off.revision.approval_id:
        fresh.approval.revision.call_off = call_off
    return call_off, fresh


@transaction.atomic
def decide(
    step: ApprovalStep, *, shown_hash: str, no_conflict: bool, comment: str = "", by: Person, at: datetime
) -> CallOff:
    """Endorse or commit, as the step says; the last decision of a side moves the call-off on."""
    call_off, step = _lock(step)
    insist(own_guards.why_not_decide(step, by=by, at=at))
    deciding.insist_on_what_was_shown(step, shown_hash, no_conflict=no_conflict)
    decision = deciding.record(step, deciding.says_yes(step), reason=comment, by=by, at=at)
    before = call_off.state
    _advance(call_off, step, at=at)
    audit.record(
        f"call_off.{decision.outcome}_by_{step.side}", call_off, by=by, at=at, before=before, after=call_off.state,
        hash_shown=shown_hash, acting_for=decision.principal, reason=comment,
        extra={"post": step.post, "step": step.position},
    )  # fmt: skip
    _reserve_when_committed(call_off, step, before, at=at)
    return call_off


def _advance(call_off: CallOff, step: ApprovalStep, *, at: datetime) -> None:
    """Open what follows; move the call-off when its side is done."""
    opened = deciding.open_next(step, at=at)
    if opened is not None:
        notifications.tell_openers(call_off, opened, at)
    elif step.side == Side.DEPARTMENT:
        call_off.pass_to_authority(at=at)
        call_off.save()
        notifications.tell_openers(call_off, deciding.open_side(step.approval, Side.AUTHORITY, at=at), at)
    else:
        insist(standing.why_supplier_excluded(call_off, london_day(at)))
        insist(standing.why_several_suppliers(call_off.framework))
        call_off.award(at=at)
        framework = call_off.framework
        clocks.set_answer(call_off, clocks.begun(framework, framework.supplier_response_working_days, at))
        call_off.save()
        notifications.tell_supplier(call_off, at)


def _reserve_when_committed(call_off: CallOff, step: ApprovalStep, before: str, *, at: datetime) -> None:
    """The department's last approval reserves; the counter is taken last so that nothing waits behind it."""
    if step.side == Side.DEPARTMENT and call_off.state != before:
        capacity.reserve_to(capacity.of_order(call_off), call_off.revision.whole_life_gbp, act="reserve", at=at)
        capacity.reserve_to(capacity.edge_of(call_off), tolerance.edge_of_revision(call_off.revision), act="reserve", at=at)


@transaction.atomic
def return_for_changes(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> CallOff:
    """Steps void, reservation released, content copied into a new draft revision."""
    call_off, step = _lock(step)
    insist(own_guards.why_not_act_on_step(step, by=by, at=at))
    deciding.insist_on_a_no(step, shown_hash, reason, no_conflict=no_conflict)
    return _send_back(call_off, step, "returned", reason=reason, by=by, at=at)


def _send_back(call_off: CallOff, step: ApprovalStep, verb: str, *, reason: str, by: Person, at: datetime) -> CallOff:
    shown_hash = step.approval.content_hash
    decision, before = deciding.say_no(step, Outcome.RETURNED, reason=reason, by=by, at=at), call_off.state
    call_off.return_for_changes(at=at)
    new_draft_revision(call_off, at=at)
    call_off.save()
    audit.record(
        f"call_off.{verb}", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        hash_shown=shown_hash, acting_for=decision.principal,
    )  # fmt: skip
    notifications.tell_returned(call_off, reason, at)
    capacity.release_order(call_off, at=at)
    return call_off


@transaction.atomic
def grant_exception(
    step: ApprovalStep, asked: ExceptionRequest, *, shown_hash: str, no_conflict: bool, reason: str = "", by: Person,
    at: datetime,
) -> ExceptionDecision:  # fmt: skip
    """The authority lets the order have so many of a service by exception; the order itself does not move."""
    call_off, step, asked = _lock_exception(step, asked, shown_hash=shown_hash, no_conflict=no_conflict, by=by, at=at)
    decision = _decide_exception(step, asked, ExceptionOutcome.GRANTED, reason=reason, by=by, at=at)
    audit.record(
        "call_off.exception_granted", call_off, by=by, at=at, hash_shown=shown_hash,
        acting_for=decision.principal, reason=reason,
        extra={"service": asked.service_code, "quantity": asked.quantity},
    )  # fmt: skip
    return decision


@transaction.atomic
def refuse_exception(
    step: ApprovalStep, asked: ExceptionRequest, *, reason: str, shown_hash: str, no_conflict: bool, by: Person,
    at: datetime,
) -> CallOff:  # fmt: skip
    """The authority does not, and the order goes back to its requester with that reason."""
    call_off, step, asked = _lock_exception(step, asked, shown_hash=shown_hash, no_conflict=no_conflict, by=by, at=at)
    deciding.insist_on_reason(reason)
    _decide_exception(step, asked, ExceptionOutcome.REFUSED, reason=reason, by=by, at=at)
    words = _("The exception for %(n)s of %(code)s is refused. %(reason)s") % {
        "n": f"{asked.quantity:,}", "code": asked.service_code, "reason": reason,
    }  # fmt: skip
    return _send_back(call_off, step, "exception_refused", reason=words, by=by, at=at)


def _lock_exception(
    step: ApprovalStep, asked: ExceptionRequest, *, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> tuple[CallOff, ApprovalStep, ExceptionRequest]:
    call_off, step = _lock(step)
    asked = step.approval.revision.exceptions.select_related("decision").get(pk=asked.pk)
    insist(own_guards.why_not_decide_exception(step, asked, by=by, at=at))
    deciding.insist_on_what_was_shown(step, shown_hash, no_conflict=no_conflict)
    return call_off, step, asked


def _decide_exception(
    step: ApprovalStep, asked: ExceptionRequest, outcome: str, *, reason: str, by: Person, at: datetime
) -> ExceptionDecision:
    seat = seats.hold(approval_guards.seat_for(step, by, london_day(at)))
    return ExceptionDecision.objects.create(
        request=asked, revision=step.approval.revision, step=step, user=by.user, person_id=by.person_id, name=by.words,
        holding=seat.holding, principal_id=seat.principal.person_id if seat.principal else None,
        principal_name=seat.principal.name if seat.principal else "", outcome=outcome, reason=reason,
        revision_hash=step.approval.content_hash, decided_at=at,
    )  # fmt: skip


@transaction.atomic
def reject(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> CallOff:
    """The end of this call-off; the reservation is released. It can be copied to a new draft."""
    call_off, step = _lock(step)
    insist(own_guards.why_not_act_on_step(step, by=by, at=at))
    deciding.insist_on_a_no(step, shown_hash, reason, no_conflict=no_conflict)
    decision, before = deciding.say_no(step, Outcome.REJECTED, reason=reason, by=by, at=at), call_off.state
    call_off.reject(at=at, reason=reason)
    call_off.save()
    audit.record(
        "call_off.rejected", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        hash_shown=shown_hash, acting_for=decision.principal,
    )  # fmt: skip
    notifications.tell_ended(call_off, "rejected", at)
    capacity.release_order(call_off, at=at)
    return call_off


@transaction.atomic
def recuse(step: ApprovalStep, *, reason: str, by: Person, at: datetime) -> Recusal:
    """Declare a conflict of interest and keep out: the step stays open for whoever else sits in its chair, who is told;
    so is the administrator of the organisation, who alone beside its own side learns why."""
    call_off, step = _lock(step)
    insist(own_guards.why_not_act_on_step(step, by=by, at=at))
    recusal, acting_for = deciding.recuse(step, reason=reason, by=by, at=at)
    audit.record("call_off.recused", call_off, by=by, at=at, acting_for=acting_for,
                 extra={"post": step.post, "step": step.position})  # fmt: skip
    notifications.tell_recused(call_off, recusal, at)
    return recusal


@transaction.atomic
def ask(step: ApprovalStep, *, text: str, by: Person, at: datetime) -> Query:
    """An approver asks the requester; nothing moves."""
    call_off, step = _lock(step)
    insist(own_guards.why_not_act_on_step(step, by=by, at=at))
    query = deciding.ask(step, text=text, by=by, at=at)
    audit.record("call_off.queried", call_off, by=by, at=at, acting_for=deciding.acting_for(step, by, at),
                 extra={"query": query.pk})  # fmt: skip
    notifications.tell_queried(call_off, query, at)
    return query


@transaction.atomic
def answer(query: Query, *, text: str, by: Person, at: datetime) -> Query:
    """A requester answers; the approver who asked is told."""
    call_off = lock_call_off(query.approval.revision.call_off)
    query = deciding.lock_query(query, call_off.revision.approval)
    insist(guards.why_not_answer_query(query, call_off, by=by, at=at))
    deciding.answer(query, text=text, by=by, at=at)
    audit.record("call_off.query_answered", call_off, by=by, at=at, acting_for=guards.for_requester(call_off, by, at),
                 extra={"query": query.pk})  # fmt: skip
    notifications.tell_answered(call_off, query, at)
    return query
