"""The register of contracts: the list, each contract's page, its document being made, read and downloaded; the end."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from catalogue.text import LONGEST_SEARCH
from contracts import access, closing, due, ending_queries, filtering, guards, queries, transfer_queries
from contracts.models import Contract, ContractState, ContractVersion, Party
from contracts.transfer_notices import legal_basis
from contracts.views import terms
from documents import audit, downloads, legal_templates, steps, store
from documents.models import DocumentRevision
from procurement import access as procurement_access
from procurement import desks, display, signing, standing
from procurement import guards as procurement_guards
from procurement.models import PostCode
from procurement.views.common import attempt, page
from procurement.views.listing import DAY, GBP, STATE, Column, Listing, choice, numbered


@page
def contracts(request):
    """The contracts a person may see, newest first."""
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    state = choice(request, "state", _("State"), ending_queries.choices())
    rows = queries.visible_list(request.actor, request.day, text=text, standing=state.chosen)
    parties = filtering.parties(request.actor, request.day)
    whose = [
        choice(request, side, label, parties[side])
        for side, label in (("department", _("Department")), ("supplier", _("Supplier"))) if parties[side]
    ]
    ends, worth = choice(request, "ends", _("Ends"), filtering.ends()), choice(request, "value", _("Original value, net"), filtering.values())
    rows = rows.filter(
        *(Q(**{f"{one.name}__code": one.chosen}) for one in whose if one.chosen),
        *([filtering.ends_in(ends.chosen, request.day)] if ends.chosen else []), *([filtering.worth(worth.chosen)] if worth.chosen else []),
    )
    listing = Listing(
        request, rows,
        columns=[
            numbered("number", _("Contract"), lambda c: f"{c.number} {c.title}"),
            Column("department", _("Department"), lambda c: c.department.name, ("department__name",)),
            Column("supplier", _("Supplier"), lambda c: c.supplier.name, ("supplier__name",)),
            Column("state", _("State"), lambda c: ending_queries.words(ending_queries.standing(c, request.day)), ("state",), STATE),
            Column("starts", _("From"), lambda c: c.starts_on, ("starts_on",), DAY),
            Column("ends", _("To"), lambda c: c.ends_on, ("ends_on",), DAY),
            Column("value", _("Original value, net"), lambda c: c.original_value_gbp, ("original_value_gbp",), GBP),
        ],
        url=lambda c: reverse("contracts:contract", args=[c.public_id]),
        title=_("Contracts"), filename="contracts", text=text,
        search_label=_("Number, purchase order, department, supplier, site or service"), choices=[state, *whose, ends, worth],
        ties=("-formed_at", "-id"), of_orders=True,
    )  # fmt: skip
    return listing.respond(
        "contracts/contracts.html", has_returns=access.may_have_returns(request.actor, request.day),
        reads_savings=access.reads_savings(request.actor, request.day),
    )  # fmt: skip


def _working(contract: Contract) -> bool:
    """Whether the worker still has something to do before people can go on."""
    if contract.state == ContractState.PREPARING:
        return True
    if contract.state != ContractState.AWAITING_SIGNATURES:
        return False
    return store.pending_intent(contract.document) is not None or store.next_party(contract.document) is None


def _document_context(contract: Contract) -> dict:
    return {
        "contract": contract, "working": _working(contract), "job": steps.progress(contract.document),
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
    whose = desks.of(order, request.day) if signs else []
    coming = transfer_queries.coming(found) if found.is_binding else None
    context = _document_context(found) | ending_queries.shown(found, request.day) | {
        "signing": _signing(request, found), "reads_savings": view != Party.SUPPLIER,
        "ends_on": None if found.signed_on else standing.ending_of(order, request.day),
        "call_off": order, "desks": whose, "passed": transfer_queries.passed(found), "coming": coming, "coming_by": legal_basis(coming.transfer) if coming else "",
        "nudge_shut": list(desks.why_not_nudge(order, by=request.actor, at=request.at, known=whose))
        if signs and requests else None,
        "changes": _changes(found), "on": request.day,
        "revisions": DocumentRevision.objects.filter(document=found.document).select_related("signature__intent").order_by("number"),
        "events": display.timeline(audit.history(found), view),
        "may_change_particulars": not list(
            procurement_guards.why_not_change_particulars(found.call_off, by=request.actor, at=request.at)
        ),
        "due": due.of_contract(found, request.actor, request.day, with_notices=view != Party.SUPPLIER) if found.is_binding else None, "at": request.at,
    } | display.submitted_order(found.revision, view)  # fmt: skip
    return render(request, "contracts/contract.html", context)


def _changes(contract: Contract) -> list[dict]:
    """What has changed it since it was signed, each once with its document and its first day, in the order of those days: what runs
    on after the term is a version anew each month, and a late cutover one for each day on which it moves lines."""
    variations = dict(contract.variations.exclude(document=None).values_list("document_id", "number"))
    first: dict[tuple[str, str], ContractVersion] = {}
    for one in contract.versions.exclude(kind=ContractVersion.Kind.CONTRACT).order_by("effective_from", "number"):
        first.setdefault((one.kind, one.caused_by), one)
    return [{"version": one, "url": terms.address_of(contract, one, variations)} for one in first.values()]


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
    context = _document_context(found)
    return render(request, "contracts/_progress.html", context) if context["working"] else HttpResponseClientRefresh()


@page
def document(request, public_id):
    """The document's pages as accessible HTML, from the same template and the same frozen payload."""
    found = access.get_contract(request.actor, public_id, request.day)
    row = found.document
    body = legal_templates.html_pages(row.kind, row.template_version, row.payload)
    return render(request, "contracts/document.html", {"contract": found, "body": body,
                                                       "head": store.head(row)})  # fmt: skip


@page
def download(request, public_id):
    """The newest bytes; everyone downloads the same."""
    found = access.get_contract(request.actor, public_id, request.day)
    return downloads.document(store.head(found.document), found.number)


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
            messages.success(request, _("The framework is closed."))
            return redirect("procurement:framework")
    return render(request, "contracts/close_framework.html", {"framework": found, "errors": errors})
