"""The service levels of a contract: its months, each month with what was measured, calculated and decided, and the acts on it."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import ServiceLevelMeasure
from catalogue.pricing import ZERO
from contracts import (
    access,
    crediting,
    ending_queries,
    forms,
    invoice_guards,
    level_guards,
    level_sheets,
    levels,
    measuring,
    terms,
)
from contracts.credits import standing as where_it_stands
from contracts.models import (
    CalculatedLevel,
    Contract,
    CreditAct,
    CreditCalculation,
    CreditState,
    Measurement,
    Party,
    ServiceCredit,
    ServiceReport,
)
from documents import audit, downloads
from documents.refusal import Reason
from procurement import timelines
from procurement.access import NotYours
from procurement.views.common import attempt, page, stored
from procurement.views.listing import FILES, as_file

Standing = CalculatedLevel.Standing
COLOURS = {
    Standing.MET: "green", Standing.BELOW_TARGET: "yellow", Standing.BELOW_MINIMUM: "orange", Standing.BELOW_CRITICAL: "red",
    Standing.RELIEVED: "grey",
}  # fmt: skip
CREDIT_COLOURS = {"agreed": "green", "applied": "green", "disputed": "orange", "waived": "grey", "void": "grey"}


def _calculations(contract: Contract) -> dict[date, CreditCalculation]:
    """The newest of each month, with its levels."""
    rows = contract.calculations.prefetch_related(Prefetch("levels", CalculatedLevel.objects.order_by("id")))
    return {row.month: row for row in rows}  # in the order of their numbers: the last stays


def _calculation(contract: Contract, month: date) -> CreditCalculation | None:
    """The newest of the month; its levels with what was measured, and their plans."""
    of_each = CalculatedLevel.objects.select_related("measurement__measure")
    return contract.calculations.filter(month=month).prefetch_related(Prefetch("levels", of_each)).order_by("number").last()


def _waived(contract: Contract) -> Decimal:
    acts = CreditAct.objects.filter(credit__contract=contract, kind=CreditAct.Kind.WAIVED)
    return sum(acts.values_list("amount_gbp", flat=True), ZERO)


@page
def service_levels(request, public_id):
    """The complete months, the newest first: how many measures stood where, what they give, and what is waived in all."""
    found = access.get_contract(request.actor, public_id, request.day)
    calculations = _calculations(found)
    reported = set(found.reports.values_list("month", flat=True))
    standing = terms.put_together(terms.read(found))
    months = sorted({*levels.months(found, standing, request.day), *reported}, reverse=True)
    rows = [_month_row(month, calculations.get(month), month in reported) for month in months]
    if request.GET.get("format") in FILES:
        heading = [_("Month"), _("State"), *(str(label) for label in Standing.labels), _("Credits, GBP"), _("Cut by the cap, GBP")]
        cells = [[row["month"], str(row["state"]), *(n for _v, _l, _c, n in row["counts"]), row["credit"], row["cut"]] for row in rows]
        return as_file(request.GET["format"], _("Service levels"), f"{found.number}-service-levels", heading, cells)
    return render(request, "contracts/service_levels.html", ending_queries.shown(found, request.day) | {
        "contract": found, "rows": rows, "waived": _waived(found),
    })  # fmt: skip


def _month_row(month: date, calculation: CreditCalculation | None, is_reported: bool) -> dict:
    of_month = list(calculation.levels.all()) if calculation else []
    state = _("calculated") if calculation else _("reported") if is_reported else _("not reported")
    return {
        "month": month, "key": f"{month:%Y-%m}", "state": state, "calculated": calculation is not None,
        "counts": [
            (value, label, COLOURS[value], sum(level.standing == value for level in of_month))
            for value, label in Standing.choices
        ],
        "credit": sum((level.payable_gbp for level in of_month), ZERO),
        "cut": sum((level.cut_gbp for level in of_month), ZERO),
    }  # fmt: skip


def month_of(text: str) -> date:
    if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise Http404
    return date(int(text[:4]), int(text[5:]), 1)


@dataclass(frozen=True)
class _Line:
    """A measure on the page of a month."""

    measure: ServiceLevelMeasure
    actual: str
    relief: str
    level: CalculatedLevel | None
    credit: ServiceCredit | None

    @property
    def colour(self) -> str:
        return COLOURS[Standing(self.level.standing)]


@page
def level_month(request, public_id, month):
    """Each measure of the month: levels, actual, where it stood, the credit and how it is computed; and the acts."""
    found = access.get_contract(request.actor, public_id, request.day)
    first = month_of(month)
    reports = list(found.reports.filter(month=first).prefetch_related("measurements__measure").order_by("-number"))
    calculation = _calculation(found, first)
    if not reports and not levels.read(found, first).measures:
        raise Http404
    lines = _lines(found, first, reports[0] if reports else None, calculation)
    if request.GET.get("format") in FILES:
        return _file(request.GET["format"], found, first, lines)
    credits = _credit_rows(request, found, first)
    context = {
        "contract": found, "month": first, "key": month, "reports": reports, "calculation": calculation, "lines": lines,
        "acts": _month_acts(request, found, first, reports), "waived": _waived(found), "credits": credits,
        "events": _events(request, found, reports, [row["credit"] for row in credits]),
        "total": sum((line.level.payable_gbp for line in lines if line.level), ZERO),
        "cut": sum((line.level.cut_gbp for line in lines if line.level), ZERO),
        "plans": _plans(request, found, calculation),
    }  # fmt: skip
    return render(request, "contracts/level_month.html", context)


def _events(request, contract: Contract, reports: list[ServiceReport], credits: list[ServiceCredit]) -> list[dict]:
    """What was done about the month: its reports and its credits, each by its name."""
    for one in reports:
        one.contract = contract
    names = {one.audit_id: _("Report %(number)s") % {"number": one.number} for one in reports} | {one.audit_id: one.label for one in credits}
    return timelines.of(audit.history(*reports, *credits), access.viewpoint(request.actor, contract, request.day), names)


def _lines(contract: Contract, month: date, report: ServiceReport | None, calculation: CreditCalculation | None) -> list[_Line]:
    """Of the calculation where there is one, else of the newest report; what the credits were calculated from is shown with
    them, also when a newer report waits."""
    credits = {one.measure_id: one for one in contract.credits.filter(month=month).order_by("number")}
    if calculation:
        return [
            _Line(level.measurement.measure, level.measurement.actual, level.measurement.relief, level,
                  credits.get(level.measurement.measure_id))
            for level in calculation.levels.all()
        ]  # fmt: skip
    return [_Line(row.measure, row.actual, "", None, None) for row in (report.measurements.all() if report else ())]


def _file(kind: str, contract: Contract, month: date, lines: list[_Line]) -> HttpResponse:
    heading = [_("Month"), _("Measure"), _("What is measured"), _("Target"), _("Minimum"), _("Critical"), _("Actual"), _("Standing"),
               _("Points missed"), _("Charges it applies to, GBP"), _("Credit, GBP"), _("Cut by the cap, GBP"), _("State of the credit")]  # fmt: skip
    cells = [
        [month, line.measure.measure_code, line.measure.measure, line.measure.target, line.measure.minimum, line.measure.critical,
         line.actual, *(
             (str(line.level.get_standing_display()), line.level.points, line.level.base_gbp, line.level.credit_gbp, line.level.cut_gbp)
             if line.level else ("", "", "", "", "")), str(line.credit.get_state_display()) if line.credit else ""]
        for line in lines
    ]  # fmt: skip
    return as_file(kind, _("Service levels"), f"{contract.number}-service-levels-{month:%Y-%m}", heading, cells)


def _month_acts(request, contract: Contract, month: date, reports: list[ServiceReport]) -> list[dict]:
    """What the reader's side can do with the measurements, each with why it is shut, if it is."""
    view, words = access.viewpoint(request.actor, contract, request.day), {"by": request.actor, "at": request.at}
    found = []
    if view == Party.SUPPLIER:
        found.append((_("Report what was measured"), "report_levels", level_guards.why_not_report(contract, month, **words)))
    if view == Party.DEPARTMENT:
        if reports:
            reports[0].contract = contract
            found.append((_("Confirm the report"), "confirm_levels", level_guards.why_not_confirm(reports[0], **words)))
        found.append((_("Correct what was measured"), "correct_levels", level_guards.why_not_correct(contract, month, **words)))
    return [
        {"label": label, "reasons": list(reasons),
         "url": reverse(f"contracts:{name}", args=[contract.public_id, f"{month:%Y-%m}"])}
        for label, name, reasons in found
    ]  # fmt: skip


