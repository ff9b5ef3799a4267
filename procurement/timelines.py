"""What was done to a thing, in the words of its pages, and what of it each side is told.

An act is told to the supplier because it stands among those of both sides, never because nobody thought of it: whoever gives a record
its words says on which side they are read. An app above registers the words of its own things.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.models import AuditEvent

BOTH_SIDES = {
    "call_off.committed_by_authority": gettext_lazy("Award committed by the purchasing authority"),
    "call_off.clarification_asked": gettext_lazy("The supplier asked a question"),
    "call_off.clarified": gettext_lazy("The department answered it"),
    "call_off.counter_proposed": gettext_lazy("The supplier counter-proposed"),
    "call_off.counter_accepted": gettext_lazy("Counter-proposal accepted, to be approved again"),
    "call_off.counter_refused": gettext_lazy("Counter-proposal refused"),
    "call_off.counter_withdrawn": gettext_lazy("Counter-proposal taken back by the supplier"),
    "call_off.confirmed": gettext_lazy("Order accepted by the supplier"),
    "call_off.declined": gettext_lazy("Declined by the supplier"),
    "call_off.contracted": gettext_lazy("Contracted"),
    "call_off.clock_stopped": gettext_lazy("The time to answer stands"),
    "call_off.clock_started": gettext_lazy("The time to answer goes on"),
    "call_off.withdrawn": gettext_lazy("Withdrawn"),
    "call_off.lapsed": gettext_lazy("Lapsed"),
    "call_off.passed": gettext_lazy("Passed to another department"),
}
INSIDE = {
    "call_off.started": gettext_lazy("Draft started"),
    "call_off.submitted": gettext_lazy("Submitted"),
    "call_off.recalled": gettext_lazy("Recalled"),
    "call_off.endorsed_by_department": gettext_lazy("Endorsed for the department"),
    "call_off.committed_by_department": gettext_lazy("Committed for the department"),
    "call_off.endorsed_by_authority": gettext_lazy("Endorsed for the purchasing authority"),
    "call_off.exception_granted": gettext_lazy("An exception was granted"),
    "call_off.exception_refused": gettext_lazy("An exception was refused, and the order returned for amendment"),
    "call_off.returned": gettext_lazy("Returned for amendment"),
    "call_off.rejected": gettext_lazy("Rejected"),
    "call_off.nudged": gettext_lazy("Reminded whose desk it is on"),
    "call_off.recused": gettext_lazy("Declared a conflict of interest and keeps out"),
    "call_off.queried": gettext_lazy("A question was asked"),
    "call_off.query_answered": gettext_lazy("The question was answered"),
    "call_off.reminded": gettext_lazy("A reminder was sent"),
    "call_off.escalated": gettext_lazy("Others were told that there is no answer"),
    "call_off.reopened": gettext_lazy("Reopened for changes"),
    "call_off.ended": gettext_lazy("Ended: a party refused to sign"),
    "call_off.copied": gettext_lazy("Copied from an earlier call-off"),
}
WITHOUT_REASON = frozenset({"call_off.committed_by_authority", "call_off.lapsed", "call_off.withdrawn"})  # whose reason is one side's own

_told_to_both: dict[str, Any] = dict(BOTH_SIDES)
_inside: dict[str, Any] = dict(INSIDE)
_without_reason: set[str] = set(WITHOUT_REASON)


def register(*, both_sides: Mapping[str, Any], inside: Mapping[str, Any], without_reason: Iterable[str]) -> None:
    """The words of an app above, by verb: what supplier, department and authority are told, what the supplier is not, and of what it is
    told, but not why."""
    _told_to_both.update(both_sides)
    _inside.update(inside)
    _without_reason.update(without_reason)


def verbs() -> list[str]:
    """Every record that has words."""
    return sorted(_told_to_both | _inside)


def words(verb: str) -> str:
    """The record in words; its verb where it has none."""
    return str(_told_to_both.get(verb) or _inside.get(verb, verb))


def is_told(event: AuditEvent, viewpoint: str) -> bool:
    """Whether a reader of that side is told of it; saves nobody is."""
    return event.verb in _told_to_both or (viewpoint != "supplier" and event.verb in _inside)


def reason_told(event: AuditEvent, viewpoint: str) -> str:
    """Its reason, as the reader's side reads it: the supplier gets no comments of the approvers."""
    return "" if viewpoint == "supplier" and event.verb in _without_reason else event.reason


def of(events: Iterable[AuditEvent], viewpoint: str, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Newest first, what the side is told. ``names``: by id what a subject is called, for a page that has more than one."""
    out = []
    for event in events:
        if not is_told(event, viewpoint):
            continue
        name = (names or {}).get(event.subject_id)
        out.append({
            "title": f"{name}: {words(event.verb)}" if name else _title(event, viewpoint), "actor_words": event.actor_words, "acting_for": event.acting_for,
            "at": event.at, "real_at": event.real_at, "reason": reason_told(event, viewpoint),
        })  # fmt: skip
    return list(reversed(out))


def _title(event: AuditEvent, viewpoint: str) -> str:
    """What happened; a copy names the order it was made of, to its own department alone: that one may have reached nobody
    else. A draft has no number yet that it could be named by."""
    source = event.extra.get("from", "") if event.verb == "call_off.copied" and viewpoint == "department" else ""
    return _("Copied from %(order)s") % {"order": source} if source.startswith("CO-") else words(event.verb)
