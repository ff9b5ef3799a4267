"""Deciding: the one-page brief, endorse or commit, query, return, reject."""

from functools import partial

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from procurement import (
    access,
    approval,
    approval_guards,
    briefing,
    deciding,
    display,
    figures,
    forms,
    framework_display,
    headroom,
    quoting,
    standing,
)
from procurement import order_decision_guards as own_guards
from procurement.comparing import changes_since, last_seen
from procurement.models import IN_APPROVAL, ApprovalStep, CounterProposal, Query, Recusal, Side, StepState
from procurement.views.common import attempt, page, what_was_shown
from procurement.views.orders import brief_address


def step_of(request, public_id, position):
    """The step of the newest revision that the reader may see; of an earlier one where that has none such. So a link
    sent before the order was recalled or returned still opens, and the page says what became of the step."""
    order = access.get_call_off(request.actor, public_id, request.day, "internal")
    seen = access.revision_seen(order, access.viewpoint(request.actor, order, request.day))
    seen.call_off = order
    seen.share_approval()
    rows = ApprovalStep.objects.select_related("organisation", "approval__revision").filter(
        position=position, approval__revision__call_off=order, approval__revision__number__lte=seen.number
    )
    step = rows.order_by("-approval__revision__number").first()
    if step is None or step.side not in access.sides(request.actor, order, request.day):
        raise Http404  # a side's own questions and answers stay with it
    if step.approval_id == seen.approval_id:
        step.approval = seen.approval
    else:
        step.approval.revision.call_off = order
    return order, step


@page
def brief(request, public_id, position):
    """What the approver decides, on one page that prints."""
    order, step = step_of(request, public_id, position)
    acting = {"by": request.actor, "at": request.at}
    revision = step.approval.revision
    content = display.content_of(revision)
    asked = list(revision.exceptions.select_related("decision"))
    seen, weighed = last_seen(step), order.state in IN_APPROVAL and revision.pk == order.revision_id
    came_of = CounterProposal.objects.filter(became=revision).first() if revision.number > 1 else None
    context = {
        "call_off": order, "step": step, "revision": revision, "content": content,
        "viewpoint": access.viewpoint(request.actor, order, request.day),
        "figures": figures.figures_of(revision, content, "internal"),
        "facts": briefing.facts(revision, content), "deviations": briefing.deviations(content),
        "exceptions": asked,
        "may_decide": _may_decide(order, step, asked, **acting),
        "shut": list(own_guards.why_not_decide(step, **acting)),
        "act_shut": list(own_guards.why_not_act_on_step(step, **acting)),
        "came_of": came_of,
        "sent_back": display.sent_back(order, before=revision.submitted_at) if revision.number > 1 and came_of is None else None,
        "ended_by": display.sent_back(order, since=revision.submitted_at) if revision.pk != order.revision_id else None, **_seat(request, step),
        "bar": display.bar_parts(headroom.capacity_forecast(
            order, revision.whole_life_gbp, reader=None if step.side == Side.AUTHORITY else [order.department_id])) if weighed else None,
        "seen": seen, "changes": changes_since(seen, revision) if seen else [],
        "steps": framework_display.with_reminders(
            step.approval.steps.select_related("organisation", "decision"), order, access.sides(request.actor, order, request.day),
            partial(brief_address, order),
        ),
        "clock": framework_display.clock_words(order, "internal"), "ends_on": standing.ending_of(order, request.day),
        "leaves_on": standing.leaves_on(order),
        "fall": quoting.fall(revision, request.day) if weighed else None,
        "queries": step.approval.queries.filter(side=step.side), "recusals": _recusals(step), "attachments": revision.attachments.all(),
    }  # fmt: skip
    return render(request, "procurement/brief.html", context)


def _recusals(step):
    """Those declared at a step of the side, in this content or an earlier one; only the side reads why."""
    found = Recusal.objects.filter(subject=step.approval.subject, subject_id=step.approval.subject_id)
    return found.filter(step__side=step.side)


def _may_decide(order, step, asked, *, by, at):
    """The ids of the requests the reader can grant or refuse now: what stands against one stands against all."""
    undecided = [one for one in asked if not hasattr(one, "decision")]
    shut = undecided and any(own_guards.why_not_decide_exception(step, undecided[0], by=by, at=at))
    return [] if shut else [one.pk for one in undecided]


def _seat(request, step):
    """From which seat the reader would take the step: whose deputy they act as, and the largest delegation that they could
    commit it with; neither where there is none, nor a limit where nothing is committed."""
    seat = approval_guards.seat_for(step, request.actor, request.day)
    held = approval_guards.committing(step, seat, request.day) if seat and step.act == "commit" else []
    return {"acting": seat.acting if seat and step.state == StepState.OPEN else None, "limit": held[0] if held else None}