def _plans(request, contract: Contract, calculation: CreditCalculation | None) -> list[dict]:
    """The measures for which a rectification plan is due, with what has been submitted."""
    below = [one for one in (calculation.levels.all() if calculation else ()) if one.plan_due_on]
    if not below:
        return []
    view, submitted = access.viewpoint(request.actor, contract, request.day), level_guards.plans_of(contract, calculation.month)
    found = []
    for one in below:
        plans = [plan for plan in submitted if plan.level.measurement.measure_id == one.measurement.measure_id]
        undecided = bool(plans) and not hasattr(plans[-1], "decision")
        found.append({
            "level": one, "plans": plans, "can": view == Party.SUPPLIER, "overdue": not plans and one.plan_due_on < request.day,
            "shut": list(level_guards.why_not_decide_plan(plans[-1], contract, by=request.actor, at=request.at))
            if undecided and view == Party.DEPARTMENT else None,
        })  # fmt: skip
    return found


# ---- the acts on what was measured


def _open(request, reasons) -> None:
    """Who cannot act is told why before they type."""
    found = list(reasons)
    if found:
        raise NotYours(found)


def _done(contract: Contract, month: date):
    return redirect("contracts:level_month", contract.public_id, f"{month:%Y-%m}")


@page
def report(request, public_id, month):
    """By a sheet or on the page: nothing of a sheet with a fault is taken over, and every fault is said."""
    found, first = access.get_contract(request.actor, public_id, request.day), month_of(month)
    _open(request, level_guards.why_not_report(found, first, by=request.actor, at=request.at))
    of_month, errors = levels.read(found, first), ()
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = forms.ReportForm(*sent, measures=of_month.measures)
    if request.method == "POST" and form.is_valid():
        measured, passed_over, faults = form.measured(), [], []
        if form.cleaned_data["sheet"]:
            known = set(ServiceLevelMeasure.objects.filter(release__in={m.release_id for m in of_month.measures}).values_list("measure_code", flat=True))
            measured, passed_over, faults = level_sheets.read(form.cleaned_data["sheet"].data, first, of_month.measures, known)
        errors = [Reason(words) for words in faults]
        if not faults:
            done, errors = attempt(request, measuring.report, found, first, measured, note=form.cleaned_data["note"])
            if done:
                messages.success(request, _("Reported. The department confirms it or corrects it."))
                if passed_over:
                    messages.info(request, _("Of no service of this contract, and passed over: %(codes)s.") % {"codes": ", ".join(passed_over)})
                return _done(found, first)
    return render(request, "contracts/level_report.html", {
        "contract": found, "month": first, "key": month, "form": form, "errors": errors, "is_correction": False,
    })  # fmt: skip


