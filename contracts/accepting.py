"""What the department decides on a submission: to accept, to accept on conditions, or to send it back (the contract's
Schedule 3, paragraphs 3.2 to 3.4). What an acceptance causes is made with it, in one transaction: the payments that fall
due, the change of the terms, the commitment, and the certificate, which a worker then seals.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.pricing import HUNDRED
from contracts import certificates, delivery_guards, manager_guards, notifications, terms
from contracts import transition_money as money
from contracts.delivery import acts_for, lock, record
from contracts.models import (
    CERTIFICATE_SERIES,
    AcceptanceDecision,
    CriterionResult,
    LineChange,
    Milestone,
    PaymentRelease,
)
from documents import numbers, steps, store
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import day as as_day
from procurement import capacity, seats
from procurement.actors import Person

DOCUMENT_KIND, TEMPLATE_VERSION = "milestone_certificate", 1
Outcome = AcceptanceDecision.Outcome


@transaction.atomic
def accept(milestone: Milestone, *, shown_hash: str, on: date | None = None, by: Person, at: datetime) -> AcceptanceDecision:
    """Every criterion is met. ``on``: the day on which it was achieved, of a milestone that changes the terms; of another it
    is the day of the act."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_decide(milestone, by=by, at=at))
    decision = _decision(milestone, Outcome.ACCEPTED, shown_hash, by=by, at=at)
    before = milestone.state
    milestone.accept(at=at, on=_achieved_on(milestone, on, at))
    return _accepted(milestone, decision, {}, before, "accepted", by=by, at=at)


@transaction.atomic
def accept_on_conditions(
    milestone: Milestone, *, shown_hash: str, conditions: str, conditions_by: date, part_percent: Decimal = HUNDRED,
    not_met: Mapping[int, str] | None = None, on: date | None = None, by: Person, at: datetime,
) -> AcceptanceDecision:  # fmt: skip
    """It is taken over with conditions to be met by a day, and in part where only that is delivered: what falls due is in
    proportion, the rest when the conditions are met. ``not_met``: why not, by number of the criterion."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_decide(milestone, by=by, at=at))
    insist_on_words(conditions, _("Say the conditions: the supplier works by them."))
    if conditions_by < london_day(at):
        refuse(_("The conditions cannot be due on %(day)s, which is over.") % {"day": as_day(conditions_by)})
    if not 0 < part_percent <= HUNDRED:
        refuse(_("The part delivered is more than 0 and at most 100 per cent."))
    if part_percent != HUNDRED and not milestone.payments.exists():
        refuse(_("Milestone %(label)s pays nothing: there is no payment of which a part falls due.") % {"label": milestone.label})
    decision = _decision(milestone, Outcome.CONDITIONAL, shown_hash, by=by, at=at)
    decision.words, decision.conditions_by, decision.part_percent = conditions, conditions_by, part_percent
    before = milestone.state
    milestone.accept_on_conditions(at=at, on=_achieved_on(milestone, on, at))
    return _accepted(milestone, decision, not_met or {}, before, "accepted_on_conditions", by=by, at=at)


@transaction.atomic
def conditions_met(milestone: Milestone, *, shown_hash: str, by: Person, at: datetime) -> AcceptanceDecision:
    """What it was accepted on is done: the rest of its payments falls due. The terms changed with the acceptance."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_meet(milestone, by=by, at=at))
    decision = _decision(milestone, Outcome.MET, shown_hash, by=by, at=at)
    before = milestone.state
    milestone.meet_conditions(at=at)
    return _accepted(milestone, decision, {}, before, "conditions_met", by=by, at=at)


