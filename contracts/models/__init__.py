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
from contracts.models.variation import (
    UNSIGNED,
    Correction,
    Gateway,
    LineVariation,
    Variation,
    VariationHand,
    VariationKind,
    VariationRevision,
    VariationState,
)

__all__ = [
    "ACCEPTED", "CERTIFICATE_SERIES", "NUMBER_SERIES", "UNSIGNED", "AcceptanceCriterion", "AcceptanceDecision", "Contract",
    "ContractLine", "ContractState", "ContractVersion", "Correction", "CriterionResult", "Evidence", "Gateway", "LineChange",
    "LineVariation", "Milestone", "MilestoneState", "MilestoneSubmission", "Party", "PaymentDue", "PaymentRelease",
    "Variation", "VariationHand", "VariationKind", "VariationRevision", "VariationState",
]  # fmt: skip
