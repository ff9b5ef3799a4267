"""The payload of a novation agreement: plain strings frozen on the Document row, read by its three parties.

Shape: ``novation`` (novation.json), ``signatories``, ``issued``. Money is GBP, VAT excluded.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalogue.models import Organisation
from contracts.models import Contract, Transfer, party_of
from documents import canonical, store
from documents.canonical import money
from procurement.models import PostCode
from procurement.signing import Box, boxes_payload

SCHEMA = 1


def build(transfer: Transfer, contract: Contract, value: Decimal, boxes: Iterable[Box], *, at: datetime) -> dict[str, Any]:
    """``value``: what was agreed of the contract with its executed variations."""
    return {
        "novation": {
            "schema": SCHEMA, "number": f"{contract.number} {transfer.number}", "transfer": transfer.number,
            "framework": {"reference": contract.framework.reference, "title": contract.framework.title},
            "contract": {
                "number": contract.number, "title": contract.title, "signed_on": contract.signed_on.isoformat(),
                "starts_on": contract.starts_on.isoformat(), "ends_on": contract.ends_on.isoformat(), "value_gbp": money(value),
            },
            "supplier": _body(contract.supplier), "outgoing": _body(transfer.outgoing), "incoming": _body(transfer.receiving),
            "authority": party_of(transfer.authority), "effective_on": transfer.effective_on.isoformat(),
            "words": transfer.words.splitlines(), "transfer_sha256": transfer.content_hash,
            "prepared": {
                "name": transfer.prepared_by_name, "acting_for": transfer.prepared_for_name,
                "post": str(PostCode.FRAMEWORK_MANAGER.label), "at": canonical.moment(transfer.prepared_at),
            },
            "agreed": {
                "name": transfer.agreed_by_name, "acting_for": transfer.agreed_for_name,
                "post": str(PostCode(transfer.agreed_post).label), "at": canonical.moment(at),
            },
        },
        "signatories": boxes_payload(boxes),
        "issued": store.issued(at),
    }  # fmt: skip


def _body(organisation: Organisation) -> dict[str, str]:
    return party_of(organisation) | {"address": organisation.address}
