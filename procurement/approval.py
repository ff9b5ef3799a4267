"""Deciding: endorse or commit a step, query, return for amendment, reject. Every decision is bound to the hash shown."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import approval_guards, capacity, clocks, guards, notifications, seats, standing
from procurement.actors import Person
from procurement.locking import lock_call_off
from procurement.models import (
    Act,
    ApprovalStep,
    CallOff,
    Decision,
    ExceptionDecision,
    ExceptionOutcome,
    ExceptionRequest,
    Outcome,
    Query,
    Recusal,
    Side,
    StepState,
)
from procurement.workflow import new_draft_revision, void_steps


def _lock(step: ApprovalStep) -> tuple[CallOff, ApprovalStep]:
    call_off = lock_call_off(step.revision.call_off)
    fresh = ApprovalStep.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=step.pk)
    fresh.revision = call_off.revision if fresh.revision_id == call_off.revision_id else fresh.revision
    return call_off, fresh


def _insist_on_what_was_shown(step: ApprovalStep, shown_hash: str) -> None:
    if shown_hash != step.revision.revision_hash:
        refuse(
            _("This order has changed since your page was made (you were shown %(shown)s).")
            % {"shown": shown_hash[:12] or "-"},
            _("Open it again and decide on what it says now."),
        )


def _record(call_off: CallOff, step: ApprovalStep, outcome: str, *, reason: str, by: Person, at: datetime) -> Decision:
    on = london_day(at)
    seat = approval_guards.seat_for(call_off, step, by, on)
    seats.hold(seat)
    delegation = None
    if outcome == Outcome.COMMITTED:
        held = approval_guards.committing(call_off, step, seat, on)
        # the smallest delegation that is enough: what was used, not what could have been
        delegation = min(
            (d for d in held if approval_guards.covers(d, step.revision)),
            key=lambda d: (d.unlimited, d.limit_gbp or 0),
        )
    decision = Decision.objects.create(
        step=step, revision=step.revision, user=by.user, person_id=by.person_id, name=by.words, holding=seat.holding,
        principal_id=seat.principal.person_id if seat.principal else None,
        principal_name=seat.principal.name if seat.principal else "",
        delegation=delegation, outcome=outcome, reason=reason, no_conflict_declared=True,
        revision_hash=step.revision.revision_hash, decided_at=at,
    )  # fmt: skip
    step.decide()
    step.save()
    return decision


def _acting_for(call_off: CallOff, step: ApprovalStep, by: Person, at: datetime) -> str:
    seat = approval_guards.seat_for(call_off, step, by, london_day(at))
    return seat.principal.name if seat.principal else ""


def _insist_on_declaration(no_conflict: bool) -> None:
    if not no_conflict:
        refuse(
            _("Declare that you have no conflict of interest in this order."),
            _("If you have one, declare it on the approval brief: somebody else then decides."),
        )


@transaction.atomic
def decide(
    step: ApprovalStep, *, shown_hash: str, no_conflict: bool, comment: str = "", by: Person, at: datetime
) -> CallOff:
    """Endorse or commit, as the step says; the last decision of a side moves the call-off on."""
    call_off, step = _lock(step)
    insist(approval_guards.why_not_decide(call_off, step, by=by, at=at))
    _insist_on_what_was_shown(step, shown_hash)
    _insist_on_declaration(no_conflict)
    outcome = Outcome.COMMITTED if step.act == Act.COMMIT else Outcome.ENDORSED
    decision = _record(call_off, step, outcome, reason=comment, by=by, at=at)
    before = call_off.state
    _advance(call_off, step, at=at)
    audit.record(
        f"call_off.{outcome}_by_{step.side}", call_off, by=by, at=at, before=before, after=call_off.state,
        hash_shown=shown_hash, acting_for=decision.principal_name, reason=comment,
        extra={"post": step.post, "step": step.position},
    )  # fmt: skip
    _reserve_when_committed(call_off, step, before, at=at)
    return call_off


def _advance(call_off: CallOff, step: ApprovalStep, *, at: datetime) -> None:
    """Open the next group when this one is complete; move the call-off when the side is."""
    steps = list(call_off.revision.steps.select_related("organisation").filter(side=step.side))
    if any(s.group == step.group and s.state != StepState.DECIDED for s in steps):
        return
    following = [s for s in steps if s.group == step.group + 1]
    if following:
        _open(call_off, following, at)
    elif step.side == Side.DEPARTMENT:
        call_off.pass_to_authority(at=at)
        call_off.save()
        first = call_off.revision.steps.select_related("organisation").filter(side=Side.AUTHORITY, group=1)
        _open(call_off, list(first), at)
    else:
        insist(standing.why_supplier_excluded(call_off, london_day(at)))
        insist(standing.why_several_suppliers(call_off.framework))
        call_off.award(at=at)
        framework = call_off.framework
        clocks.set_answer(call_off, clocks.begun(framework, framework.supplier_response_working_days, at))
        call_off.save()
        notifications.tell_supplier(call_off, at)


def _open(call_off: CallOff, steps: list[ApprovalStep], at: datetime) -> None:
    for following in steps:
        following.open(at=at)
        following.save()
    notifications.tell_openers(call_off, steps, at)


def _reserve_when_committed(call_off: CallOff, step: ApprovalStep, before: str, *, at: datetime) -> None:
    """The department's last approval reserves; the counter is taken last so that nothing waits behind it."""
    if step.side == Side.DEPARTMENT and call_off.state != before:
        capacity.reserve_to(call_off.revision, call_off.revision.whole_life_gbp, at=at)


