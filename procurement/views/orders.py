"""The order's page and what can be done with it after drafting."""

from functools import partial

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.text import LONGEST_SEARCH
from documents import audit, downloads
from procurement import (
    access,
    approval_guards,
    counter_display,
    desks,
    display,
    forms,
    framework_display,
    guards,
    queries,
    quoting,
    standing,
    supplier_guards,
    timelines,
    workflow,
)
from procurement.models import ENDED, IN_APPROVAL, OPEN, CallOffState, PostCode
from procurement.views.common import attempt, page, what_was_shown
from procurement.views.listing import DAY, GBP, STATE, Column, Listing, choice, numbered


@page
def call_offs(request):
    """The call-offs a person may see, newest first, each with the value that reached the reader."""
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    sells = queries.only_sells(request.actor, request.day)
    states = display.FOR_SUPPLIER_STATES if sells else CallOffState
    state = choice(request, "state", _("State"), [(one.value, one.label) for one in states])
    department = choice(request, "department", _("Department"), queries.departments_seen(request.actor, request.day))
    rows = queries.visible_list(
        request.actor, request.day, text=text, state=state.chosen, department=department.chosen
    )

    def view(order):
        return access.viewpoint(request.actor, order, request.day)

    listing = Listing(
        request, rows,
        columns=[
            numbered("reference", _("Order"), lambda o: o.listed_as),
            Column("department", _("Department"), lambda o: o.department.name, ("department__name",)),
            Column("supplier", _("Supplier"), lambda o: o.supplier.name, ("supplier__name",)),
            Column("state", _("State"), lambda o: o.state_words(view(o)), () if sells else ("state",), STATE),
            Column("since", _("Since"), lambda o: display.day_since(o, view(o)), () if sells else ("state_since",), DAY),
            Column("value", _("Whole life, net"), lambda o: o.value_seen, ("value_seen",), GBP),
        ],
        url=lambda o: reverse("procurement:call_off", args=[o.public_id]),
        title=_("Call-offs"), filename="call-offs", text=text,
        search_label=_("Number, purchase order, department, site or service"),
        choices=[state, *([department] if len(department.choices) > 1 else [])], ties=("-created_at", "-id"),
        of_orders=True,
    )  # fmt: skip
    may_start = access.sight_of(request.actor, request.day).holds_anywhere(PostCode.REQUESTER)
    return listing.respond("procurement/call_offs.html", may_start=may_start)


