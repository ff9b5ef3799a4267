"""Deciding on a variation: submit it, the brief, endorse or commit, query, return, reject; the change notice."""

import json
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import access, forms, variation_approval
from contracts import variation_decision_guards as guards
from contracts.models import Party, Variation, VariationState
from documents.refusal import Reason
from procurement import approval_guards, deciding, display, framework_display, headroom
from procurement import forms as decision_forms
from procurement.access import NotYours
from procurement.models import Act, ApprovalStep, Phase, Query, Recusal, Side, StepState
from procurement.views.common import attempt, page, what_was_shown

SIDES = {Party.DEPARTMENT: (Side.DEPARTMENT,), Party.AUTHORITY: (Side.AUTHORITY,)}


def _to(variation: Variation):
    return redirect("contracts:variation", variation.contract.public_id, variation.number)


def _confirm(request, variation: Variation, *, title, words, button, form=None, errors=(), shown_hash="", danger=False, back=""):
    context = {
        "contract": variation.contract, "variation": variation, "title": title, "words": words, "button": button, "form": form,
        "errors": errors, "shown_hash": shown_hash, "danger": danger,
        "back": back or reverse("contracts:variation", args=[variation.contract.public_id, variation.number]),
    }  # fmt: skip
    return render(request, "contracts/variation_confirm.html", context)


@page
def submit(request, public_id, number):
    found = access.get_variation(request.actor, public_id, number, request.day)
    errors: list[Reason] | tuple = list(guards.why_not_submit(found, by=request.actor, at=request.at))
    if request.method == "POST":
        done, errors = attempt(request, variation_approval.submit, found, shown_hash=request.POST.get("shown_hash", ""))
        if done:
            messages.success(request, _("Submitted for approval."))
            return _to(found)
    elif errors:
        raise NotYours(errors)
    return _confirm(
        request, found, title=_("Submit the variation for approval"), button=_("Submit for approval"), errors=errors,
        words=_("The department’s approvers decide first, then the purchasing authority’s; then its document is made, which all parties sign."),
        shown_hash=what_was_shown(request, found.revision.content_hash),
    )  # fmt: skip


@page
def notice(request, public_id, number):
    found = access.get_variation(request.actor, public_id, number, request.day)
    reasons = list(guards.why_not_record_notice(found, by=request.actor, at=request.at))
    if reasons:
        raise NotYours(reasons)
    form, errors = forms.ChangeNoticeForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, variation_approval.record_notice, found, **form.cleaned_data)
        if done:
            messages.success(request, _("The change notice is recorded. The variation can be decided on now."))
            return _to(found)
    return _confirm(
        request, found, title=_("Record the change notice"), button=_("Record it"), form=form, errors=errors,
        words=_("A contract change notice is published before the contract is changed (Procurement Act 2023 s.75). Its reference stands in the document that is signed."),
    )  # fmt: skip


def step_of(request, public_id, number, position) -> tuple[Variation, ApprovalStep]:
    """The step of the round that the variation is in, for a reader of its side; a side's questions stay with it."""
    found = access.get_variation(request.actor, public_id, number, request.day)
    view = access.viewpoint(request.actor, found.contract, request.day)
    steps = ApprovalStep.objects.none() if found.approval is None else found.approval.steps
    step = steps.select_related("organisation").filter(position=position, side__in=SIDES.get(view, ())).first()
    if step is None:
        raise Http404
    step.approval = found.approval
    found.approval.variation = found
    return found, step


@page
def brief(request, public_id, number, position):
    """What the approver decides, on one page that prints."""
    found, step = step_of(request, public_id, number, position)
    acting, contract, revision = {"by": request.actor, "at": request.at}, found.contract, found.revision
    content = json.loads(revision.content) if revision.is_assessed else None
    if content is None or revision.content_hash != step.approval.content_hash:
        raise NotYours(guards.why_not_act_on_step(step, **acting))
    value = max(revision.value_gbp, headroom.ZERO)
    weighed = found.state == VariationState.IN_APPROVAL and value
    reader = None if step.side == Side.AUTHORITY else [contract.department_id]
    return render(request, "contracts/variation_brief.html", {
        "contract": contract, "variation": found, "revision": revision, "step": step, "content": content,
        "phases": dict(Phase.choices), "shut": list(guards.why_not_decide(step, **acting)),
        "act_shut": list(guards.why_not_act_on_step(step, **acting)), **_seat(request, step),
        "bar": display.bar_parts(headroom.capacity_forecast(contract.call_off, value, holder=found, reader=reader), _("this variation")) if weighed else None,
        "steps": steps_of(found, access.viewpoint(request.actor, contract, request.day)), "queries": step.approval.queries.filter(side=step.side),
        "recusals": Recusal.objects.filter(
            subject=step.approval.subject, subject_id=step.approval.subject_id, step__side=step.side
        ),
    })  # fmt: skip


