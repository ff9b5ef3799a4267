"""What a proposal to end a contract says, whose hash is confirmed; and two documents of its end, the notice of termination and
the certificate that the data was returned: their payloads, plain strings frozen on the Document row, read by both sides.

Shapes: ``notice`` (notice.json) or ``certificate`` (certificate.json), ``signatories`` (nobody), ``issued``. Money is GBP, VAT
excluded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from catalogue.pricing import ZERO
from contracts import terms
from contracts.models import Contract, Exit, ExitAct, Termination
from contracts.terms import Terms
from documents import canonical, store
from documents.canonical import money
from procurement.models import PostCode

SCHEMA = 1


def proposed(termination: Termination) -> dict[str, Any]:
    """All that is proposed, by whom."""
    return {
        "schema": SCHEMA, "contract": termination.contract.number, "number": termination.number, "ground": termination.ground,
        "basis": termination.basis, "level": _level(termination), "milestone": _milestone(termination),
        "words": termination.words, "heard": termination.heard, "effective_on": termination.effective_on.isoformat(),
        "break_cost_gbp": money(termination.break_cost_gbp), "break_cost_words": termination.break_cost_words,
        "filename": termination.filename, "sha256": termination.sha256, "length": termination.length,
        "proposed_by": termination.proposed_by_name, "acting_for": termination.proposed_for_name,
        "proposed_at": canonical.moment(termination.proposed_at),
    }  # fmt: skip


def _level(termination: Termination) -> dict[str, str] | None:
    if termination.level is None:
        return None
    measure = termination.level.measurement.measure
    return {
        "month": f"{termination.level.calculation.month:%Y-%m}", "measure": measure.measure_code, "name": measure.measure,
        "actual": termination.level.measurement.actual, "critical": measure.critical,
    }  # fmt: skip


def _milestone(termination: Termination) -> dict[str, str] | None:
    one = termination.milestone
    return {"number": one.label, "title": one.title, "due_on": one.due_on.isoformat()} if one else None


def _of(contract: Contract) -> dict[str, Any]:
    framework = contract.framework
    return {
        "framework": {"reference": framework.reference, "title": framework.title, "regime": framework.regime},
        "contract": {"number": contract.number, "title": contract.title}, **contract.parties_now,
    }  # fmt: skip


def _issued(at: datetime) -> dict[str, Any]:
    return {
        "signatories": [],
        "issued": store.issued(at),
    }


def notice(termination: Termination, before: Sequence[Terms], after: Sequence[Terms], *, at: datetime) -> dict[str, Any]:
    """``before`` and ``after``: the terms without the notice and with it in effect."""
    was, then = terms.by_year(before), terms.by_year(after)
    words = proposed(termination)
    return {
        "notice": {
            "schema": SCHEMA, "number": termination.notice, **_of(termination.contract),
            "ground": termination.ground, "basis": termination.basis, "basis_words": str(termination.get_basis_display()),
            "level": words["level"], "milestone": words["milestone"],
            "words": termination.words.splitlines(), "heard": termination.heard.splitlines(),
            "effective_on": termination.effective_on.isoformat(),
            "last_day": (termination.effective_on - timedelta(days=1)).isoformat(),
            "ends_on_before": termination.contract.ends_on.isoformat(),
            "break_cost_gbp": money(termination.break_cost_gbp) if termination.break_cost_gbp else None,
            "break_cost_words": termination.break_cost_words.splitlines(),
            "filename": termination.filename, "sha256": termination.sha256, "proposal_sha256": termination.content_hash,
            "years": [
                {"year": year, "before_gbp": money(was[year]), "after_gbp": money(then.get(year, ZERO))} for year in sorted(was)
            ],
            "before_gbp": money(sum(was.values(), ZERO)), "after_gbp": money(sum(then.values(), ZERO)),
            "proposed": {
                "name": termination.proposed_by_name, "acting_for": termination.proposed_for_name,
                "post": str(PostCode.CONTRACT_MANAGER.label), "at": canonical.moment(termination.proposed_at),
            },
            "given": {
                "name": termination.confirmed_by_name, "acting_for": termination.confirmed_for_name,
                "post": str(PostCode(termination.confirmed_post).label), "at": canonical.moment(at),
            },
        },
        **_issued(at),
    }  # fmt: skip


def certificate(exit: Exit, acts: Mapping[str, ExitAct], *, at: datetime) -> dict[str, Any]:
    """``acts``: of the items of the data, by code: returned, found usable, deleted."""
    contract = exit.contract
    return {
        "certificate": {
            "schema": SCHEMA, "number": exit.number, **_of(contract),
            "state": contract.state, "last_day": contract.ends_on.isoformat(),
            "acts": [
                {
                    "code": code, "words": act.words.splitlines(), "filename": act.filename, "sha256": act.sha256,
                    "name": act.person_name, "acting_for": act.acting_for, "post": str(PostCode(act.post).label),
                    "at": canonical.moment(act.at),
                }
                for code, act in acts.items()
            ],
        },
        **_issued(at),
    }  # fmt: skip
