"""What a counter-proposal looks like beside the order awarded: rows, ready for a template."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents.clock import london_day
from procurement import clocks, comparing, counter_guards, display, headroom
from procurement.actors import Person
from procurement.models import CallOff, CallOffRevision, CallOffState, CounterProposal
from procurement.proposing import Proposal


@dataclass(frozen=True)
class Difference:
    """What differs between two contents of an order. Nothing here is hidden from the supplier: it is all in the order."""

    lines: list[comparing.LineChange]
    dates: list[comparing.Change]
    payments: list[comparing.Change]
    totals: list[comparing.TotalChange]

    @classmethod
    def between(cls, before: dict[str, Any], after: dict[str, Any]) -> "Difference":
        return cls(comparing.lines(before, after), comparing.dates(before, after), comparing.payments(before, after), comparing.totals(before, after))


@dataclass(frozen=True)
class Shown:
    """``due``: until when an open one is to be answered; None while that time stands."""

    made: CounterProposal
    difference: Difference
    due: datetime | None


def difference(awarded: CallOffRevision, proposal: Proposal) -> Difference:
    return Difference.between(json.loads(awarded.content), proposal.approved)


def counters(call_off: CallOff, revision: CallOffRevision, viewpoint: str) -> list[Shown]:
    """The counter-proposals a reader may see, newest first: both who negotiate see all of them, the authority those that
    became the revision it has, or one before that."""
    rows = call_off.counter_proposals.select_related("revision")
    if viewpoint == "authority":
        rows = rows.filter(became__number__lte=revision.number)
    else:
        rows = rows.filter(revision__number__lte=revision.number)
    return [
        Shown(made, Difference.between(json.loads(made.revision.content), json.loads(made.content)), clocks.until(call_off))
        for made in rows.order_by("-number")
    ]


def on_page(call_off: CallOff, revision: CallOffRevision, viewpoint: str, *, by: Person, at: datetime) -> dict[str, Any]:
    """The counter-proposals and which of their buttons this reader gets; one query for an order without any."""
    found = counters(call_off, revision, viewpoint)
    made = next((item.made for item in found if item.made.is_open), None)
    return {
        "counters": found,
        "answer_shut": list(counter_guards.why_not_answer(call_off, made, by=by, at=at)) if made and viewpoint == "department" else None,
        "take_back_shut": list(counter_guards.why_not_take_back(call_off, made, by=by, at=at)) if made and viewpoint == "supplier" else None,
        "counter_shut": list(counter_guards.why_not_counter(call_off, by=by, at=at))
        if viewpoint == "supplier" and call_off.state == CallOffState.WITH_SUPPLIER else [],
    }  # fmt: skip


def accepting(made: CounterProposal, proposal: Proposal, *, at: datetime) -> dict[str, Any]:
    """What the department reads before it accepts: the difference at today's prices, who approves again, the ceiling."""
    call_off, value = made.call_off, proposal.quote.totals.whole_life
    forecast = headroom.capacity_forecast(call_off, value, reader=[call_off.department_id])
    return {
        "made": made, "difference": difference(made.revision, proposal),
        "moved": comparing.totals(json.loads(made.content), proposal.approved) if value != made.whole_life_gbp else [],
        "steps": display.route_preview(call_off, value, london_day(at)), "forecast": forecast,
        "bar": display.bar_parts(forecast), "shown_hash": proposal.content_hash,
    }  # fmt: skip
