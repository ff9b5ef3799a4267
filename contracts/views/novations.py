"""The novation of a contract: its page, being made, read, downloaded, signed or refused."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from contracts import access, forms, novating, transfer_forms
from contracts import novation_guards as guards
from contracts.models import Novation, NovationState
from documents import audit, downloads, legal_templates, steps, store
from documents.models import DocumentRevision, DocumentState
from procurement import signing, timelines
from procurement.access import NotYours
from procurement.middleware import actor_of
from procurement.views.common import attempt, page

N = NovationState


def _novation(request, public_id, contract_id) -> Novation:
    return access.get_novation(request.actor, public_id, contract_id, request.day)


def _is_made(novation: Novation) -> bool:
    return novation.document.state in (DocumentState.SEALED, DocumentState.SIGNING)


def _working(novation: Novation) -> bool:
    """Whether the worker still has something to do before people can go on."""
    if novation.state != N.AWAITING_SIGNATURES:
        return False
    document = novation.document
    return not _is_made(novation) or store.pending_intent(document) is not None or store.next_party(document) is None


def _context(request, novation: Novation) -> dict:
    awaits = novation.state == N.AWAITING_SIGNATURES and _is_made(novation)
    found = guards.signing_of(novation)
    return {
        "novation": novation, "contract": novation.contract, "transfer": novation.transfer, "working": _working(novation),
        "job": steps.progress(novation.document), "head": store.head(novation.document),
        "signatures": signing.in_boxes(found, open_for_signing=awaits),
        "signing": signing.for_person(
            found, by=request.actor, at=request.at,
            why_not=lambda party: guards.why_not_sign(novation, party, by=request.actor, at=request.at, fresh=False),
        ) if awaits else None,
    }  # fmt: skip


@page
def novation(request, public_id, contract_id):
    """Its document as accessible HTML, from the same template and the same frozen payload, with its signatures."""
    found = _novation(request, public_id, contract_id)
    row = found.document
    return render(request, "contracts/novation.html", _context(request, found) | {
        "body": legal_templates.html_pages(row.kind, row.template_version, row.payload),
        "sees_transfer": access.visible_transfers(request.actor, request.day).filter(pk=found.transfer_id).exists(),
        "events": timelines.of(audit.history(found), "department"),
    })  # fmt: skip


@page
def progress(request, public_id, contract_id):
    """Asked for again while the worker works; when that is done, all of the page is read anew."""
    context = _context(request, _novation(request, public_id, contract_id))
    return render(request, "contracts/_novation_progress.html", context) if context["working"] else HttpResponseClientRefresh()


@page
def download(request, public_id, contract_id):
    """The newest bytes; everyone downloads the same. Before there are any, the page says how far it is."""
    found = _novation(request, public_id, contract_id)
    head = store.head(found.document)
    if head is None:
        return redirect("contracts:novation", public_id, contract_id)
    return downloads.document(head, f"{found.contract.number}-novation")


@page
def sign(request, public_id, contract_id):
    """Who cannot sign now is told so before they sign in again; then the fresh sign-in, then the document."""
    found = _novation(request, public_id, contract_id)
    party = guards.signing_of(found).asked(request.actor, request.at).party
    shut = list(guards.why_not_sign(found, party, by=request.actor, at=request.at, fresh=False))
    if shut:
        raise NotYours(shut)
    return _sign_freshly(request, found)


@reauthentication_required
def _sign_freshly(request, found: Novation):
    request.actor = actor_of(request)
    party = store.next_party(found.document)
    form = forms.SignForm(request.POST or None)
    errors = list(guards.why_not_sign(found, party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        intent, errors = attempt(request, novating.sign, found, party, shown_sha256=request.POST.get("shown_sha256", ""))
        if intent:
            messages.success(request, _("Your signature is being put on the document."))
            return redirect("contracts:novation", found.transfer.public_id, found.contract.public_id)
    return render(request, "contracts/sign_novation.html", {
        "novation": found, "contract": found.contract, "transfer": found.transfer, "form": form, "errors": errors,
        "head": store.head(found.document), "organisation": guards.signing_of(found).box(party).organisation,
        "acting": signing.deputised(guards.signing_of(found), party, request.actor, request.at),
        "pages": DocumentRevision.objects.get(document=found.document, number=0).pages,
    })  # fmt: skip


@page
def refuse(request, public_id, contract_id):
    """A signatory refuses: the contract stays where it is."""
    found = _novation(request, public_id, contract_id)
    box = guards.signing_of(found).box_of(request.actor, request.at)
    party = box.party if box else store.next_party(found.document) or "supplier"
    errors = list(guards.why_not_refuse(found, party, by=request.actor, at=request.at))
    if box is None:
        raise NotYours(errors)
    form = transfer_forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, novating.refuse_to_sign, found, party, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("You refused; the contract stays where it is."))
            return redirect("contracts:novation", public_id, contract_id)
    return render(request, "contracts/refuse_novation.html", {
        "novation": found, "contract": found.contract, "transfer": found.transfer, "form": form, "errors": errors,
    })  # fmt: skip
