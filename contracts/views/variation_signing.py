"""The document of a variation: being made, read, downloaded, signed or refused."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from contracts import access, forms, variation_issuing
from contracts import variation_decision_guards as guards
from contracts.models import Party, Variation, VariationState
from documents import downloads, legal_templates, steps, store
from documents.models import DocumentRevision, DocumentState
from procurement import signing
from procurement.access import NotYours
from procurement.middleware import actor_of
from procurement.views.common import attempt, page

V = VariationState


def document_of(request, public_id, number) -> Variation:
    """The variation, once it has a document; else 404."""
    found = access.get_variation(request.actor, public_id, number, request.day)
    if found.document is None:
        raise Http404
    return found


def _is_made(variation: Variation) -> bool:
    """Whether its document can be read and signed."""
    return variation.document.state in (DocumentState.SEALED, DocumentState.SIGNING)


def _working(variation: Variation) -> bool:
    """Whether the worker still has something to do before people can go on."""
    if variation.state != V.AWAITING_SIGNATURES:
        return False
    document = variation.document
    return not _is_made(variation) or store.pending_intent(document) is not None or store.next_party(document) is None


def context_of(request, variation: Variation) -> dict:
    """The part of the page about its document and signatures."""
    if variation.document is None:
        return {"variation": variation, "contract": variation.contract, "working": False, "head": None}
    awaits = variation.state == V.AWAITING_SIGNATURES and _is_made(variation)
    found = guards.signing_of(variation)
    return {
        "variation": variation, "contract": variation.contract, "working": _working(variation),
        "job": steps.progress(variation.document), "head": store.head(variation.document),
        "signatures": signing.in_boxes(found, open_for_signing=awaits),
        "signing": signing.for_person(
            found, by=request.actor, at=request.at,
            why_not=lambda party: guards.why_not_sign(variation, party, by=request.actor, at=request.at, fresh=False),
        ) if awaits else None,
    }  # fmt: skip


@page
def progress(request, public_id, number):
    """Asked for again while the worker works; when that is done, all of the page is read anew."""
    found = document_of(request, public_id, number)
    context = context_of(request, found)
    return render(request, "contracts/_variation_progress.html", context) if context["working"] else HttpResponseClientRefresh()


@page
def sign(request, public_id, number):
    """Who cannot sign now is told so before they sign in again; then the fresh sign-in, then the document."""
    found = document_of(request, public_id, number)
    party = guards.signing_of(found).asked(request.actor, request.at).party
    shut = list(guards.why_not_sign(found, party, by=request.actor, at=request.at, fresh=False))
    if shut:
        raise NotYours(shut)
    return _sign_freshly(request, found)


@reauthentication_required
def _sign_freshly(request, found: Variation):
    request.actor = actor_of(request)
    party = store.next_party(found.document)
    form = forms.SignForm(request.POST or None)
    errors = list(guards.why_not_sign(found, party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        intent, errors = attempt(request, variation_issuing.sign, found, party, shown_sha256=request.POST.get("shown_sha256", ""))
        if intent:
            messages.success(request, _("Your signature is being put on the document."))
            return redirect("contracts:variation", found.contract.public_id, found.number)
    return render(request, "contracts/sign_variation.html", {
        "contract": found.contract, "variation": found, "revision": found.revision, "form": form, "errors": errors,
        "head": store.head(found.document), "organisation": access.organisation_of(found.contract, party),
        "pages": DocumentRevision.objects.get(document=found.document, number=0).pages,
    })  # fmt: skip


@page
def refuse(request, public_id, number):
    """A signatory refuses: the variation ends."""
    found = document_of(request, public_id, number)
    box = guards.signing_of(found).box_of(request.actor, request.at)
    party = box.party if box else store.next_party(found.document) or Party.SUPPLIER
    errors = list(guards.why_not_refuse(found, party, by=request.actor, at=request.at))
    if box is None:
        raise NotYours(errors)
    form = forms.RefuseVariationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, variation_issuing.refuse_to_sign, found, party, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("You refused; the contract stays as it is."))
            return redirect("contracts:variation", public_id, number)
    return render(request, "contracts/refuse_variation.html", {
        "contract": found.contract, "variation": found, "form": form, "errors": errors,
    })  # fmt: skip


@page
def document(request, public_id, number):
    """Its pages as accessible HTML, from the same template and the same frozen payload."""
    found = document_of(request, public_id, number)
    row = found.document
    body = legal_templates.html_pages(row.kind, row.template_version, row.payload)
    return render(request, "contracts/variation_document.html", {
        "contract": found.contract, "variation": found, "body": body, "head": store.head(row),
    })  # fmt: skip


@page
def download(request, public_id, number):
    """The newest bytes; everyone downloads the same."""
    found = document_of(request, public_id, number)
    return downloads.document(store.head(found.document), f"{found.contract.number}-{found.label}")
