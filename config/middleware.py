"""What every page has in common."""

from django.conf import settings
from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _

METHODS = ("GET", "HEAD", "POST")


class FormMiddleware:
    """Refuses what no form here sends, before a byte of it is read (the check of the form's token would read it all):
    another method than a browser's, which a page would take for reading; a body larger than any takes, by its announced
    length; and another encoding than the pages' own. Some encodings that Python knows take minutes to read, or bring in
    what is no text."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isascii() or not announced.isdigit() or int(announced[:20]) > settings.LARGEST_BODY:
            words = _("No form here takes a file of more than %(size)s MB. Go back in your browser to the form.") % {
                "size": settings.LARGEST_FILE // 2**20
            }
            return render(request, "413.html", {"words": words}, status=413)
        if request.content_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            words = _("It is not written in UTF-8, as every form here is.")
            return render(request, "400.html", {"words": words}, status=400)
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Nothing shown to a signed-in person may be kept by a cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        return response
