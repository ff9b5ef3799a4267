"""What many contracts save together and how much carbon: of all departments, and of one; by month, financial year, framework,
department and contract, as pages and as files."""

from collections.abc import Callable, Iterable
from datetime import date

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from catalogue.pricing import ZERO, financial_year, first_of_month
from catalogue.text import LONGEST_SEARCH
from contracts import access, ending_queries, queries, savings_kept, savings_sums
from contracts.models import DepartmentSavings
from contracts.savings_sums import Part, Total
from procurement.access import sight_of
from procurement.views.common import page
from procurement.views.listing import COUNT, FILES, GBP, STATE, Column, Listing, as_file, choice, numbered


@page
def overview(request):
    """Of every department that the person may read of; who reads of one alone is sent on to it."""
    if not access.reads_savings(request.actor, request.day):
        raise Http404
    seen = sight_of(request.actor, request.day)
    if not seen.frameworks and len(seen.buyers) == 1:
        own = Organisation.objects.get(pk__in=seen.buyers)
        return redirect("contracts:department_savings", own.code)
    return _sums(request, access.visible_savings(request.actor, request.day), None)


@page
def of_department(request, code):
    """Of one department: its own people's, and the authority's."""
    return _sums(request, access.visible_savings(request.actor, request.day), access.get_saving_department(request.actor, code, request.day))


@page
def contracts_of_department(request, code):
    """Its contracts, each with what it saves."""
    department = access.get_saving_department(request.actor, code, request.day)
    before = first_of_month(request.day)
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    state = choice(request, "state", _("State"), ending_queries.choices())
    kept = access.visible_contract_savings(request.actor, request.day).filter(department=department)
    rows = queries.visible_list(request.actor, request.day, text=text, standing=state.chosen).filter(savings__in=kept)
    heads = savings_sums.heads_of(access.visible_savings(request.actor, request.day), department)
    listing = Listing(
        request, savings_sums.with_savings(rows, heads, before),
        columns=[
            numbered("number", _("Contract"), lambda c: f"{c.number} {c.title}"),
            Column("state", _("State"), lambda c: ending_queries.words(ending_queries.standing(c, request.day)), ("state",), STATE),
            Column("saving", _("Saving so far"), lambda c: c.saving, (), GBP),
            Column("whole_saving", _("Saving, whole life"), lambda c: c.whole_saving, (), GBP),
            Column("kg", _("kgCO2e saved so far"), lambda c: c.kg_saved, (), COUNT),
            Column("whole_kg", _("kgCO2e saved, whole life"), lambda c: c.whole_kg_saved, (), COUNT),
        ],
        url=lambda c: reverse("contracts:savings", args=[c.public_id]),
        title=_("Savings by contract"), filename=f"{department.code}-savings-by-contract", text=text,
        search_label=_("Number, purchase order, site or service"), choices=[state], ties=("-formed_at", "-id"),
    )  # fmt: skip
    return listing.respond(
        "contracts/savings_by_contract.html", department=department,
        unsigned=any(head.baseline and not head.baseline.is_signed_off for head in heads),
    )  # fmt: skip


def _sums(request, visible: QuerySet[DepartmentSavings], department: Organisation | None):
    before = first_of_month(request.day)
    heads = visible.filter(department=department) if department else visible
    wanted, by = request.GET.get("format"), request.GET.get("by")
    if wanted in FILES:
        return _file(wanted, by, heads, before, department.code if department else "all")
    months = savings_sums.by_month(heads)
    years = savings_sums.by_year(months)
    year = _chosen(request.GET.get("year"), [name for name, _total in years], request.day)
    rows = {
        "departments": _rows(savings_sums.by_department(heads, before), _department_page) if not department else [],
        "frameworks": _rows(savings_sums.by_framework(heads, before), lambda _part: ""),
        "years": _of_time([(name, total, f"?year={name}#months") for name, total in years]),
        "months": _of_time([(format_month(month, "F Y"), total, "") for month, total in months if financial_year(month) == year]),
    }  # fmt: skip
    own = sight_of(request.actor, request.day).buyers
    return render(request, "contracts/savings_in_sum.html", rows | {
        "department": department, "year": year, "so_far": savings_sums.together(total for month, total in months if month < before),
        "whole": savings_sums.together(total for _month, total in months),
        "baselines": savings_sums.heads_of(heads, department) if department else [],
        "everybody": savings_sums.of_everybody(heads, before) if department and department.pk in own else [],
        "changing": _is_changing(request, heads, department),
    })  # fmt: skip