@page
def confirm(request, public_id, month):
    """The newest report is shown, and the form repeats its hash."""
    found, first = access.get_contract(request.actor, public_id, request.day), month_of(month)
    newest = found.reports.filter(month=first).prefetch_related("measurements__measure").order_by("number").last()
    if newest is None:
        raise Http404
    newest.contract = found
    _open(request, level_guards.why_not_confirm(newest, by=request.actor, at=request.at))
    errors = ()
    if request.method == "POST":
        done, errors = attempt(request, measuring.confirm, newest, shown_hash=request.POST.get("shown_hash", ""))
        if done:
            messages.success(request, _("Confirmed. The credits are calculated."))
            return _done(found, first)
    return render(request, "contracts/level_confirm.html", {
        "contract": found, "month": first, "key": month, "report": newest, "errors": errors, "rows": _where_they_stand(newest),
    })  # fmt: skip


def _where_they_stand(report: ServiceReport) -> list[tuple[Measurement, str, str]]:
    """Each measurement with where it stands before anything is calculated, in a word and its colour."""
    found = []
    for row in report.measurements.all():
        one = row.measure
        where = Standing(where_it_stands(one.unit, one.target, one.minimum, one.critical, row.actual))
        found.append((row, where.label, COLOURS[where]))
    return found


