"""Rows for pages: plain values the templates print."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.forms import Form
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.pricing import ZERO, unit_price
from documents import audit
from documents.clock import london_day
from documents.models import AuditEvent
from documents.templatetags.flex import day as as_day
from procurement import absences, completeness, figures, routes
from procurement.headroom import CapacityForecast
from procurement.models import (
    INSIDE,
    Act,
    Attachment,
    CallOff,
    CallOffRevision,
    CallOffState,
    ExceptionRequest,
    Particulars,
    Phase,
    PostCode,
)

SECTION_NAMES = {
    "title": gettext_lazy("Title"),
    "sites": gettext_lazy("Sites and seats"),
    "term": gettext_lazy("Term"),
    "services": gettext_lazy("Services by site"),
    "exceptions": gettext_lazy("Exceptions asked for"),
    "service_levels": gettext_lazy("Key performance indicators"),
    "milestones": gettext_lazy("Transition milestones"),
    "special_terms": gettext_lazy("Special terms and staff transfer"),
    "data_protection": gettext_lazy("Data-protection schedule"),
    "attachments": gettext_lazy("Attachments and spend control"),
    "budget": gettext_lazy("Budget code"),
    "particulars": gettext_lazy("Administrative particulars"),
}


def section_rows(call_off, gaps: list[completeness.Gap]) -> list[dict[str, Any]]:
    """The task list: name, address, and what is missing. Exceptions are a task of the orders that need one."""
    asked = bool(call_off.revision.exceptions.all()) or any(gap.section == "exceptions" for gap in gaps)
    return [
        {
            "section": section, "name": SECTION_NAMES[section],
            "gaps": [gap.words for gap in gaps if gap.section == section],
            "untouched": section == "service_levels" and not call_off.revision.kpi_codes,
        }
        for section in completeness.SECTIONS
        if section != "exceptions" or asked
    ]  # fmt: skip


def term_limits(call_off: CallOff) -> str:
    framework = call_off.framework
    return _(
        "Together at most %(months)s months, ended by %(day)s, the interim service directly before the shared one. An "
        "option to extend has at most %(extension)s months."
    ) % {
        "months": framework.call_off_max_months, "day": as_day(completeness.latest_end(framework)),
        "extension": framework.extension_months,
    }  # fmt: skip


def stored_values(shown: list[Form]) -> list[tuple[str, str]]:
    """(what, value) of what stands in the database, from the values the forms started with."""
    return [
        (str(field.label), _in_words(form.get_initial_for_field(field, name), dict(getattr(field, "choices", ()))))
        for form in shown for name, field in form.fields.items() if not field.widget.is_hidden
    ]  # fmt: skip


def _in_words(value: Any, choices: dict[Any, Any]) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_in_words(item, choices) for item in value)
    if isinstance(value, date):
        return as_day(value)
    return "" if value is None else str(choices.get(value, value))


def _parts(ceiling, amounts: list[tuple[str, str, Any]]) -> dict[str, Any]:
    """Widths in percent of the ceiling, left to right, never past its end."""
    parts, x = [], 0.0
    for name, label, amount in amounts:
        width = max(0.0, min(float(amount / ceiling * 100), 100.0 - x))
        parts.append({"name": name, "label": label, "amount": amount, "x": f"{x:.3f}", "width": f"{width:.3f}"})
        x += width
    return {"parts": parts, "ceiling": ceiling}


def bar_parts(forecast: CapacityForecast, this: str = "") -> dict[str, Any]:
    """The framework with this order: what others have committed, reserved and in approval, this order, and the rest. ``this``: what
    it is called where it is no order."""
    return _parts(
        forecast.ceiling,
        [
            ("committed", _("committed"), forecast.committed),
            ("reserved", _("reserved for others"), forecast.reserved),
            ("in_approval", _("our other orders in approval") if forecast.withheld else _("others in approval"), forecast.in_approval),
            ("this", this or _("this order"), forecast.this_order), ("free", _("free after it"), max(forecast.free_after, ZERO)),
        ],
    ) | {"withheld": forecast.withheld}  # fmt: skip


def framework_bar(bar, expected: Decimal | None = None) -> dict[str, Any]:
    """``expected``: GBP that bodies on their way would bring, at least; drawn as far as there is room for it. ``unfit``:
    how much of what is in approval does not fit under the ceiling; its amount is whole, its width what there is room for."""
    left = max(bar.free - bar.in_approval, ZERO)
    hoped = [] if expected is None else [("expected", _("free, and expected of bodies that may join, at least"), min(expected, left))]
    over = max(expected - left, ZERO) if expected is not None else ZERO
    return {"outside": bar.outside, "expected": expected, "over": over, "withheld": bar.withheld,
            "unfit": max(bar.in_approval - bar.free, ZERO)} | _parts(
        bar.ceiling,
        [
            ("committed", _("committed"), bar.committed), ("reserved", _("reserved"), bar.reserved),
            ("in_approval", _("our orders in approval") if bar.withheld else _("in approval"), bar.in_approval), *hoped,
            ("free", _("free beyond that") if hoped else _("free"), left - (hoped[0][2] if hoped else ZERO)),
        ],
    )  # fmt: skip


def content_of(revision: CallOffRevision) -> dict[str, Any]:
    """The frozen content of a submitted revision."""
    return json.loads(revision.content)


@dataclass(frozen=True)
class Reading:
    """The whole order for one reader: the approved object, what lies beside it, and which of it the reader may read.

    ``phases`` are ``charges_by_phase`` with their lines; ``kept_files`` are files the supplier reads only the
    kinds of: their hashes are in order.json.
    ``typed_term`` and ``extension_months`` are the term of a draft that no service gives one yet.
    ``exceptions`` are what was asked for and decided; of them the supplier reads that a service is ordered by exception
    and since when that is granted (``by_exception``: service code and words).
    """

    content: dict[str, Any]
    phases: list[dict[str, Any]]
    seats: int
    data_protection: list[tuple[Any, str]]
    files: list[Attachment]
    kept_files: list[dict[str, Any]]
    particulars: Particulars
    budget_code: str
    exceptions: list[ExceptionRequest]
    by_exception: dict[str, str]
    typed_term: list[tuple[str, str]]
    extension_months: int
    internal: bool
    changeable: bool
    names: ClassVar[dict[str, Any]] = SECTION_NAMES


def files_for(revision: CallOffRevision, viewpoint: str) -> list[Attachment]:
    """The attached files a reader may open."""
    return [
        file for file in revision.attachments.all()
        if viewpoint != "supplier" or file.kind in Attachment.FOR_SUPPLIER
    ]  # fmt: skip


def _by_exception(asked: list[ExceptionRequest]) -> dict[str, str]:
    found = {}
    for one in asked:
        decided = getattr(one, "decision", None)
        found[one.service_code] = (
            _("by exception, %(outcome)s on %(day)s")
            % {"outcome": decided.get_outcome_display(), "day": as_day(london_day(decided.decided_at))}
            if decided
            else _("by exception, not yet granted")
        )
    return found


def reading(revision: CallOffRevision, approved: dict[str, Any], viewpoint: str, *, changeable: bool = False) -> Reading:
    internal = viewpoint != "supplier"
    files = files_for(revision, viewpoint)
    asked = list(revision.exceptions.select_related("decision"))
    by_exception = _by_exception(asked)
    shown = {file.sha256 for file in files}
    return Reading(
        content=approved,
        phases=[
            phase | {"label": Phase(phase["phase"]).label,
                     "lines": [line | {"by_exception": by_exception.get(line["service"], "")}
                               for line in approved["lines"] if line["phase"] == phase["phase"]]}
            for phase in approved["charges_by_phase"]
        ],
        seats=sum(site["seats"] for site in approved["sites"]),
        data_protection=[
            (label, approved["data_protection"].get(name, ""))
            for name, label in completeness.DATA_PROTECTION_LABELS.items()
        ],
        files=files,
        kept_files=[
            file | {"label": Attachment.Kind(file["kind"]).label}
            for file in approved["attachments"] if file["sha256"] not in shown
        ],
        particulars=revision.call_off.particulars,
        budget_code=revision.budget_code if internal else "",
        exceptions=asked if internal else [], by_exception=by_exception, internal=internal, changeable=changeable,
        typed_term=[] if approved["term"] else figures.typed_term(revision),
        extension_months=(approved["term"] or {"extension_months": revision.extension_months})["extension_months"],
    )  # fmt: skip


VERBS = {
    "call_off.started": gettext_lazy("Draft started"),
    "call_off.submitted": gettext_lazy("Submitted"),
    "call_off.recalled": gettext_lazy("Recalled"),
    "call_off.endorsed_by_department": gettext_lazy("Endorsed for the department"),
    "call_off.committed_by_department": gettext_lazy("Committed for the department"),
    "call_off.endorsed_by_authority": gettext_lazy("Endorsed for the purchasing authority"),
    "call_off.committed_by_authority": gettext_lazy("Award committed by the purchasing authority"),
    "call_off.exception_granted": gettext_lazy("An exception was granted"),
    "call_off.exception_refused": gettext_lazy("An exception was refused, and the order returned for amendment"),
    "call_off.returned": gettext_lazy("Returned for amendment"),
    "call_off.rejected": gettext_lazy("Rejected"),
    "call_off.nudged": gettext_lazy("Reminded whose desk it is on"),
    "call_off.recused": gettext_lazy("Declared a conflict of interest and keeps out"),
    "call_off.queried": gettext_lazy("A question was asked"),
    "call_off.query_answered": gettext_lazy("The question was answered"),
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
    "call_off.reminded": gettext_lazy("A reminder was sent"),
    "call_off.escalated": gettext_lazy("Others were told that there is no answer"),
    "call_off.withdrawn": gettext_lazy("Withdrawn"),
    "call_off.lapsed": gettext_lazy("Lapsed"),
    "call_off.reopened": gettext_lazy("Reopened for changes"),
    "call_off.ended": gettext_lazy("Ended: a party refused to sign"),
    "call_off.passed": gettext_lazy("Passed to another department"),
    "call_off.copied": gettext_lazy("Copied from an earlier call-off"),
    "contract.passed": gettext_lazy("Passed to another department"),
    "transfer.prepared": gettext_lazy("Prepared"),
    "transfer.chosen": gettext_lazy("What passes was chosen"),
    "transfer.agreed": gettext_lazy("Agreed"),
    "transfer.withdrawn": gettext_lazy("Withdrawn"),
    "transfer.applied": gettext_lazy("In effect"),
    "novation.issued": gettext_lazy("Novation issued for signature"),
    "novation.signed_by_supplier": gettext_lazy("The supplier signed"),
    "novation.signed_by_outgoing": gettext_lazy("The outgoing body signed"),
    "novation.signed_by_incoming": gettext_lazy("The incoming body signed"),
    "novation.signature_left_out": gettext_lazy("A signature was left out: it had become void before"),
    "novation.binding": gettext_lazy("All three have signed"),
    "novation.executed": gettext_lazy("Executed"),
    "novation.voided": gettext_lazy("Void"),
    "contract.opened": gettext_lazy("Contract opened"),
    "contract.issued": gettext_lazy("Document issued for signature"),
    "contract.signature_left_out": gettext_lazy("A signature not put on: the contract had become void"),
    "contract.signed_by_supplier": gettext_lazy("Signed by the supplier"),
    "contract.signed_by_department": gettext_lazy("Signed by the department"),
    "contract.signed_by_authority": gettext_lazy("Signed by the purchasing authority"),
    "contract.binding": gettext_lazy("All three parties have signed"),
    "contract.executed": gettext_lazy("Executed"),
    "contract.rerated": gettext_lazy("Prices fall: notice made"),
    "contract.voided": gettext_lazy("Void"),
    "contract.end_announced": gettext_lazy("The end that nears was told to those who run it"),
    "contract.expired": gettext_lazy("Expired"),
    "contract.terminated": gettext_lazy("Terminated by notice"),
    "contract.exit_done": gettext_lazy("Exit: something done"),
    "contract.exit_not_needed": gettext_lazy("Exit: something not needed"),
    "contract.closed": gettext_lazy("Closed"),
    "contract.notice_published": gettext_lazy("A statutory notice was published"),
    "contract.kpi_year_begun": gettext_lazy("Another year of ratings has begun"),
    "contract.kpis_rated": gettext_lazy("Key performance indicators were rated"),
    "contract.ratings_confirmed": gettext_lazy("The ratings were confirmed"),
    "contract.ratings_commented": gettext_lazy("The supplier commented on its ratings"),
    "change_request.asked": gettext_lazy("Asked for"),
    "change_request.accepted": gettext_lazy("Accepted: the quantities change"),
    "change_request.refused": gettext_lazy("Refused by the supplier"),
    "change_request.withdrawn": gettext_lazy("Withdrawn"),
    "change_request.lapsed": gettext_lazy("Lapsed unanswered"),
    "contract_termination.proposed": gettext_lazy("Termination proposed"),
    "contract_termination.given": gettext_lazy("Notice of termination given"),
    "contract_termination.refused": gettext_lazy("Termination refused: no notice given"),
    "contract_termination.withdrawn": gettext_lazy("Termination withdrawn"),
    "contract_termination.lapsed": gettext_lazy("Termination not confirmed in time"),
    "contract_termination.in_effect": gettext_lazy("Notice of termination in effect"),
    "running_on.recorded": gettext_lazy("Services run on without a contract"),
    "running_on.charged": gettext_lazy("Services run on: another month charged"),
    "running_on.stopped": gettext_lazy("Services that ran on have stopped"),
    "milestone.planned": gettext_lazy("Planned with the contract"),
    "milestone.begun": gettext_lazy("Work on it has begun"),
    "milestone.submitted": gettext_lazy("Submitted for acceptance"),
    "milestone.sent_back": gettext_lazy("Sent back: a criterion is not met"),
    "milestone.accepted": gettext_lazy("Accepted"),
    "milestone.accepted_on_conditions": gettext_lazy("Accepted on conditions"),
    "milestone.conditions_met": gettext_lazy("The conditions are met"),
    "milestone.moved": gettext_lazy("A relief event has moved the day it is due"),
    "milestone.failed": gettext_lazy("Called failed"),
    "variation.begun": gettext_lazy("Begun"),
    "variation.assessed": gettext_lazy("Assessed"),
    "variation.deliverable": gettext_lazy("Said by the supplier: it can be delivered"),
    "variation.not_deliverable": gettext_lazy("Said by the supplier: it cannot be delivered as it stands"),
    "variation.revised": gettext_lazy("Made a draft again"),
    "variation.submitted": gettext_lazy("Submitted for approval"),
    "variation.endorsed_by_department": gettext_lazy("Endorsed for the department"),
    "variation.committed_by_department": gettext_lazy("Committed by the department"),
    "variation.endorsed_by_authority": gettext_lazy("Endorsed for the purchasing authority"),
    "variation.committed_by_authority": gettext_lazy("Committed by the purchasing authority"),
    "variation.returned": gettext_lazy("Returned for changes"),
    "variation.rejected": gettext_lazy("Rejected"),
    "variation.recused": gettext_lazy("An approver declared a conflict of interest"),
    "variation.queried": gettext_lazy("An approver asked a question"),
    "variation.query_answered": gettext_lazy("The question was answered"),
    "variation.notice_recorded": gettext_lazy("The change notice is published"),
    "variation.signed_by_supplier": gettext_lazy("The supplier signed"),
    "variation.signed_by_department": gettext_lazy("The department signed"),
    "variation.signed_by_authority": gettext_lazy("The purchasing authority signed"),
    "variation.binding": gettext_lazy("All parties have signed"),
    "variation.signature_left_out": gettext_lazy("A signature was left out: it had ended before"),
    "variation.executed": gettext_lazy("Executed"),
    "variation.applied": gettext_lazy("In effect"),
    "variation.refused": gettext_lazy("A signatory refused"),
    "variation.lapsed": gettext_lazy("Lapsed"),
    "variation.withdrawn": gettext_lazy("Withdrawn"),
    "audit_file.asked_for": gettext_lazy("Auditor’s file asked for"),
    "audit_file.made": gettext_lazy("Auditor’s file made"),
    "audit_file.dropped": gettext_lazy("Auditor’s file no longer kept"),
    "redacted_copy.proposed": gettext_lazy("Published copy proposed"),
    "redacted_copy.approved": gettext_lazy("Decided what is withheld"),
    "redacted_copy.refused": gettext_lazy("Refused to publish it"),
    "redacted_copy.withdrawn": gettext_lazy("Withdrawn"),
    "redacted_copy.published": gettext_lazy("Published"),
    "redacted_copy.replaced": gettext_lazy("Replaced by a newer copy"),
    "redacted_copy.taken_down": gettext_lazy("Taken down"),
    "service_report.made": gettext_lazy("Service levels reported"),
    "service_report.confirmed": gettext_lazy("Report confirmed: credits calculated"),
    "service_report.plan_approved": gettext_lazy("Rectification plan approved"),
    "service_report.plan_refused": gettext_lazy("Rectification plan refused"),
    "service_report.plan_submitted": gettext_lazy("Rectification plan submitted"),
    "service_credit.calculated": gettext_lazy("Calculated"),
    "service_credit.recalculated": gettext_lazy("Calculated anew"),
    "service_credit.voided": gettext_lazy("Void: calculated anew, it gives nothing"),
    "service_credit.notified": gettext_lazy("Notified to the supplier"),
    "service_credit.agreed": gettext_lazy("Agreed"),
    "service_credit.disputed": gettext_lazy("Disputed"),
    "service_credit.upheld": gettext_lazy("Dispute decided: upheld"),
    "service_credit.dropped": gettext_lazy("Dispute decided: dropped"),
    "service_credit.waived": gettext_lazy("Waived"),
    "service_credit.applied": gettext_lazy("Applied to an invoice"),
    "invoice.received": gettext_lazy("Recorded"),
    "invoice.matched": gettext_lazy("Compared: it agrees with what is due"),
    "invoice.queried": gettext_lazy("Compared: it differs from what is due"),
    "invoice.compared": gettext_lazy("Compared again"),
    "invoice.approved": gettext_lazy("Approved for payment"),
    "invoice.disputed": gettext_lazy("Disputed"),
    "invoice.answered": gettext_lazy("Answered by the supplier"),
    "invoice.settled": gettext_lazy("Taken as it is"),
    "invoice.rejected": gettext_lazy("Rejected"),
    "invoice.part_paid": gettext_lazy("A part paid"),
    "invoice.paid": gettext_lazy("Paid"),
    "management_return.made": gettext_lazy("Made from the ledger"),
    "management_return.declared": gettext_lazy("Declared"),
    "management_return.levy_paid": gettext_lazy("A payment of the levy recorded"),
}
FOR_SUPPLIER = frozenset(
    {"call_off.passed", "call_off.confirmed", "call_off.declined", "call_off.contracted", "call_off.withdrawn", "call_off.lapsed",
     "call_off.committed_by_authority", "call_off.clarification_asked", "call_off.clarified",
     "call_off.counter_proposed", "call_off.counter_accepted", "call_off.counter_refused", "call_off.counter_withdrawn",
     "call_off.clock_stopped", "call_off.clock_started"}
)  # fmt: skip
INSIDE_A_VARIATION = frozenset(
    {"variation.begun", "variation.revised", "variation.endorsed_by_department", "variation.committed_by_department",
     "variation.endorsed_by_authority", "variation.returned", "variation.recused", "variation.queried",
     "variation.query_answered"}
)  # fmt: skip
NOT_THEIR_WORDS = frozenset(
    {"redacted_copy.taken_down", "call_off.committed_by_authority", "call_off.withdrawn", "call_off.lapsed", "variation.committed_by_authority",
     "variation.rejected", "variation.withdrawn"}
)  # fmt: skip


SENT_BACK = ("call_off.returned", "call_off.exception_refused", "call_off.reopened", "call_off.recalled")


def sent_back(call_off: CallOff, *, before: datetime | None = None, since: datetime | None = None) -> dict[str, Any] | None:
    """The event by which an order last came back to its requester, as the timeline says it: with a reason, unless it was
    recalled. ``before`` and ``since`` are the submissions that it came between."""
    events = audit.history(call_off).filter(verb__in=SENT_BACK)
    if before is not None:
        events = events.filter(at__lte=before)
    if since is not None:
        events = events.filter(at__gte=since)
    found = timeline(events, "department")
    return (found[-1] if since is not None else found[0]) if found else None


def is_told(event: AuditEvent, viewpoint: str) -> bool:
    """Whether a reader of that side is told of it; saves nobody is."""
    hidden = event.verb in INSIDE_A_VARIATION or (event.verb.startswith("call_off.") and event.verb not in FOR_SUPPLIER)
    return event.verb in VERBS and not (viewpoint == "supplier" and hidden)


def reason_told(event: AuditEvent, viewpoint: str) -> str:
    """Its reason, as the reader's side reads it: the supplier gets no comments of the approvers."""
    return "" if viewpoint == "supplier" and event.verb in NOT_THEIR_WORDS else event.reason


