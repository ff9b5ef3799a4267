"""The exit of a contract, what runs on after it, and its closing: each act on a page that says what will happen."""

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import access, ending_forms, ending_guards, exiting, running_on
from contracts.exit_items import BY_CODE
from contracts.models import Contract, ExitAct, ExitItem
from contracts.views import sealed
from contracts.views.ending_common import ask, back, insist_on, sent
from documents import downloads
from procurement.views.common import attempt, page, stored

# ---- the exit


def _item(request, public_id, code) -> tuple[Contract, ExitItem]:
    found = access.get_contract(request.actor, public_id, request.day)
    item = ExitItem.objects.filter(exit__contract=found, code=code).select_related("exit").first()
    if item is None:
        raise Http404
    item.exit.contract = found
    return found, item


@page
def exit_item(request, public_id, code):
    found, item = _item(request, public_id, code)
    insist_on(ending_guards.why_not_do(found, item, by=request.actor, at=request.at))
    form, errors = ending_forms.ExitForm(*sent(request)), ()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        done, errors = attempt(request, exiting.do, item, words=form.cleaned_data["words"], file=stored(upload) if upload else None)
        if done:
            messages.success(request, _("Recorded as done. Both sides see it on the checklist."))
            return back(found)
    known = BY_CODE[code]
    return ask(request, found, form, errors, title=known.title, says=known.words)


@page
def leave_out(request, public_id, code):
    found, item = _item(request, public_id, code)
    insist_on(ending_guards.why_not_leave_out(found, item, by=request.actor, at=request.at))
    form, errors = ending_forms.ReasonForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, exiting.leave_out, item, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("Recorded as not needed. Both sides see it on the checklist, with the reason."))
            return back(found)
    title = _("Not needed: %(item)s") % {"item": BY_CODE[code].title}
    return ask(request, found, form, errors, title=title, says=_("It is not asked of anybody any more. Both sides read the reason."))


@page
def exit_evidence(request, public_id, code):
    """The file of the newest act, or, with ``end``, of that for the end of the day."""
    _found, item = _item(request, public_id, code)
    ends = request.GET.get("end")
    acts = [act for act in ExitAct.objects.filter(item=item) if ends in (None, act.ends_on.isoformat())]
    act = acts[-1] if acts else None
    if act is None or not act.sha256:
        raise Http404
    return downloads.stored(act.sha256, act.filename)


def _certified(request, public_id) -> Contract:
    found = access.get_contract(request.actor, public_id, request.day)
    if not hasattr(found, "exit") or found.exit.document is None:
        raise Http404
    return found


@page
def data_certificate(request, public_id):
    found = _certified(request, public_id)
    holds = _("The certificate is being made and sealed; its file stands here in a moment.")
    return sealed.respond(request, found.exit.document, "contracts/ending_document.html", {
        "contract": found, "holds": holds, "title": _("Certificate of returned data %(number)s") % {"number": found.exit.number},
        "file_url": reverse("contracts:data_certificate_pdf", args=[public_id]),
    })  # fmt: skip


@page
def data_certificate_pdf(request, public_id):
    return sealed.file(_certified(request, public_id).exit.document)


# ---- what runs on, and the closing


@page
def runs_on(request, public_id):
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(ending_guards.why_not_run_on(found, by=request.actor, at=request.at))
    form, errors = ending_forms.RunsOnForm(request.POST or None, lines=ending_guards.runs_at_the_end(found)), ()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done, errors = attempt(request, running_on.run_on, found, data["services"], reason=data["reason"])
        if done:
            messages.success(request, _("Recorded: continuing without contract. Both sides are told every day until the stop is recorded."))
            return back(found)
    says = _("They are charged at the last price, month by month, and those who run the contract on both sides are told every day until the stop is recorded. It is no extension of the contract.")
    return ask(request, found, form, errors, title=_("Services run on without a contract"), says=says)


@page
def stopped(request, public_id):
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(ending_guards.why_not_stop(found, by=request.actor, at=request.at))
    form, errors = ending_forms.StopForm(request.POST or None, initial={"last_day": request.day}), ()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done, errors = attempt(request, running_on.stop, found.running_on, data["last_day"], reason=data["reason"])
        if done:
            messages.success(request, _("The stop is recorded. Both sides have been told, and the services are charged up to that day."))
            return back(found)
    return ask(request, found, form, errors, title=_("They stopped"), says=_("They are charged up to that day."))


@page
def close(request, public_id):
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(ending_guards.why_not_close(found, by=request.actor, at=request.at))
    errors = ()
    if request.method == "POST":
        done, errors = attempt(request, exiting.close, found)
        if done:
            messages.success(request, _("The contract is closed. The parties have been told."))
            return back(found)
    return ask(request, found, None, errors, title=_("Close the contract"),
                says=_("Nothing of it is open any more. What is recorded stays to be read."))  # fmt: skip
