"""Reads of contracts over several tables."""

from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import Framework
from catalogue.text import search_words
from contracts import access
from contracts.access import SIGNING_POST
from contracts.models import Contract, ContractState, Party
from procurement import signing
from procurement.access import Sight, sight_of
from procurement.actors import Person
from procurement.inbox import Item


def to_sign(by: Person, on: date) -> list[Contract]:
    """Contracts whose next signature is the person's to give now: not while the one before is still being put on."""
    held = sight_of(by, on).posts
    wanted = Q()
    for organisation_id, post in held:
        if post == SIGNING_POST[Party.SUPPLIER]:
            wanted |= Q(supplier_id=organisation_id)
        if post == SIGNING_POST[Party.DEPARTMENT]:
            wanted |= Q(department_id=organisation_id)
        if post == SIGNING_POST[Party.AUTHORITY]:
            wanted |= Q(framework__authority_id=organisation_id)
    if not wanted:
        return []
    rows = Contract.objects.filter(wanted, state=ContractState.AWAITING_SIGNATURES).select_related(
        "framework", "department", "supplier", "document"
    )
    owner = {Party.SUPPLIER: "supplier_id", Party.DEPARTMENT: "department_id"}
    contracts = list(rows.order_by("state_since", "id"))
    turns = signing.turns(contract.document for contract in contracts)
    mine = []
    for contract in contracts:
        party = turns.get(contract.document_id)
        if party is None:
            continue
        organisation = getattr(contract, owner[party]) if party in owner else contract.framework.authority_id
        if (organisation, SIGNING_POST[Party(party)]) in held:
            mine.append(contract)
    return mine


def inbox(by: Person, on: date) -> list[Item]:
    """Contracts to sign, as what waits for the person."""
    return [
        Item(
            f"{contract.number} {contract.title}", contract.department.name, _("to sign"),
            reverse("contracts:contract", args=[contract.public_id]), contract.state_since,
        )  # fmt: skip
        for contract in to_sign(by, on)
    ]


def visible_list(by: Person, on: date, *, text: str = "", state: str = "") -> QuerySet[Contract]:
    """The person's contracts by text (number, supplier and what its call-off is found by) and state."""
    rows = access.visible_contracts(by, on).select_related("department", "supplier")
    for word in search_words(text):
        rows = rows.filter(
            Q(search_text__contains=word) | Q(call_off__particulars__purchase_order__icontains=word)
        )
    return rows.filter(state=state) if state else rows


def framework_of(seen: Sight) -> Framework | None:
    """A framework the person serves or supplies."""
    return (
        Framework.objects.filter(
            Q(pk__in=seen.frameworks) | Q(framework_suppliers__supplier_id__in=seen.organisations)
        )
        .order_by("pk")
        .first()
    )
