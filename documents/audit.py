"""The record of what was done. One event for every act, in the act's own transaction; never changed, never deleted."""

from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from documents import clock
from documents.actors import Actor, Principal
from documents.models import AuditEvent

request_id: ContextVar[str] = ContextVar("request_id", default="")


def subject_of(thing: Model) -> tuple[str, str]:
    """("procurement.calloff", its public id) of any row."""
    return thing._meta.label_lower, str(getattr(thing, "audit_id", thing.pk))


def record(
    verb: str,
    subject: Model,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    before: str | None = None,
    after: str | None = None,
    hash_shown: str = "",
    acting_for: Principal | None = None,
    extra: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one event. ``at`` is the business moment; the real moment is added. ``before`` and ``after`` are states."""
    label, identifier = subject_of(subject)
    return AuditEvent.objects.create(
        verb=verb, subject=label, subject_id=identifier, actor_kind=by.kind, actor_person_id=by.person_id,
        actor_words=by.words, channel=by.channel, session=by.session, signed_in_at=by.signed_in_at, 
        acting_for=acting_for.name if acting_for else "", acting_for_id=acting_for.person_id if acting_for else None, reason=reason,
        before=str(before or ""), after=str(after or ""), hash_shown=hash_shown, request_id=request_id.get(),
        extra=extra or {}, at=at, real_at=clock.real_now(),
    )  # fmt: skip


def history(*subjects: Model) -> QuerySet[AuditEvent]:
    """The events of one row, or of several together, oldest first."""
    of_any = Q(pk__in=[])
    for label, identifier in map(subject_of, subjects):
        of_any |= Q(subject=label, subject_id=identifier)
    return AuditEvent.objects.filter(of_any).order_by("id")
