"""The acts on a milestone: each page says what will happen, and who cannot act is told why before they type."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts import accepting, delivery, delivery_guards, forms
from contracts.models import AcceptanceDecision, Milestone
from contracts.views.plan import milestone_of
from procurement.access import NotYours
from procurement.views.common import attempt, page, stored

Outcome = AcceptanceDecision.Outcome


def _open(request, public_id, number, why_not) -> Milestone:
    """The milestone, for whoever can act on it now; the others get the reasons."""
    _contract, milestone = milestone_of(request, public_id, number)
    reasons = list(why_not(milestone, by=request.actor, at=request.at))
    if reasons:
        raise NotYours(reasons)
    return milestone


def _answer(request, milestone: Milestone, template: str, form, errors, **more):
    context = {"contract": milestone.contract, "milestone": milestone, "form": form, "errors": errors} | more
    return render(request, f"contracts/{template}.html", context)


def _done(milestone: Milestone):
    return redirect("contracts:milestone", milestone.contract.public_id, milestone.number)


@page
def begin(request, public_id, number):
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_begin), ()
    if request.method == "POST":
        done, errors = attempt(request, delivery.begin, milestone)
        if done:
            messages.success(request, _("The milestone is begun. The department reads that the work is under way."))
            return _done(milestone)
    return _answer(request, milestone, "milestone_begin", None, errors)


@page
def submit(request, public_id, number):
    """A group a criterion: words, a file, or both."""
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_submit), ()
    criteria = list(milestone.criteria.all())
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = forms.EvidenceForm(*sent, criteria=criteria)
    if request.method == "POST" and form.is_valid():
        uploads = {one.number: form.cleaned_data[f"file_{one.number}"] for one in criteria}
        files = {number: stored(upload) if upload else None for number, upload in uploads.items()}
        shown = {
            one.number: delivery.Shown(form.cleaned_data[f"words_{one.number}"], files[one.number])
            for one in criteria
        }
        done, errors = attempt(request, delivery.submit, milestone, shown, note=form.cleaned_data["note"])
        if done:
            messages.success(request, _("Submitted. The department has five working days to decide."))
            return _done(milestone)
    last = milestone.submissions.last()
    returned = last.decisions.filter(outcome=Outcome.RETURNED).prefetch_related("results__criterion").first() if last else None
    return _answer(request, milestone, "milestone_submit", form, errors, returned=returned)


@page
def decide(request, public_id, number):
    """What was submitted is shown, and the form repeats its hash."""
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_decide), ()
    submission = milestone.submissions.prefetch_related("evidence__criterion").last()
    form = forms.DecideForm(request.POST or None, milestone=milestone, criteria=list(milestone.criteria.all()))
    if request.method == "POST" and form.is_valid():
        action, words = _decision(form)
        done, errors = attempt(request, action, milestone, shown_hash=request.POST.get("shown_hash", ""), **words)
        if done:
            messages.success(
                request, _("Sent back. The supplier has been told why, and submits it again.") if done.number is None else _("Accepted. The certificate is being made and sealed.")
            )
            return _done(milestone)
    return _answer(request, milestone, "milestone_decide", form, errors, submission=submission)


def _decision(form: forms.DecideForm):
    """The action that was chosen, with what it is given."""
    data = form.cleaned_data
    day = {"on": data["on"]} if "on" in form.fields else {}
    if data["outcome"] == Outcome.RETURNED:
        return accepting.send_back, {"not_met": form.not_met()}
    if data["outcome"] == Outcome.CONDITIONAL:
        words = {"conditions": data["conditions"], "conditions_by": data["conditions_by"], "part_percent": form.part_percent}
        return accepting.accept_on_conditions, words | {"not_met": form.not_met()} | day
    return accepting.accept, day


@page
def conditions(request, public_id, number):
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_meet), ()
    submission = milestone.submissions.last()
    if request.method == "POST":
        shown = request.POST.get("shown_hash", "")
        done, errors = attempt(request, accepting.conditions_met, milestone, shown_hash=shown)
        if done:
            messages.success(request, _("Recorded. The certificate is being made and sealed."))
            return _done(milestone)
    accepted = submission.decisions.filter(outcome=Outcome.CONDITIONAL).first()
    return _answer(request, milestone, "milestone_conditions", None, errors, submission=submission, decision=accepted)


@page
def move(request, public_id, number):
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_move_due_day), ()
    form = forms.MoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done, errors = attempt(request, delivery.move_due_day, milestone, data["day"], reason=data["reason"])
        if done:
            messages.success(request, _("The milestone is due on its new day. The supplier has been told."))
            return _done(milestone)
    return _answer(request, milestone, "milestone_move", form, errors)


@page
def fail(request, public_id, number):
    milestone, errors = _open(request, public_id, number, delivery_guards.why_not_fail), ()
    form = forms.FailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, delivery.fail, milestone, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("The milestone is recorded as failed. The supplier has been told."))
            return _done(milestone)
    return _answer(request, milestone, "milestone_fail", form, errors)