def _seat(request, step: ApprovalStep) -> dict[str, Any]:
    """From which seat the reader would take the step: whose deputy they act as, and the largest delegation that they could
    commit it with; neither where there is none, nor a limit where nothing is committed."""
    seat = approval_guards.seat_for(step, request.actor, request.day)
    held = approval_guards.committing(step, seat, request.day) if seat and step.act == Act.COMMIT else []
    return {"acting": seat.acting if seat and step.state == StepState.OPEN else None, "limit": held[0] if held else None}


def steps_of(variation: Variation, view: str) -> list[ApprovalStep]:
    """Of its approval, as ``procurement/_steps.html`` shows them; none to the supplier."""
    sides = SIDES.get(view)
    if variation.approval is None or sides is None:
        return []
    rows = variation.approval.steps.select_related("organisation", "decision")
    return framework_display.with_reminders(rows, variation.contract.call_off, sides, partial(_brief, variation))


def _decision(request, found, step, form_class, action, *, title, words, button, done, danger=False):
    form = form_class(request.POST or None)
    guard = guards.why_not_decide if action is variation_approval.decide else guards.why_not_act_on_step
    shown = what_was_shown(request, step.approval.content_hash)
    errors = () if request.method == "POST" else [
        *guard(step, by=request.actor, at=request.at), *deciding.why_not_shown(step.approval, shown)
    ]  # fmt: skip
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, action, step, shown_hash=request.POST.get("shown_hash", ""), **form.cleaned_data)
        if result:
            messages.success(request, done)
            return _to(found)
    return _confirm(
        request, found, title=title, words=words, button=button, form=form, errors=errors, danger=danger,
        shown_hash=shown, back=_brief(found, step),
    )


def _brief(found: Variation, step: ApprovalStep) -> str:
    return reverse("contracts:variation_brief", args=[found.contract.public_id, found.number, step.position])


@page
def decide(request, public_id, number, position):
    found, step = step_of(request, public_id, number, position)
    commits = step.act == Act.COMMIT
    return _decision(
        request, found, step, forms.EndorseVariationForm, variation_approval.decide,
        title=_("Commit this variation") if commits else _("Endorse this variation"),
        words=_("You commit what it adds under your delegation.") if commits
        else _("You say that it is right as far as your post goes. It commits no money."),
        button=_("Commit") if commits else _("Endorse"), done=_("Committed.") if commits else _("Endorsed."),
    )  # fmt: skip


@page
def send_back(request, public_id, number, position):
    return _decision(
        request, *step_of(request, public_id, number, position), forms.ReturnVariationForm, variation_approval.return_for_changes,
        title=_("Return it for changes"), button=_("Return it"), done=_("Returned."), danger=True,
        words=_("The department gets it back as a draft with your reason. All approvals start again."),
    )  # fmt: skip


@page
def reject(request, public_id, number, position):
    return _decision(
        request, *step_of(request, public_id, number, position), forms.ReturnVariationForm, variation_approval.reject,
        title=_("Reject this variation"), button=_("Reject it"), done=_("Rejected."), danger=True,
        words=_("It ends here, and the contract stays as it is. The department reads your reason."),
    )  # fmt: skip


def _words(request, found, step, form, action, *, title, words, button, done, **given):
    errors = () if request.method == "POST" else list(guards.why_not_act_on_step(step, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, action, step, **form.cleaned_data)
        if result:
            messages.success(request, done)
            return _to(found)
    return _confirm(
        request, found, title=title, words=words, button=button, form=form, errors=errors, back=_brief(found, step), **given
    )


@page
def recuse(request, public_id, number, position):
    found, step = step_of(request, public_id, number, position)
    return _words(
        request, found, step, decision_forms.RecuseForm(request.POST or None), variation_approval.recuse, danger=True,
        title=_("Declare a conflict of interest"), button=_("Declare it and keep out"),
        words=_("You take no further part in this variation. Whoever else sits in your chair decides in your place."),
        done=_("Declared. You keep out of this variation; the others have been told."),
    )  # fmt: skip


@page
def ask(request, public_id, number, position):
    found, step = step_of(request, public_id, number, position)
    return _words(
        request, found, step, decision_forms.TextForm(request.POST or None), variation_approval.ask, title=_("Ask a question"),
        button=_("Send the question"), done=_("Asked."),
        words=_("Nothing moves while you wait. The supplier never sees questions and answers."),
    )  # fmt: skip


@page
def answer(request, public_id, number, query_id):
    found = access.get_variation(request.actor, public_id, number, request.day)
    if access.viewpoint(request.actor, found.contract, request.day) != Party.DEPARTMENT or found.approval is None:
        raise Http404
    query = Query.objects.filter(pk=query_id, approval=found.approval).first()
    if query is None:
        raise Http404
    form = decision_forms.TextForm(request.POST or None)
    errors = () if request.method == "POST" else list(guards.why_not_answer(query, found, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, variation_approval.answer, query, text=form.cleaned_data["text"])
        if done:
            messages.success(request, _("Your answer has been sent to the approver who asked."))
            return _to(found)
    return _confirm(
        request, found, title=_("Answer a question"), button=_("Send the answer"), form=form, errors=errors,
        words=_("%(name)s asks: %(text)s") % {"name": query.asked_by_name, "text": query.text},
    )
