"""What a contract saves and how much carbon: by month and by line, as a page and as files."""

from itertools import groupby

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO, first_of_month
from contracts import access, cutover, ending_queries, savings
from contracts.models import Party
from procurement import quoting
from procurement.views.common import page
from procurement.views.listing import FILES, as_file


@page
def of_contract(request, public_id):
    """For the department and the authority: a supplier reads neither the baseline nor what is saved against it."""
    found = access.get_contract(request.actor, public_id, request.day)
    if access.viewpoint(request.actor, found, request.day) == Party.SUPPLIER:
        raise Http404
    expected = cutover.expected(found, request.day)
    baseline = quoting.baseline_of(found.framework_id, found.department_id)
    per_user = baseline.gbp_per_user_year if baseline else None
    wanted, by = request.GET.get("format"), request.GET.get("by")
    if wanted in FILES:
        return (_lines_file if by == "line" else _months_file)(wanted, found, expected.terms, baseline)
    months = savings.by_month(expected.terms, per_user)
    over = [month for month in months if month.month < first_of_month(request.day)]
    widest = max((abs(month.saving) for month in months if month.saving), default=ZERO)
    return render(request, "contracts/savings.html", ending_queries.shown(found, request.day) | {
        "contract": found, "baseline": baseline, "expected": expected.days, "notice": expected.notice, "lines": _by_line(expected.terms),
        "sums": [(_("So far, in whole months"), _sum(over)), (_("Whole life, by the terms as they stand"), _sum(months))] if months else [],
        "years": [(year, [(month, _width(month, widest)) for month in rows]) for year, rows in _years(months)],
    })  # fmt: skip


def _years(months: list[savings.Month]):
    return [(year, list(rows)) for year, rows in groupby(months, key=lambda month: month.financial_year)]


def _width(month: savings.Month, widest) -> str:
    """Of its bar, in percent of the largest saving."""
    return f"{100 * abs(month.saving) / widest:.1f}" if month.saving and widest else "0"


def _sum(months: list[savings.Month]) -> dict:
    saving = [month.saving for month in months if month.saving is not None]
    return {
        "months": len(months), "saving": sum(saving, ZERO) if saving or not months else None,
        "charges": sum((month.charges for month in months), ZERO), "kg_saved": sum((month.kg_saved for month in months), ZERO),
    }  # fmt: skip


def _by_line(standing) -> list[dict]:
    """Each line over the whole life."""
    found: dict[int, dict] = {}
    for row in savings.by_line(standing):
        known = found.setdefault(row.line.number, {"charges": ZERO, "fallen": ZERO, "kg_saved": None if row.kg is None else ZERO})
        known["line"], known["charges"], known["fallen"] = row.line, known["charges"] + row.charges, known["fallen"] + row.fallen
        if row.kg_saved is not None:
            known["kg_saved"] += row.kg_saved
    return [found[number] for number in sorted(found)]


def _signed(baseline) -> str:
    return _("yes") if baseline and baseline.is_signed_off else _("no")


def _months_file(kind, contract, standing, baseline):
    per_user = baseline.gbp_per_user_year if baseline else None
    heading = [_("Month"), _("Seats"), _("Baseline, GBP"), _("Charges, GBP"), _("Saving, GBP"), _("Baseline signed off"),
               _("kgCO2e before"), _("kgCO2e"), _("kgCO2e saved")]  # fmt: skip
    rows = [
        [m.month, m.seats, m.baseline, m.charges, m.saving, _signed(baseline), m.kg_before, m.kg, m.kg_saved]
        for m in savings.by_month(standing, per_user)
    ]
    return as_file(kind, _("Savings"), f"{contract.number}-savings", heading, rows)


def _lines_file(kind, contract, standing, _baseline):
    heading = [_("Month"), _("Line"), _("Service"), _("Name"), _("Site"), _("Charges, GBP"), _("Lower prices since the contract, GBP"),
               _("kgCO2e before"), _("kgCO2e"), _("kgCO2e saved")]  # fmt: skip
    rows = [
        [r.month, r.line.number, r.line.line.service.code, r.line.line.service.name, r.line.line.site, r.charges, r.fallen,
         r.kg_before, r.kg, r.kg_saved]
        for r in savings.by_line(standing)
    ]  # fmt: skip
    return as_file(kind, _("Savings by line"), f"{contract.number}-savings-by-line", heading, rows)
