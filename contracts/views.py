"""The contract's pages: accept the order, follow the document being made, read it, sign it, download it."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from catalogue.text import LONGEST_SEARCH
from contracts import access, closing, formation, forms, guards, queries
from contracts.models import Contract, ContractState, Party
from documents import audit, jobs, rendering, store
from documents.models import DocumentRevision
from procurement import access as procurement_access
from procurement import desks, display, figures, quoting, signing
from procurement import guards as procurement_guards
from procurement.content import approved_object
from procurement.middleware import actor_of
from procurement.models import PostCode
from procurement.views.common import attempt, page
from procurement.views.listing import DAY, GBP, STATE, Column, Listing, choice


@page
def accept(request, public_id):
    """The order desk accepts the order by repeating its hash; the contract record opens."""
    order = procurement_access.get_call_off(request.actor, public_id, request.day, "order_desk")
    revision = order.supplier_revision
    form = forms.AcceptForm(request.POST or None)
    errors = list(procurement_guards.why_not_confirm(order, by=request.actor, at=request.at))
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
    body = rendering.html_terms(formation.DOCUMENT_KIND, formation.TEMPLATE_VERSION, content) if content["term"] else ""
    return render(request, "contracts/terms.html", {"call_off": order, "revision": revision, "body": body})


@page
def contracts(request):
    """The contracts a person may see, newest first."""
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    state = choice(request, "state", _("State"), ContractState.choices)
    rows = queries.visible_list(request.actor, request.day, text=text, state=state.chosen)
    listing = Listing(
        request, rows,
        columns=[
            Column("number", _("Contract"), lambda c: f"{c.number} {c.title}", ("number",)),
            Column("department", _("Department"), lambda c: c.department.name, ("department__name",)),
            Column("supplier", _("Supplier"), lambda c: c.supplier.name, ("supplier__name",)),
            Column("state", _("State"), lambda c: c.get_state_display(), ("state",), STATE),
            Column("starts", _("From"), lambda c: c.starts_on, ("starts_on",), DAY),
            Column("ends", _("To"), lambda c: c.ends_on, ("ends_on",), DAY),
            Column("value", _("Original value, net"), lambda c: c.original_value_gbp, ("original_value_gbp",), GBP),
        ],
        url=lambda c: reverse("contracts:contract", args=[c.public_id]),
        title=_("Contracts"), filename="contracts", text=text,
        search_label=_("Number, purchase order, department, supplier, site or service"), choices=[state],
        ties=("-formed_at", "-id"),
    )  # fmt: skip
    return listing.respond("contracts/contracts.html")


def _working(contract: Contract) -> bool:
    """Whether the worker still has something to do before people can go on."""
    if contract.state == ContractState.PREPARING:
        return True
    if contract.state != ContractState.AWAITING_SIGNATURES:
        return False
    return store.pending_intent(contract.document) is not None or store.next_party(contract.document) is None


def _document_context(request, contract: Contract) -> dict:
    return {
        "contract": contract, "working": _working(contract), "job": jobs.progress(formation.subject_of(contract)),
        "head": store.head(contract.document), "signatures": signing.in_boxes(
            guards.signing_of(contract), open_for_signing=contract.state == ContractState.AWAITING_SIGNATURES
        ),
    }  # fmt: skip


@page
def contract(request, public_id):
    """The contract: state, signatures, charges, documents, history."""
    found = access.get_contract(request.actor, public_id, request.day)
    view, order = access.viewpoint(request.actor, found, request.day), found.call_off
    signs = found.state == ContractState.AWAITING_SIGNATURES  # where an order goes after a void contract is not said here
    requests = procurement_access.sight_of(request.actor, request.day).holds(order.department_id, PostCode.REQUESTER)
    context = _document_context(request, found) | {
        "signing": _signing(request, found),
        "call_off": order, "desks": desks.of(order, request.day) if signs else [],
        "nudge_shut": list(procurement_guards.why_not_nudge(order, by=request.actor, at=request.at))
        if signs and requests else None,
        "revisions": DocumentRevision.objects.filter(document=found.document).order_by("number"),
        "events": display.timeline(audit.history(found), view),
        "may_change_particulars": not list(
            procurement_guards.why_not_change_particulars(found.call_off, by=request.actor, at=request.at)
        ),
    } | display.submitted_order(found.revision, view)  # fmt: skip
    return render(request, "contracts/contract.html", context)


def _signing(request, contract: Contract) -> dict | None:
    if contract.state != ContractState.AWAITING_SIGNATURES:
        return None
    return signing.for_person(
        guards.signing_of(contract), by=request.actor, at=request.at,
        why_not=lambda party: guards.why_not_sign(contract, party, by=request.actor, at=request.at, fresh=False),
    )  # fmt: skip


@page
def progress(request, public_id):
    """The part of the page that asks again while the worker works; when that is done, all of the page is read anew:
    its heading, its warnings and what can be done have changed too."""
    found = access.get_contract(request.actor, public_id, request.day)
    context = _document_context(request, found)
    return render(request, "contracts/_progress.html", context) if context["working"] else HttpResponseClientRefresh()


@page
def document(request, public_id):
    """The document's pages as accessible HTML, from the same template and the same frozen payload."""
    found = access.get_contract(request.actor, public_id, request.day)
    row = found.document
    body = rendering.html_pages(row.kind, row.template_version, row.payload)
    return render(request, "contracts/document.html", {"contract": found, "body": body,
                                                       "head": store.head(row)})  # fmt: skip


