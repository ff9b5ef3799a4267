"""What every page of a signed-in person does first, and how a refusal becomes words on a page."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from catalogue.fields import Upload
from documents import clock, storage
from documents.clock import london_day
from documents.idempotency import idempotent
from documents.refusal import Refused
from procurement import access, standing
from procurement.access import NotYours
from procurement.papers import StoredFile


def page(view: Callable) -> Callable:
    """Signed in; ``request.at`` is the business moment and ``request.day`` its day; a colleague without the right
    gets the reasons. A POST that changes something is done once by its key."""
    return reading_page(idempotent(view))


def reading_page(view: Callable) -> Callable:
    """The same for a page that changes nothing, whatever its method: its POST holds no key, so what is shown while
    the person types never meets the key of the form they then send."""

    @wraps(view)
    @_keeping_what_was_typed
    @login_required
    def inner(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.at = clock.business_now()
        request.day = london_day(request.at)
        try:
            return view(request, *args, **kwargs)
        except NotYours as refused:
            about = "/".join(request.path.split("/")[:3]) + "/" if "public_id" in kwargs else ""  # the order or contract
            return render(request, "403.html", {"reasons": refused.reasons, "about": about}, status=403)

    return inner


def _keeping_what_was_typed(view: Callable) -> Callable:
    """A form sent after its session has ended is shown back, not dropped on the way to the sign-in page."""

    @wraps(view)
    def inner(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            return not_saved(request)
        return view(request, *args, **kwargs)

    return inner


NOT_TYPED = {"csrfmiddlewaretoken", "idempotency_key", "edits", "shown", "shown_hash", "shown_sha256"}


def not_saved(request: HttpRequest) -> HttpResponse:
    """Nothing was saved because the session that the form was shown in is over: what was typed, to copy back, but only
    to a form of our own pages (words of somebody else's page are not repeated) and never a password."""
    origin = request.headers.get("Origin", "")
    ours = origin == f"{request.scheme}://{request.get_host()}"
    typed = [
        (name.replace("_", " "), value)
        for name, values in (request.POST.lists() if ours else ())
        for value in values
        if value.strip() and name not in NOT_TYPED and "password" not in name and not name.endswith("_FORMS")
        and not name.endswith("-was")
    ]  # fmt: skip
    context = {"typed": typed, "files": list(request.FILES) if ours else [], "ours": ours}
    return render(request, "not_saved.html", context, status=403)


def not_joined(request: HttpRequest) -> Exception:
    """Why a department's people find no prices and cannot order yet, in words; 404 for everybody else."""
    own = access.sight_of(request.actor, request.day).organisations
    joining = access.visible_accessions(request.actor, request.day).filter(department_id__in=own).first()
    if joining is None:
        return Http404()
    return NotYours(standing.why_no_member(joining.framework, joining.department))


def what_was_shown(request: HttpRequest, now: str) -> str:
    """The hash of what the person has read: as their form says it, which keeps it when it is shown again, else as the page
    says that led here, else what stands ``now``. What comes between reading and deciding is never decided on."""
    return request.POST.get("shown_hash") or request.GET.get("shown") or now


def attempt(request: HttpRequest, action: Callable, *args, **kwargs):
    """Do an action; returns (result, ()) or (None, reasons) when it was refused."""
    try:
        return action(*args, by=request.actor, at=request.at, **kwargs), ()
    except NotYours:
        raise
    except Refused as refused:
        return None, refused.reasons


def stored(upload: Upload) -> StoredFile:
    """Its bytes are put into the store, which waits for the disk: before the action, whose locks others wait for. Of what the
    action then refuses, bytes stay that no row names."""
    return StoredFile(upload.filename, upload.content_type, storage.put(upload.data), len(upload.data))