@page
def call_off(request, public_id):
    """One order for one reader: what it says, whose desk it is on, what can be done, what happened."""
    order = access.get_call_off(request.actor, public_id, request.day)
    view = access.viewpoint(request.actor, order, request.day)
    revision = access.revision_seen(order, view)
    if revision.pk == order.revision_id:
        revision = order.revision
    revision.call_off = order
    if view == "department" and order.is_editable:
        seen = access.sight_of(request.actor, request.day)
        if seen.holds(order.department_id, PostCode.REQUESTER):
            return redirect("procurement:tasks", public_id)
    acting = {"by": request.actor, "at": request.at}
    requests = access.sight_of(request.actor, request.day).holds(order.department_id, PostCode.REQUESTER)
    # a colleague without the post reads that alone, asked once for all the buttons
    needed = [access.requester_needed(order, request.day)] if view == "department" and not requests else []
    accepting = view == "supplier" and order.state == CallOffState.WITH_SUPPLIER
    sides, steps = access.sides(request.actor, order, request.day), []
    if view != "supplier" and revision.is_submitted:
        read = desks.read_steps(revision.approval).steps.all()
        steps = framework_display.with_reminders(read, order, sides, partial(brief_address, order))
    mine = _open_step_of(request, order) if view != "supplier" else None
    waits_seen = view != "supplier" or accepting or order.state == CallOffState.CONFIRMED
    found = desks.of(order, request.day) if waits_seen else []
    context = {
        "call_off": order, "revision": revision, "viewpoint": view, "steps": steps, "mine": mine,
        "sides": sides, "state": order.state_words(view), "ended": display.ended_words(order, view),
        "desks": found,
        "clock": framework_display.clock_words(order, view), "ends_on": standing.ending_of(order, request.day),
        "leaves_on": standing.leaves_on(order) if view != "supplier" else None,
        "events": timelines.of(audit.history(order), view),
        "queries": _queries(request, order, revision),
        "clarifications": order.clarifications.filter(revision__number__lte=revision.number).order_by("asked_at", "id"),
        "may_clarify": order.state == CallOffState.WITH_SUPPLIER and view == "department"
        and access.sight_of(request.actor, request.day).holds(order.department_id, PostCode.REQUESTER),
        "clarify_shut": list(supplier_guards.why_not_clarify(order, **acting)) if accepting else [],
        "contract": order.contracts.exclude(state="void").order_by("-id").first(),
        "can": {
            "particulars": requests and order.state not in ENDED and not list(guards.why_not_change_particulars(order, **acting)),
        },
        "decline_shut": list(supplier_guards.why_not_decline(order, **acting)) if accepting else None,
        "withdraw_shut": needed or list(guards.why_not_withdraw(order, **acting)) if view == "department" and order.state in OPEN else None,
        "copy_shut": needed or list(guards.why_not_copy(order, **acting)) if view == "department" else None,
        "recall_shut": needed or list(guards.why_not_recall(order, **acting)) if view == "department" and order.state in IN_APPROVAL else None,
        "nudge_shut": list(desks.why_not_nudge(order, **acting, known=found)) if requests and order.is_elsewhere else None,
        "accept_shut": list(supplier_guards.why_not_confirm(order, **acting)) if accepting else [],
    }  # fmt: skip
    if view != "supplier" and revision.pk == order.revision_id and order.state in (*IN_APPROVAL, CallOffState.WITH_SUPPLIER):
        context["fall"] = quoting.fall(revision, request.day)
    if (accepting or view != "supplier") and order.state in (*IN_APPROVAL, CallOffState.WITH_SUPPLIER):
        context["hold_ended"] = list(approval_guards.why_hold_ended(order.revision.approval, request.day))
    context |= counter_display.on_page(order, revision, view, **acting)
    if revision.is_submitted:
        context |= display.submitted_order(revision, view)
        context["may_change_particulars"] = context["can"]["particulars"]
    return render(request, "procurement/call_off.html", context)


def brief_address(order, step) -> str:
    return reverse("procurement:brief", args=[order.public_id, step.position])


def _open_step_of(request, order):
    """The open step of a chair the person sits in, else the first open one (to say why not), else None."""
    chairs = access.sight_of(request.actor, request.day).posts
    steps = order.revision.approval.steps.all() if order.state in IN_APPROVAL else ()
    return next((step for step in steps if step.state == "open" and (step.organisation_id, step.post) in chairs), None)


def _queries(request, order, revision):
    """A side's own questions; a requester of the department sees all, because they answer them."""
    sides = access.sides(request.actor, order, request.day)
    may_answer = access.sight_of(request.actor, request.day).holds(order.department_id, PostCode.REQUESTER)
    asked = revision.approval.queries.all() if revision.is_submitted else ()
    rows = [row for row in asked if may_answer or row.side in sides]
    return [{"query": row, "may_answer": may_answer and not row.answered_at} for row in rows]


@page
def attachment(request, public_id, attachment_id):
    """The file of a revision the reader may see, as a download, never shown in the page."""
    order = access.get_call_off(request.actor, public_id, request.day)
    view = access.viewpoint(request.actor, order, request.day)
    rows = display.files_for(access.revision_seen(order, view), view)
    found = next((row for row in rows if row.pk == attachment_id), None)
    if found is None:
        raise Http404
    return downloads.stored(found.sha256, found.filename)


@page
def order_json(request, public_id):
    """The approved object of the newest revision that reached the reader: the very bytes its hash is the sha256 of."""
    order = access.get_call_off(request.actor, public_id, request.day)
    revision = access.revision_seen(order, access.viewpoint(request.actor, order, request.day))
    if not revision.is_submitted:
        raise Http404
    name = f"{order.reference}-{revision.number}.order.json"
    return downloads.respond(revision.content.encode(), name, content_type=downloads.JSON)


