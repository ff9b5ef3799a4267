"""Returns of management information and the levy on them, for the supplier and the authority; and, for everybody, the total of the
service credits waived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from catalogue.pricing import ZERO, first_of_month, last_day
from contracts import access, levy_money, money_forms, money_queries, return_guards, returning
from contracts.models import DeclaredLine, LevyNote, ManagementReturn, ReturnLine, ReturnState
from documents import audit
from documents.clock import business_today, london_day
from procurement import passings, timelines
from procurement.access import NotYours, sight_of
from procurement.views.common import attempt, page
from procurement.views.listing import FILES, as_file

MOST = 120  # returns on the page: ten years of one supplier; the file has all


@dataclass(frozen=True)
class _Row:
    """A return as it is shown on a day."""

    found: ManagementReturn
    on: date
    given: Mapping[int, Decimal] = field(default_factory=dict)  # by note, what is set off against it
    overpaid: Mapping[int, Decimal] = field(default_factory=dict)  # by note, what is owed to the supplier

    @property
    def is_open(self) -> bool:
        return self.found.state == ReturnState.OPEN

    @property
    def overdue(self) -> bool:
        return self.is_open and self.found.due_on < self.on

    @property
    def charges(self) -> Decimal:
        """What is declared, else what the ledger says."""
        if self.is_open:
            return sum((line.charges_gbp for line in self.found.lines.all()), ZERO)
        return sum((line.declared.declared_gbp for line in self.found.lines.all()), ZERO)

    @property
    def note(self) -> LevyNote | None:
        return getattr(self.found, "note", None)

    @property
    def is_credit(self) -> bool:
        return self.note is not None and self.note.kind == LevyNote.Kind.CREDIT

    @property
    def asked(self) -> Decimal:
        """Below zero where it gives back."""
        if self.note is None:
            return ZERO
        return -self.note.amount_gbp if self.is_credit else self.note.amount_gbp

    @property
    def paid(self) -> Decimal:
        return return_guards.paid(self.note) if self.note else ZERO

    @property
    def set_off(self) -> Decimal:
        return self.given.get(self.note.pk, ZERO) if self.note else ZERO

    @property
    def left(self) -> Decimal:
        return return_guards.left(self.note, self.given) if self.note else ZERO

    @property
    def over(self) -> Decimal:
        return self.overpaid.get(self.note.pk, ZERO) if self.note else ZERO

    @property
    def was_late(self) -> bool:
        """Declared after its day."""
        return not self.is_open and self.found.corrects_id is None and london_day(self.found.state_since) > self.found.due_on

    @property
    def levy_overdue(self) -> bool:
        return bool(self.left) and self.note.due_on < self.on


def _rows(request):
    found = access.visible_returns(request.actor, request.day).select_related("note", "framework__authority", "supplier")
    return found.prefetch_related("note__payments", "lines__declared").order_by("-month", "supplier__name", "-number")


def _row(request, found: ManagementReturn) -> _Row:
    notes = list(return_guards.notes_of_month(found))
    return _Row(_rows(request).get(pk=found.pk), request.day, return_guards.set_offs(notes), return_guards.over(notes))


@page
def returns(request):
    """The newest month first; a department has none."""
    if not access.may_have_returns(request.actor, request.day):
        raise Http404
    if request.GET.get("format") in FILES:
        heading = [_("Month"), _("Correction"), _("Framework"), _("Supplier"), _("State"), _("Due"), _("Charges, GBP"), _("Levy asked, GBP"), _("Note"),
                   _("Pay by"), _("Paid, GBP")]  # fmt: skip
        cells = [
            [row.found.month, row.found.number - 1, row.found.framework.reference, row.found.supplier.name, str(row.found.get_state_display()),
             row.found.due_on, row.charges, row.asked, row.note.number if row.note else "", row.note.due_on if row.note else "", row.paid]
            for row in (_Row(one, request.day) for one in _rows(request))
        ]  # fmt: skip
        return as_file(request.GET["format"], _("Management information"), "management-information", heading, cells)
    visible = access.visible_returns(request.actor, request.day)
    notes = LevyNote.objects.filter(return_of__in=visible).select_related("return_of").prefetch_related("payments").order_by("id")
    given = return_guards.set_offs(notes)
    rows = [_Row(one, request.day, given) for one in _rows(request)[: MOST + 1]]
    context = {
        "rows": rows[:MOST], "more": len(rows) > MOST, "several": len({row.found.supplier_id for row in rows}) > 1,
        "owed": sum((return_guards.left(note, given) for note in notes), ZERO),
        "over": sum(return_guards.over(notes).values(), ZERO),
        "given_back": sum((note.amount_gbp for note in notes if note.kind == LevyNote.Kind.CREDIT), ZERO),
    }  # fmt: skip
    return render(request, "contracts/returns.html", context)


@dataclass(frozen=True)
class _Line:
    """A contract's line on the page of a return; ``levy`` is a forecast until it is declared."""

    line: ReturnLine
    declared: DeclaredLine | None
    so_far: money_queries.Levied | None
    department: Organisation  # whose it was when the month ended

    @property
    def levy(self) -> Decimal:
        return self.declared.levy_gbp if self.declared else levy_money.levy(self.line.charges_gbp, self.line.levy_percent)

    @property
    def difference(self) -> Decimal:
        return self.declared.declared_gbp - self.line.charges_gbp if self.declared else ZERO


