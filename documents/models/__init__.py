"""The tables of documents, by noun."""

from documents.models.document import (
    Check,
    Document,
    DocumentRevision,
    DocumentState,
    Purpose,
    Signature,
    SigningIntent,
)
from documents.models.records import (
    AuditEvent,
    BusinessClock,
    Email,
    IdempotencyKey,
    Job,
    NumberCounter,
    StateChange,
    StateEdge,
)

__all__ = [
    "AuditEvent", "BusinessClock", "Check", "Document", "DocumentRevision", "DocumentState", "Email", "IdempotencyKey",
    "Job", "NumberCounter", "Purpose", "Signature", "SigningIntent", "StateChange", "StateEdge",
]  # fmt: skip
