"""The access agreement: read, download, sign, and follow while the worker is at it."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from documents import downloads, legal_templates, store
from documents.models import DocumentRevision
from procurement import access, accession_display, accession_forms, agreements, signing
from procurement.middleware import actor_of
from procurement.views.common import attempt, page


def _issued(request, public_id):
    found = access.get_accession(request.actor, public_id, request.day)
    if found.document is None:
        raise Http404
    return found


@page
def progress(request, public_id):
    found = _issued(request, public_id)
    context = {"accession": found} | accession_display.agreement(found, by=request.actor, at=request.at)
    if not context["working"]:
        return HttpResponseClientRefresh()
    return render(request, "procurement/joining/_agreement.html", context)


@page
def read(request, public_id):
    """The agreement's pages as accessible HTML, from the same template and the same frozen payload."""
    found = _issued(request, public_id)
    row = found.document
    body = legal_templates.html_pages(row.kind, row.template_version, row.payload)
    return render(request, "procurement/joining/agreement.html", {"accession": found, "body": body})


@page
def download(request, public_id):
    found = _issued(request, public_id)
    return downloads.document(store.head(found.document), found.number)


@page
def sign(request, public_id):
    """A stranger is told nothing, and who cannot sign now is told so before they sign in again."""
    found = _issued(request, public_id)
    party = agreements.signing_of(found).asked(request.actor, request.at).party
    shut = list(agreements.why_not_sign(found, party, by=request.actor, at=request.at, fresh=False))
    if shut:
        raise access.NotYours(shut)
    return _sign_freshly(request, found)


@reauthentication_required
def _sign_freshly(request, found):
    """The exact document and its sha256 are shown, and the form carries the hash."""
    request.actor = actor_of(request)
    party = store.next_party(found.document)
    form = accession_forms.SignForm(request.POST or None)
    errors = list(agreements.why_not_sign(found, party, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        intent, errors = attempt(request, agreements.sign, found, party, shown_sha256=request.POST.get("shown_sha256", ""))
        if intent:
            messages.success(request, _("Your signature is being put on the agreement."))
            return redirect("procurement:accession", found.public_id)
    context = {
        "accession": found, "form": form, "errors": errors, "head": store.head(found.document),
        "organisation": agreements.signing_of(found).box(party).organisation,
        "acting": signing.deputised(agreements.signing_of(found), party, request.actor, request.at),
        "pages": DocumentRevision.objects.get(document=found.document, number=0).pages,
    }  # fmt: skip
    return render(request, "procurement/joining/sign.html", context)
