"""The tables of contracts, by noun."""

from contracts.models.contract import Contract, ContractState, Party
from contracts.models.terms import ContractLine, ContractVersion, LineChange

__all__ = ["Contract", "ContractLine", "ContractState", "ContractVersion", "LineChange", "Party"]