def _decision(request, order, step, form_class, action, *, title, words, button, done, danger=False):
    form = form_class(request.POST or None)
    guard = own_guards.why_not_decide if action is approval.decide else own_guards.why_not_act_on_step
    shown = what_was_shown(request, step.approval.content_hash)
    errors = () if request.method == "POST" else [
        *guard(step, by=request.actor, at=request.at), *deciding.why_not_shown(step.approval, shown)
    ]  # fmt: skip
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(
            request, action, step, shown_hash=request.POST.get("shown_hash", ""), **form.cleaned_data
        )
        if result:
            messages.success(request, done)
            return redirect("procurement:call_off", order.public_id)
    context = {"call_off": order, "step": step, "revision": step.approval.revision, "form": form, "errors": errors, "shown_hash": shown,
               "option": figures.option_words(display.content_of(step.approval.revision)), "title": title, "words": words, "button": button, "danger": danger,
               **_seat(request, step)} | ({} if action is approval.decide else {"limit": None})  # fmt: skip
    return render(request, "procurement/decide.html", context)


def _next_words(order, step):
    """Whom a committed order goes to when its desk is done: those of the next steps, or after the last the supplier."""
    later = list(
        step.approval.steps.filter(position__gt=step.position)
        .exclude(side=step.side, group=step.group)
        .select_related("organisation")
    )
    if not later:
        return _("It then goes to %(supplier)s to accept.") % {"supplier": order.supplier.name}
    together = [one for one in later if (one.side, one.group) == (later[0].side, later[0].group)]
    return _("It then goes to the %(posts)s, %(organisation)s.") % {
        "posts": get_text_list([str(one.get_post_display()) for one in together], _("and the")),
        "organisation": later[0].organisation.name,
    }  # fmt: skip


@page
def decide(request, public_id, position):
    order, step = step_of(request, public_id, position)
    commits = step.act == "commit"
    return _decision(
        request, order, step, forms.EndorseForm, approval.decide,
        title=_("Commit this call-off") if commits else _("Endorse this call-off"),
        words=f"{_('You commit the whole-life value under your delegation.')} {_next_words(order, step)}" if commits
        else _("You say that it is right as far as your post goes. It commits no money."),
        button=_("Commit") if commits else _("Endorse"),
        done=_("Committed.") if commits else _("Endorsed."),
    )  # fmt: skip


@page
def send_back(request, public_id, position):
    return _decision(
        request, *step_of(request, public_id, position), forms.ReturnForm, approval.return_for_changes,
        title=_("Return it for amendment"), button=_("Return it"), done=_("Returned to the requester."), danger=True,
        words=_("The requester gets it back as a new draft with your reason. All approvals start again."),
    )  # fmt: skip


@page
def reject(request, public_id, position):
    return _decision(
        request, *step_of(request, public_id, position), forms.ReturnForm, approval.reject, title=_("Reject this call-off"),
        button=_("Reject it"), done=_("Rejected."), danger=True,
        words=_("It ends here. The requester reads your reason and can copy it into a new draft."),
    )  # fmt: skip


@page
def recuse(request, public_id, position):
    """Somebody with a conflict of interest keeps out; the order waits for whoever else sits in the chair."""
    order, step = step_of(request, public_id, position)
    form = forms.RecuseForm(request.POST or None)
    errors = () if request.method == "POST" else list(
        own_guards.why_not_act_on_step(step, by=request.actor, at=request.at)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, approval.recuse, step, reason=form.cleaned_data["reason"])
        if result:
            messages.success(request, _("Declared. You keep out of this order; the others have been told."))
            return redirect("procurement:call_off", public_id)
    others = [
        person.name for person in approval_guards.who_can_take(step, request.day)
        if person.person_id != request.actor.person_id
    ]  # fmt: skip
    words = (
        _("You take no further part in this order. %(names)s can act in your place.") % {"names": ", ".join(others)}
        if others
        else _("You take no further part in this order. Nobody else sits in your chair today: your administrator is told and has to name somebody.")
    )
    context = {"call_off": order, "form": form, "errors": errors, "title": _("Declare a conflict of interest"),
               "button": _("Declare it and keep out"), "danger": True, "words": words, "step": step}  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def ask(request, public_id, position):
    order, step = step_of(request, public_id, position)
    form = forms.TextForm(request.POST or None)
    errors = ()
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, approval.ask, step, text=form.cleaned_data["text"])
        if result:
            messages.success(request, _("Asked. The requester has been told."))
            return redirect("procurement:brief", public_id, position)
    context = {"call_off": order, "form": form, "errors": errors, "title": _("Ask the requester"),
               "button": _("Send the question"), "danger": False, "step": step,
               "words": _("Nothing moves while you wait. The supplier never sees questions and answers.")}  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def answer(request, public_id, query_id):
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    query = Query.objects.select_related("approval__revision__call_off").filter(pk=query_id, approval__revision__call_off=order).first()
    if query is None:
        raise Http404
    form = forms.TextForm(request.POST or None)
    errors = ()
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, approval.answer, query, text=form.cleaned_data["text"])
        if result:
            messages.success(request, _("Your answer has been sent to the approver who asked."))
            return redirect("procurement:call_off", public_id)
    context = {"call_off": order, "form": form, "errors": errors, "title": _("Answer a question"),
               "button": _("Send the answer"), "danger": False, "question": query,
               "words": _("Whoever asked reads your answer; the order stays where it is.")}  # fmt: skip
    return render(request, "procurement/confirm.html", context)