@transaction.atomic
def send_back(
    milestone: Milestone, *, shown_hash: str, not_met: Mapping[int, str], by: Person, at: datetime
) -> AcceptanceDecision:
    """Some criteria are not met. ``not_met``: why not, by number of the criterion; for a reason that is no criterion nothing
    is sent back (Schedule 3, paragraph 3.2)."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_decide(milestone, by=by, at=at))
    if not not_met:
        refuse(_("Say which criterion is not met: a milestone is not sent back for a reason that is no criterion."))
    decision = _decision(milestone, Outcome.RETURNED, shown_hash, by=by, at=at)
    results = _results(milestone, decision, not_met)
    decision.save()
    CriterionResult.objects.bulk_create(results)
    before = milestone.state
    milestone.send_back(at=at)
    milestone.save()
    seat = manager_guards.department_seat(milestone.contract, by, london_day(at))
    reason = " ".join(f"{result.criterion.words}: {result.words}" for result in results if not result.met)
    record("sent_back", milestone, before, by=by, at=at, seat=seat, hash_shown=shown_hash, reason=reason)
    notifications.tell_sent_back(decision, at)
    return decision


def _decision(milestone: Milestone, outcome: str, shown_hash: str, *, by: Person, at: datetime) -> AcceptanceDecision:
    """Not saved yet. Refused where the person was shown another submission than the last."""
    submission = milestone.submissions.last()
    submission.milestone = milestone
    if shown_hash != submission.content_hash:
        refuse(
            _("What you were shown (%(shown)s) is not what was submitted last.") % {"shown": shown_hash[:12] or "-"},
            _("Open the page again, read it, and decide on what it shows."),
        )
    seat = seats.hold(manager_guards.department_seat(milestone.contract, by, london_day(at)))
    return AcceptanceDecision(
        submission=submission, outcome=outcome, shown_hash=shown_hash, decided_by=by.person_id, decided_by_name=by.words,
        post=seat.holding.post.code, acting_for=acts_for(seat), decided_at=at,
    )  # fmt: skip


def _achieved_on(milestone: Milestone, on: date | None, at: datetime) -> date:
    if not milestone.effect:
        return london_day(at)
    insist(delivery_guards.why_not_achieved_on(milestone, on, at=at))
    return on


def _results(milestone: Milestone, decision: AcceptanceDecision, not_met: Mapping[int, str]) -> list[CriterionResult]:
    criteria = {criterion.number: criterion for criterion in milestone.criteria.all()}
    for number, words in not_met.items():
        if number not in criteria:
            refuse(_("The milestone has no criterion %(number)s.") % {"number": number})
        insist_on_words(words, _("Say why criterion %(number)s is not met.") % {"number": number})
    return [
        CriterionResult(decision=decision, criterion=criterion, met=number not in not_met, words=not_met.get(number, ""))
        for number, criterion in criteria.items()
    ]


def _accepted(
    milestone: Milestone, decision: AcceptanceDecision, not_met: Mapping[int, str], before: str, verb: str, *, by: Person,
    at: datetime,
) -> AcceptanceDecision:  # fmt: skip
    """What every acceptance causes, and the certificate that says it."""
    contract = milestone.contract
    results, releases = _results(milestone, decision, not_met), _releases(milestone, decision)
    moved = None
    if decision.outcome != Outcome.MET:
        moved = delivery_guards.would_move(milestone, milestone.achieved_on)
    changes = moved.changes(contract, made_at=at) if moved else []
    decision.achieved_on = milestone.achieved_on
    decision.number = numbers.take(CERTIFICATE_SERIES, london_day(at).year)
    seat = manager_guards.department_seat(contract, by, london_day(at))
    decision.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"certificate {decision.number}", number=decision.number,
        payload=certificates.build(milestone, decision, results, releases, moved, at=at), signers=[], by=by, at=at,
        acting_for=seat.principal,
    )  # fmt: skip
    decision.save()
    CriterionResult.objects.bulk_create(results)
    PaymentRelease.objects.bulk_create(releases)
    for version, of_lines in changes:
        version.caused_by, version.document = decision.number, decision.document
        version.save()
        LineChange.objects.bulk_create(of_lines)
    milestone.save()
    record(verb, milestone, before, by=by, at=at, seat=seat, hash_shown=decision.shown_hash, reason=decision.words,
            extra={"certificate": decision.number})  # fmt: skip
    steps.ask_to_make(decision.document)
    if changes:
        key = f"adjust:{contract.public_id}:{milestone.label}"
        capacity.raise_to(contract.call_off, terms.total(terms.put_together(moved.after())), key=key, at=at)
    return decision


def _releases(milestone: Milestone, decision: AcceptanceDecision) -> list[PaymentRelease]:
    """What falls due of each payment (GBP, as ``contracts.transition_money`` rounds it); of one that a conditional acceptance released
    in part, the rest. None of less than a penny."""
    weeks = money.weeks_late(london_day(decision.submission.submitted_at), milestone.due_on)
    found = []
    for payment in milestone.payments.select_related("line__service"):
        if decision.outcome == Outcome.MET:
            part = payment.releases.filter(decision__submission=decision.submission).first()  # none of less than a penny
            before = money.Due(part.amount_gbp, part.reduction_gbp) if part else money.NOTHING
            due = money.rest_due(payment.amount_gbp, before, weeks)
        else:
            due = money.part_due(payment.amount_gbp, decision.part_percent, weeks)
        if due.amount:
            found.append(PaymentRelease(
                decision=decision, payment=payment, amount_gbp=due.amount, weeks_late=weeks, reduction_gbp=due.reduction
            ))  # fmt: skip
    return found


@transaction.atomic
def certified(decision: AcceptanceDecision, *, at: datetime) -> None:
    """The certificate is sealed and closed: both sides are told. A repeat writes nothing new."""
    notifications.tell_certified(decision, at)
