"""The transition, step by step: begun and submitted by the supplier (the contract's Schedule 3, paragraph 3.1); what the
department decides on a submission is ``contracts.accepting``'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import certificates, delivery_guards, manager_guards, notifications
from contracts.locking import lock_contract
from contracts.models import AcceptanceCriterion, Evidence, Milestone, MilestoneSubmission
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.papers import StoredFile
from procurement.seats import Seat


@dataclass(frozen=True)
class Shown:
    """What shows that a criterion is met: words, a file whose bytes are in the store, or both."""

    words: str = ""
    file: StoredFile | None = None


def lock(milestone: Milestone) -> Milestone:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(milestone.contract)
    fresh = Milestone.objects.get(pk=milestone.pk)
    fresh.contract = contract
    return fresh


def acts_for(seat: Seat) -> str:
    return seat.principal.name if seat.principal else ""


def record(verb: str, milestone: Milestone, before: str, *, by: Person, at: datetime, seat: Seat, **more: Any) -> None:
    audit.record(f"milestone.{verb}", milestone, by=by, at=at, before=before, after=milestone.state, acting_for=seat.principal, **more)


@transaction.atomic
def begin(milestone: Milestone, *, by: Person, at: datetime) -> Milestone:
    """The supplier works on it."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_begin(milestone, by=by, at=at))
    before = milestone.state
    milestone.begin(at=at)
    milestone.save()
    seat = seats.hold(manager_guards.supplier_seat(milestone.contract, by, london_day(at)))
    record("begun", milestone, before, by=by, at=at, seat=seat)
    return milestone


@transaction.atomic
def submit(
    milestone: Milestone, shown: Mapping[int, Shown], *, note: str = "", by: Person, at: datetime
) -> MilestoneSubmission:
    """The supplier says that it is ready. ``shown``: by number of the criterion, for every one of them."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_submit(milestone, by=by, at=at))
    criteria = list(milestone.criteria.all())
    for criterion in criteria:
        given = shown.get(criterion.number, Shown())
        if not given.words.strip() and given.file is None:
            refuse(_("Criterion %(number)s has no evidence: say in words or by a file what shows it.") % {"number": criterion.number})
    seat = seats.hold(manager_guards.supplier_seat(milestone.contract, by, london_day(at)))
    submission = MilestoneSubmission(
        milestone=milestone, number=milestone.submissions.count() + 1, note=note, submitted_by=by.person_id,
        submitted_by_name=by.words, acting_for=acts_for(seat), submitted_at=at,
    )  # fmt: skip
    evidence = [_evidence(submission, criterion, shown[criterion.number]) for criterion in criteria]
    submission.content_hash = canonical.sha256_hex(canonical.dumps(certificates.submitted(submission, evidence)))
    submission.save()
    Evidence.objects.bulk_create(evidence)
    before = milestone.state
    milestone.submit(at=at)
    milestone.save()
    record("submitted", milestone, before, by=by, at=at, seat=seat, hash_shown=submission.content_hash)
    notifications.tell_submitted(submission, at)
    return submission


def _evidence(submission: MilestoneSubmission, criterion: AcceptanceCriterion, shown: Shown) -> Evidence:
    file = shown.file or StoredFile("", "", "", 0)
    return Evidence(
        submission=submission, criterion=criterion, words=shown.words, filename=file.filename,
        content_type=file.content_type, length=file.length, sha256=file.sha256,
    )  # fmt: skip


@transaction.atomic
def fail(milestone: Milestone, *, reason: str, by: Person, at: datetime) -> Milestone:
    """It will not come: the department says so once a delay can lower its payment no further."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_fail(milestone, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is what the supplier will read."))
    before = milestone.state
    milestone.fail(at=at)
    milestone.save()
    seat = seats.hold(manager_guards.department_seat(milestone.contract, by, london_day(at)))
    record("failed", milestone, before, by=by, at=at, seat=seat, reason=reason)
    notifications.tell_failed(milestone, reason, at)
    return milestone


@transaction.atomic
def move_due_day(milestone: Milestone, day: date, *, reason: str, by: Person, at: datetime) -> Milestone:
    """A relief event has cost time: the day it is due moves, later and never earlier (Schedule 3, paragraph 6.3)."""
    milestone = lock(milestone)
    insist(delivery_guards.why_not_move_due_day(milestone, by=by, at=at))
    insist_on_words(reason, _("Say which relief event it was: both sides read it."))
    if not milestone.due_on < day <= milestone.contract.ends_on:
        refuse(
            _("The new day comes after %(due)s and within the contract, which ends on %(end)s.")
            % {"due": as_day(milestone.due_on), "end": as_day(milestone.contract.ends_on)}
        )
    was, milestone.due_on = milestone.due_on, day
    milestone.save()
    seat = seats.hold(manager_guards.department_seat(milestone.contract, by, london_day(at)))
    record("moved", milestone, milestone.state, by=by, at=at, seat=seat, reason=reason,
            extra={"was": was.isoformat(), "due_on": day.isoformat()})  # fmt: skip
    notifications.tell_moved(milestone, reason, at)
    return milestone
