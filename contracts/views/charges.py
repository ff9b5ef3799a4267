"""The calendar of what will be invoiced under a contract, as a page and as files."""

from itertools import groupby

from django.shortcuts import render
from django.utils.translation import gettext as _

from catalogue import queries as catalogue
from catalogue.pricing import ZERO
from contracts import access, cutover, ending_queries, terms
from contracts.charges import BREAK_COST, PHASES, Month, by_line_and_month, by_month
from contracts.models import Contract
from procurement.models import Phase
from procurement.views.common import page
from procurement.views.listing import FILES, as_file


@page
def charges(request, public_id):
    """Month by month for the whole term; by line in the files. What is expected and not yet so is said, and named in the file."""
    found = access.get_contract(request.actor, public_id, request.day)
    expected = cutover.expected(found, request.day)
    standing = expected.terms
    if request.GET.get("format") in FILES and standing:
        return _file(request.GET["format"], found, standing, expected=expected.is_forecast)
    months = by_month(terms.ledger(standing), catalogue.vat_rates(request.day))
    used = [phase for phase in PHASES if any(month.phases[phase] for month in months)]
    years = [
        _sum(year, list(group), used) for year, group in groupby(months, key=lambda month: month.financial_year)
    ]
    context = ending_queries.shown(found, request.day) | {
        "contract": found, "phases": [_label(phase) for phase in used], "years": years,
        "whole_life": _sum(_("Whole life"), months, used), "expected": expected.days, "notice": expected.notice,
    }  # fmt: skip
    return render(request, "contracts/charges.html", context)


def _label(phase: str) -> str:
    return _("break cost") if phase == BREAK_COST else str(Phase(phase).label)


def _sum(name: str, months: list[Month], phases: list[str]) -> dict:
    """The months of a year with what they come to; ``phases`` are the columns."""
    return {
        "name": name,
        "months": [(month, [(_label(phase), month.phases[phase]) for phase in phases]) for month in months],
        "phases": [(_label(phase), sum((month.phases[phase] for month in months), ZERO)) for phase in phases],
        "net": sum((month.net for month in months), ZERO), "vat": sum((month.vat for month in months), ZERO),
        "gross": sum((month.gross for month in months), ZERO),
    }  # fmt: skip


def _file(kind: str, contract: Contract, standing: list[terms.Terms], *, expected: bool):
    """A row a line and month: what an invoice can be compared with."""
    lines = {line.number: line.line for one in standing for line in one.lines}
    heading = [_("Month"), _("Line"), _("Phase"), _("Service"), _("Name"), _("Site"), _("Net, GBP")]
    found = by_line_and_month(terms.ledger(standing))
    rows = [
        [month, number, _label(lines[number].phase), lines[number].service.code, lines[number].service.name, lines[number].site, amount]
        if number in lines else [month, number, _label(BREAK_COST), "", _("Break cost"), "", amount]
        for (number, month), amount in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))
    ]  # fmt: skip
    return as_file(kind, _("Charges"), f"{contract.number}-charges{'-expected' if expected else ''}", heading, rows)
