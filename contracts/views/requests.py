"""Change requests inside the tolerance of a contract's quantities: the form, the page of one, and the acts on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import access, request_forms, requesting, terms, tolerance
from contracts import request_guards as guards
from contracts.models import ChangeRequest, Party, RequestState
from contracts.views.ending_common import insist_on
from documents import audit
from procurement import timelines
from procurement.views.common import attempt, page


def _to(request: ChangeRequest):
    return redirect("contracts:change_request", request.contract.public_id, request.number)


@page
def ask(request, public_id):
    """Line by line how many more or fewer, from a day on."""
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(guards.why_not_ask(found, by=request.actor, at=request.at))
    day = max(request.day, found.starts_on)
    before, percent = terms.read(found), tolerance.percent_of(found)
    rooms = tolerance.rooms(before, percent, day)
    form = request_forms.RequestForm(request.POST or None, lines=tolerance.movable(before, day), rooms=rooms)
    errors = ()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made, errors = attempt(request, requesting.ask, found, form.wanted(), effective_on=data["effective_on"], reason=data["reason"])
        if made:
            messages.success(request, _("Asked. The supplier accepts or refuses it."))
            return _to(made)
    return render(request, "contracts/change_request_new.html", {
        "contract": found, "form": form, "errors": errors, "percent": percent, "rooms": [room for _code, room in sorted(rooms.items())],
    })  # fmt: skip


@dataclass(frozen=True)
class _Act:
    label: str
    says: str
    why_not: Callable
    action: Callable
    form: type
    side: str
    done: str
    danger: bool = False


def _acts() -> dict[str, _Act]:
    """By the word in the address."""
    return {
        "accept": _Act(
            _("Accept"), _("The quantities change from its first day on. Nothing is signed: the contract says so in its clause 6.6."),
            guards.why_not_accept, requesting.accept, request_forms.AcceptRequestForm, Party.SUPPLIER, _("Accepted. The quantities change on its first day."),
        ),
        "refuse": _Act(
            _("Refuse"), _("The quantities stay as they are."), guards.why_not_refuse, requesting.decline,
            request_forms.RequestWordsForm, Party.SUPPLIER, _("Refused. The department has been told, and the quantities stay as they are."), True,
        ),
        "withdraw": _Act(
            _("Withdraw"), _("The quantities stay as they are."), guards.why_not_withdraw, requesting.withdraw,
            request_forms.RequestWordsForm, Party.DEPARTMENT, _("Withdrawn. The supplier has been told."),
        ),
    }  # fmt: skip


@page
def change_request(request, public_id, number):
    """What it moves, what it comes to, and what is left of the tolerance with it."""
    found = access.get_change_request(request.actor, public_id, number, request.day)
    view = access.viewpoint(request.actor, found.contract, request.day)
    words = {"by": request.actor, "at": request.at}
    acts = [
        {"label": act.label, "danger": act.danger, "reasons": list(act.why_not(found, **words)),
         "url": reverse("contracts:change_request_act", args=[public_id, number, name])}
        for name, act in _acts().items() if found.state == RequestState.ASKED and act.side == view
    ]  # fmt: skip
    return render(request, "contracts/change_request.html", {
        "contract": found.contract, "one": found, "content": json.loads(found.content), "acts": acts,
        "events": timelines.of(audit.history(found), view),
    })  # fmt: skip


@page
def change_request_act(request, public_id, number, name):
    found = access.get_change_request(request.actor, public_id, number, request.day)
    act = _acts().get(name)
    if act is None:
        raise Http404
    insist_on(act.why_not(found, by=request.actor, at=request.at))
    form, errors = act.form(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        shown = {"shown_hash": request.POST.get("shown_hash", "")} if name == "accept" else {}
        done, errors = attempt(request, act.action, found, **form.cleaned_data, **shown)
        if done:
            messages.success(request, act.done)
            return _to(found)
    return render(request, "contracts/change_request_act.html", {
        "contract": found.contract, "one": found, "content": json.loads(found.content), "form": form, "errors": errors,
        "title": act.label, "says": act.says, "danger": act.danger, "shown_hash": found.content_hash if name == "accept" else "",
    })  # fmt: skip
