"""The words a contract is found by, kept on its row."""

from contracts.models import Contract


def text_of(contract: Contract) -> str:
    """Number and everything its call-off is found by, lower case."""
    return f"{contract.number} {contract.supplier.name} {contract.call_off.search_text}".lower()