@page
def download(request, public_id):
    """The newest bytes; everyone downloads the same."""
    found = access.get_contract(request.actor, public_id, request.day)
    head = store.head(found.document)
    if head is None:
        raise Http404
    response = HttpResponse(store.content(head), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    response["X-Document-Sha256"] = head.sha256
    return response


@page
def sign(request, public_id):
    """A stranger is told nothing, not even to sign in again, and who cannot sign now is told so before they do; then
    the fresh sign-in, then the document."""
    found = access.get_contract(request.actor, public_id, request.day)
    open_for_signing = found.state == ContractState.AWAITING_SIGNATURES and store.next_party(found.document) is not None
    if request.method != "POST" or not open_for_signing:
        party = store.next_party(found.document) or found.framework.signing_order[-1]
        shut = list(guards.why_not_sign(found, party, by=request.actor, at=request.at, fresh=False))
        if shut:
            raise procurement_access.NotYours(shut)
    return _sign_freshly(request, found)


@reauthentication_required
def _sign_freshly(request, found: Contract):
    """The exact document and its sha256 are shown, and the form carries the hash."""
    request.actor = actor_of(request)
    party = store.next_party(found.document)
    form = forms.SignForm(request.POST or None)
    errors = list(guards.why_not_sign(found, party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        intent, errors = attempt(
            request, formation.sign, found, party, shown_sha256=request.POST.get("shown_sha256", "")
        )
        if intent:
            messages.success(request, _("Your signature is being put on the document."))
            return redirect("contracts:contract", found.public_id)
    context = {
        "contract": found, "party": Party(party).label, "form": form, "errors": errors,
        "option": figures.option_words(display.content_of(found.revision)),
        "head": store.head(found.document), "organisation": access.organisation_of(found, party),
        "pages": DocumentRevision.objects.get(document=found.document, number=0).pages,
    }  # fmt: skip
    return render(request, "contracts/sign.html", context)


@page
def refuse(request, public_id):
    """A signatory refuses, or asks for changes: the contract is void."""
    found = access.get_contract(request.actor, public_id, request.day)
    box = guards.signing_of(found).box_of(request.actor, request.at)
    if box is None:
        raise procurement_access.NotYours(
            guards.why_not_refuse(found, store.next_party(found.document) or Party.SUPPLIER, by=request.actor, at=request.at)
        )
    form = forms.RefuseForm(request.POST or None)
    errors = list(guards.why_not_refuse(found, box.party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(
            request, formation.refuse_to_sign, found, box.party, reason=form.cleaned_data["reason"],
            changes_wanted=form.cleaned_data["changes"] == "yes",
        )  # fmt: skip
        if result:
            messages.success(request, _("You refused; the contract is void."))
            return redirect("contracts:contract", public_id)
    return render(request, "contracts/refuse.html", {"contract": found, "form": form, "errors": errors})


@page
def close_framework(request):
    """The framework manager closes a framework under which nothing is open any more."""
    found = procurement_access.framework_served(request.actor, request.day)
    if found is None:
        raise Http404
    errors = list(closing.why_not_close(found, by=request.actor, at=request.at))
    if request.method == "POST":
        result, errors = attempt(request, closing.close, found)
        if result:
            messages.success(request, _("Closed."))
            return redirect("procurement:framework")
    return render(request, "contracts/close_framework.html", {"framework": found, "errors": errors})
