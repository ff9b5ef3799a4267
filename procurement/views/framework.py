"""A framework's life: what its people can do with it, what that does to orders, and doing it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from catalogue.models import FrameworkState
from documents import downloads
from procurement import access, framework_display, framework_life
from procurement import framework_forms as forms
from procurement import framework_guards as guards
from procurement.views.common import attempt, page

S = FrameworkState


@dataclass(frozen=True)
class Act:
    """One act on a framework: its page, when it is offered, and why it cannot be done now. ``effect`` names what it does
    to orders (``framework_display.EFFECTS``)."""

    label: str
    words: str
    action: Callable
    form: type[Form]
    why_not: Callable
    done: str
    states: tuple[str, ...] = guards.IN_FORCE
    effect: str = ""
    danger: bool = False
    when_proposed: bool | None = None  # offered only while a termination is, or is not, proposed


ACTS = {
    "suspend": Act(_("Suspend the framework"), _("From now on nothing new can be submitted, and every clock stands. Whatever is under way goes on."),
                   framework_life.suspend, forms.PublicReasonForm, guards.why_not_suspend, _("Suspended."), (S.LIVE,),
                   "suspend", danger=True),
    "resume": Act(_("Resume the framework"), _("Orders can be submitted again, and every clock goes on with the working days it had left."),
                  framework_life.resume, Form, guards.why_not_resume, _("Resumed."), (S.SUSPENDED,), "resume"),
    "extend": Act(_("Extend the framework"), _("Its last day moves, and cannot be moved back. Orders may then run longer too."), framework_life.extend,
                  forms.ExtendForm, guards.why_not_extend, _("Extended."), effect="extend"),
    "ceiling": Act(_("Change the ceiling"), _("It cannot be lower than what is committed and reserved. Approvals that would pass it are refused from now on."),
                   framework_life.change_ceiling, forms.CeilingForm, guards.why_not_change_ceiling, _("Changed.")),
    "terminate": Act(_("Propose its termination"), _("Nothing changes until the deputy director confirms it. Then it ends from that moment, and this happens to the orders that stand today:"),
                     framework_life.propose_termination, forms.PublicReasonForm, guards.why_not_propose_termination,
                     _("Proposed. The deputy director has been told."), effect="terminate", danger=True, when_proposed=False),
    "confirm-termination": Act(_("Confirm its termination"), _("The framework ends now. It cannot be undone. This happens to the orders that stand today:"),
                               framework_life.terminate, Form, guards.why_not_confirm_termination, _("Terminated."),
                               effect="terminate", danger=True, when_proposed=True),
    "drop-termination": Act(_("Drop the termination"), _("The framework goes on, and who proposed it is told why."),
                            framework_life.drop_termination, forms.DropForm, guards.why_not_drop_termination,
                            _("Dropped."), when_proposed=True),
}  # fmt: skip


def acts(framework, proposed: bool, **by) -> list[dict]:
    """What its state allows, each with why the reader cannot."""
    return [
        {"name": name, "act": act, "shut": list(act.why_not(framework, **by))}
        for name, act in ACTS.items()
        if framework.state in act.states and act.when_proposed in (None, proposed)
    ]


@page
def agreement(request):
    """The signed agreement by which it came into force, for the authority's people: a download, never shown in the page."""
    found = access.framework_served(request.actor, request.day)
    signed = framework_display.signed_agreement(found) if found else None
    if signed is None:
        raise Http404
    return downloads.stored(signed.sha256, signed.filename)


@page
def act(request, name):
    """One page for every act: what will happen to how many orders, what it needs, and why it cannot be done now."""
    wanted, found = ACTS.get(name), access.framework_served(request.actor, request.day)
    if wanted is None or found is None:
        raise Http404
    form = wanted.form(request.POST or None)
    errors = () if request.method == "POST" else list(wanted.why_not(found, by=request.actor, at=request.at))
    if request.method == "POST" and (form.is_valid() or not form.fields):
        result, errors = attempt(request, wanted.action, found, **(form.cleaned_data if form.fields else {}))
        if result:
            messages.success(request, wanted.done)
            return redirect("procurement:framework")
    context = {
        "framework": found, "form": form, "errors": errors, "act": wanted,
        "effects": framework_display.effects(found, wanted.effect), "standing": framework_display.standing(found),
    }  # fmt: skip
    return render(request, "procurement/framework/act.html", context)
