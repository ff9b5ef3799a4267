"""What every page of a signed-in person does first, and how a refusal becomes words on a page."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from documents import clock
from documents.clock import london_day
from documents.idempotency import idempotent
from documents.refusal import Refused
from procurement.access import NotYours


def page(view: Callable) -> Callable:
    """Signed in; ``request.at`` is the business moment and ``request.day`` its day; a colleague without the right
    gets the reasons. A POST that changes something is done once by its key."""
    return reading_page(idempotent(view))


def reading_page(view: Callable) -> Callable:
    """The same for a page that changes nothing, whatever its method: its POST holds no key, so what is shown while
    the person types never meets the key of the form they then send."""

    @wraps(view)
    @login_required
    def inner(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.at = clock.business_now()
        request.day = london_day(request.at)
        try:
            return view(request, *args, **kwargs)
        except NotYours as refused:
            return render(request, "403.html", {"reasons": refused.reasons}, status=403)

    return inner


def attempt(request: HttpRequest, action: Callable, *args, **kwargs):
    """Do an action; returns (result, ()) or (None, reasons) when it was refused."""
    try:
        return action(*args, by=request.actor, at=request.at, **kwargs), ()
    except NotYours:
        raise
    except Refused as refused:
        return None, refused.reasons
