"""The document's payload: plain strings frozen on the Document row, from which it is rendered, once and for ever.

Shape: ``order`` (order.json), ``evidence``, ``particulars``, ``signatories``, ``clarifications``, ``customer``, ``issued``; each as its
function here builds it. The supplier reads all of it: no limits, no budget code, no comments.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from catalogue.models import Organisation
from contracts import guards
from contracts.models import Contract, Party, party_of
from documents import audit, canonical
from documents.clock import london_day
from documents.models import AuditEvent
from procurement import passings, seats
from procurement.models import Approval, CallOff, CallOffRevision, PostCode, PostHolding, in_force
from procurement.signing import boxes_payload, delegation_words

CONTRACT_SCHEMA = 2  # of the part "contract"; 1, without the mark, also had formed_at, which was the acceptance too
SUBMITTED = ("call_off.submitted", "call_off.counter_accepted")  # who accepts a counter-proposal submits what it makes


def iso(moment: datetime) -> str:
    return canonical.moment(moment)


def order_json(contract: Contract, *, accepted_at: datetime) -> dict[str, Any]:
    """The approved object (its own ``schema`` says its shape) plus ``contract``: contract number, the moment in UTC at
    which the supplier accepted, and the revision hash. When the contract is executed is not known yet: that is the last
    signature's (``Contract.signed_on``)."""
    order = json.loads(contract.revision.content)
    order["contract"] = {
        "schema": CONTRACT_SCHEMA, "number": contract.number, "accepted_at": iso(accepted_at),
        "revision_hash": contract.revision.revision_hash,
    }  # fmt: skip
    return order


def evidence(contract: Contract) -> list[dict[str, str]]:
    """Who submitted, endorsed, committed and accepted, in order, with business and real moments."""
    call_off, revision = contract.call_off, contract.revision
    rows = [
        _event_row(call_off, revision, SUBMITTED, "submitted", revision.submitted_by_name,
                   str(PostCode.REQUESTER.label), passings.department_on(call_off, london_day(revision.submitted_at)).name)  # fmt: skip
    ]
    rows += decided(revision.approval, audit.history(call_off))
    rows.append(
        _event_row(call_off, revision, ("call_off.confirmed",), "accepted", None, str(PostCode.ORDER_DESK.label),
                   call_off.supplier.name)  # fmt: skip
    )
    return rows


def decided(approval: Approval, told: QuerySet[AuditEvent]) -> list[dict[str, str]]:
    """Who endorsed and committed what was approved, in the order of the steps; ``told`` are the records of it."""
    real = {(event.actor_person_id, event.at): event.real_at for event in told.filter(hash_shown=approval.content_hash)}
    decisions = approval.decisions.select_related("step__organisation", "delegation").order_by("step__position")
    return [
        {
            "act": decision.outcome, "name": decision.name, "post": str(decision.step.get_post_display()),
            "organisation": decision.step.organisation.name, "acting_for": decision.principal_name,
            "delegation": delegation_words(decision.delegation), "at": iso(decision.decided_at),
            "real_at": iso(real[decision.person_id, decision.decided_at]), "revision_hash": decision.content_hash,
        }
        for decision in decisions
    ]  # fmt: skip


def _event_row(
    call_off: CallOff, revision: CallOffRevision, verbs: tuple[str, ...], act: str, name: str | None, post: str, organisation: str
) -> dict[str, str]:
    event = audit.history(call_off).filter(verb__in=verbs, hash_shown=revision.revision_hash).latest("id")
    return {
        "act": act, "name": name or event.actor_words, "post": post, "organisation": organisation, "acting_for": event.acting_for,
        "delegation": "", "at": iso(event.at), "real_at": iso(event.real_at), "revision_hash": revision.revision_hash,
    }  # fmt: skip


def particulars(call_off: CallOff, *, on: date) -> dict[str, Any]:
    """What the supplier needs to invoice, and to whom notices go; cost centre and account stay with the department."""
    row = call_off.particulars
    return {
        "purchase_order": row.purchase_order, "invoice_address": row.invoice_address, "contacts": contacts(call_off, on=on),
    }  # fmt: skip


