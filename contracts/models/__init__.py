"""The tables of contracts, by noun."""

from contracts.models.contract import NUMBER_SERIES, Contract, ContractState, Party
from contracts.models.terms import ContractLine, ContractVersion, LineChange

__all__ = ["NUMBER_SERIES", "Contract", "ContractLine", "ContractState", "ContractVersion", "LineChange", "Party"]
