"""Locks of contracts, in the order that ``procurement.locking`` states."""

from contracts.models import Contract
from procurement.locking import lock_call_off


def lock_contract(contract: Contract) -> Contract:
    """A fresh copy under FOR UPDATE; the framework first, shared, then its call-off."""
    call_off = lock_call_off(contract.call_off)
    fresh = (
        Contract.objects.select_for_update(of=("self",))
        .select_related("revision__approval", "framework__authority", "department", "supplier", "document")
        .get(pk=contract.pk)
    )
    fresh.call_off = call_off
    return fresh
