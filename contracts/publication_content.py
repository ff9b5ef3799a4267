"""What a published copy is made of: all of a contract and its variations as they were signed, before anything is withheld, and
the payload of the copy's document. Plain strings; money is GBP, VAT excluded unless named gross.

Shape of the copy (redacted.json): ``schema``, ``contract``, ``order`` (as order.json, of the attached files the specifications
alone), ``customer`` (whom the contract was signed with, where its order had passed before), ``passed`` (from which department to which
since then), ``particulars``, ``clarifications``, ``evidence``, ``signed``, ``variations``; ``number`` and ``withheld`` beside them.
"""

import copy
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts import redaction
from contracts.models import SIGNED_VARIATIONS, Contract, RedactedCopy, Variation
from documents import canonical, legal_templates, store
from documents.models import Document, SigningIntent
from procurement import passings
from procurement.models import PostCode

SCHEMA = 1


def variations(contract: Contract) -> list[Variation]:
    """Those that bind."""
    return list(contract.variations.filter(state__in=SIGNED_VARIATIONS).select_related("document").order_by("number"))


def everything(contract: Contract) -> dict[str, Any]:
    """What was signed, without names of people, and without the hashes by which guesses at what is withheld could be tried."""
    payload = copy.deepcopy(contract.document.payload)
    order = payload["order"]
    order["contract"]["revision_hash"] = redaction.NO_HASH
    for name in ("budget_commitment", "exceptions"):
        order.pop(name, None)
    order["attachments"] = [file for file in order["attachments"] if file["kind"] == "specification"]
    parties = order["parties"]
    if customer := payload.get("customer"):  # the department that the order had passed to before it was signed
        parties["department"] |= {name: customer[name] for name in ("code", "name", "identifier", "address")}
    return {
        "schema": SCHEMA,
        "contract": {
            "number": contract.number, "signed_on": contract.signed_on.isoformat(), "template_version": contract.document.template_version,
            "sha256": store.head(contract.document).sha256,
        },
        "order": order, "customer": payload.get("customer", {}), "passed": _passed(contract),
        "particulars": {
            "purchase_order": payload["particulars"]["purchase_order"], "invoice_address": payload["particulars"]["invoice_address"],
            "contacts": [
                {"role": one["role"], "post": one["post"], "name": redaction.PERSONAL, "email": redaction.PERSONAL, "telephone": redaction.PERSONAL}
                for one in payload["particulars"]["contacts"]
            ],
        },
        "clarifications": [
            asked | {"asked_by": parties["supplier"]["name"], "answered_by": parties["department"]["name"]}
            for asked in payload.get("clarifications", [])
        ],
        "evidence": _evidence(payload["evidence"]), "signed": _signed(contract.document),
        "variations": [_variation(one) for one in variations(contract)],
    }  # fmt: skip


def _passed(contract: Contract) -> list[dict[str, str]]:
    return [
        {
            "from": one.outgoing.name, "to": one.receiving.name, "effective_on": one.effective_on.isoformat(), "words": one.words,
            "transfer": one.transfer, "document": one.document.number if one.document else "",
        }
        for one in passings.of(contract)
    ]  # fmt: skip


def _evidence(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{"act": row["act"], "post": row["post"], "organisation": row["organisation"], "at": row["at"]} for row in rows]


def _signed(document: Document) -> list[dict[str, str]]:
    """Who signed: the organisation, its signatory's post, when; nobody's name."""
    acts = {intent.field: intent.act for intent in SigningIntent.objects.filter(document=document)}
    return [
        {"role": box["role"], "name": box["name"], "identifier": box["identifier"], "post": acts[box["field"]]["post"], "at": acts[box["field"]]["at"]}
        for box in document.payload["signatories"]
    ]


def _variation(variation: Variation) -> dict[str, Any]:
    payload = variation.document.payload
    content = payload["variation"]
    return {
        "label": variation.label, "kind": variation.kind, "kind_words": str(variation.get_kind_display()), "title": variation.title,
        "effective_on": content["effective_on"], "signed_on": variation.signed_on.isoformat(), "sha256": store.head(variation.document).sha256,
        "lines": copy.deepcopy(content["lines"]), "term": content["term"],
        "reason": payload["reason"], "money": copy.deepcopy(content["money"]), "share": copy.deepcopy(content["share"]),
        "corrections": [{"place": one["place"], "was": one["was_lines"], "reads": one["reads_lines"]} for one in content["corrections"]],
        "gateway": {"words": content["gateway"]["words"], "paragraph": content["gateway"]["paragraph"]}, "tests": content["gateway"]["tests"],
        "evidence": _evidence(payload["evidence"]), "signed": _signed(variation.document),
    }  # fmt: skip


def frozen(redacted: redaction.Redacted) -> tuple[str, str]:
    """The copy as canonical JSON, and its sha256: what is proposed and decided on."""
    data = canonical.dumps(redacted.content | {"withheld": redacted.withheld})
    return data.decode(), canonical.sha256_hex(data)


SCHEDULES = ("services_and_charges", "service_levels", "transition", "data_processing", "security_and_continuity", "exit", "special_terms")


def _parts(content: dict[str, Any], kind: str) -> dict[str, Any]:
    """The templates of the contract's own version from which the copy is laid out."""
    version = content["contract"]["template_version"]

    def name(part: str) -> str:
        return legal_templates.part_name(kind, version, part)

    return {
        "contents": name("contents.html"), "order_form": name("order_form.html"), "terms": name("terms.html"),
        "schedules": [name(f"schedules/{one}.html") for one in SCHEDULES],
        "clarifications": name("clarifications.html") if content["clarifications"] else "",
    }  # fmt: skip


def payload(redacted_copy: RedactedCopy, *, at: datetime) -> dict[str, Any]:
    """Of the document, and of the page that shows the copy before it has its number. ``publisher``: whose the contract is now, which
    may be another department than signed it; ``customer`` is beside the copy too because the contract's own templates look there."""
    content = json.loads(redacted_copy.content)
    return {
        "copy": content | {"number": redacted_copy.reference or ""}, "parts": _parts(content, redacted_copy.contract.document.kind),
        "decided": {"post": _post(redacted_copy), "at": canonical.moment(redacted_copy.decided_at) if redacted_copy.decided_at else ""},
        "signatories": [], "issued": store.issued(at), "customer": content.get("customer", {}), "publisher": {"name": redacted_copy.contract.department.name},
    }  # fmt: skip


def _post(redacted_copy: RedactedCopy) -> str:
    return str(PostCode(redacted_copy.decided_post).label) if redacted_copy.decided_post else ""
