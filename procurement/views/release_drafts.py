"""A draft release in pages, and by uploaded sheets: whatever is changed, the whole is read before any of it is saved."""

from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.contents import BANDS, CATALOGUE, LEVELS
from catalogue.models import ReleaseState
from catalogue.rows import Fault
from catalogue.text import LONGEST_SEARCH, search_words
from documents.refusal import Reason
from procurement import access, release_edits, release_forms, releasing
from procurement import release_guards as guards
from procurement.views.common import attempt, page
from procurement.views.drafts import edits_of

MOST_SHOWN = 1_000  # faults of an upload on one page


def _draft(request, public_id):
    """A release that the person may write in; a colleague who may not reads why."""
    found = access.get_release(request.actor, public_id, request.day)
    if "drafter" not in access.release_sides(request.actor, found, request.day):
        raise Http404
    shut = list(guards.why_not_edit(found, by=request.actor, at=request.at))
    if shut:
        raise access.NotYours(shut)
    return found


def _say(form, faults: list[Fault], sheet: str, row: int) -> list[Reason]:
    """Faults of the row that the form is about go on its fields; the others are left as reasons."""
    others = []
    for fault in faults:
        on_row = row and fault.row == row and fault.file == sheet and fault.column in form.fields
        if on_row:
            form.add_error(fault.column, _("“%(value)s” %(words)s.") % {"value": fault.value or "", "words": fault.words})
        else:
            others.append(Reason(str(fault)))
    return others


def _say_of_bands(form, faults: list[Fault], rows: list[int]) -> list[Reason]:
    """Faults of the table that the form is about go on its bands, each with its place among them."""
    others = []
    for fault in faults:
        if fault.file == BANDS and fault.row in rows:
            form.add_error("bands", _("Band %(n)s: “%(value)s” %(words)s.") % {
                "n": rows.index(fault.row) + 1, "value": fault.value or "", "words": fault.words})  # fmt: skip
        else:
            others.append(Reason(str(fault)))
    return others


def _save(request, release, form, sheets, what, *, sheet=CATALOGUE, row=0):
    """Read the whole with the change in it; save it, or say what is wrong. Returns (saved, reasons)."""
    content, faults = releasing.read(release, sheets)
    if content is None and sheet == BANDS:
        rows = [number for number, each in enumerate(sheets[BANDS], start=2) if each["price_bands"] == form.cleaned_data["code"]]
        return None, _say_of_bands(form, faults, rows)
    if content is None:
        return None, _say(form, faults, sheet, row)
    return attempt(request, releasing.save, release, content, edits=edits_of(request), what=what)


def _change(request, release, form, errors, **context):
    context |= {"release": release, "form": form, "errors": errors, "edits": release.draft.edits}
    return render(request, "procurement/releases/change.html", context)


@page
def services(request, public_id):
    """Everything the release offers, by words in code, name or category; in a draft each can be changed."""
    found = access.get_release(request.actor, public_id, request.day)
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    words = search_words(text)
    rows = [
        service
        for service in releasing.content_of(found).services
        if all(word in f"{service.code} {service.name} {service.category}".lower() for word in words)
    ]
    context = {
        "release": found, "q": text, "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "may_edit": not list(guards.why_not_edit(found, by=request.actor, at=request.at)),
    }  # fmt: skip
    return render(request, "procurement/releases/services.html", context)


@page
def service(request, public_id, code=""):
    """One service of a draft; without a code a new one."""
    found = _draft(request, public_id)
    sheets = found.draft.sheets
    row = next((row for row in sheets[CATALOGUE] if row["code"] == code), None)
    if code and row is None:
        raise Http404
    lots = found.framework.lots.values_list("number", "title")
    form = release_forms.ServiceForm(request.POST or None, initial=row, lots=lots, sheets=sheets)
    errors = ()
    if request.method == "POST" and "remove" in request.POST and code:
        form = release_forms.ServiceForm(None, initial=row, lots=lots, sheets=sheets)
        done, errors = _save(request, found, form, release_edits.put_service(sheets, code, None), f"{code} removed")
        if done:
            return redirect("procurement:release_services", public_id)
    elif request.method == "POST" and form.is_valid():
        changed = release_edits.put_service(sheets, code, form.row())
        place = release_edits.place_of(changed, CATALOGUE, "code", form.cleaned_data["code"])
        done, errors = _save(request, found, form, changed, form.cleaned_data["code"], row=place)
        if done:
            return redirect("procurement:release_services", public_id)
    return _change(request, found, form, errors, title=code or _("Add a service"), removes=bool(code),
                   back="procurement:release_services")  # fmt: skip