def _lines(found: ManagementReturn) -> list[_Line]:
    """Of the last return of a contract, also what was declared over its life beside the forecast."""
    rows = list(found.lines.select_related("contract__department", "declared"))
    levied = money_queries.levied([line.contract_id for line in rows if line.is_last and hasattr(line, "declared")])
    whose = _departments(found, rows)
    return [_Line(line, getattr(line, "declared", None), levied.get(line.contract_id), whose[line.contract_id]) for line in rows]


def _departments(found: ManagementReturn, rows: Sequence[ReturnLine]) -> dict[int, Organisation]:
    """By contract: whose it was on the last day of the month."""
    return passings.departments_on([line.contract for line in rows], last_day(found.month, 1))


@page
def return_page(request, public_id):
    """Each contract: what the ledger says, what is declared and why it differs, and the levy."""
    found = access.get_return(request.actor, public_id, request.day)
    lines = _lines(found)
    if request.GET.get("format") in FILES:
        return _file(request.GET["format"], found, lines)
    of_supplier = found.supplier_id in sight_of(request.actor, request.day).sellers
    words = {"by": request.actor, "at": request.at}
    row = _row(request, found)
    context = {
        "found": found, "row": row, "lines": lines, "of_supplier": of_supplier,
        "declaration": getattr(found, "declaration", None), "later": getattr(found, "corrected_by", None),
        "declare_shut": list(return_guards.why_not_declare(found, **words)) if of_supplier and row.is_open else None,
        "correct_shut": list(return_guards.why_not_correct(found, **words)) if of_supplier and not row.is_open else None,
        "pay_shut": list(return_guards.why_not_pay(found, **words)) if not of_supplier and row.left else None,
        "payments": row.note.payments.all() if row.note else (),
        "charges": sum((one.line.charges_gbp for one in lines), ZERO),
        "declared": sum((one.declared.declared_gbp for one in lines if one.declared), ZERO),
        "levy": sum((one.declared.total_gbp if one.declared else one.levy for one in lines), ZERO),
        "events": timelines.of(audit.history(found), "supplier" if of_supplier else "authority"),
    }  # fmt: skip
    return render(request, "contracts/return.html", context)


