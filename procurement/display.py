"""Rows for pages: plain values the templates print."""

import json
from collections.abc import Iterable
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
from documents.templatetags.flex import day as as_day
from procurement import absences, completeness, figures, routes, timelines
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


SENT_BACK = ("call_off.returned", "call_off.exception_refused", "call_off.reopened", "call_off.recalled")


def sent_back(call_off: CallOff, *, before: datetime | None = None, since: datetime | None = None) -> dict[str, Any] | None:
    """The event by which an order last came back to its requester, as the timeline says it: with a reason, unless it was
    recalled. ``before`` and ``since`` are the submissions that it came between."""
    events = audit.history(call_off).filter(verb__in=SENT_BACK)
    if before is not None:
        events = events.filter(at__lte=before)
    if since is not None:
        events = events.filter(at__gte=since)
    found = timelines.of(events, "department")
    return (found[-1] if since is not None else found[0]) if found else None


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
