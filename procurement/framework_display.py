"""What the pages show of a framework's life: what an act does to the orders in every state, why a clock stands, history."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.models import Framework, FrameworkState
from documents import audit
from documents.templatetags.flex import gbp
from procurement import completeness, queries
from procurement import framework_guards as guards
from procurement.models import (
    IN_APPROVAL,
    ApprovalStep,
    CallOff,
    CallOffState,
    FrameworkAgreement,
    Reminder,
    Suspension,
    Termination,
)

S = CallOffState
_GOES_ON = gettext_lazy("goes on unchanged")
_ENDS = {
    S.DRAFT: gettext_lazy("lapses"), S.RETURNED: gettext_lazy("lapses"),
    S.DEPARTMENT_APPROVAL: gettext_lazy("lapses; its steps count no more"),
    S.AUTHORITY_APPROVAL: gettext_lazy("lapses; what is reserved for it is released"),
    S.WITH_SUPPLIER: gettext_lazy("lapses; what is reserved for it is released, and the supplier is told"),
    S.COUNTER_PROPOSED: gettext_lazy("lapses; what is reserved for it is released, and the supplier is told"),
    S.CONFIRMED: gettext_lazy("lapses and its contract is void, unless all three parties have signed"),
    S.CONTRACTED: _GOES_ON,
}  # fmt: skip
_LONGER = gettext_lazy("can be submitted until the new last day, unless the framework is suspended, and end so much later within the longest term")
_LATER = gettext_lazy("goes on unchanged, and does not lapse before the new last day for the framework's sake")
EFFECTS = {
    "suspend": {
        S.DRAFT: gettext_lazy("can be edited, not submitted"), S.RETURNED: gettext_lazy("can be edited, not submitted"),
        S.DEPARTMENT_APPROVAL: gettext_lazy("approvals go on; reminders stand"),
        S.AUTHORITY_APPROVAL: gettext_lazy("approvals go on; reminders stand"),
        S.WITH_SUPPLIER: gettext_lazy("the supplier can still answer; its clock stands with the days it has left"),
        S.COUNTER_PROPOSED: gettext_lazy("can be refused or taken back, not accepted; the department's time to answer stands"),
        S.CONFIRMED: gettext_lazy("signing goes on"), S.CONTRACTED: _GOES_ON,
    },
    "resume": {
        S.DRAFT: gettext_lazy("can be submitted"), S.RETURNED: gettext_lazy("can be submitted"),
        S.DEPARTMENT_APPROVAL: gettext_lazy("reminders go on with the days they had left"),
        S.AUTHORITY_APPROVAL: gettext_lazy("reminders go on with the days they had left"),
        S.WITH_SUPPLIER: gettext_lazy("the supplier's clock goes on with the days it had left, unless a question is open"),
        S.COUNTER_PROPOSED: gettext_lazy("can be accepted; the department has until its price hold ends, and the working days it had left, one at least"),
        S.CONFIRMED: _GOES_ON, S.CONTRACTED: _GOES_ON,
    },
    "extend": {
        S.DRAFT: _LONGER, S.RETURNED: _LONGER,
        S.DEPARTMENT_APPROVAL: _LATER, S.AUTHORITY_APPROVAL: _LATER, S.WITH_SUPPLIER: _LATER, S.COUNTER_PROPOSED: _LATER,
        S.CONFIRMED: gettext_lazy("can be signed until the new last day"), S.CONTRACTED: _GOES_ON,
    },
    "terminate": _ENDS, "expire": _ENDS,
}  # fmt: skip


def effects(framework: Framework, act: str) -> list[dict[str, Any]]:
    """What the act does to the orders in each state, with how many there are. One query."""
    counts = queries.orders_by_state(framework)
    return [
        {"state": S(state).label, "count": counts.get(state, 0), "words": words}
        for state, words in EFFECTS.get(act, {}).items()
    ]


VERBS = {
    "framework.loaded": gettext_lazy("Entered in the register"), "framework.activated": gettext_lazy("In force"),
    "framework.suspended": gettext_lazy("Suspended"),
    "framework.resumed": gettext_lazy("Resumed"), "framework.extended": gettext_lazy("Extended"),
    "framework.ceiling_changed": gettext_lazy("Ceiling changed"),
    "framework.termination_proposed": gettext_lazy("Termination proposed"),
    "framework.termination_dropped": gettext_lazy("Termination not pursued"),
    "framework.end_announced": gettext_lazy("Its end was announced"),
    "framework.terminated": gettext_lazy("Terminated"), "framework.expired": gettext_lazy("Expired"),
    "framework.closed": gettext_lazy("Closed"),
    "framework.reminded": gettext_lazy("A reminder was sent"),
    "framework.escalated": gettext_lazy("Others were told that there is no answer"),
}  # fmt: skip
INSIDE = {
    "framework.termination_proposed", "framework.termination_dropped", "framework.reminded", "framework.escalated",
}  # the authority's own until it is done
NOT_FOR_SUPPLIERS = {"framework.ceiling_changed"}


def history(framework: Framework, *, authority: bool, buys: bool) -> list[dict[str, Any]]:
    """Newest first; a proposal is the authority's own matter, and a supplier reads nothing of ceilings."""
    hidden = (set() if authority else INSIDE) | (set() if buys else NOT_FOR_SUPPLIERS)
    return [
        {"title": VERBS[event.verb], "actor_words": event.actor_words, "acting_for": event.acting_for, "at": event.at,
         "reason": _reason(event)}
        for event in audit.history(framework).order_by("-id") if event.verb in VERBS.keys() - hidden
    ]  # fmt: skip