@page
def submitted(request, public_id):
    """What happens next."""
    order = access.get_call_off(request.actor, public_id, request.day, "department")
    return render(
        request, "procurement/submitted.html", {"call_off": order, "desks": desks.of(order, request.day)}
    )


def _back(order):
    return redirect("procurement:call_off", order.public_id)


def _ended(request, order, form_class, action, *, title, words, button, done):
    """A page that asks why, says what will happen, and ends the order as it was shown."""
    form = form_class(request.POST or None)
    errors, shown = (), what_was_shown(request, guards.shown(order))
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, action, order, shown_hash=shown, **form.cleaned_data)
        if result:
            messages.success(request, done)
            return _back(order)
    context = {"call_off": order, "form": form, "errors": errors, "title": title, "words": words, "button": button,
               "danger": True, "shown_hash": shown}  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def recall(request, public_id):
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    errors = list(guards.why_not_recall(order, by=request.actor, at=request.at))
    if request.method == "POST":
        result, errors = attempt(request, workflow.recall, order)
        if result:
            messages.success(request, _("Recalled. You can change it and submit it again."))
            return redirect("procurement:tasks", public_id)
    context = {
        "call_off": order, "errors": errors, "title": _("Recall this call-off"), "button": _("Recall it"),
        "words": _("It comes back to you as a new draft revision with the same reference. Its approvers start again "
                   "when you submit it."),
    }  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def nudge(request, public_id):
    """A polite reminder to whoever has the order."""
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    errors = list(desks.why_not_nudge(order, by=request.actor, at=request.at)) if request.method != "POST" else ()
    if request.method == "POST":
        result, errors = attempt(request, workflow.nudge, order)
        if result:
            messages.success(request, _("Reminded."))
            return _back(order)
    names = [name for desk in desks.elsewhere(order, request.day) for name in desk.people]
    context = {
        "call_off": order, "errors": errors, "title": _("Remind whose desk it is on"), "button": _("Send the reminder"),
        "words": _("A short, polite message goes to %(names)s. Nothing else happens: no answer is never taken as a yes.")
        % {"names": ", ".join(names) or _("nobody: no chair that it waits for is taken")},
    }  # fmt: skip
    return render(request, "procurement/confirm.html", context)


@page
def withdraw(request, public_id):
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    return _ended(
        request, order, forms.ReasonForm, workflow.withdraw, title=_("Withdraw this call-off"), button=_("Withdraw it"),
        words=_("It ends here and whatever is reserved for it is released. You can copy it into a new draft later."),
        done=_("Withdrawn."),
    )  # fmt: skip


@page
def copy(request, public_id):
    order = access.get_call_off(request.actor, public_id, request.day, "edit")
    errors = ()
    if request.method == "POST":
        result, errors = attempt(request, workflow.copy, order)
        if result:
            if order.state not in ENDED:
                messages.success(request, _goes_on(order))
            return redirect("procurement:tasks", result.public_id)
    words = _("A new draft with the same content, at today's prices. This one stays as it is.")
    context = {
        "call_off": order, "errors": errors, "title": _("Copy this call-off"), "button": _("Make a new draft"),
        "words": words if order.state in ENDED else f"{words} {_goes_on(order)}", "danger": False,
    }  # fmt: skip
    return render(request, "procurement/confirm.html", context)


def _goes_on(order):
    """Where the first one still goes on, both would be ordered."""
    return _("%(order)s goes on beside the copy: if it is meant once, withdraw one of them.") % {
        "order": order.reference or f"“{order.title}”"
    }


@page
def decline(request, public_id):
    """The order desk's no: a reason code and words."""
    order = access.get_call_off(request.actor, public_id, request.day, "order_desk")
    return _ended(
        request, order, forms.DeclineForm, workflow.decline, title=_("Decline this order"), button=_("Decline it"),
        words=_("The order ends here. The department reads your reason and may make a new one."),
        done=_("Declined. The department has been told."),
    )  # fmt: skip


