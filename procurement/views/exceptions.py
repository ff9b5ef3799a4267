"""Ordering by exception: the department asks in its draft, the authority grants or refuses at its step."""

from collections import Counter

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from procurement import approval, display, order_decision_guards, papers, quoting
from procurement.order_forms import ExceptionDecisionForm, ExceptionsForm
from procurement.views.approvals import step_of
from procurement.views.common import attempt, page, what_was_shown
from procurement.views.drafts import draft_of, edits_of, section_page, to_tasks


@page
def exceptions(request, public_id):
    """For how many of each service that takes an exception, and why."""
    call_off = draft_of(request, public_id)
    quote = quoting.quote(call_off.revision, request.day)
    asked = {one.service_code: one for one in call_off.revision.exceptions.all()}
    ordered: Counter[str] = Counter()
    for priced in quote.lines:
        ordered[priced.line.service] += priced.line.quantity
    codes = [code for code in quote.exceptional if ordered[code] or code in asked]
    services = [(code, quote.price_list.services[code].name, ordered[code]) for code in codes]
    initial = {f"quantity-{code}": one.quantity for code, one in asked.items()}
    initial |= {f"reason-{code}": one.reason for code, one in asked.items()}
    initial |= {f"quantity-{code}": ordered[code] for code in codes if code not in asked}
    form = ExceptionsForm(request.POST or None, services=services, initial=initial)
    errors = ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, papers.save_exceptions, call_off, form.asked(), edits=edits_of(request))
        if done:
            return to_tasks(call_off)
    lead = (
        _("The purchasing authority grants or refuses each on the order as it is submitted. If it refuses, the order comes "
          "back to you with the reason.")
        if services
        else _("Nothing that is ordered takes an exception. What does is named so in the list of services; order it first.")
    )
    return section_page(request, call_off, "exceptions", form, errors=errors, lead=lead,
                        stored=lambda: display.stored_values([form]))  # fmt: skip


@page
def decide(request, public_id, position, code):
    """The authority grants it, or refuses it and the order goes back."""
    order, step = step_of(request, public_id, position)
    asked = step.approval.revision.exceptions.select_related("decision").filter(service_code=code).first()
    if asked is None or step.side != "authority":
        raise Http404
    form = ExceptionDecisionForm(request.POST or None)
    errors = () if request.method == "POST" else list(
        order_decision_guards.why_not_decide_exception(step, asked, by=request.actor, at=request.at)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        granted = values.pop("outcome") == form.GRANT
        result, errors = attempt(
            request, approval.grant_exception if granted else approval.refuse_exception, step, asked,
            shown_hash=request.POST.get("shown_hash", ""), **values,
        )  # fmt: skip
        if result:
            messages.success(request, _("You granted the exception. You can decide on the order now.") if granted else _("You refused the exception. The order is returned to the requester."))
            return redirect("procurement:brief", public_id, position) if granted else redirect(
                "procurement:call_off", public_id
            )
    context = {"call_off": order, "step": step, "revision": step.approval.revision, "asked": asked, "form": form,
               "errors": errors, "shown_hash": what_was_shown(request, step.approval.content_hash)}  # fmt: skip
    return render(request, "procurement/exception.html", context)
