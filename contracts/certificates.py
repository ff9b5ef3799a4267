"""What a milestone's submission says, whose hash is decided on; and the milestone certificate: its payload, plain strings
frozen on the Document row, read by both sides of the contract.

Shape: ``certificate`` (certificate.json), ``signatories`` (nobody), ``issued``. Money is GBP, VAT excluded.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalogue.pricing import ZERO
from contracts import transition_money
from contracts.cutover import Moved
from contracts.models import (
    AcceptanceDecision,
    CriterionResult,
    Evidence,
    Milestone,
    MilestoneSubmission,
    PaymentRelease,
)
from documents import canonical, store
from documents.canonical import money, number
from procurement.models import PostCode

SCHEMA = 1


def submitted(submission: MilestoneSubmission, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """All that the supplier says, by whom, for which milestone; ``evidence`` by criterion."""
    milestone = submission.milestone
    return {
        "schema": SCHEMA, "contract": milestone.contract.number, "milestone": milestone.label, "number": submission.number,
        "note": submission.note, "submitted_by": submission.submitted_by_name, "acting_for": submission.acting_for,
        "submitted_at": canonical.moment(submission.submitted_at),
        "evidence": [
            {"criterion": shown.criterion.words, "words": shown.words, "filename": shown.filename, "sha256": shown.sha256,
             "length": shown.length}
            for shown in evidence
        ],
    }  # fmt: skip


def build(
    milestone: Milestone, decision: AcceptanceDecision, results: Sequence[CriterionResult],
    releases: Sequence[PaymentRelease], moved: Moved | None, *, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """``moved``: what the terms become by it, None where it has no effect on them. The caller has numbered the decision."""
    contract, submission = milestone.contract, decision.submission
    framework = contract.framework
    return {
        "certificate": {
            "schema": SCHEMA, "number": decision.number, "outcome": decision.outcome,
            "framework": {"reference": framework.reference, "title": framework.title},
            "contract": {"number": contract.number, "title": contract.title},
            **contract.parties_now,
            "milestone": {
                "number": milestone.label, "title": milestone.title, "planned_on": milestone.planned_on.isoformat(),
                "due_on": milestone.due_on.isoformat(), "achieved_on": milestone.achieved_on.isoformat(),
                "effect": milestone.effect or None,
            },
            "submission": {
                "number": submission.number, "sha256": submission.content_hash, "by": submission.submitted_by_name,
                "acting_for": submission.acting_for, "at": canonical.moment(submission.submitted_at),
            },
            "criteria": _criteria(submission, results),
            "decision": {
                "name": decision.decided_by_name, "post": str(PostCode(decision.post).label),
                "organisation": contract.department.name, "acting_for": decision.acting_for,
                "at": canonical.moment(decision.decided_at),
            },
            "conditions": _conditions(decision), "part_percent": number(decision.part_percent),
            **_payments(releases), "terms": _terms(moved),
        },
        "signatories": [],
        "issued": store.issued(at),
    }  # fmt: skip


def _criteria(submission: MilestoneSubmission, results: Sequence[CriterionResult]) -> list[dict[str, Any]]:
    shown = {one.criterion_id: one for one in submission.evidence.all()}
    return [
        {
            "number": result.criterion.number, "words": result.criterion.words, "met": result.met,
            "why_not": result.words.splitlines(), "evidence": shown[result.criterion_id].words.splitlines(),
            "filename": shown[result.criterion_id].filename, "sha256": shown[result.criterion_id].sha256,
        }
        for result in results
    ]  # fmt: skip


def _conditions(decision: AcceptanceDecision) -> dict[str, Any] | None:
    if decision.conditions_by is None:
        return None
    return {"words": decision.words.splitlines(), "by": decision.conditions_by.isoformat()}


def _payments(releases: Sequence[PaymentRelease]) -> dict[str, Any]:
    rows = [
        {
            "service": release.payment.line.service.code, "name": release.payment.line.service.name,
            "percent": None if release.payment.percent is None else number(release.payment.percent),
            "quantity": release.payment.quantity, "payment_gbp": money(release.payment.amount_gbp),
            "amount_gbp": money(release.amount_gbp), "weeks_late": release.weeks_late,
            "reduction_percent": number(transition_money.reduction_percent(release.weeks_late)),
            "reduction_gbp": money(release.reduction_gbp), "payable_gbp": money(release.payable_gbp),
        }
        for release in releases
    ]  # fmt: skip
    return {
        "payments": rows, "amount_gbp": money(_sum(release.amount_gbp for release in releases)),
        "reduction_gbp": money(_sum(release.reduction_gbp for release in releases)),
        "payable_gbp": money(_sum(release.payable_gbp for release in releases)),
    }  # fmt: skip


def _sum(amounts) -> Decimal:
    return sum(amounts, ZERO)


def _terms(moved: Moved | None) -> dict[str, Any] | None:
    if moved is None:
        return None
    return {
        "effective_on": moved.effective_from.isoformat(), "kept": moved.kept,
        "lines": [
            {"number": shift.line.number, "phase": shift.line.phase, "service": shift.line.service.code,
             "name": shift.line.service.name, "site": shift.line.site,
             "starts_on": shift.starts_on.isoformat() if shift.starts_on else None,
             "ends_on": shift.ends_on.isoformat() if shift.ends_on else None}
            for shift in moved.shifts
        ],
    }  # fmt: skip
