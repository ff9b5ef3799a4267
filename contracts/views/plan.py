"""The plan of the transition, each milestone with what was shown and decided, and the certificates."""

from datetime import date

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import access, cutover, delivery_guards, ending_queries
from contracts.models import ACCEPTED, BOUND, AcceptanceDecision, Contract, Evidence, Milestone, MilestoneState, Party
from contracts.queries import DAYS_TO_DECIDE
from contracts.views import sealed
from documents import audit, downloads
from documents.templatetags.flex import day as as_day
from procurement import timelines, working_days
from procurement.views.common import page

M = MilestoneState
MARK = 1.6  # per cent of the bar that a day's mark is wide


@page
def plan(request, public_id):
    """Every milestone: planned, due, achieved, what it pays, on one scale of days."""
    found = access.get_contract(request.actor, public_id, request.day)
    milestones = list(found.milestones.prefetch_related("payments__releases"))
    days = [day for one in milestones for day in (one.planned_on, one.due_on, one.achieved_on) if day]
    days += [request.day for one in milestones if _is_late(one, request.day)]
    scale = (min(days), max(days)) if days else None
    context = ending_queries.shown(found, request.day) | {
        "contract": found, "expected": cutover.expected(found, request.day).days,
        "rows": [
            {"milestone": one, "bar": _bar(one, scale, request.day), **_money(one), "late": _is_late(one, request.day)}
            for one in milestones
        ],
    }  # fmt: skip
    return render(request, "contracts/plan.html", context)


def _is_late(milestone: Milestone, on: date) -> bool:
    return milestone.due_on < on and milestone.state in (M.PLANNED, M.IN_PROGRESS)


def _bar(milestone: Milestone, scale: tuple[date, date], on: date) -> dict[str, str]:
    """Places in per cent, as text: of the planned day, of the day achieved, and of the delay between (or until today)."""
    first, last = scale
    whole = max(1, (last - first).days)

    def place(day: date) -> float:
        return max(0.0, min(100 - MARK, (day - first).days / whole * (100 - MARK)))

    until = milestone.achieved_on or (on if _is_late(milestone, on) else milestone.due_on)
    found = {"planned": f"{place(milestone.planned_on):.2f}", "width": f"{MARK:.2f}"}
    if milestone.achieved_on:
        found["achieved"] = f"{place(milestone.achieved_on):.2f}"
    if until > milestone.planned_on:
        found["delay"] = f"{place(until) - place(milestone.planned_on):.2f}"
    return found


def _money(milestone: Milestone) -> dict:
    """GBP: what it pays, and what of that has fallen due and by how much the delay has lowered it."""
    releases = [release for payment in milestone.payments.all() for release in payment.releases.all()]
    return {
        "pays": sum((payment.amount_gbp for payment in milestone.payments.all()), ZERO),
        "fallen_due": sum((release.payable_gbp for release in releases), ZERO),
        "reduced": sum((release.reduction_gbp for release in releases), ZERO),
    }  # fmt: skip


def milestone_of(request, public_id, number) -> tuple[Contract, Milestone]:
    """Or 404, for a stranger and where there is none."""
    found = access.get_contract(request.actor, public_id, request.day)
    milestone = found.milestones.filter(number=number).first()
    if milestone is None:
        raise Http404
    milestone.contract = found
    return found, milestone


@page
def milestone(request, public_id, number):
    """What must be shown, what was, who decided, what fell due, and what the reader can do now."""
    found, one = milestone_of(request, public_id, number)
    view = access.viewpoint(request.actor, found, request.day)
    submissions = list(one.submissions.prefetch_related("evidence__criterion", "decisions__results__criterion").order_by("-number"))
    decisions = [decision for submission in submissions for decision in submission.decisions.all()]
    context = {
        "contract": found, "milestone": one, "criteria": one.criteria.all(), "submissions": submissions,
        "certificates": [decision for decision in decisions if decision.number],
        "payments": one.payments.select_related("line__service").prefetch_related("releases__decision"),
        "conditions": next((d for d in decisions if d.outcome == AcceptanceDecision.Outcome.CONDITIONAL), None),
        "late": _is_late(one, request.day), "acts": _acts(request, found, one, view), "whose_turn": _whose_turn(found, one),
        "kept": one.state in ACCEPTED and _is_kept(decisions),
        "events": timelines.of(audit.history(one), view),
    }  # fmt: skip
    return render(request, "contracts/milestone.html", context)