@page
def correct(request, public_id, month):
    """The department's own figures, with those of the newest report filled in."""
    found, first = access.get_contract(request.actor, public_id, request.day), month_of(month)
    _open(request, level_guards.why_not_correct(found, first, by=request.actor, at=request.at))
    newest = found.reports.filter(month=first).prefetch_related("measurements__measure").order_by("number").last()
    initial = {}
    for row in newest.measurements.all() if newest else ():
        initial |= {f"actual_{row.measure.measure_code}": row.actual, f"relief_{row.measure.measure_code}": row.relief}
    form, errors = forms.CorrectForm(request.POST or None, measures=levels.read(found, first).measures, initial=initial), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, measuring.correct, found, first, form.measured(), reason=form.cleaned_data["note"])
        if done:
            messages.success(request, _("Corrected. The credits are calculated anew."))
            return _done(found, first)
    return render(request, "contracts/level_report.html", {
        "contract": found, "month": first, "key": month, "form": form, "errors": errors, "is_correction": True,
    })  # fmt: skip


@page
def plan(request, public_id, month, code):
    """The rectification plan of a measure that was below its minimum."""
    found, first = access.get_contract(request.actor, public_id, request.day), month_of(month)
    calculation = _calculation(found, first)
    of_month = calculation.levels.all() if calculation else ()
    level = next((one for one in of_month if one.measurement.measure.measure_code == code and one.plan_due_on), None)
    if level is None:
        raise Http404
    _open(request, level_guards.why_not_plan(found, by=request.actor, at=request.at))
    form, errors = forms.RectificationForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, crediting.submit_plan, level, words=form.cleaned_data["words"])
        if done:
            messages.success(request, _("The rectification plan is submitted. The department has been told."))
            return _done(found, first)
    return render(request, "contracts/level_plan.html", {
        "contract": found, "month": first, "key": month, "level": level, "form": form, "errors": errors,
    })  # fmt: skip


# ---- the acts on a credit


@dataclass(frozen=True)
class _Act:
    """``states``: of the credit, in which the side is offered it."""

    label: str
    says: str
    done: str
    why_not: object
    action: object
    form: type
    sides: tuple[str, ...]
    states: tuple[str, ...]