@page
def bands(request, public_id, code=""):
    """One band table of a draft; without a code a new one."""
    found = _draft(request, public_id)
    sheets = found.draft.sheets
    rows = [row for row in sheets[BANDS] if row["price_bands"] == code]
    if code and not rows:
        raise Http404
    initial = {
        "code": code, "scope": rows[0]["scope"], "method": rows[0]["method"],
        "bands": "\n".join(f"{row['from_quantity']} {row['discount_percent']}" for row in rows),
    } if rows else None  # fmt: skip
    form = release_forms.BandsForm(request.POST or None, initial=initial)
    errors = ()
    removing = request.method == "POST" and "remove" in request.POST and bool(code)
    if removing:
        form = release_forms.BandsForm(None, initial=initial)
        done, errors = _save(request, found, form, release_edits.put_bands(sheets, code, []), f"{code} removed")
    elif request.method == "POST" and form.is_valid():
        changed = release_edits.put_bands(sheets, code, form.rows())
        done, errors = _save(request, found, form, changed, form.cleaned_data["code"], sheet=BANDS)
    else:
        done = None
    if done:
        return redirect("procurement:release", public_id)
    return _change(request, found, form, errors, title=code or _("Add price bands"), removes=bool(code),
                   back="procurement:release")  # fmt: skip


@page
def measure(request, public_id, code=""):
    """One measure of a service level of a draft; without a code a new one."""
    found = _draft(request, public_id)
    sheets = found.draft.sheets
    row = next((row for row in sheets[LEVELS] if row["measure_code"] == code), None)
    if code and row is None:
        raise Http404
    form = release_forms.MeasureForm(request.POST or None, initial=row)
    errors, done = (), None
    if request.method == "POST" and "remove" in request.POST and code:
        form = release_forms.MeasureForm(None, initial=row)
        done, errors = _save(request, found, form, release_edits.put_measure(sheets, code, None), f"{code} removed")
    elif request.method == "POST" and form.is_valid():
        changed, named = release_edits.put_measure(sheets, code, form.row()), form.cleaned_data["measure_code"]
        place = release_edits.place_of(changed, LEVELS, "measure_code", named)
        done, errors = _save(request, found, form, changed, named, sheet=LEVELS, row=place)
    if done:
        return redirect("procurement:release", public_id)
    return _change(request, found, form, errors, title=code or _("Add a measure of a service level"), removes=bool(code),
                   back="procurement:release")  # fmt: skip


@page
def rule(request, public_id, number=None):
    """One rule of a draft by its place; without one a new rule."""
    found = _draft(request, public_id)
    sheets = found.draft.sheets
    rules = sheets[releasing.RULES]
    if number is not None and not 1 <= number <= len(rules):
        raise Http404
    index = number - 1 if number else None
    initial = release_forms.rule_initial(rules[index]) if number else None
    form = release_forms.RuleForm(request.POST or None, initial=initial)
    errors, done = (), None
    if request.method == "POST" and "remove" in request.POST and number:
        form = release_forms.RuleForm(None, initial=initial)
        done, errors = _save(request, found, form, release_edits.put_rule(sheets, index, None), _("a rule removed"))
    elif request.method == "POST" and form.is_valid():
        changed = release_edits.put_rule(sheets, index, form.rule())
        done, errors = _save(request, found, form, changed, form.cleaned_data["text"])
    if done:
        return redirect("procurement:release", public_id)
    return _change(request, found, form, errors, title=_("Rule %(n)s") % {"n": number} if number else _("Add a rule"),
                   removes=bool(number), back="procurement:release")  # fmt: skip


def _rows_in(content, sheets: list[str]) -> Iterator[str]:
    """Each of the sheets with how much it now holds: "catalogue (32 services)"."""
    bands = sum(len(table.bands) for table in content.bands)
    n = {CATALOGUE: len(content.services), BANDS: bands, LEVELS: len(content.measures)}
    words = {
        CATALOGUE: ngettext("%(n)s service", "%(n)s services", n[CATALOGUE]), BANDS: ngettext("%(n)s band", "%(n)s bands", n[BANDS]),
        LEVELS: ngettext("%(n)s measure", "%(n)s measures", n[LEVELS]),
    }  # fmt: skip
    for sheet in sheets:
        yield f"{sheet} ({words[sheet] % {'n': f'{n[sheet]:,}'}})"


@page
def upload(request, public_id):
    """Sheets in place of the draft's own: all of them, or nothing and every fault by sheet, row, column and value."""
    found = _draft(request, public_id)
    form = release_forms.UploadForm(request.POST or None, request.FILES or None)
    errors, faults = (), []
    if request.method == "POST" and form.is_valid():
        files = {name: file for name, file in form.cleaned_data.items() if file}
        content, faults, read = release_edits.read_uploads(found, files)
        if content is not None:
            what = _("uploaded: %(sheets)s") % {"sheets": ", ".join(read)}
            done, errors = attempt(request, releasing.save, found, content, edits=edits_of(request), what=what)
            if done:
                messages.success(request, _("Read without a fault: %(sheets)s.") % {"sheets": ", ".join(_rows_in(content, read))})
                return redirect("procurement:release", public_id)
    if faults:
        errors = [Reason(ngettext("Nothing was changed: the sheets have %(n)s fault. It is listed below.",
                                  "Nothing was changed: the sheets have %(n)s faults. They are listed below.", len(faults))
                         % {"n": f"{len(faults):,}"})]  # fmt: skip
    context = {
        "release": found, "form": form, "errors": errors, "edits": found.draft.edits, "faults": faults[:MOST_SHOWN],
        "more": max(0, len(faults) - MOST_SHOWN), "editable": found.state == ReleaseState.DRAFT,
    }  # fmt: skip
    return render(request, "procurement/releases/upload.html", context)