def _reason(event) -> str:
    figures = {
        "framework.extended": lambda e: ngettext(
            "%(months)s month, notice %(notice)s.", "%(months)s months, notice %(notice)s.", int(e["months"])
        ) % e,
        "framework.ceiling_changed": lambda e: _("From %(from)s to %(to)s.") % {"from": gbp(e["from"]), "to": gbp(e["to"])},
    }.get(event.verb)
    return " ".join(filter(None, [figures(event.extra) if figures else "", event.reason]))


def standing(framework: Framework) -> dict[str, Any]:
    """Why the framework is not simply in force: its open suspension, what ended it, and what is proposed; and until when it
    would last if it were extended by each number of months that it may be."""
    left = guards.months_left(framework)
    ended = framework.terminations.filter(outcome=Termination.Outcome.CONFIRMED).first()
    return {
        "suspension": open_suspension(framework), "termination": ended,
        "proposed": guards.standing_termination(framework), "months_left": left,
        "last_days": [completeness.months_after(framework.ends_on, months) for months in range(1, left + 1)],
    }  # fmt: skip


def signed_agreement(framework: Framework) -> FrameworkAgreement | None:
    """What it came into force by; None for one that did before agreements were kept here."""
    return FrameworkAgreement.objects.filter(framework=framework).first()


def open_suspension(framework: Framework) -> Suspension | None:
    if framework.state != FrameworkState.SUSPENDED:
        return None
    return framework.suspensions.filter(ended_at__isnull=True).first()


def clock_words(call_off: CallOff, viewpoint: str) -> dict[str, Any] | None:
    """Whether a clock of this order stands for this reader, since when and why; None when none does."""
    suspension = open_suspension(call_off.framework)
    asked = None
    if call_off.state == S.WITH_SUPPLIER:
        asked = call_off.clarifications.filter(answered_at__isnull=True).first()
    if suspension is None and asked is None:
        return None
    if call_off.state == S.WITH_SUPPLIER:
        days = call_off.answer_days_left
        what = ngettext(
            "The supplier's time to answer stands, with %(days)s working day left",
            "The supplier's time to answer stands, with %(days)s working days left", days,
        ) % {"days": days}  # fmt: skip
    elif call_off.state == S.COUNTER_PROPOSED and viewpoint != "authority":
        what = _("The department's time to answer the counter-proposal stands")
    elif call_off.state in IN_APPROVAL and viewpoint != "supplier":
        what = _("Reminders stand; approvals go on")
    elif call_off.is_editable and viewpoint == "department":
        what = _("It can be edited and not submitted")
    else:
        return None
    why: list[tuple[str, datetime, str]] = []
    if suspension is not None:
        why.append((_("the framework is suspended"), suspension.suspended_at, suspension.reason))
    if asked is not None:
        why.append((_("a question of the supplier is open"), asked.asked_at, ""))
    return {"what": what, "why": why}


def with_reminders(
    steps: Collection[ApprovalStep], call_off: CallOff, sides: Collection[str], address: Callable[[ApprovalStep], str]
) -> list[ApprovalStep]:
    """Each step as ``procurement/_steps.html`` shows it: with ``told``, to whom its waiting was said, and when, and ``brief``,
    the address of its brief for a reader of its side, "" for another. One query."""
    told: dict[str, list[Reminder]] = {}
    for row in call_off.reminders.filter(subject__startswith="step:").order_by("id"):
        told.setdefault(row.subject, []).append(row)
    steps = list(steps)
    for step in steps:
        step.told = told.get(f"step:{step.pk}", [])
        step.brief = address(step) if step.side in sides else ""
    return steps
