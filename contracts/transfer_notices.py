"""What a transfer says, whose hash is agreed to; and the sealed notice of it to one supplier and both departments: its payload,
plain strings frozen on the Document row, read by all of them.

Shape: ``notice`` (notice.json), ``signatories`` (nobody), ``issued``. Money is GBP, VAT excluded. It names no person of a
department but those who prepared and agreed, and no order that has not reached the supplier.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from catalogue.pricing import ZERO
from contracts.models import Contract, Transfer, TransferBasis, party_of
from documents import canonical, store
from documents.canonical import money
from documents.templatetags.flex import day
from procurement.models import CallOff, PostCode

SCHEMA = 1


def legal_basis(transfer: Transfer) -> str:
    """By what it passes, as people read it: "S.I. 2009/2748 of 4 June 2009"."""
    if transfer.basis == TransferBasis.NOVATION:
        return _("novation under %(number)s") % {"number": transfer.number}
    return _("%(order)s of %(day)s") % {"order": transfer.order_number, "day": day(transfer.order_on)}


def prepared(transfer: Transfer) -> dict[str, Any]:
    """All that is agreed to, by whom it was prepared."""
    return {
        "schema": SCHEMA, "number": transfer.number, "authority": transfer.authority.code, "outgoing": transfer.outgoing.code,
        "receiving": transfer.receiving.code, "kind": transfer.kind, "basis": transfer.basis, "order_number": transfer.order_number,
        "order_on": transfer.order_on.isoformat() if transfer.order_on else None, "effective_on": transfer.effective_on.isoformat(),
        "words": transfer.words, "filename": transfer.filename, "sha256": transfer.sha256, "length": transfer.length,
        "contracts": sorted(map(str, transfer.contracts)), "orders": sorted(map(str, transfer.orders)),
        "people": sorted(map(str, transfer.people)), "hands": sorted(map(str, transfer.hands)),
        "prepared_by": transfer.prepared_by_name, "acting_for": transfer.prepared_for_name,
        "prepared_at": canonical.moment(transfer.prepared_at),
    }  # fmt: skip


def hash_of(transfer: Transfer) -> str:
    return canonical.sha256_hex(canonical.dumps(prepared(transfer)))


def _body(organisation: Organisation) -> dict[str, str]:
    return party_of(organisation) | {"address": organisation.address}


def notice(
    transfer: Transfer, number: str, supplier: Organisation | None, frameworks: Sequence[Framework], contracts: Sequence[Contract],
    values: dict[int, Decimal], orders: Sequence[CallOff], *, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """``contracts`` and ``orders``: what passes of the supplier's; ``values``: what was agreed of each contract, by primary key."""
    return {
        "notice": {
            "schema": SCHEMA, "number": number, "transfer": transfer.number,
            "frameworks": [{"reference": one.reference, "title": one.title} for one in frameworks],
            "authority": party_of(transfer.authority), "supplier": _body(supplier) if supplier else None,
            "outgoing": _body(transfer.outgoing), "receiving": _body(transfer.receiving), "kind": transfer.kind,
            "whole": transfer.is_whole, "order_number": transfer.order_number,
            "order_on": transfer.order_on.isoformat(), "effective_on": transfer.effective_on.isoformat(),
            "words": transfer.words.splitlines(), "filename": transfer.filename, "sha256": transfer.sha256,
            "transfer_sha256": transfer.content_hash,
            "contracts": [
                {
                    "number": one.number, "title": one.title, "framework": one.framework.reference, "state": one.state,
                    "starts_on": one.starts_on.isoformat(), "ends_on": one.ends_on.isoformat(), "value_gbp": money(values[one.pk]),
                }
                for one in contracts
            ],
            "total_gbp": money(sum((values[one.pk] for one in contracts), ZERO)),
            "orders": [{"reference": one.reference, "title": one.title, "framework": one.framework.reference} for one in orders],
            "prepared": {
                "name": transfer.prepared_by_name, "acting_for": transfer.prepared_for_name,
                "post": str(PostCode.FRAMEWORK_MANAGER.label), "at": canonical.moment(transfer.prepared_at),
            },
            "agreed": {
                "name": transfer.agreed_by_name, "acting_for": transfer.agreed_for_name,
                "post": str(PostCode(transfer.agreed_post).label), "at": canonical.moment(at),
            },
        },
        "signatories": [],
        "issued": store.issued(at),
    }  # fmt: skip