# Nobody names a contact for these two: notices to them go to who holds the first of these posts that is held
NOTICE_POSTS = {
    Party.SUPPLIER: (PostCode.SUPPLIER_SIGNATORY, PostCode.ORDER_DESK),
    Party.AUTHORITY: (PostCode.FRAMEWORK_MANAGER, PostCode.AUTHORITY_SIGNATORY),
}


def contacts(call_off: CallOff, *, on: date) -> list[dict[str, str]]:
    """Whom the order form names: for each party the contact of the clause on notices, and the one for invoices if there
    is one. Rows {role, name, post, email, telephone}; the customer's are its particulars', the others' who holds their
    post that day. A party without anybody in its posts has no row; its address stands among the parties."""
    row, department = call_off.particulars, call_off.department
    found = [
        _holder(guards.ROLES[Party.SUPPLIER], call_off.supplier, NOTICE_POSTS[Party.SUPPLIER], on),
        _contact(guards.ROLES[Party.DEPARTMENT], row.contact_name, _post_of(row.contact_email, department, on),
                 row.contact_email, row.contact_telephone),
        _holder(guards.ROLES[Party.AUTHORITY], call_off.framework.authority, NOTICE_POSTS[Party.AUTHORITY], on),
    ]  # fmt: skip
    if row.invoice_contact_name:
        found.append(_contact("Invoices", row.invoice_contact_name, _post_of(row.invoice_contact_email, department, on),
                              row.invoice_contact_email, row.invoice_contact_telephone))  # fmt: skip
    return [contact for contact in found if contact is not None]


def _contact(role: str, name: str, post: str, email: str, telephone: str = "") -> dict[str, str]:
    return {"role": role, "name": name, "post": post, "email": email, "telephone": telephone}


def _holder(role: str, organisation: Organisation, posts: Sequence[PostCode], on: date) -> dict[str, str] | None:
    for code in posts:
        people = sorted(seats.holders(organisation.pk, code, on), key=lambda user: not user.holds)  # a deputy comes last
        if people:
            return _contact(role, people[0].name, str(code.label), people[0].email)
    return None


def _post_of(email: str, organisation: Organisation, on: date) -> str:
    """The post that whoever has the address holds at the organisation that day, the contract manager's before another;
    "" for somebody of whom the register knows no post."""
    held = PostHolding.objects.filter(in_force(on), post__organisation=organisation, user__email__iexact=email)
    codes = sorted(held.values_list("post__code", flat=True), key=lambda code: (code != PostCode.CONTRACT_MANAGER, code))
    return str(PostCode(codes[0]).label) if codes else ""


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


def customer(contract: Contract) -> dict[str, Any]:
    """Who the customer is now, and by what the order has passed to it since it was approved: the order itself, whose hash was
    approved, names the department that submitted it."""
    department, since = contract.department, contract.revision.submitted_at
    return party_of(department) | {
        "address": department.address,
        "passed": [
            {
                "from": one.outgoing.name, "to": one.receiving.name, "effective_on": one.effective_on.isoformat(),
                "words": one.words, "transfer": one.transfer, "notice": one.document.number if one.document else "",
            }
            for one in passings.of(contract.call_off) if one.made_at >= since
        ],
    }  # fmt: skip


def build(contract: Contract, *, accepted_at: datetime, real_at: datetime) -> dict[str, Any]:
    """The whole payload; ``accepted_at`` by the business clock, ``real_at`` by the real one."""
    return {
        "order": order_json(contract, accepted_at=accepted_at), "evidence": evidence(contract),
        "particulars": particulars(contract.call_off, on=london_day(accepted_at)), "signatories": boxes_payload(guards.boxes(contract)),
        "clarifications": clarifications(contract), "customer": customer(contract),
        "issued": {"business_at": iso(accepted_at), "real_at": iso(real_at)},
    }  # fmt: skip


