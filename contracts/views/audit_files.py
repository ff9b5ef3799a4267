"""The auditor's file of a contract: asked for, watched while it is made, downloaded."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from contracts import access, audit_making
from documents import audit, downloads, jobs, storage
from procurement import timelines
from procurement.views.common import attempt, page


@page
def audit_file(request, public_id):
    """What is kept for the reader's side, and whether it says all that is recorded; while the worker makes it, the page asks again."""
    found = access.get_contract(request.actor, public_id, request.day)
    side, errors = access.viewpoint(request.actor, found, request.day), ()
    if request.method == "POST":
        done, errors = attempt(request, audit_making.ask, found)
        if done:
            messages.success(request, _("The file is being made.") if done.made_at is None else _("Nothing was recorded since it was made: this is the file."))
            return redirect("contracts:audit_file", found.public_id)
    file = audit_making.newest(found, side)
    if file is not None:
        file.contract = found
    making = file is not None and file.made_at is None
    context = {
        "contract": found, "file": file, "making": making, "job": jobs.progress(audit_making.subject_of(file)) if making else None,
        "current": file is not None and audit_making.is_current(file), "errors": errors, "days": audit_making.KEPT.days,
        "shut": list(audit_making.why_not_ask(found, by=request.actor, at=request.at)),
    }  # fmt: skip
    if request.htmx:
        return render(request, "contracts/_audit_file.html", context) if making else HttpResponseClientRefresh()
    made = list(found.audit_files.filter(side=side))
    context["events"] = timelines.of(audit.history(*made), side)
    return render(request, "contracts/audit_file.html", context)


@page
def audit_file_zip(request, public_id):
    """The newest that was made for the reader's side and is still kept."""
    found = access.get_contract(request.actor, public_id, request.day)
    side = access.viewpoint(request.actor, found, request.day)
    file = audit_making.kept(found, side).last()
    if file is None or not storage.has_made(file.public_id):  # it is made again on its page
        raise Http404
    response = downloads.stream(storage.open_made(file.public_id, file.sha256), f"{found.number}-audit.zip", content_type=downloads.ZIP)
    response["X-Document-Sha256"] = file.sha256
    return response