def _is_changing(request, heads: QuerySet[DepartmentSavings], department: Organisation | None) -> bool:
    """Whether something has changed that the clock has not added up yet."""
    kept = access.visible_contract_savings(request.actor, request.day).filter(is_due=True)
    if department:
        kept = kept.filter(department=department)
    return kept.exists() or savings_kept.departments_due().filter(pk__in=heads.values("pk")).exists()


def _chosen(wanted: str | None, years: list[str], on: date) -> str:
    """The year that is shown by month: the one asked for, else this one, else the first."""
    return next((year for year in (wanted, financial_year(on), *years) if year in years), "")


def _department_page(part: Part) -> str:
    return reverse("contracts:department_savings", args=[part.code])


def _rows(parts: Iterable[Part], url: Callable[[Part], str]) -> list[dict]:
    return _with_bars([{"name": part.name, "url": url(part), "contracts": part.contracts, "so_far": part.so_far, "total": part.whole} for part in parts])


def _of_time(rows: Iterable[tuple[str, Total, str]]) -> list[dict]:
    return _with_bars([{"name": name, "url": url, "total": total} for name, total, url in rows])


def _with_bars(rows: list[dict]) -> list[dict]:
    """``width``: of its bar, in per cent of the largest saving."""
    widest = max((abs(row["total"].saving or ZERO) for row in rows), default=ZERO)
    return [row | {"width": f"{100 * abs(row['total'].saving or ZERO) / widest:.1f}" if widest else "0"} for row in rows]


AMOUNTS: list[tuple[Callable[[], str], Callable[[Total], object]]] = [
    (lambda: _("Charges, GBP"), lambda t: t.charges),
    (lambda: _("Baseline, GBP"), lambda t: t.baseline),
    (lambda: _("Charges compared with it, GBP"), lambda t: t.compared),
    (lambda: _("Saving, GBP"), lambda t: t.saving),
    (lambda: _("Saving not signed off by a finance director, GBP"), lambda t: t.unsigned),
    (lambda: _("Lower prices since the contracts, GBP"), lambda t: t.fallen),
    (lambda: _("kgCO2e before"), lambda t: t.kg_before),
    (lambda: _("kgCO2e"), lambda t: t.kg),
    (lambda: _("kgCO2e saved"), lambda t: t.kg_saved),
    (lambda: _("Charges of services not assessed for carbon, GBP"), lambda t: t.unassessed),
]


def _file(kind: str, by: str | None, heads: QuerySet[DepartmentSavings], before: date, whose: str):
    """A row a month, a financial year, or a department or framework: these so far and over the whole life."""
    words = [label() for label, _amount in AMOUNTS]
    if by in ("department", "framework"):
        parts = (savings_sums.by_department if by == "department" else savings_sums.by_framework)(heads, before)
        heading = [_("Code"), _("Department") if by == "department" else _("Framework"), _("Contracts"), _("Until"), *words]
        rows = [
            [part.code, part.name, part.contracts, until, *_amounts(total)]
            for part in parts for until, total in ((before, part.so_far), (_("whole life"), part.whole))
        ]  # fmt: skip
    else:
        months = savings_sums.by_month(heads)
        by = "year" if by == "year" else "month"
        rows = [[name, *_amounts(total)] for name, total in (savings_sums.by_year(months) if by == "year" else months)]
        heading = [_("Financial year") if by == "year" else _("Month"), *words]
    return as_file(kind, _("Savings"), f"{whose}-savings-by-{by}", heading, rows)


def _amounts(total: Total) -> list:
    return [amount(total) for _label, amount in AMOUNTS]