def _file(kind: str, found: ManagementReturn, lines: Sequence[_Line]):
    heading = [_("Month"), _("Contract"), _("Department"), _("Charges by the ledger, GBP"), _("Declared, GBP"), _("Explanation"), _("Levy, per cent"),
               _("Levy, GBP"), _("Settled by the last return, GBP")]  # fmt: skip
    cells = [
        [found.month, one.line.contract.number, one.department.name, one.line.charges_gbp,
         *((one.declared.declared_gbp, one.declared.explanation) if one.declared else ("", "")), one.line.levy_percent,
         *((one.declared.levy_gbp, one.declared.settlement_gbp) if one.declared else ("", ""))]
        for one in lines
    ]  # fmt: skip
    name = f"management-information-{found.supplier.code.lower()}-{found.month:%Y-%m}" + (f"-{found.number}" if found.number > 1 else "")
    return as_file(kind, _("Management information"), name, heading, cells)


def _open(reasons) -> None:
    """Who cannot act is told why before they type."""
    found = list(reasons)
    if found:
        raise NotYours(found)


@page
def declare(request, public_id):
    """Each line is filled in with what the ledger says."""
    found = access.get_return(request.actor, public_id, request.day)
    _open(return_guards.why_not_declare(found, by=request.actor, at=request.at))
    lines = list(found.lines.select_related("contract__department"))
    whose = _departments(found, lines)
    for line in lines:
        line.department = whose[line.contract_id]
    form, errors = money_forms.ReturnForm(request.POST or None, lines=lines), ()
    if request.method == "POST" and form.is_valid():
        shown = request.POST.get("shown_hash", "")
        done, errors = attempt(request, returning.declare, found, form.declared(), shown_hash=shown)
        if done:
            messages.success(request, _("Declared. The levy is computed."))
            return redirect("contracts:return", done.public_id)
    return render(request, "contracts/return_declare.html", {
        "found": found, "form": form, "errors": errors, "hash": returning.hash_of(found, lines), "is_correction": False,
    })  # fmt: skip


@page
def correct(request, public_id):
    """Beside the ledger as it is now, filled in with what was declared."""
    found = access.get_return(request.actor, public_id, request.day)
    _open(return_guards.why_not_correct(found, by=request.actor, at=request.at))
    lines = returning.lines_of(found.framework, found.supplier, found.month)
    before = {
        one.line.contract.number: one for one in DeclaredLine.objects.filter(line__return_of=found).select_related("line__contract")
    }
    form, errors = money_forms.CorrectReturnForm(request.POST or None, lines=lines, declared=before), ()
    if request.method == "POST" and form.is_valid():
        words = {"reason": form.cleaned_data["reason"], "shown_hash": request.POST.get("shown_hash", "")}
        done, errors = attempt(request, returning.correct, found, form.declared(), **words)
        if done:
            messages.success(request, _("Corrected. What was declared before stays as it was."))
            return redirect("contracts:return", done.public_id)
    return render(request, "contracts/return_declare.html", {
        "found": found, "form": form, "errors": errors, "hash": returning.hash_of(found, lines), "is_correction": True,
    })  # fmt: skip


@page
def pay(request, public_id):
    """The authority's finance lead records what came of its levy."""
    found = access.get_return(request.actor, public_id, request.day)
    _open(return_guards.why_not_pay(found, by=request.actor, at=request.at))
    row = _row(request, found)
    form, errors = money_forms.LevyPaymentForm(request.POST or None, initial={"amount": row.left, "paid_on": request.day}), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, returning.pay, found, **form.cleaned_data)
        if done:
            messages.success(request, _("The payment of the levy is recorded."))
            return redirect("contracts:return", found.public_id)
    return render(request, "contracts/levy_pay.html", {"found": found, "row": row, "form": form, "errors": errors})


def waived_credits(request):
    """For everybody, signed in or not: the total at the end of the last month, where it is of so many departments that it tells
    nothing of one."""
    on = business_today()
    return render(request, "contracts/waived_credits.html", {
        "waived": money_queries.waived(on), "least": money_queries.LEAST_DEPARTMENTS,
        "until": first_of_month(on) - timedelta(days=1),
    })  # fmt: skip
