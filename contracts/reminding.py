"""Contracts that wait for a signature are reminded of like everything else that waits for an answer."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import OVER
from contracts.access import SIGNING_POST, organisation_of
from contracts.models import Contract, ContractState, Party
from procurement import reminding, signing
from procurement.reminding import Pauses, Waiting


def waiting(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each whose next signature is somebody's to give, since it was made or the party before signed."""
    rows = Contract.objects.filter(only, state=ContractState.AWAITING_SIGNATURES).exclude(framework__state__in=OVER)
    found = list(
        rows.select_related("call_off__framework", "call_off__department", "framework__authority", "department", "supplier", "document")
        .order_by("id")
    )  # fmt: skip
    turns, acts = signing.turns(row.document for row in found), signing.last_acts(row.document for row in found)
    for contract in found:
        if contract.document_id not in turns:
            continue
        party = Party(turns[contract.document_id])
        yield Waiting(
            f"contract:{contract.pk}:{party}", contract.call_off, organisation_of(contract, party).pk, SIGNING_POST[party],
            _("to sign the contract"),
            *reminding.since(acts.get(contract.document_id, contract.state_since), contract.framework,
                             pauses.get(contract.framework_id, [])),
            url=reverse("contracts:contract", args=[contract.public_id]),
        )  # fmt: skip
