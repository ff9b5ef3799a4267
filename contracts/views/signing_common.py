"""What the signing pages of a contract and of a variation have in common: who cannot sign now is told so before they sign in again;
then the fresh sign-in, then the exact document and its sha256, which the form carries."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts import access, forms
from contracts.models import Contract, Variation
from documents import store
from documents.models import DocumentRevision
from procurement import signing
from procurement.access import NotYours
from procurement.middleware import actor_of
from procurement.views.common import attempt


@dataclass(frozen=True)
class Signed:
    """A signing page: of what, by which guards and action, in which template with which words; ``back`` is the thing's own page."""

    guards: ModuleType
    thing: Contract | Variation
    contract: Contract
    action: Callable
    template: str
    back: str
    words: Callable[[], dict]


def respond(request, what: Signed):
    party = what.guards.signing_of(what.thing).asked(request.actor, request.at).party
    shut = list(what.guards.why_not_sign(what.thing, party, by=request.actor, at=request.at, fresh=False))
    if shut:
        raise NotYours(shut)
    return _freshly(request, what)


@reauthentication_required
def _freshly(request, what: Signed):
    request.actor = actor_of(request)
    document = what.thing.document
    party = store.next_party(document)
    form = forms.SignForm(request.POST or None)
    errors = list(what.guards.why_not_sign(what.thing, party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        intent, errors = attempt(request, what.action, what.thing, party, shown_sha256=request.POST.get("shown_sha256", ""))
        if intent:
            messages.success(request, _("Your signature is being put on the document."))
            return redirect(what.back)
    return render(request, what.template, what.words() | {
        "contract": what.contract, "back": what.back, "form": form, "errors": errors, "head": store.head(document),
        "acting": signing.deputised(what.guards.signing_of(what.thing), party, request.actor, request.at),
        "organisation": access.organisation_of(what.contract, party), "pages": DocumentRevision.objects.get(document=document, number=0).pages,
    })  # fmt: skip
