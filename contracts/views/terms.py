"""The terms of a contract as of any day, and the notices that change them."""

from collections.abc import Mapping

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import access, cutover, ending_queries, terms, transfer_queries
from contracts.forms import DayForm
from contracts.models import Contract, ContractVersion
from contracts.views import sealed
from procurement import passings
from procurement.models import Phase
from procurement.views.common import page
from procurement.views.listing import FILES, as_file


@page
def in_force(request, public_id):
    """Line by line what holds on a day, each with the document it comes from; today where no day is named, or the first
    day of a contract that has not begun."""
    found = access.get_contract(request.actor, public_id, request.day)
    asked, usual = {"on", "on_day"} & request.GET.keys(), max(request.day, found.starts_on)
    form = DayForm(request.GET if asked else None, initial={"on": usual})
    on = (form.cleaned_data["on"] if form.is_bound and form.is_valid() else None) or usual
    expected = cutover.expected(found, request.day)
    standing = expected.terms
    last_day = terms.last_day(standing, default=found.ends_on)
    now = terms.as_of(standing, on) if on <= last_day else None
    if request.GET.get("format") in FILES and now and not form.errors:  # no file of another day than the one that was asked for
        return _file(request.GET["format"], found, now, on)
    variations = dict(found.variations.exclude(document=None).values_list("document_id", "number"))
    context = ending_queries.shown(found, request.day) | {
        "contract": found, "department": passings.department_on(found, on), "passed": transfer_queries.passed(found), "expected": expected.days, "notice": expected.notice, "form": form, "on": on, "now": now, "last_day": last_day,
        "versions": [
            {"version": one.version, "url": address_of(found, one.version, variations), "holds": now is not None and one.effective_from <= on}
            for one in standing if one.version.pk  # what is expected has no document
        ],
        "lines": [
            {"line": line, "phase": Phase(line.line.phase).label, "url": address_of(found, line.version, variations),
             "ended": line.ends_on is not None and line.ends_on < on, "begins": line.starts_on > on}
            for line in (now.lines if now else ())
        ],
        "monthly": sum(
            (line.monthly for line in (now.lines if now else ())
             if line.monthly and line.starts_on <= on and (line.ends_on is None or line.ends_on >= on)), ZERO
        ),
    }  # fmt: skip
    return render(request, "contracts/terms_in_force.html", context)


def address_of(contract: Contract, version: ContractVersion, variations: Mapping[int, int]) -> str:
    """Where the document of the version is read; of what is expected the plan, which says why. ``variations``: the number
    of each variation by its document."""
    name, part = "plan", []
    if version.pk is not None:
        match ContractVersion.Kind(version.kind):
            case ContractVersion.Kind.CONTRACT:
                name = "document"
            case ContractVersion.Kind.RERATING:
                name, part = "notice", [version.number]
            case ContractVersion.Kind.MILESTONE:
                name, part = "certificate", [version.caused_by]
            case ContractVersion.Kind.VARIATION:
                name, part = "variation_document", [variations[version.document_id]]
            case ContractVersion.Kind.CHANGE_REQUEST:
                name, part = "change_request", [int(version.caused_by.rpartition("-")[2])]
            case ContractVersion.Kind.TERMINATION | ContractVersion.Kind.RUNNING_ON:
                name = "ending"
            case kind:
                raise ValueError(f"a document of the kind {kind} has no page")
    return reverse(f"contracts:{name}", args=[contract.public_id, *part])


def _file(kind: str, contract: Contract, now: terms.Terms, on):
    heading = [_("Line"), _("Phase"), _("Service"), _("Name"), _("Site"), _("Quantity"), _("Unit price, GBP"),
               _("A month, GBP"), _("From"), _("To"), _("By document")]  # fmt: skip
    rows = [
        [line.number, str(Phase(line.line.phase).label), line.line.service.code, line.line.service.name, line.line.site,
         line.quantity, line.unit_price, line.monthly, line.starts_on, line.ends_on, line.version.caused_by or _("expected")]
        for line in now.lines
    ]  # fmt: skip
    return as_file(kind, _("Terms"), f"{contract.number}-terms-{on.isoformat()}", heading, rows)


def _notice(request, public_id, number) -> tuple[Contract, ContractVersion]:
    found = access.get_contract(request.actor, public_id, request.day)
    version = found.versions.filter(number=number, kind=ContractVersion.Kind.RERATING).select_related("document").first()
    if version is None:
        raise Http404
    return found, version


@page
def notice(request, public_id, number):
    """A notice as a page, from the same template and the same frozen payload as its file."""
    found, version = _notice(request, public_id, number)
    holds = _("The notice is being made and sealed; its file stands here in a moment. The prices it announces hold from its day either way.")
    context = {"contract": found, "version": version, "holds": holds}
    return sealed.respond(request, version.document, "contracts/notice.html", context)


@page
def notice_pdf(request, public_id, number):
    """The sealed file, once it is complete."""
    _found, version = _notice(request, public_id, number)
    return sealed.file(version.document)
