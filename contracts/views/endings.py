"""The end of a contract: its page, and the acts on it, each on a page that says what will happen; who cannot act is told why
before they type."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import (
    access,
    ending_forms,
    ending_guards,
    ending_queries,
    ending_terms,
    terminating,
    terms,
)
from contracts.exit_items import BY_CODE
from contracts.models import (
    BOUND,
    ENDED,
    Contract,
    ContractState,
    ExitItem,
    Party,
    RunningState,
    Termination,
    TerminationState,
)
from contracts.views import sealed
from contracts.views.ending_common import ask, back, insist_on, sent
from documents import audit, downloads
from documents.clock import london_day
from procurement import timelines
from procurement.views.common import attempt, page, stored

T = TerminationState
OF_THE_END = ("contract.end_announced", "contract.expired", "contract.terminated", "contract.exit_done", "contract.exit_not_needed", "contract.closed")


# ---- the page


@page
def ending(request, public_id):
    """How the contract stands, what ends it, what runs on, and what is to be done at its exit."""
    found = access.get_contract(request.actor, public_id, request.day)
    view, words = access.viewpoint(request.actor, found, request.day), {"by": request.actor, "at": request.at}
    terminations = list(access.visible_terminations(request.actor, found, request.day).order_by("-number"))
    for one in terminations:
        one.contract = found
    running = found.running_on if hasattr(found, "running_on") else None
    context = ending_queries.shown(found, request.day) | {
        "contract": found,
        "acts": _acts(found, view, words),
        "terminations": [{"one": one, "last_day": one.effective_on - timedelta(days=1), "acts": _of_termination(one, view, words)} for one in terminations],
        "running": running, "monthly": _monthly(found) if running else None,
        "items": _items(found, view, words), "exit": found.exit if hasattr(found, "exit") else None,
        "events": timelines.of(
            [event for event in audit.history(found, *terminations, *([running] if running else []))
             if event.subject != found._meta.label_lower or event.verb in OF_THE_END], view,
        ),
    }  # fmt: skip
    return render(request, "contracts/ending.html", context)


def _monthly(contract: Contract):
    """GBP a month of what runs on, and the last day until which it is charged as it stands."""
    standing = terms.put_together(terms.read(contract))
    after = terms.last_day(standing, default=contract.ends_on)
    lines = [line for line in standing[-1].lines if line.monthly is not None and line.ends_on and line.ends_on > contract.ends_on]
    return {"lines": lines, "amount": sum((line.monthly for line in lines), ZERO), "until": after}


def _acts(contract: Contract, view: str, words: dict) -> list[dict]:
    """The acts of the reader's side on the contract as it stands, each with why it is shut, if it is."""
    both, stands = (Party.DEPARTMENT, Party.SUPPLIER), hasattr(contract, "running_on")
    offered = [
        (contract.state == ContractState.EXECUTED, (Party.DEPARTMENT,), _("Propose its termination"), "propose_termination", ending_guards.why_not_propose),
        (contract.state == ContractState.EXPIRED and not stands, both, _("Record that services run on"), "runs_on", ending_guards.why_not_run_on),
        (stands and contract.running_on.state == RunningState.RUNNING, both, _("Record that they stopped"), "stopped", ending_guards.why_not_stop),
        (contract.state in ENDED, (Party.DEPARTMENT,), _("Close the contract"), "close_contract", ending_guards.why_not_close),
    ]  # fmt: skip
    return [
        {"label": label, "url": reverse(f"contracts:{name}", args=[contract.public_id]), "reasons": list(why_not(contract, **words))}
        for fits, sides, label, name, why_not in offered if fits and view in sides
    ]  # fmt: skip


@dataclass(frozen=True)
class _Act:
    label: str
    says: str
    why_not: Callable
    action: Callable
    form: type
    states: tuple[str, ...]
    done: str
    danger: bool = False


def _termination_acts() -> dict[str, _Act]:
    """By the word in the address."""
    return {
        "confirm": _Act(
            _("Give notice"), _("Notice is given at once, to the supplier too, and is sealed. Send its file also by a delivery service that gives proof of delivery (clause 34.3). On its day the contract ends by itself."),
            ending_guards.why_not_confirm, terminating.confirm, ending_forms.ConfirmForm, (T.PROPOSED,), _("Notice is given; its document is being made and sealed."), True,
        ),
        "refuse": _Act(
            _("Refuse to give notice"), _("The contract goes on. The supplier hears nothing of it."),
            ending_guards.why_not_decide, terminating.refuse_to_confirm, ending_forms.ReasonForm, (T.PROPOSED,), _("Refused."),
        ),
        "withdraw": _Act(
            _("Withdraw"), _("The contract goes on. Of a notice that was given both sides are told, with the reason."),
            ending_guards.why_not_withdraw, terminating.withdraw, ending_forms.ReasonForm, (T.PROPOSED, T.GIVEN), _("Withdrawn."),
        ),
    }  # fmt: skip


