"""Deciding on a variation: submit it, endorse or commit a step, query, return, reject. How a step is decided is
``procurement.deciding``'s, what it does to the variation is here."""

import json
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import notifications, statutory_publishing, variation_issuing, varying
from contracts import variation_decision_guards as guards
from contracts import variation_guards as own
from contracts.models import LineVariation, Variation
from documents import audit
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import day as as_day
from procurement import capacity, deciding, routes, seats
from procurement.actors import Person
from procurement.models import Approval, ApprovalStep, Decision, Outcome, Query, Recusal, Side


@transaction.atomic
def submit(variation: Variation, *, shown_hash: str, by: Person, at: datetime) -> Variation:
    """To the approvers of the route that its cumulative value takes."""
    variation = varying.lock(variation)
    insist(guards.why_not_submit(variation, by=by, at=at))
    if shown_hash != variation.revision.content_hash:
        refuse(_("The variation has changed since your page was made."), _("Open it again, read it, and submit what it says now."))
    before = variation.state
    varying.remember(variation.revision, by, at)
    approval = _approval(variation, by, at)
    approval.save()
    variation.approval = approval
    variation.submit(at=at)
    variation.save()
    steps = deciding.begin(approval)
    varying.record("submitted", variation, before, by=by, at=at, hash_shown=approval.content_hash)
    notifications.tell_variation_turn(variation, steps, at)
    return variation


def _approval(variation: Variation, by: Person, at: datetime) -> Approval:
    revision, contract, on = variation.revision, variation.contract, london_day(at)
    subject, subject_id = audit.subject_of(variation)
    principal = own.acting_for(contract, by, at)
    lots = sorted(set(LineVariation.objects.filter(revision=revision).values_list("service__lot", flat=True)))
    return Approval(
        subject=subject, subject_id=subject_id, begun_at=variation.created_at, framework=contract.framework,
        department=contract.department, supplier=contract.supplier, requester_id=variation.requester.person_id,
        edited_by=sorted(revision.hands.values_list("person_id", flat=True)), submitted_by=by.person_id,
        submitted_for=principal.person_id if principal else None, submitted_at=at, content_hash=revision.content_hash,
        commits_gbp=revision.counted_gbp, route_gbp=revision.cumulative_gbp, counted_with=_counted(variation),
        lots=lots or list(contract.revision.approval.lots), matrix=routes.matrix_in_force(contract.framework, on),
        hold_until=_held_until(variation, on),
    )  # fmt: skip


def _counted(variation: Variation) -> list[dict[str, str]]:
    """What its route counts with it, as a round keeps it: reference, day and value of each, as it was assessed."""
    return [
        {"reference": other["label"], "submitted_on": other["assessed_on"], "whole_life_gbp": other["amount_gbp"]}
        for other in json.loads(variation.revision.content)["share"]["with"]
    ]


def _held_until(variation: Variation, on: date) -> date:
    """As long as the framework holds prices, and no longer than there is time to sign before its first day."""
    held = on + timedelta(days=variation.framework.price_hold_days)
    return max(on, min(held, variation.revision.effective_on - timedelta(days=1)))


def _lock(step: ApprovalStep) -> tuple[Variation, ApprovalStep]:
    variation = varying.lock(guards.variation_of(step))
    fresh = deciding.lock(step, variation.approval)
    if fresh.approval_id == variation.approval_id:
        fresh.approval.variation = variation
    return variation, fresh


def _record(verb: str, variation: Variation, before: str, decision: Decision, *, by: Person, at: datetime, reason: str) -> None:
    step = decision.step
    audit.record(
        f"variation.{verb}", variation, by=by, at=at, before=before, after=variation.state, hash_shown=decision.content_hash,
        acting_for=decision.principal, reason=reason, extra={"post": step.post, "step": step.position},
    )  # fmt: skip


@transaction.atomic
def decide(
    step: ApprovalStep, *, shown_hash: str, no_conflict: bool, comment: str = "", by: Person, at: datetime
) -> Variation:
    """Endorse or commit, as the step says. The department's last approval reserves what it adds; after the authority's the
    document is made, which all parties sign."""
    variation, step = _lock(step)
    insist(guards.why_not_decide(step, by=by, at=at))
    deciding.insist_on_what_was_shown(step, shown_hash, no_conflict=no_conflict)
    decision = deciding.record(step, deciding.says_yes(step), reason=comment, by=by, at=at)
    before, opened = variation.state, deciding.open_next(step, at=at)
    department_done = opened is None and step.side == Side.DEPARTMENT
    if department_done:
        opened = deciding.open_side(step.approval, Side.AUTHORITY, at=at)
    if opened is None:
        variation.approve(at=at)
    _record(f"{decision.outcome}_by_{step.side}", variation, before, decision, by=by, at=at, reason=comment)
    if opened is None:
        variation_issuing.issue(variation, by=by, at=at, acting_for=decision.principal)
    else:
        notifications.tell_variation_turn(variation, opened, at)
    if department_done:
        capacity.reserve_to(variation_issuing.holder_of(variation), max(ZERO, variation.revision.value_gbp), act="reserve", at=at)
    return variation


