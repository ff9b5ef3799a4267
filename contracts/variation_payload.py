"""The payload of a variation's document: plain strings frozen on the Document row, read by all three parties.

Shape: ``variation`` (variation.json: the approved content), ``content_hash``, ``framework``, ``parties``, ``signed_on`` (of the
contract), ``assessed_at``, ``reason`` by line, ``change_notice``, ``evidence``, ``signatories``, ``issued``.
"""

import json
from datetime import datetime
from typing import Any

from contracts import guards
from contracts.models import Variation
from documents import audit, canonical, clock
from procurement.models import PostCode
from procurement.signing import boxes_payload, delegation_words


def build(variation: Variation, *, at: datetime) -> dict[str, Any]:
    contract, revision = variation.contract, variation.revision
    content = json.loads(revision.content)
    for one in content["corrections"]:
        one |= {"was_lines": one["was"].splitlines(), "reads_lines": one["reads"].splitlines()}
    return {
        "variation": content, "content_hash": revision.content_hash,
        "framework": {"reference": contract.framework.reference, "title": contract.framework.title},
        "parties": {"department": contract.department.name, "supplier": contract.supplier.name},
        "signed_on": contract.signed_on.isoformat(), "assessed_at": canonical.moment(revision.assessed_at),
        "reason": revision.reason.splitlines(), "change_notice": _notice(variation),
        "evidence": _evidence(variation), "signatories": boxes_payload(guards.boxes(contract)),
        "issued": {"business_at": canonical.moment(at), "real_at": canonical.moment(clock.real_now())},
    }  # fmt: skip


def _notice(variation: Variation) -> dict[str, str] | None:
    if variation.change_notice_on is None:
        return None
    return {"reference": variation.change_notice, "published_on": variation.change_notice_on.isoformat()}


def _evidence(variation: Variation) -> list[dict[str, str]]:
    """Who submitted, endorsed and committed, in order; no limits and no comments."""
    submitted = audit.history(variation).filter(verb="variation.submitted").latest("id")
    rows = [{
        "act": "submitted", "name": submitted.actor_words, "post": str(PostCode.CONTRACT_MANAGER.label),
        "organisation": variation.contract.department.name, "acting_for": submitted.acting_for, "delegation": "",
        "at": canonical.moment(submitted.at),
    }]  # fmt: skip
    decisions = variation.approval.decisions.select_related("step__organisation", "delegation").order_by("step__position")
    return rows + [
        {
            "act": decision.outcome, "name": decision.name, "post": str(decision.step.get_post_display()),
            "organisation": decision.step.organisation.name, "acting_for": decision.principal_name,
            "delegation": delegation_words(decision.delegation), "at": canonical.moment(decision.decided_at),
        }
        for decision in decisions
    ]  # fmt: skip
