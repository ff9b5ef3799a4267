"""While the order is with the supplier: its questions and the department's answers."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from procurement import access, forms, guards, negotiation, supplier_guards
from procurement.views.common import attempt, page


def _act(request, order, why_not, action, thing, **words):
    form = forms.TextForm(request.POST or None)
    errors = () if request.method == "POST" else list(why_not)
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, action, thing, text=form.cleaned_data["text"])
        if result:
            messages.success(request, words["done"])
            return redirect("procurement:call_off", order.public_id)
    return render(request, "procurement/confirm.html", {"call_off": order, "form": form, "errors": errors} | words)


@page
def ask(request, public_id):
    """The order desk asks the department."""
    order = access.get_call_off(request.actor, public_id, request.day, "order_desk")
    return _act(
        request, order, supplier_guards.why_not_clarify(order, by=request.actor, at=request.at), negotiation.ask, order,
        title=_("Ask the department"), button=_("Send the question"), done=_("Asked."),
        words=_("Your time to answer the order stops until the department has answered. Question and answer are annexed to the contract; they change nothing that was priced."),
    )  # fmt: skip


@page
def answer(request, public_id, number):
    """A requester answers the supplier."""
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    asked = get_object_or_404(order.revision.clarifications, number=number)
    return _act(
        request, order, guards.why_not_answer_clarification(order, asked, by=request.actor, at=request.at),
        negotiation.answer, asked, title=_("Answer the supplier"), button=_("Send the answer"), done=_("Answered."),
        question=asked, words=_("Your answer is annexed to the contract; it changes nothing that was priced."),
    )  # fmt: skip