@transaction.atomic
def return_for_changes(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> Variation:
    """Steps void, reservation released, a draft again with what it said."""
    variation, step = _lock(step)
    insist(guards.why_not_act_on_step(step, by=by, at=at))
    deciding.insist_on_a_no(step, shown_hash, reason, no_conflict=no_conflict)
    decision, before = deciding.say_no(step, Outcome.RETURNED, reason=reason, by=by, at=at), variation.state
    variation.return_for_changes(at=at)
    varying.copy_draft(variation, at=at)
    variation.save()
    _record("returned", variation, before, decision, by=by, at=at, reason=reason)
    notifications.tell_variation_returned(variation, reason, at)
    capacity.release_all(variation_issuing.holder_of(variation), at=at)
    return variation


@transaction.atomic
def reject(
    step: ApprovalStep, *, reason: str, shown_hash: str, no_conflict: bool, by: Person, at: datetime
) -> Variation:
    """The end of it; the contract stays as it is."""
    variation, step = _lock(step)
    insist(guards.why_not_act_on_step(step, by=by, at=at))
    deciding.insist_on_a_no(step, shown_hash, reason, no_conflict=no_conflict)
    decision, before = deciding.say_no(step, Outcome.REJECTED, reason=reason, by=by, at=at), variation.state
    variation.reject(at=at, reason=reason)
    variation.save()
    _record("rejected", variation, before, decision, by=by, at=at, reason=reason)
    notifications.tell_variation_ended(variation, at)
    capacity.release_all(variation_issuing.holder_of(variation), at=at)
    return variation


@transaction.atomic
def recuse(step: ApprovalStep, *, reason: str, by: Person, at: datetime) -> Recusal:
    """Declare a conflict of interest and keep out of the variation: the step stays open for whoever else sits in its chair."""
    variation, step = _lock(step)
    insist(guards.why_not_act_on_step(step, by=by, at=at))
    recusal, acting_for = deciding.recuse(step, reason=reason, by=by, at=at)
    audit.record("variation.recused", variation, by=by, at=at, acting_for=acting_for,
                 extra={"post": step.post, "step": step.position})  # fmt: skip
    notifications.tell_variation_recused(variation, recusal, at)
    return recusal


@transaction.atomic
def ask(step: ApprovalStep, *, text: str, by: Person, at: datetime) -> Query:
    """An approver asks who works on it; nothing moves."""
    variation, step = _lock(step)
    insist(guards.why_not_act_on_step(step, by=by, at=at))
    query = deciding.ask(step, text=text, by=by, at=at)
    audit.record("variation.queried", variation, by=by, at=at, acting_for=deciding.acting_for(step, by, at),
                 extra={"query": query.pk})  # fmt: skip
    notifications.tell_variation_queried(variation, query, at)
    return query


@transaction.atomic
def answer(query: Query, *, text: str, by: Person, at: datetime) -> Query:
    """Whoever works on the variation answers; the approver who asked is told."""
    variation = varying.lock(Variation.objects.get(public_id=query.approval.subject_id))
    query = deciding.lock_query(query, variation.approval)
    insist(guards.why_not_answer(query, variation, by=by, at=at))
    deciding.answer(query, text=text, by=by, at=at)
    varying.record("query_answered", variation, variation.state, by=by, at=at, extra={"query": query.pk})
    notifications.tell_variation_answered(variation, query, at)
    return query


@transaction.atomic
def record_notice(variation: Variation, *, reference: str, published_on: date, by: Person, at: datetime) -> Variation:
    """The contract change notice has been published (s.75): its reference stands in the document that is signed."""
    variation = varying.lock(variation)
    insist(guards.why_not_record_notice(variation, by=by, at=at))
    if published_on > london_day(at):
        refuse(_("%(day)s is still to come: record it once it is published.") % {"day": as_day(published_on)})
    if published_on < (begun_on := london_day(variation.created_at)):
        refuse(_("The variation was begun on %(day)s: no notice of it was published before.") % {"day": as_day(begun_on)})
    variation.change_notice, variation.change_notice_on = reference, published_on
    variation.save()
    seat = seats.hold(own.seat_of(variation.contract, by, london_day(at)))
    statutory_publishing.published_with(variation, reference, published_on, seat, by=by, at=at)
    varying.record("notice_recorded", variation, variation.state, by=by, at=at, extra={"reference": reference})
    return variation


@transaction.atomic
def withdraw(variation: Variation, *, reason: str, by: Person, at: datetime) -> Variation:
    """The department takes it back, until all approvers have decided."""
    variation = varying.lock(variation)
    insist(own.why_not_withdraw(variation, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it stays with the variation."))
    before = variation.state
    if variation.approval is not None:
        deciding.void(variation.approval)
    variation.withdraw(at=at, reason=reason)
    variation.save()
    varying.record("withdrawn", variation, before, by=by, at=at, reason=reason)
    notifications.tell_variation_ended(variation, at)
    capacity.release_all(variation_issuing.holder_of(variation), at=at)
    return variation
