"""What the department decides on a rectification plan."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts import access, forms, level_guards, rectifying
from contracts.views.ending_common import insist_on
from contracts.views.levels import month_of
from procurement.views.common import attempt, page


@page
def decide(request, public_id, month, code):
    """The newest plan of the measure is shown; the form says which it was, so that no other is decided on."""
    found, first = access.get_contract(request.actor, public_id, request.day), month_of(month)
    plans = [one for one in level_guards.plans_of(found, first) if one.level.measurement.measure.measure_code == code]
    if not plans:
        raise Http404
    insist_on(level_guards.why_not_decide_plan(plans[-1], found, by=request.actor, at=request.at))
    form, errors = forms.PlanDecisionForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        shown = next((one for one in plans if str(one.pk) == request.POST.get("shown")), None)
        if shown is None:
            raise Http404
        approves = form.cleaned_data["approves"] == "yes"
        done, errors = attempt(request, rectifying.decide, shown, approves=approves, words=form.cleaned_data["words"])
        if done:
            messages.success(request, _("The plan is approved. The supplier has been told.") if approves
                             else _("The plan is refused. The supplier has been told to send a better one."))  # fmt: skip
            return redirect("contracts:level_month", found.public_id, month)
    return render(request, "contracts/level_plan_decide.html", {
        "contract": found, "month": first, "key": month, "plan": plans[-1], "form": form, "errors": errors,
    })  # fmt: skip
