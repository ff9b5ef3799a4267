"""The document of a variation: being made, read, downloaded, signed or refused."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from contracts import access, forms, variation_issuing
from contracts import variation_decision_guards as guards
from contracts.models import Party, Variation, VariationState
from contracts.views import signing_common
from contracts.views.signing_common import Signed
from documents import downloads, legal_templates, steps, store
from documents.models import DocumentState
from procurement import signing
from procurement.access import NotYours
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
    found = document_of(request, public_id, number)
    back = reverse("contracts:variation", args=[public_id, number])
    return signing_common.respond(request, Signed(
        guards, found, found.contract, variation_issuing.sign, "contracts/sign_variation.html", back, lambda: _words(found)
    ))  # fmt: skip


def _words(variation: Variation) -> dict:
    of = [variation.contract.public_id, variation.number]
    return {
        "what": f"{variation.contract.number} · {variation.label} {variation.title}", "back_words": variation.label, "titled": variation.title,
        "value": variation.revision.value_gbp, "file": reverse("contracts:variation_pdf", args=of),
        "reading": reverse("contracts:variation_document", args=of),
    }  # fmt: skip


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
