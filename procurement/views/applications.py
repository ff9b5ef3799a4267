"""The application to join, filled in by the department: what for and where, who acts for it, and the evidence."""

from dataclasses import asdict
from datetime import date

from django.http import Http404
from django.shortcuts import redirect, render

from documents import downloads
from procurement import access, accession_display, joining, membership
from procurement import accession_forms as forms
from procurement import accession_guards as guards
from procurement.views.common import attempt, page, stored
from procurement.views.drafts import edits_of, formset_errors


def _editable(request, public_id):
    found = access.get_accession(request.actor, public_id, request.day, "department")
    shut = list(guards.why_not_edit(found, by=request.actor, at=request.at))
    if shut:
        raise access.NotYours(shut)
    return found, joining.current(found)


def _edits(application):
    return application.edits if application and application.submitted_at is None else 0


def _saved(request, found, values):
    return attempt(request, joining.save_application, found, values, edits=edits_of(request))


def _section(request, found, application, template, errors, **more):
    context = {"accession": found, "edits": _edits(application), "errors": errors} | more
    return render(request, f"procurement/joining/{template}.html", context)


@page
def application(request, public_id):
    """What for, and at which sites."""
    found, application = _editable(request, public_id)
    form = forms.StatementForm(request.POST or None, initial={"statement": application.statement if application else ""})
    rows = application.sites if application else [{"name": s.name, "seats": s.seats} for s in found.department.sites.all()]
    formset = forms.SiteFormSet(request.POST or None, initial=rows, prefix="site")
    errors = ()
    if request.method == "POST" and form.is_valid() and formset.is_valid():
        sites = [
            {"name": f["name"], "address": f["address"], "seats": f["seats"]} for f in formset.cleaned_data if f.get("name")
        ]
        done, errors = _saved(request, found, {"statement": form.cleaned_data["statement"], "sites": sites})
        if done:
            return redirect("procurement:" + ("application" if "more" in request.POST else "accession"), public_id)
    return _section(request, found, application, "application", errors, form=form, formset=formset,
                    formset_errors=formset_errors(formset) if formset.is_bound else [])  # fmt: skip


@page
def people(request, public_id):
    """Who acts for the department, in which post, up to what value and by which letter."""
    found, application = _editable(request, public_id)
    formset = forms.PersonFormSet(
        request.POST or None, initial=_people_so_far(found, application, request.day), prefix="person",
        form_kwargs={"lots": list(found.framework.lots.all()), "letters": accession_display.letters_to_choose_from(application)},
    )  # fmt: skip
    errors = ()
    if request.method == "POST" and formset.is_valid():
        named = [membership.Named(**f) for f in formset.cleaned_data if f.get("email")]
        done, errors = _saved(request, found, {"people": named})
        if done:
            return redirect("procurement:" + ("application_people" if "more" in request.POST else "accession"), public_id)
    return _section(request, found, application, "people", errors, formset=formset,
                    formset_errors=formset_errors(formset) if formset.is_bound else [])  # fmt: skip


def _people_so_far(found, application, on):
    if not application or not application.people:
        return accession_display.known_people(found.department, on)
    return [row | {"ends_on": date.fromisoformat(row["ends_on"]) if row.get("ends_on") else None} for row in application.people]


@page
def evidence(request, public_id):
    """Files: who may sign, and the letters that give the limits."""
    found, application = _editable(request, public_id)
    files = list(application.files) if application else []
    removing = request.POST.get("what") == "remove"
    form = forms.EvidenceForm(None if removing else request.POST or None, None if removing else request.FILES or None)
    errors, done = (), None
    if removing:
        gone = request.POST.get("sha256"), request.POST.get("kind")
        kept = [file for file in files if (file["sha256"], file["kind"]) != gone]
        done, errors = _saved(request, found, {"files": kept})
    elif request.method == "POST" and form.is_valid():
        added = {"kind": form.cleaned_data["kind"]} | asdict(stored(form.cleaned_data["file"]))
        same = added["sha256"], added["kind"]  # one letter may prove both who may sign and up to what value
        others = [file for file in files if (file["sha256"], file["kind"]) != same]
        done, errors = _saved(request, found, {"files": [*others, added]})
    if done:
        return redirect("procurement:application_evidence", public_id)
    return _section(request, found, application, "evidence", errors, form=form, files=accession_display.files(files))


@page
def evidence_file(request, public_id, sha256):
    """A file of any application that the reader may see, as a download, never shown in the page."""
    found = access.get_accession(request.actor, public_id, request.day)
    seen = access.visible_applications(request.actor, found, request.day)
    file = next((f for application in seen for f in application.files if f["sha256"] == sha256), None)
    if file is None:
        raise Http404
    return downloads.stored(sha256, file["filename"])
