"""The document's payload: plain strings frozen on the Document row, from which it is rendered, once and for ever.

Shape: ``order`` (order.json), ``evidence``, ``particulars``, ``signatories``, ``clarifications``, ``issued``; each as its
function here builds it. The supplier reads all of it: no limits, no budget code, no comments.
"""

import json
from datetime import datetime
from typing import Any

from contracts import guards
from contracts.models import Contract
from documents import audit, canonical
from procurement.models import CallOff, CallOffRevision, PostCode
from procurement.signing import boxes_payload, delegation_words

SUBMITTED = ("call_off.submitted", "call_off.counter_accepted")  # who accepts a counter-proposal submits what it makes


def iso(moment: datetime) -> str:
    return canonical.moment(moment)


def order_json(contract: Contract, *, accepted_at: datetime) -> dict[str, Any]:
    """The approved object plus contract number, formation moments and the revision hash."""
    order = json.loads(contract.revision.content)
    order["contract"] = {
        "number": contract.number, "formed_at": iso(contract.formed_at), "accepted_at": iso(accepted_at),
        "revision_hash": contract.revision.revision_hash,
    }  # fmt: skip
    return order


def evidence(contract: Contract) -> list[dict[str, str]]:
    """Who submitted, endorsed, committed and accepted, in order, with business and real moments."""
    call_off, revision = contract.call_off, contract.revision
    rows = [
        _event_row(call_off, revision, SUBMITTED, "submitted", revision.submitted_by_name,
                   str(PostCode.REQUESTER.label), call_off.department.name)  # fmt: skip
    ]
    real = {
        (str(event.actor_person_id), event.at): event.real_at
        for event in audit.history(call_off)
        if event.verb.startswith(("call_off.endorsed", "call_off.committed"))
    }
    decisions = revision.decisions.select_related("step__organisation", "delegation").order_by("step__position")
    for decision in decisions:
        rows.append({
            "act": decision.outcome, "name": decision.name, "post": str(decision.step.get_post_display()),
            "organisation": decision.step.organisation.name, "acting_for": decision.principal_name,
            "delegation": delegation_words(decision.delegation), "at": iso(decision.decided_at),
            "real_at": iso(real[str(decision.person_id), decision.decided_at]),
            "revision_hash": decision.revision_hash,
        })  # fmt: skip
    rows.append(
        _event_row(call_off, revision, ("call_off.confirmed",), "accepted", None, str(PostCode.ORDER_DESK.label),
                   call_off.supplier.name)  # fmt: skip
    )
    return rows


def _event_row(
    call_off: CallOff, revision: CallOffRevision, verbs: tuple[str, ...], act: str, name: str | None, post: str, organisation: str
) -> dict[str, str]:
    event = audit.history(call_off).filter(verb__in=verbs, hash_shown=revision.revision_hash).latest("id")
    return {
        "act": act, "name": name or event.actor_words, "post": post, "organisation": organisation, "acting_for": event.acting_for,
        "delegation": "", "at": iso(event.at), "real_at": iso(event.real_at), "revision_hash": revision.revision_hash,
    }  # fmt: skip


def particulars(call_off: CallOff) -> dict[str, Any]:
    """What the supplier needs to invoice; cost centre and account stay with the department."""
    row = call_off.particulars
    contacts = [("For the Customer", row.contact_name, row.contact_email, row.contact_telephone)]
    if row.invoice_contact_name:
        contacts.append(
            ("For invoices", row.invoice_contact_name, row.invoice_contact_email, row.invoice_contact_telephone)
        )
    return {
        "purchase_order": row.purchase_order, "invoice_address": row.invoice_address,
        "contacts": [
            {"role": role, "name": name, "email": email, "telephone": telephone}
            for role, name, email, telephone in contacts
        ],
    }  # fmt: skip


def clarifications(contract: Contract) -> list[dict[str, Any]]:
    """What the supplier asked and the department answered while this revision or one that led to it was with the
    supplier, in that order; texts by line. An answer given before a counter-proposal helps to read what became of it."""
    answered = contract.call_off.clarifications.filter(
        answered_at__isnull=False, revision__number__lte=contract.revision.number
    )
    return [
        {
            "number": number, "text": asked.text.splitlines(), "asked_by": asked.asked_by_name,
            "asked_at": iso(asked.asked_at), "answer": asked.answer.splitlines(), "answered_by": asked.answered_by_name,
            "answered_at": iso(asked.answered_at),
        }
        for number, asked in enumerate(answered.order_by("asked_at", "id"), start=1)
    ]  # fmt: skip


def build(contract: Contract, *, accepted_at: datetime, real_at: datetime) -> dict[str, Any]:
    return {
        "order": order_json(contract, accepted_at=accepted_at), "evidence": evidence(contract),
        "particulars": particulars(contract.call_off), "signatories": boxes_payload(guards.boxes(contract)),
        "clarifications": clarifications(contract),
        "issued": {"business_at": iso(accepted_at), "real_at": iso(real_at)},
    }  # fmt: skip


