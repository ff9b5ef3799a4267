"""The tables of contracts, by noun."""

from contracts.models.contract import NUMBER_SERIES, Contract, ContractState, Party
from contracts.models.milestone import (
    ACCEPTED,
    CERTIFICATE_SERIES,
    AcceptanceCriterion,
    AcceptanceDecision,
    CriterionResult,
    Evidence,
    Milestone,
    MilestoneState,
    MilestoneSubmission,
    PaymentDue,
    PaymentRelease,
)
from contracts.models.terms import ContractLine, ContractVersion, LineChange

__all__ = [
    "ACCEPTED", "CERTIFICATE_SERIES", "NUMBER_SERIES", "AcceptanceCriterion", "AcceptanceDecision", "Contract",
    "ContractLine", "ContractState", "ContractVersion", "CriterionResult", "Evidence", "LineChange", "Milestone",
    "MilestoneState", "MilestoneSubmission", "Party", "PaymentDue", "PaymentRelease",
]  # fmt: skip
