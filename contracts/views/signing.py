"""A signatory reads the document and signs it, or refuses."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import access, formation, forms, guards
from contracts.models import Contract, Party
from contracts.views import signing_common
from contracts.views.signing_common import Signed
from documents import store
from procurement import access as procurement_access
from procurement import display, figures
from procurement.views.common import attempt, page


@page
def sign(request, public_id):
    """A stranger is told nothing, not even to sign in again."""
    found = access.get_contract(request.actor, public_id, request.day)
    return signing_common.respond(request, Signed(
        guards, found, found, formation.sign, "contracts/sign.html", reverse("contracts:contract", args=[public_id]), lambda: _words(found)
    ))  # fmt: skip


def _words(contract: Contract) -> dict:
    of = [contract.public_id]
    return {
        "what": contract.number, "back_words": contract.number, "titled": contract.title, "value": contract.original_value_gbp,
        "option": figures.option_words(display.content_of(contract.revision)),
        "file": reverse("contracts:download", args=of), "reading": reverse("contracts:document", args=of),
    }  # fmt: skip


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
