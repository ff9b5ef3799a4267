"""The public page where anybody holding a document checks it. A reference alone reveals nothing."""

from allauth.core import ratelimit
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from documents import checking, downloads, keys
from documents.kinds import MAX_BYTES
from documents.models import Check


def check(request):
    """Upload a file; the verdict has an address of its own."""
    error = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            error = _("Choose the PDF file you hold.")
        elif file.size > MAX_BYTES:
            error = _("The file is larger than 20 MB; no document of this register is.")
        elif file.size == 0:
            error = _("The file is empty.")
        elif not ratelimit.consume(request, action="check_document"):
            error = _("You have asked for many checks in a short time. Try again in a minute.")
        else:
            name = "".join(c for c in file.name if c.isprintable())
            try:
                return redirect("documents:verdict", checking.ask(file.read(), name).public_id)
            except checking.TooMany:
                error = _("Many documents are being checked just now. Try again in a few minutes.")
    return render(request, "documents/check.html", {"error": error})


def verdict(request, public_id):
    """The verdict in words; while the worker looks, the page asks again."""
    found = get_object_or_404(Check, public_id=public_id)
    template = "documents/_verdict.html" if getattr(request, "htmx", False) else "documents/verdict.html"
    return render(
        request, template, {"check": found, "verdict": found.verdict, "failed": checking.failed(found)}
    )  # fmt: skip


def root_certificate(request):
    """The register's root certificate, for programs of other makers."""
    return downloads.respond(keys.certificate_bytes("root"), "flex-root.crt", content_type="application/pkix-cert")


def revocation_list(request, name):
    """Which certificates are revoked: the address stands in every certificate."""
    try:
        return HttpResponse(keys.revocation_list(name), content_type="application/pkix-crl")
    except keys.KeyMissing as missing:
        raise Http404 from missing
