"""A signatory reads the document and signs it, or refuses."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts import access, formation, forms, guards
from contracts.models import Contract, Party
from documents import store
from documents.models import DocumentRevision
from procurement import access as procurement_access
from procurement import display, figures
from procurement.middleware import actor_of
from procurement.views.common import attempt, page


@page
def sign(request, public_id):
    """A stranger is told nothing, not even to sign in again, and who cannot sign now is told so before they do; then
    the fresh sign-in, then the document."""
    found = access.get_contract(request.actor, public_id, request.day)
    party = guards.signing_of(found).asked(request.actor, request.at).party
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
