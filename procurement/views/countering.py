"""Pages of a counter-proposal: the order desk makes, checks and sends it or takes it back; the department answers it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from catalogue.models import FrameworkState
from procurement import access, counter_display, counter_guards, countering, forms, proposing
from procurement.counter_forms import CounterForm
from procurement.models import CounterProposal
from procurement.proposing import Changes
from procurement.views.common import attempt, page, reading_page


def _order(request, public_id):
    """The order with its desk, while it may counter-propose; else the reasons."""
    order = access.get_call_off(request.actor, public_id, request.day, "order_desk")
    shut = list(counter_guards.why_not_counter(order, by=request.actor, at=request.at))
    if shut:
        raise access.NotYours(shut)
    order.revision.call_off = order
    return order


def _form(request, order):
    awarded = proposing.read(order.revision)
    prices = proposing.live_prices(order, request.day)
    return CounterForm(request.POST or None, awarded=awarded, price_list=prices)


def _fill(request, order, form, errors=()):
    return render(request, "procurement/counter/form.html", {"call_off": order, "form": form, "errors": errors})


def _check(request, order, form, errors=()):
    """What it comes to, or the form again with what keeps it from being proposed."""
    wrong = list(counter_guards.why_not_propose(order, form.changes(), request.day))
    if wrong:
        return _fill(request, order, form, wrong)
    proposal = proposing.propose(order, form.changes(), request.day)
    context = {
        "call_off": order, "typed": form.typed(), "reason": form.cleaned_data["reason"], "errors": errors,
        "due": counter_guards.answer_due(order, request.at),
        "suspended": order.framework.state == FrameworkState.SUSPENDED, "shown_hash": proposal.content_hash,
        "difference": counter_display.difference(order.revision, proposal),
    }  # fmt: skip
    return render(request, "procurement/counter/check.html", context)


@reading_page
def fill(request, public_id):
    """Change the order awarded, then see what it comes to; nothing is kept before it is sent."""
    order = _order(request, public_id)
    form = _form(request, order)
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        return _check(request, order, form)
    return _fill(request, order, form)


@page
def send(request, public_id):
    """Send what the check page showed."""
    order = _order(request, public_id)
    form = _form(request, order)
    if request.method != "POST":
        return redirect("procurement:counter", public_id)
    if not form.is_valid():
        return _fill(request, order, form)
    made, errors = attempt(
        request, countering.counter, order, form.changes(), reason=form.cleaned_data["reason"],
        shown_hash=request.POST.get("shown_hash", ""),
    )  # fmt: skip
    if made:
        messages.success(request, _("Sent. The department has been told."))
        return redirect("procurement:call_off", public_id)
    return _check(request, order, form, errors)


def _made(request, public_id, number, right) -> CounterProposal:
    order = access.get_call_off(request.actor, public_id, request.day, right)
    made = get_object_or_404(order.counter_proposals.select_related("revision"), number=number)
    made.call_off = order
    order.revision.call_off = made.revision.call_off = order
    return made


@page
def accept(request, public_id, number):
    """A requester reads the difference at today's prices, and accepts."""
    made = _made(request, public_id, number, "edit")
    order = made.call_off
    shut = list(counter_guards.why_not_answer(order, made, by=request.actor, at=request.at))
    if shut:
        raise access.NotYours(shut)
    errors = ()
    if request.method == "POST":
        done, errors = attempt(request, countering.accept, made, shown_hash=request.POST.get("shown_hash", ""))
        if done:
            return redirect("procurement:submitted", public_id)
    proposal = proposing.propose(order, Changes.of(made.changes), request.day)
    shut = list(counter_guards.why_not_accept(order, proposal, at=request.at))
    context = {"call_off": order, "errors": errors, "shut": shut}
    return render(
        request, "procurement/counter/accept.html", context | counter_display.accepting(made, proposal, at=request.at)
    )


@page
def refuse(request, public_id, number):
    made = _made(request, public_id, number, "edit")
    form = forms.ReasonForm(request.POST or None)
    shut = counter_guards.why_not_answer(made.call_off, made, by=request.actor, at=request.at)
    errors = () if request.method == "POST" else list(shut)
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, countering.refuse_it, made, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("Refused. The order is before the supplier again as it was awarded."))
            return redirect("procurement:call_off", public_id)
    context = {
        "call_off": made.call_off, "form": form, "errors": errors, "title": _("Refuse the counter-proposal"),
        "button": _("Refuse it"), "danger": True,
        "words": _("The order stands before the supplier as it was awarded, with the working days it had left to answer. It reads your reason."),
    }  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def take_back(request, public_id, number):
    made = _made(request, public_id, number, "order_desk")
    shut = counter_guards.why_not_take_back(made.call_off, made, by=request.actor, at=request.at)
    errors = () if request.method == "POST" else list(shut)
    if request.method == "POST":
        done, errors = attempt(request, countering.take_back, made)
        if done:
            messages.success(request, _("Taken back. The department has been told."))
            return redirect("procurement:call_off", public_id)
    context = {
        "call_off": made.call_off, "errors": errors, "title": _("Take the counter-proposal back"),
        "button": _("Take it back"),
        "words": _("The order is before you again as it was awarded, with the working days you had left to answer it."),
    }  # fmt: skip
    return render(request, "procurement/confirm.html", context)
