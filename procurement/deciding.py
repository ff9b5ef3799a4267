"""Deciding on what is approved, of every kind: a round begins with its steps, a step is decided from a seat, the next ones
open; questions, and who keeps out.

A kind's own module composes these in its transaction: under its own lock, after its own guard, with its own moves, records
and messages (``procurement.approval`` for an order).
"""

from collections.abc import Iterator
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.refusal import Reason, insist, insist_on_words, refuse
from procurement import approval_guards, approvals, recusals, routes, seats
from procurement.actors import Person
from procurement.models import Act, Approval, ApprovalStep, Decision, Outcome, Query, Recusal, StepState, User


def begin(approval: Approval) -> list[ApprovalStep]:
    """The steps of its route, the department's first group open. The approval is saved already."""
    added = routes.added_steps(approval.department, london_day(approval.submitted_at))
    steps = ApprovalStep.objects.bulk_create(
        ApprovalStep(
            approval=approval, side=step.side, group=step.group, position=step.position, post=step.post, act=step.act,
            organisation=seats.organisation_of_side(approval, step.side),
        )  # fmt: skip
        for step in routes.build(approval.matrix, approval.route_gbp, added)
    )
    _open([step for step in steps if (step.side, step.group) == (steps[0].side, 1)], approval.submitted_at)
    return steps


def _open(steps: list[ApprovalStep], at: datetime) -> list[ApprovalStep]:
    for step in steps:
        step.open(at=at)
        step.save()
    return steps


def open_side(approval: Approval, side: str, *, at: datetime) -> list[ApprovalStep]:
    """The first group of a side, opened."""
    return _open(list(approval.steps.select_related("organisation").filter(side=side, group=1)), at)


def open_next(step: ApprovalStep, *, at: datetime) -> list[ApprovalStep] | None:
    """After a yes: the next group of the side, opened if the step's own is complete (empty while it is not); None when the
    side has said all its yeses."""
    steps = list(step.approval.steps.select_related("organisation").filter(side=step.side))
    if any(one.group == step.group and one.state != StepState.DECIDED for one in steps):
        return []
    return _open([one for one in steps if one.group == step.group + 1], at) or None


def void(approval: Approval) -> None:
    """Steps that were not decided stop counting; decided ones stay as the record of what was said on that content."""
    for step in approval.steps.filter(state__in=[StepState.WAITING, StepState.OPEN]):
        step.void()
        step.save()


def lock(step: ApprovalStep, approval: Approval | None) -> ApprovalStep:
    """A fresh copy under FOR UPDATE; the thing is locked already, and ``approval`` is its current one, if it has one, as it
    was read then."""
    fresh = (
        ApprovalStep.objects.select_for_update(of=("self",)).select_related("organisation", "approval").get(pk=step.pk)
    )
    if approval is not None and fresh.approval_id == approval.pk:
        fresh.approval = approval
    return fresh


def why_not_shown(approval: Approval, shown_hash: str) -> Iterator[Reason]:
    """Who decides has read what is decided on."""
    if shown_hash != approval.content_hash:
        yield Reason(
            _("%(this)s has changed since your page was made (you were shown %(shown)s).")
            % {"this": capfirst(str(approvals.kind_of(approval).this)), "shown": shown_hash[:12] or "-"},
            _("Open it again and decide on what it says now."),
        )


def insist_on_what_was_shown(step: ApprovalStep, shown_hash: str, *, no_conflict: bool) -> None:
    """Every decision is on what was read, by somebody who declares no conflict of interest in it."""
    insist(why_not_shown(step.approval, shown_hash))
    if not no_conflict:
        refuse(
            _("Declare that you have no conflict of interest in %(this)s.") % {"this": approvals.kind_of(step.approval).this},
            _("If you have one, declare it on the approval brief: somebody else then decides."),
        )


def insist_on_reason(reason: str) -> None:
    insist_on_words(reason, _("Give a reason: it is what the requester will read."))


def insist_on_a_no(step: ApprovalStep, shown_hash: str, reason: str, *, no_conflict: bool) -> None:
    """On what was read like every decision, and with its reason."""
    insist_on_what_was_shown(step, shown_hash, no_conflict=no_conflict)
    insist_on_reason(reason)


def says_yes(step: ApprovalStep) -> str:
    """The outcome that the step asks for."""
    return Outcome.COMMITTED if step.act == Act.COMMIT else Outcome.ENDORSED


def record(step: ApprovalStep, outcome: str, *, reason: str, by: Person, at: datetime) -> Decision:
    """The decision, from the seat and under the delegation that the guards found; the step is decided."""
    on = london_day(at)
    seat = seats.hold(approval_guards.seat_for(step, by, on))
    delegation = None
    if outcome == Outcome.COMMITTED:
        held = approval_guards.committing(step, seat, on)
        # the smallest delegation that is enough: what was used, not what could have been
        delegation = min(
            (one for one in held if approval_guards.covers(one, step.approval)),
            key=lambda one: (one.unlimited, one.limit_gbp or 0),
        )
    decision = Decision.objects.create(
        step=step, approval=step.approval, user=by.user, person_id=by.person_id, name=by.words, holding=seat.holding,
        principal_id=seat.principal.person_id if seat.principal else None,
        principal_name=seat.principal.name if seat.principal else "",
        delegation=delegation, outcome=outcome, reason=reason, no_conflict_declared=True,
        content_hash=step.approval.content_hash, decided_at=at,
    )  # fmt: skip
    step.decide()
    step.save()
    return decision


def say_no(step: ApprovalStep, outcome: str, *, reason: str, by: Person, at: datetime) -> Decision:
    """The decision, which ends its round: what nobody has decided counts no more."""
    decision = record(step, outcome, reason=reason, by=by, at=at)
    void(step.approval)
    return decision


def acting_for(step: ApprovalStep, by: Person, at: datetime) -> User | None:
    """For whom the person takes the step, as the action records it; None in their own chair. The chair is held."""
    return seats.hold(approval_guards.seat_for(step, by, london_day(at))).principal


def recuse(step: ApprovalStep, *, reason: str, by: Person, at: datetime) -> tuple[Recusal, User | None]:
    """Declare a conflict of interest and keep out of the whole of what is approved: the step stays open for whoever else
    sits in its chair. With it for whom the person took the step, which afterwards they do for nobody."""
    insist_on_words(reason, _("Say what the conflict is."))
    principal = acting_for(step, by, at)
    return recusals.declare(step, reason=reason, by=by, at=at), principal


def ask(step: ApprovalStep, *, text: str, by: Person, at: datetime) -> Query:
    """An approver asks whoever asked for what is approved; nothing moves."""
    insist_on_words(text, _("Say what you ask."))
    return Query.objects.create(
        approval=step.approval, step=step, side=step.side, text=text, asked_by=by.person_id, asked_by_name=by.words,
        asked_at=at,
    )  # fmt: skip


def lock_query(query: Query, approval: Approval | None) -> Query:
    """As ``lock``, of a question."""
    fresh = Query.objects.select_for_update(of=("self",)).select_related("step__organisation", "approval").get(pk=query.pk)
    if approval is not None and fresh.approval_id == approval.pk:
        fresh.approval = approval
    return fresh


def answer(query: Query, *, text: str, by: Person, at: datetime) -> Query:
    insist_on_words(text, _("Say the answer."))
    query.answer, query.answered_by, query.answered_by_name, query.answered_at = text, by.person_id, by.words, at
    query.save()
    return query