def _whose_turn(contract: Contract, milestone: Milestone) -> str:
    """Who moves it on, and until when, in words that both sides read; empty where it has ended."""
    said = {
        M.PLANNED: _("%(supplier)s begins it, and submits it for acceptance when it is ready."),
        M.IN_PROGRESS: _("%(supplier)s submits it for acceptance when it is ready."),
        M.SUBMITTED: _("%(department)s accepts it or sends it back by the end of %(day)s."),
        M.CONDITIONAL: _("%(supplier)s meets the conditions; %(department)s then records that they are met."),
    }  # fmt: skip
    if milestone.state not in said or contract.state not in BOUND:
        return ""
    until = working_days.due(milestone.state_since, DAYS_TO_DECIDE)
    return said[milestone.state] % {
        "supplier": contract.supplier.name, "department": contract.department.name, "day": as_day(working_days.last_day(until)),
    }  # fmt: skip


def _is_kept(decisions: list[AcceptanceDecision]) -> bool:
    """Whether the cutover came late and the charges stay as planned, as the certificate says."""
    made = next(decision for decision in decisions if decision.number)
    terms = made.document.payload["certificate"]["terms"]
    return bool(terms and terms["kept"])


def _acts(request, contract: Contract, milestone: Milestone, view: str) -> list[dict]:
    """The acts of the reader's side in this state, each with why it is shut, if it is."""
    guards, words = delivery_guards, {"by": request.actor, "at": request.at}
    of_side = {
        Party.SUPPLIER: [
            ((M.PLANNED,), _("Begin"), "begin_milestone", guards.why_not_begin),
            ((M.IN_PROGRESS,), _("Submit for acceptance"), "submit_milestone", guards.why_not_submit),
        ],
        Party.DEPARTMENT: [
            ((M.SUBMITTED,), _("Accept or send back"), "decide_milestone", guards.why_not_decide),
            ((M.CONDITIONAL,), _("The conditions are met"), "conditions_met", guards.why_not_meet),
            ((M.PLANNED, M.IN_PROGRESS), _("Move the day it is due"), "move_milestone", guards.why_not_move_due_day),
            ((M.PLANNED, M.IN_PROGRESS), _("Call it failed"), "fail_milestone", guards.why_not_fail),
        ],
    }  # fmt: skip
    return [
        {"label": label, "url": reverse(f"contracts:{name}", args=[contract.public_id, milestone.number]),
         "reasons": list(why_not(milestone, **words))}
        for states, label, name, why_not in of_side.get(view, []) if milestone.state in states
    ]  # fmt: skip


@page
def evidence(request, public_id, number, evidence_id):
    """The file of a submission, as a download, never shown in the page."""
    _found, one = milestone_of(request, public_id, number)
    row = Evidence.objects.filter(submission__milestone=one, pk=evidence_id).exclude(sha256="").first()
    if row is None:
        raise Http404
    return downloads.stored(row.sha256, row.filename)


def _certificate(request, public_id, number: str) -> tuple[Contract, AcceptanceDecision]:
    found = access.get_contract(request.actor, public_id, request.day)
    rows = AcceptanceDecision.objects.select_related("document", "submission__milestone")
    decision = rows.filter(submission__milestone__contract=found, number=number).first()
    if decision is None:
        raise Http404
    return found, decision


@page
def certificate(request, public_id, certificate):
    """A certificate as a page, from the same template and the same frozen payload as its file."""
    found, decision = _certificate(request, public_id, certificate)
    context = {
        "contract": found, "decision": decision, "milestone": decision.submission.milestone,
        "holds": _("The certificate is being made and sealed; its file stands here in a moment. What it says holds either way."),
    }  # fmt: skip
    return sealed.respond(request, decision.document, "contracts/certificate.html", context)


@page
def certificate_pdf(request, public_id, certificate):
    """The sealed file, once it is complete."""
    _found, decision = _certificate(request, public_id, certificate)
    return sealed.file(decision.document)