def _of_termination(one: Termination, view: str, words: dict) -> list[dict]:
    if view != Party.DEPARTMENT:
        return []
    return [
        {"label": act.label, "danger": act.danger, "reasons": list(act.why_not(one, **words)),
         "url": reverse("contracts:termination_act", args=[one.contract.public_id, one.number, name])}
        for name, act in _termination_acts().items() if one.state in act.states
    ]  # fmt: skip


def _items(contract: Contract, view: str, words: dict) -> list[dict]:
    """What is to be done at the exit, with the acts that the reader's side is offered. The reader's own reasons are asked for
    once for all of them."""
    rows = list(ExitItem.objects.filter(exit__contract=contract).prefetch_related("acts"))
    standing = ending_guards.standing_acts(contract) if rows else {}
    acts = {code: act.kind for code, act in standing.items()}
    open_to = contract.state in BOUND and view in (Party.DEPARTMENT, Party.SUPPLIER) and len(acts) < len(rows)
    own = list(ending_guards.why_not_side(contract, view, words["by"], london_day(words["at"]))) if open_to else []
    found = []
    for row in rows:
        offered = []
        if open_to and row.code not in acts and view == row.party:
            reasons = [*ending_guards.why_not_yet(contract, row, acts), *own]
            offered.append({"label": _("Record"), "url": reverse("contracts:exit_item", args=[contract.public_id, row.code]), "reasons": reasons})
        if open_to and view == Party.DEPARTMENT and not own and not list(ending_guards.why_needed(contract, row, acts)):
            offered.append({"label": _("Not needed"), "url": reverse("contracts:leave_out", args=[contract.public_id, row.code]), "reasons": []})
        who = contract.supplier if row.party == Party.SUPPLIER else contract.department
        act = standing.get(row.code)
        earlier = [one for one in row.acts.all() if one != act]
        found.append({"item": BY_CODE[row.code], "row": row, "act": act, "earlier": earlier, "who": who.name, "acts": offered})
    return found


# ---- ending it by notice


@page
def propose(request, public_id):
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(ending_guards.why_not_propose(found, by=request.actor, at=request.at))
    levels, milestones = ending_guards.critical_levels(found), ending_guards.late_milestones(found, request.day)
    form, errors = ending_forms.TerminationForm(*sent(request), levels=levels, milestones=milestones), ()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        done, errors = attempt(request, terminating.propose, found, form.asked(stored(upload) if upload else None))
        if done:
            messages.success(request, _("Proposed. The signatory or the accounting officer confirms it."))
            return back(found)
    return render(request, "contracts/propose_termination.html", {
        "contract": found, "form": form, "errors": errors,
        "most": ending_terms.most_break_cost(terms.read(found), request.day + timedelta(days=1)),
        "convenience_days": ending_terms.CONVENIENCE_DAYS,
    })  # fmt: skip


@page
def termination_act(request, public_id, number, name):
    one = access.get_termination(request.actor, public_id, number, request.day)
    act = _termination_acts().get(name)
    if act is None:
        raise Http404
    insist_on(act.why_not(one, by=request.actor, at=request.at))
    form, errors = act.form(request.POST or None), ()
    if request.method == "POST" and (form.is_valid() or not form.fields):
        words = dict(form.cleaned_data) if form.fields else {"shown_hash": request.POST.get("shown_hash", "")}
        done, errors = attempt(request, act.action, one, **words)
        if done:
            messages.success(request, act.done)
            return back(one.contract)
    return ask(request, one.contract, form, errors, termination=one, last_day=one.effective_on - timedelta(days=1),
                shown_hash=one.content_hash if not form.fields else "", title=act.label, says=act.says, danger=act.danger)  # fmt: skip


@page
def termination_evidence(request, public_id, number):
    one = access.get_termination(request.actor, public_id, number, request.day)
    if not one.sha256:
        raise Http404
    return downloads.stored(one.sha256, one.filename)


def _noticed(request, public_id, number) -> Termination:
    one = access.get_termination(request.actor, public_id, number, request.day)
    if one.document is None:
        raise Http404
    return one


@page
def termination_notice(request, public_id, number):
    """The notice as a page, from the same template and the same frozen payload as its file."""
    one = _noticed(request, public_id, number)
    holds = _("The notice is being made and sealed; its file stands here in a moment. It was given when it was recorded.")
    return sealed.respond(request, one.document, "contracts/ending_document.html", {
        "contract": one.contract, "holds": holds, "title": _("Notice of termination %(number)s") % {"number": one.notice},
        "withdrawn": one.state == T.WITHDRAWN, "file_url": reverse("contracts:termination_notice_pdf", args=[public_id, number]),
    })  # fmt: skip


@page
def termination_notice_pdf(request, public_id, number):
    return sealed.file(_noticed(request, public_id, number).document)
