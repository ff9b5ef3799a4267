"""The tables of contracts, by noun."""

from contracts.models.contract import (
    Contract,
    ContractLine,
    ContractState,
    ContractVersion,
    Party,
)

__all__ = ["Contract", "ContractLine", "ContractState", "ContractVersion", "Party"]