def _credit_acts() -> dict[str, _Act]:
    guards, of_department, of_supplier = level_guards, (Party.DEPARTMENT,), (Party.SUPPLIER,)
    c = CreditState
    return {
        "notify": _Act(_("Notify the supplier"), _("The supplier is told what is taken off, and agrees or disputes it."),
                       _("The supplier has been told of the credit."),
                       guards.why_not_notify, crediting.notify, forms.CreditForm, of_department, (c.CALCULATED,)),
        "agree": _Act(_("Agree"), _("The credit is then taken off an invoice."), _("You agreed to the credit. It is taken off an invoice next."),
                      guards.why_not_agree, crediting.agree, forms.CreditForm, of_supplier, (c.NOTIFIED,)),
        "dispute": _Act(_("Dispute"), _("Say what is wrong with it, and show it by a file."),
                        _("The credit is disputed. The department’s contract manager decides on it."),
                        guards.why_not_dispute, crediting.dispute, forms.DisputeForm, of_supplier + of_department, (c.NOTIFIED,)),
        "uphold": _Act(_("Uphold the credit"), _("The dispute is decided: the credit was right, and is taken off an invoice."),
                       _("The credit is upheld. It is taken off an invoice next."),
                       guards.why_not_decide, crediting.uphold, forms.ReasonForm, of_department, (c.DISPUTED,)),
        "drop": _Act(_("Drop the credit"), _("The dispute is decided: there is no such credit."),
                     _("The credit is dropped. The supplier has been told."),
                     guards.why_not_decide, crediting.drop, forms.ReasonForm, of_department, (c.DISPUTED,)),
        "waive": _Act(_("Waive"), _("The credit is right and is not taken. What is waived is published with its total."),
                      _("The credit is waived. It counts in the published total."),
                      guards.why_not_waive, crediting.waive, forms.ReasonForm, (Party.DEPARTMENT, Party.AUTHORITY),
                      (c.CALCULATED, c.NOTIFIED, c.DISPUTED, c.AGREED)),
        "apply": _Act(_("Apply to an invoice"), _("The invoice of that reference is less by the credit. One that is not recorded yet can be named too: the credit comes "
                                                "off once it is recorded under that very reference."),
                       _("The credit is applied to that invoice."),
                      guards.why_not_apply, crediting.apply, forms.ApplyForm, of_department, (c.AGREED,)),
    }  # fmt: skip


def _credit_rows(request, contract: Contract, month: date) -> list[dict]:
    view = access.viewpoint(request.actor, contract, request.day)
    rows = contract.credits.filter(month=month).select_related("measure", "level").prefetch_related("acts").order_by("number")
    found = []
    for credit in rows:
        credit.contract = contract
        acts = [
            {"label": act.label, "reasons": list(act.why_not(credit, by=request.actor, at=request.at)),
             "url": reverse("contracts:credit_act", args=[contract.public_id, credit.number, name])}
            for name, act in _credit_acts().items() if view in act.sides and credit.state in act.states
        ]  # fmt: skip
        found.append({"credit": credit, "acts": acts, "colour": CREDIT_COLOURS.get(credit.state, "blue")})
    return found


@page
def credit_act(request, public_id, number, name):
    found = access.get_contract(request.actor, public_id, request.day)
    act = _credit_acts().get(name)
    credit = found.credits.filter(number=number).select_related("measure", "level__calculation").first()
    if act is None or credit is None:
        raise Http404
    credit.contract = found
    _open(request, act.why_not(credit, by=request.actor, at=request.at))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form, errors = act.form(*sent), ()
    if request.method == "POST" and form.is_valid():
        words, upload = dict(form.cleaned_data), form.cleaned_data.get("file")
        if upload:
            words["file"] = stored(upload)
        done, errors = attempt(request, act.action, credit, shown=request.POST.get("shown", ""), **words)
        if done:
            messages.success(request, act.done)
            if name == "apply" and not invoice_guards.bears(found, words["invoice"]):
                messages.info(request, _("No invoice %(reference)s is recorded yet: the credit comes off once it is, under that very reference.")
                              % {"reference": words["invoice"]})  # fmt: skip
            return _done(found, credit.month)
    return render(request, "contracts/credit_act.html", {
        "contract": found, "credit": credit, "key": f"{credit.month:%Y-%m}", "act": act, "form": form, "errors": errors,
        "shown": crediting.shown_of(credit),
        "invoices": invoice_guards.still_to_be_approved(found) if name == "apply" else (),
    })  # fmt: skip


@page
def credit_evidence(request, public_id, number, evidence_id):
    """The file of a dispute, as a download, never shown in the page."""
    found = access.get_contract(request.actor, public_id, request.day)
    row = CreditAct.objects.filter(credit__contract=found, credit__number=number, pk=evidence_id).exclude(sha256="").first()
    if row is None:
        raise Http404
    return downloads.stored(row.sha256, row.filename)