def timeline(events, viewpoint: str, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Newest first, saves left out; the supplier sees only what concerns it, and no comments of the approvers. ``names``: by
    id what a subject is called, for a page that has more than one."""
    out = []
    for event in events:
        if not is_told(event, viewpoint):
            continue
        name = (names or {}).get(event.subject_id)
        out.append({
            "title": f"{name}: {VERBS[event.verb]}" if name else _title(event, viewpoint), "actor_words": event.actor_words, "acting_for": event.acting_for,
            "at": event.at, "real_at": event.real_at, "reason": reason_told(event, viewpoint),
        })  # fmt: skip
    return list(reversed(out))


def _title(event: AuditEvent, viewpoint: str) -> Any:
    """What happened; a copy names the order it was made of, to its own department alone: that one may have reached nobody
    else. A draft has no number yet that it could be named by."""
    source = event.extra.get("from", "") if event.verb == "call_off.copied" and viewpoint == "department" else ""
    return _("Copied from %(order)s") % {"order": source} if source.startswith("CO-") else VERBS[event.verb]


def submitted_order(revision: CallOffRevision, viewpoint: str) -> dict[str, Any]:
    """A submitted revision on a page: its ``figures`` and its ``reading``, for one reader."""
    approved = content_of(revision)
    return {
        "figures": figures.figures_of(revision, approved, viewpoint), "reading": reading(revision, approved, viewpoint),
    }  # fmt: skip


S = CallOffState
FOR_SUPPLIER_STATES = (S.WITH_SUPPLIER, S.COUNTER_PROPOSED, S.CONFIRMED, S.CONTRACTED, S.DECLINED, S.WITHDRAWN, S.LAPSED)
REASONS_FOR_SUPPLIER = (S.DECLINED, S.LAPSED)


def any_unbound(things: Iterable[Any]) -> bool:
    """Whether one of the orders or contracts may still bind somebody and does not yet."""
    return any(not thing.is_binding and not thing.has_ended_unbound for thing in things)


def day_since(call_off: CallOff, viewpoint: str) -> date | None:
    """Since when it is in the state that the reader is told; steps inside move no date of the supplier's."""
    if viewpoint == "supplier" and call_off.state in INSIDE:
        return None
    return london_day(call_off.state_since)


def ended_words(call_off: CallOff, viewpoint: str) -> str:
    """Why it ended, for the reader: what approvers and the department write to each other is not the supplier's."""
    if viewpoint == "supplier" and call_off.state not in REASONS_FOR_SUPPLIER:
        return ""
    return call_off.ended_words


def next_prices(service, price_list, volumes) -> list[dict[str, Any]]:
    """Today's price, then the price at each following band: its lower bound, the discount in percent, GBP a unit, and
    how many more the framework needs for it (``still``: None where a band counts within one call-off)."""
    table = price_list.bands.get(service.band_table) if service.band_table else None
    if table is None:
        return [{"from_quantity": None, "discount": ZERO, "price": service.list_price, "now": True, "still": None}]
    shared = table.scope == "framework"
    volume = volumes.get(table.code, 0) if shared else 1
    reached = table.reached(volume)
    return [
        {
            "from_quantity": band.from_quantity, "discount": band.discount_percent,
            "price": unit_price(service.list_price, band.discount_percent), "now": band == reached,
            "still": band.from_quantity - volume if shared and band != reached else None,
        }
        for band in (reached, *table.following(volume))
    ]  # fmt: skip


def route_preview(call_off: CallOff, value: Decimal, on: date) -> list[dict]:
    """Who will have to endorse and commit an order of this value, before it is submitted, and who of them is away while
    its prices are held."""
    matrix = routes.matrix_in_force(call_off.framework, on)
    if matrix is None or value <= 0:
        return []
    out = []
    for step, organisation, people in routes.seated(call_off, matrix, value, on):
        out.append({
            "post": PostCode(step.post).label, "organisation": organisation.name, "act": Act(step.act).label,
            "turn": (step.side, step.group), "names": people,
            "chair": (organisation.pk, step.post),
        })  # fmt: skip
    held_until = on + timedelta(days=call_off.framework.price_hold_days)
    away = absences.words({step["chair"] for step in out}, on, held_until)
    return [step | {"away": away.get(step["chair"], [])} for step in out]
