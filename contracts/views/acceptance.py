"""The order desk accepts the order; anybody of the order reads the terms of the contract it becomes."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts import formation, forms
from documents import legal_templates
from procurement import access as procurement_access
from procurement import display, quoting, supplier_guards
from procurement.content import approved_object
from procurement.views.common import attempt, page


@page
def accept(request, public_id):
    """The order desk accepts the order by repeating its hash; the contract record opens."""
    order = procurement_access.get_call_off(request.actor, public_id, request.day, "order_desk")
    revision = order.supplier_revision
    form = forms.AcceptForm(request.POST or None)
    errors = list(supplier_guards.why_not_confirm(order, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["repeated"].lower()
        shown = request.POST.get("shown_hash", "")
        if len(typed) < 12 or not shown.startswith(typed):
            form.add_error("repeated", _("This is not how the order's hash begins; copy its first 12 characters."))
        else:
            contract, errors = attempt(request, formation.accept_order, order, shown_hash=shown)
            if contract:
                messages.success(request, _("Accepted. The contract document is being made."))
                return redirect("contracts:contract", contract.public_id)
    context = {"call_off": order, "revision": revision, "form": form, "errors": errors}
    context |= display.submitted_order(revision, "supplier")
    return render(request, "contracts/accept.html", context)


@page
def terms(request, public_id):
    """The terms and schedules of the contract an order becomes, from the contract's own template, before there is one."""
    order = procurement_access.get_call_off(request.actor, public_id, request.day)
    view = procurement_access.viewpoint(request.actor, order, request.day)
    revision = procurement_access.revision_seen(order, view)
    revision.call_off = order
    if revision.is_submitted:
        content = display.content_of(revision)
    else:
        content = approved_object(revision, quoting.quote(revision, request.day))
    body = legal_templates.html_terms(formation.DOCUMENT_KIND, formation.TEMPLATE_VERSION, content) if content["term"] else ""
    return render(request, "contracts/terms.html", {"call_off": order, "revision": revision, "body": body})
