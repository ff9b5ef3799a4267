"""Sites and lines of a draft as a sheet: download, check with every error at once, look at what changes, take over."""

from django.contrib import messages
from django.core import signing
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue import queries as catalogue_queries
from catalogue.sheets import to_csv, to_xlsx
from documents import downloads
from documents.refusal import Reason
from procurement import order_sheets, quoting, sheet_display, sheet_reading
from procurement.order_forms import SheetForm
from procurement.views.common import attempt, page
from procurement.views.drafts import draft_of, edits_of, to_tasks

MOST_SHOWN = 100


def _salt(call_off):
    return f"order-sheet:{call_off.public_id}"


@page
def sheet(request, public_id):
    """Choose the files; then what they would change; then take that over."""
    call_off = draft_of(request, public_id)
    taking = "checked" in request.POST
    form = SheetForm(*(() if taking or request.method != "POST" else (request.POST, request.FILES)))
    errors, shown = (), None
    if taking:
        try:
            found = order_sheets.Sheet.of(signing.loads(request.POST["checked"], salt=_salt(call_off)))
        except signing.BadSignature:
            errors = [Reason(_("What was checked did not come back as it was shown."), _("Choose the sheet again."))]
        else:
            done, errors = attempt(request, order_sheets.take_over, call_off, found, edits=edits_of(request))
            if done:
                messages.success(request, _("The sheet stands in the draft."))
                return to_tasks(call_off)
    elif request.method == "POST" and form.is_valid():
        found, faults = _read(call_off, request.day, form.cleaned_data)
        errors = [Reason(words) for words in faults[:MOST_SHOWN]]
        if len(faults) > MOST_SHOWN:
            left = len(faults) - MOST_SHOWN
            errors.append(Reason(ngettext("And %(n)s more.", "And %(n)s more.", left) % {"n": f"{left:,}"}))
        if found is not None:
            shown = _preview(call_off, request.day, found)
    context = {"call_off": call_off, "revision": call_off.revision, "form": form, "errors": errors, "shown": shown}
    return render(request, "procurement/sheet.html", context)


def _read(call_off, on, files):
    release = catalogue_queries.live_release(call_off.framework, on)
    services = catalogue_queries.price_list(release).services if release else {}
    return sheet_reading.read(call_off.revision, services, sites=files.get("sites"), lines=files.get("lines"))


def _preview(call_off, on, found):
    """What changes, the totals before and after, the rules not met after, and the token that is sent back."""
    would_be = sheet_display.preview(call_off.revision, found)
    before = quoting.quote(call_off.revision, on)
    after = quoting.quote(would_be.revision, on, would_be.lines, would_be.sites)
    return {
        "changes": would_be.changes, "before": before, "after": after, "lines": len(would_be.lines),
        "checked": signing.dumps(found.plain(), salt=_salt(call_off), compress=True),
    }  # fmt: skip


KINDS = {
    "lines": (order_sheets.LINES, lambda revision, _on: sheet_display.rows_of_lines(revision)),
    "sites": (order_sheets.SITES, sheet_display.rows_of_sites),
}


@page
def download(request, public_id, kind):
    """The draft's own lines or sites as a sheet to change and send back; CSV, or XLSX with ``?as=xlsx``."""
    call_off = draft_of(request, public_id)
    if kind not in KINDS:
        raise Http404
    heading, rows_of = KINDS[kind]
    rows = rows_of(call_off.revision, request.day)
    as_xlsx = request.GET.get("as") == "xlsx"
    content = to_xlsx(kind, heading, rows) if as_xlsx else to_csv(heading, rows)
    name = f"{call_off.reference or 'draft'}-{kind}.{'xlsx' if as_xlsx else 'csv'}"
    return downloads.respond(content, name, content_type=downloads.XLSX if as_xlsx else downloads.CSV)
