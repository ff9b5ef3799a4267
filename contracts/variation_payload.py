"""The payload of a variation's document: plain strings frozen on the Document row, read by all three parties.

Shape: ``variation`` (variation.json: the approved content), ``content_hash``, ``framework``, ``parties``, ``signed_on`` (of the
contract), ``assessed_at``, ``reason`` by line, ``change_notice``, ``evidence``, ``signatories``, ``issued``.
"""

import json
from datetime import datetime
from typing import Any

from contracts import guards, payload
from contracts.models import Variation
from documents import audit, canonical, store
from documents.clock import london_day
from documents.models import AuditEvent
from procurement import passings
from procurement.models import PostCode
from procurement.signing import boxes_payload


def build(variation: Variation, *, at: datetime) -> dict[str, Any]:
    """Of one that all have approved: what was assessed, word for word, and who approved it."""
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
        "issued": store.issued(at),
    }  # fmt: skip


def _notice(variation: Variation) -> dict[str, str] | None:
    if variation.change_notice_on is None:
        return None
    return {"reference": variation.change_notice, "published_on": variation.change_notice_on.isoformat()}


def _evidence(variation: Variation) -> list[dict[str, str]]:
    """Who submitted, endorsed and committed, in order, with business and real moments; no limits and no comments."""
    told, content_hash = audit.history(variation), variation.revision.content_hash
    submitted = told.filter(verb="variation.submitted", hash_shown=content_hash).latest("id")
    row = {
        "act": "submitted", "name": submitted.actor_words, "post": _post(submitted),
        "organisation": passings.department_on(variation.contract, london_day(submitted.at)).name, "acting_for": submitted.acting_for,
        "delegation": "",
        "at": canonical.moment(submitted.at), "real_at": canonical.moment(submitted.real_at), "revision_hash": content_hash,
    }  # fmt: skip
    return [row, *payload.decided(variation.approval, told)]


def _post(event: AuditEvent) -> str:
    """From which it was done; "" where an older record does not say it."""
    code = event.extra.get("post")
    return str(PostCode(code).label) if code else ""
