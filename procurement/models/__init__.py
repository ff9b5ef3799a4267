"""The tables of procurement, by noun."""

from procurement.models.accession import (
    BODYS_TURN,
    IN_CONSIDERATION,
    OPENING_STATES,
    PIPELINE,
    Accession,
    AccessionDecision,
    AccessionQuestion,
    AccessionState,
    Application,
)
from procurement.models.approval import Act, Approval, ApprovalStep, Decision, Outcome, Query, Recusal, Side, StepState
from procurement.models.baselines import Baseline, BaselineSignOff
from procurement.models.call_off import (
    AWARDED,
    EDITABLE,
    ENDED,
    IN_APPROVAL,
    INSIDE,
    OPEN,
    UNBOUND,
    CallOff,
    CallOffState,
    DeclineCode,
)
from procurement.models.capacity import CapacityAccount, CapacityEntry, VolumeEntry
from procurement.models.exceptions import ExceptionDecision, ExceptionOutcome, ExceptionRequest
from procurement.models.feeds import CalendarFeed
from procurement.models.framework_life import FrameworkAgreement, Modification, Suspension, Termination
from procurement.models.grants import ACT_FOR_ORGANISATION, SERVE_FRAMEWORK, FrameworkGrant, OrganisationGrant
from procurement.models.leaving import MembershipNotice
from procurement.models.matrix import APPROVING, AddedStep, ApprovalMatrix, MatrixRow
from procurement.models.negotiation import Clarification, CounterAnswer, CounterProposal
from procurement.models.passing import Passing
from procurement.models.people import (
    AUTHORITY_POSTS,
    ActingFor,
    Delegation,
    DelegationKind,
    News,
    Post,
    PostCode,
    PostHolding,
    User,
    in_date,
    in_force,
    not_taken_back,
)
from procurement.models.reminders import Reminder
from procurement.models.revision import (
    Attachment,
    CallOffLine,
    CallOffRevision,
    MilestonePayment,
    Particulars,
    Phase,
    PlannedMilestone,
    RevisionHand,
    RevisionSite,
    SpecialTerm,
)
from procurement.models.signing import SigningBar

__all__ = [
    "ACT_FOR_ORGANISATION", "APPROVING", "AUTHORITY_POSTS", "AWARDED", "BODYS_TURN", "EDITABLE", "ENDED", "INSIDE", "IN_APPROVAL", "IN_CONSIDERATION", "OPEN", "OPENING_STATES", "PIPELINE", "SERVE_FRAMEWORK", "UNBOUND",
    "Accession", "AccessionDecision", "AccessionQuestion", "AccessionState", "Act", "ActingFor", "AddedStep", "Application", "Approval", "ApprovalMatrix", "ApprovalStep", "Attachment", "Baseline", "BaselineSignOff", "CalendarFeed", "CallOff",
    "CallOffLine", "CallOffRevision", "CallOffState", "CapacityAccount", "CapacityEntry", "Clarification", "CounterAnswer", "CounterProposal", "Decision", "DeclineCode", "Delegation",
    "DelegationKind", "ExceptionDecision", "ExceptionOutcome", "ExceptionRequest", "FrameworkAgreement", "FrameworkGrant", "MatrixRow", "MembershipNotice", "MilestonePayment", "Modification", "News", "OrganisationGrant", "Outcome", "Particulars", "Passing",
    "Phase", "PlannedMilestone", "Post", "PostCode", "PostHolding", "Query", "Recusal", "Reminder", "RevisionHand", "RevisionSite", "Side", "SigningBar",
    "SpecialTerm", "StepState", "Suspension", "Termination", "User", "VolumeEntry", "in_date", "in_force", "not_taken_back",
]  # fmt: skip