@transaction.atomic
def return_for_changes(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> CallOff:
    """Steps void, reservation released, content copied into a new draft revision."""
    call_off, step = _lock(step)
    insist(approval_guards.why_not_act_on_step(call_off, step, by=by, at=at))
    _insist_on_what_was_shown(step, shown_hash)
    _insist_on_declaration(no_conflict)
    _insist_on_reason(reason)
    return _send_back(call_off, step, "returned", reason=reason, by=by, at=at)


def _send_back(call_off: CallOff, step: ApprovalStep, verb: str, *, reason: str, by: Person, at: datetime) -> CallOff:
    shown_hash = step.revision.revision_hash
    decision = _record(call_off, step, Outcome.RETURNED, reason=reason, by=by, at=at)
    before = call_off.state
    void_steps(call_off.revision)
    call_off.return_for_changes(at=at)
    new_draft_revision(call_off, at=at)
    call_off.save()
    audit.record(
        f"call_off.{verb}", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        hash_shown=shown_hash, acting_for=decision.principal_name,
    )  # fmt: skip
    notifications.tell_returned(call_off, reason, at)
    capacity.release_all(call_off, at=at)
    return call_off


@transaction.atomic
def grant_exception(
    step: ApprovalStep, asked: ExceptionRequest, *, shown_hash: str, no_conflict: bool, reason: str = "", by: Person,
    at: datetime,
) -> ExceptionDecision:  # fmt: skip
    """The authority lets the order have so many of a service by exception; the order itself does not move."""
    call_off, step, asked = _lock_exception(step, asked, shown_hash=shown_hash, no_conflict=no_conflict, by=by, at=at)
    decision = _decide_exception(call_off, step, asked, ExceptionOutcome.GRANTED, reason=reason, by=by, at=at)
    audit.record(
        "call_off.exception_granted", call_off, by=by, at=at, hash_shown=shown_hash,
        acting_for=decision.principal_name, reason=reason,
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
    _insist_on_reason(reason)
    _decide_exception(call_off, step, asked, ExceptionOutcome.REFUSED, reason=reason, by=by, at=at)
    words = _("The exception for %(n)s of %(code)s is refused. %(reason)s") % {
        "n": f"{asked.quantity:,}", "code": asked.service_code, "reason": reason,
    }  # fmt: skip
    return _send_back(call_off, step, "exception_refused", reason=words, by=by, at=at)


def _lock_exception(
    step: ApprovalStep, asked: ExceptionRequest, *, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> tuple[CallOff, ApprovalStep, ExceptionRequest]:
    call_off, step = _lock(step)
    asked = step.revision.exceptions.select_related("decision").get(pk=asked.pk)
    insist(approval_guards.why_not_decide_exception(call_off, step, asked, by=by, at=at))
    _insist_on_what_was_shown(step, shown_hash)
    _insist_on_declaration(no_conflict)
    return call_off, step, asked


def _decide_exception(
    call_off: CallOff, step: ApprovalStep, asked: ExceptionRequest, outcome: str, *, reason: str, by: Person, at: datetime
) -> ExceptionDecision:
    seat = approval_guards.seat_for(call_off, step, by, london_day(at))
    seats.hold(seat)
    return ExceptionDecision.objects.create(
        request=asked, revision=step.revision, step=step, user=by.user, person_id=by.person_id, name=by.words,
        holding=seat.holding, principal_id=seat.principal.person_id if seat.principal else None,
        principal_name=seat.principal.name if seat.principal else "", outcome=outcome, reason=reason,
        revision_hash=step.revision.revision_hash, decided_at=at,
    )  # fmt: skip


def _insist_on_reason(reason: str) -> None:
    insist_on_words(reason, _("Give a reason: it is what the requester will read."))


@transaction.atomic
def reject(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> CallOff:
    """The end of this call-off; the reservation is released. It can be copied to a new draft."""
    call_off, step = _lock(step)
    insist(approval_guards.why_not_act_on_step(call_off, step, by=by, at=at))
    _insist_on_what_was_shown(step, shown_hash)
    _insist_on_declaration(no_conflict)
    _insist_on_reason(reason)
    decision = _record(call_off, step, Outcome.REJECTED, reason=reason, by=by, at=at)
    before = call_off.state
    void_steps(call_off.revision)
    call_off.reject(at=at, reason=reason)
    call_off.save()
    audit.record(
        "call_off.rejected", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        hash_shown=shown_hash, acting_for=decision.principal_name,
    )  # fmt: skip
    notifications.tell_ended(call_off, "rejected", at)
    capacity.release_all(call_off, at=at)
    return call_off


@transaction.atomic
def recuse(step: ApprovalStep, *, reason: str, by: Person, at: datetime) -> Recusal:
    """Declare a conflict of interest and keep out: the step stays open for whoever else sits in its chair, who is told;
    so is the administrator of the organisation, who alone beside its own side learns why."""
    call_off, step = _lock(step)
    insist(approval_guards.why_not_act_on_step(call_off, step, by=by, at=at))
    insist_on_words(reason, _("Say what the conflict is."))
    acting_for = _acting_for(call_off, step, by, at)
    recusal = Recusal.objects.create(
        call_off=call_off, step=step, user=by.user, person_id=by.person_id, name=by.words, reason=reason, declared_at=at
    )
    audit.record("call_off.recused", call_off, by=by, at=at, acting_for=acting_for,
                 extra={"post": step.post, "step": step.position})  # fmt: skip
    notifications.tell_recused(call_off, recusal, at)
    return recusal


@transaction.atomic
def ask(step: ApprovalStep, *, text: str, by: Person, at: datetime) -> Query:
    """An approver asks the requester; nothing moves."""
    call_off, step = _lock(step)
    insist(approval_guards.why_not_query(call_off, step, by=by, at=at))
    query = Query.objects.create(
        revision=step.revision, step=step, side=step.side, text=text, asked_by=by.person_id, asked_by_name=by.words,
        asked_at=at,
    )  # fmt: skip
    audit.record("call_off.queried", call_off, by=by, at=at, acting_for=_acting_for(call_off, step, by, at),
                 extra={"query": query.pk})  # fmt: skip
    notifications.tell_queried(call_off, query, at)
    return query


@transaction.atomic
def answer(query: Query, *, text: str, by: Person, at: datetime) -> Query:
    """A requester answers; the approver who asked is told."""
    call_off = lock_call_off(query.revision.call_off)
    query = Query.objects.select_for_update(of=("self",)).select_related("step", "revision__call_off").get(pk=query.pk)
    insist(guards.why_not_answer_query(query, by=by, at=at))
    query.answer, query.answered_by, query.answered_by_name, query.answered_at = text, by.person_id, by.words, at
    query.save()
    audit.record("call_off.query_answered", call_off, by=by, at=at, acting_for=guards.for_requester(call_off, by, at),
                 extra={"query": query.pk})  # fmt: skip
    notifications.tell_answered(call_off, query, at)
    return query
