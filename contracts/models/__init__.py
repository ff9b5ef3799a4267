"""The tables of contracts, by noun."""

from contracts.models.audit_file import AuditFile
from contracts.models.contract import (
    BOUND,
    CHARGED,
    ENDED,
    NUMBER_SERIES,
    UNSIGNED_CONTRACTS,
    Contract,
    ContractState,
    Party,
    party_of,
)
from contracts.models.ending import (
    BASES,
    NOTICE_SERIES,
    NOTICED,
    OPEN_TERMINATIONS,
    RETURN_SERIES,
    Basis,
    EndReminder,
    Exit,
    ExitAct,
    ExitItem,
    Ground,
    RunningOn,
    RunningState,
    Termination,
    TerminationState,
)
from contracts.models.invoices import (
    COUNTED,
    DAYS_TO_PAY,
    OPEN_INVOICES,
    Invoice,
    InvoiceAct,
    InvoiceAnswer,
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
    PlanDecision,
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
from contracts.models.publication import (
    COPY_SERIES,
    DECIDED,
    OPEN_COPIES,
    CopyState,
    RedactedCopy,
    WithheldField,
    WithholdingGround,
)
from contracts.models.request import ChangeRequest, RequestedChange, RequestState
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
from contracts.models.savings import ContractSavings, DepartmentMonth, DepartmentSavings, MonthSavings
from contracts.models.statutory_notice import (
    KpiComment,
    KpiConfirmation,
    KpiRating,
    KpiRound,
    NoticeKind,
    NoticePublication,
    Rating,
    StatutoryNotice,
)
from contracts.models.terms import ContractLine, ContractVersion, LineChange
from contracts.models.transfer import (
    OPEN_TRANSFERS,
    TRANSFER_NOTICE_SERIES,
    TRANSFER_SERIES,
    Novation,
    NovationParty,
    NovationState,
    Transfer,
    TransferBasis,
    TransferKind,
    TransferNotice,
    TransferState,
)
from contracts.models.variation import (
    SIGNED_VARIATIONS,
    UNSIGNED_VARIATIONS,
    Correction,
    Gateway,
    LineVariation,
    Variation,
    VariationHand,
    VariationKind,
    VariationReply,
    VariationRevision,
    VariationState,
)

__all__ = [
    "ACCEPTED", "BASES", "BOUND", "CERTIFICATE_SERIES", "CHARGED", "COPY_SERIES", "COUNTED", "DAYS_TO_PAY", "DECIDED",
    "ENDED", "NOTE_SERIES", "NOTICED", "NOTICE_SERIES", "NUMBER_SERIES", "OPEN_COPIES", "OPEN_CREDITS", "OPEN_INVOICES",
    "OPEN_TERMINATIONS", "OPEN_TRANSFERS", "RETURN_SERIES", "SIGNED_VARIATIONS", "TRANSFER_NOTICE_SERIES", "TRANSFER_SERIES",
    "UNSIGNED_CONTRACTS", "UNSIGNED_VARIATIONS",
    "AcceptanceCriterion", "AcceptanceDecision", "AuditFile", "Basis", "CalculatedLevel", "ChangeRequest", "Contract",
    "ContractLine", "ContractSavings", "ContractState", "ContractVersion", "CopyState", "Correction", "CreditAct",
    "CreditCalculation", "CreditState", "CriterionResult", "Declaration", "DeclaredLine", "DepartmentMonth",
    "DepartmentSavings", "EndReminder", "Evidence", "Exit", "ExitAct", "ExitItem", "Gateway", "Ground", "Invoice",
    "InvoiceAct", "InvoiceAnswer", "InvoiceCheck", "InvoicePayment", "InvoiceState", "KpiComment", "KpiConfirmation", "KpiRating", "KpiRound",
    "LevyNote", "LevyPayment", "LineChange", "LineVariation", "ManagementReturn", "Measurement", "Milestone",
    "MilestoneState", "MilestoneSubmission", "MonthSavings", "NoticeKind", "NoticePublication", "Novation", "NovationParty",
    "NovationState", "Party", "PaymentDue", "PaymentRelease", "PlanDecision", "Rating", "RectificationPlan", "RedactedCopy", "RequestState",
    "RequestedChange", "ReturnLine", "ReturnState", "RunningOn", "RunningState", "ServiceCredit", "ServiceReport",
    "StatutoryNotice", "Termination", "TerminationState", "Transfer", "TransferBasis", "TransferKind", "TransferNotice",
    "TransferState", "Variation", "VariationHand", "VariationKind", "VariationReply", "VariationRevision", "VariationState",
    "WithheldField", "WithholdingGround", "party_of",
]  # fmt: skip
