"""The tables of contracts, by noun."""

from contracts.models.contract import NUMBER_SERIES, Contract, ContractState, Party
from contracts.models.invoices import (
    COUNTED,
    DAYS_TO_PAY,
    Invoice,
    InvoiceAct,
    InvoiceCheck,
    InvoicePayment,
    InvoiceState,
)
from contracts.models.level import (
    OPEN_CREDITS,
    CalculatedLevel,
    CreditAct,
    CreditCalculation,
    CreditState,
    Measurement,
    RectificationPlan,
    ServiceCredit,
    ServiceReport,
)
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
from contracts.models.returns import (
    NOTE_SERIES,
    Declaration,
    DeclaredLine,
    LevyNote,
    LevyPayment,
    ManagementReturn,
    ReturnLine,
    ReturnState,
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
    "ACCEPTED", "CERTIFICATE_SERIES", "COUNTED", "DAYS_TO_PAY", "NOTE_SERIES", "NUMBER_SERIES", "OPEN_CREDITS", "UNSIGNED",
    "AcceptanceCriterion", "AcceptanceDecision", "CalculatedLevel", "Contract", "ContractLine", "ContractState",
    "ContractVersion", "Correction", "CreditAct", "CreditCalculation", "CreditState", "CriterionResult", "Declaration",
    "DeclaredLine", "Evidence", "Gateway", "Invoice", "InvoiceAct", "InvoiceCheck", "InvoicePayment", "InvoiceState",
    "LevyNote", "LevyPayment", "LineChange", "LineVariation", "ManagementReturn", "Measurement", "Milestone",
    "MilestoneState", "MilestoneSubmission", "Party", "PaymentDue", "PaymentRelease", "RectificationPlan", "ReturnLine",
    "ReturnState", "ServiceCredit", "ServiceReport", "Variation", "VariationHand", "VariationKind", "VariationRevision",
    "VariationState",
]  # fmt: skip
