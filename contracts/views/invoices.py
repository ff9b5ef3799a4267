"""The invoices of a contract: the list, each with what it was compared with, and the acts on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.pricing import add_months, first_of_month
from contracts import access, billing, ending_queries, invoice_guards, invoicing, late_payment, money_forms
from contracts.invoice_words import difference
from contracts.models import OPEN_INVOICES, Contract, Invoice, InvoiceCheck, InvoiceState, Party
from documents import audit, downloads
from documents.refusal import Reason
from procurement import timelines
from procurement.access import NotYours
from procurement.views.common import attempt, page, stored
from procurement.views.listing import FILES, as_file

S = InvoiceState
COLOURS = {S.RECEIVED: "grey", S.MATCHED: "blue", S.QUERIED: "orange", S.APPROVED: "light-blue", S.PAID: "green", S.REJECTED: "red"}


@dataclass(frozen=True)
class _Row:
    """An invoice as it is shown on a day."""

    invoice: Invoice
    on: date

    @property
    def colour(self) -> str:
        return COLOURS[S(self.invoice.state)]

    @property
    def paid(self) -> Decimal:
        return invoice_guards.paid(self.invoice)

    @property
    def left(self) -> Decimal:
        return self.invoice.gross_gbp - self.paid

    @property
    def is_open(self) -> bool:
        return self.invoice.state in OPEN_INVOICES

    @property
    def clock_stands(self) -> bool:
        return self.invoice.state == S.QUERIED

    @property
    def days_left(self) -> int:
        """Calendar days with the last one; below nothing once it is late."""
        return (self.invoice.due_on - self.on).days

    @property
    def overdue(self) -> bool:
        return self.is_open and not self.clock_stands and self.days_left < 0

    @property
    def days_late(self) -> int:
        return -self.days_left

    @property
    def interest(self) -> late_payment.Interest | None:
        """Of one that is approved or paid: what is disputed is not late."""
        if self.invoice.state not in (S.APPROVED, S.PAID):
            return None
        made = [(one.paid_on, one.amount_gbp) for one in self.invoice.payments.all()]
        return late_payment.interest(self.invoice.gross_gbp, self.invoice.due_on, made, self.on)


@page
def invoices(request, public_id):
    """All of the contract, the newest first, as a page and as files."""
    found = access.get_contract(request.actor, public_id, request.day)
    rows = [_Row(one, request.day) for one in found.invoices.prefetch_related("payments", "checks").order_by("-number")]
    if request.GET.get("format") in FILES:
        heading = [_("No"), _("Reference"), _("Month"), _("Dated"), _("Received"), _("Pay by"), _("State"), _("Net, GBP"), _("VAT, GBP"),
                   _("Gross, GBP"), _("Paid, GBP")]  # fmt: skip
        cells = [
            [row.invoice.label, row.invoice.reference, row.invoice.month, row.invoice.invoiced_on, row.invoice.received_on, row.invoice.due_on,
             str(row.invoice.get_state_display()), row.invoice.net_gbp, row.invoice.vat_gbp, row.invoice.gross_gbp, row.paid]
            for row in rows
        ]  # fmt: skip
        return as_file(request.GET["format"], _("Invoices"), f"{found.number}-invoices", heading, cells)
    supplies = access.viewpoint(request.actor, found, request.day) == Party.SUPPLIER
    shut = list(invoice_guards.why_not_record(found, by=request.actor, at=request.at)) if supplies else None
    return render(request, "contracts/invoices.html", ending_queries.shown(found, request.day) | {
        "contract": found, "rows": rows, "shut": shut, "supplies": supplies,
    })  # fmt: skip


def _months(contract: Contract, on: date) -> list[date]:
    """From the contract's first to that of the day, the newest first."""
    month, found = first_of_month(contract.starts_on), []
    while month <= first_of_month(on):
        found.append(month)
        month = add_months(month, 1)
    return found[::-1]


def _open(reasons: Iterator[Reason]) -> None:
    """Who cannot act is told why before they type."""
    found = list(reasons)
    if found:
        raise NotYours(found)


@page
def record(request, public_id):
    found = access.get_contract(request.actor, public_id, request.day)
    _open(invoice_guards.why_not_record(found, by=request.actor, at=request.at))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    months = _months(found, request.day)
    last = months[1] if len(months) > 1 else first_of_month(request.day)
    initial = {"received_on": request.day, "month": f"{last:%Y-%m}"}
    form, errors = money_forms.InvoiceForm(*sent, months=months, initial=initial), ()
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data | {"file": stored(form.cleaned_data["file"])}
        done, errors = attempt(request, invoicing.record, found, **words)
        if done:
            messages.success(request, _("Recorded, and compared with what is due."))
            return _done(done)
    return render(request, "contracts/invoice_record.html", {
        "contract": found, "form": form, "errors": errors, "not_invoiced": billing.not_invoiced(found, request.day),
        "credits": billing.credits_without_invoice(found), "overpaid": billing.overpaid(found, request.day),
    })  # fmt: skip


def _done(invoice: Invoice):
    return redirect("contracts:invoice", invoice.contract.public_id, invoice.number)


def _invoice(request, public_id, number) -> Invoice:
    contract = access.get_contract(request.actor, public_id, request.day)
    found = contract.invoices.filter(number=number).prefetch_related("payments", "checks").first()
    if found is None:
        raise Http404
    found.contract = contract
    return found


@page
def invoice(request, public_id, number):
    """What it asks beside what was due when it was last compared; the time to pay it, what was paid and decided."""
    found = _invoice(request, public_id, number)
    made, view = invoice_guards.last_check(found), access.viewpoint(request.actor, found.contract, request.day)
    context = {
        "contract": found.contract, "invoice": found, "row": _Row(found, request.day), "check": made,
        "lines": _lines(made), "difference": difference(made), "acts": _offered(request, found, view),
        "decisions": found.acts.all(), "answers": found.answers.all(), "payments": found.payments.all(),
        "overpaid": billing.overpaid(found.contract, request.day),
        "whose_turn": _whose_turn(found), "events": timelines.of(audit.history(found), view),
    }  # fmt: skip
    return render(request, "contracts/invoice.html", context)


def _whose_turn(invoice: Invoice) -> str:
    """Who moves it on, in words that both sides read; empty where nobody does."""
    said = {
        S.MATCHED: _("%(department)s approves it for payment, or disputes it."),
        S.QUERIED: _("%(department)s takes it as it is, where it asks for no more than is due, or rejects it; %(supplier)s then sends a right one."),
        S.APPROVED: _("%(department)s pays it, and records what it pays."),
    }  # fmt: skip
    contract = invoice.contract
    return said.get(S(invoice.state), "") % {"department": contract.department.name, "supplier": contract.supplier.name}


def _lines(made: InvoiceCheck) -> list[tuple[str, Decimal]]:
    """What is due, part by part, VAT excluded; what takes from it below zero."""
    parts = (
        (_("Services of the month"), made.services_gbp), (_("Milestones accepted in the month"), made.milestones_gbp),
        (_("Delay payments"), -made.delay_gbp), (_("Service credits applied to this invoice"), -made.credits_gbp),
        (_("Other invoices of the month, and the credits that came off them"), -made.billed_gbp),
        (_("Paid too much for other months, by what the ledger says now") if made.overpaid_gbp > 0
         else _("Taken back too much of other months, by what the ledger says now"), -made.overpaid_gbp),
    )  # fmt: skip
    return [(label, amount) for label, amount in parts if amount or label == parts[0][0]]


@dataclass(frozen=True)
class _Act:
    """``states``: of the invoice, in which the side is offered it."""

    label: str
    says: str
    done: str
    why_not: Callable
    action: Callable
    form: type
    sides: tuple[str, ...]
    states: tuple[str, ...]


def _acts() -> dict[str, _Act]:
    guards, department, forms = invoice_guards, (Party.DEPARTMENT,), money_forms
    return {
        "approve": _Act(_("Approve for payment"), _("It is to be paid then. What is approved can no longer be disputed."),
                        _("The invoice is approved for payment. Record what is paid of it here."),
                        guards.why_not_approve, invoicing.approve, forms.InvoiceActForm, department, (S.MATCHED,)),
        "settle": _Act(_("Take it as it is"), _("It asks for no more than is due. To approve it for payment is the next act."),
                       _("The invoice is taken as it is. Approve it for payment next."),
                       guards.why_not_settle, invoicing.settle, forms.InvoiceReasonForm, department, (S.QUERIED,)),
        "pay": _Act(_("Record a payment"), _("All of it, or a part: it is paid once the parts come to all."),
                    _("The payment is recorded."),
                    guards.why_not_pay, invoicing.pay, forms.PaymentForm, department, (S.APPROVED,)),
        "answer": _Act(_("Answer the query"), _("Say why it asks for what it asks for, or that it is wrong and is to be rejected. It decides nothing: the department reads it before it does."),
                       _("Your answer is recorded. The department has been told."),
                       guards.why_not_answer, invoicing.answer, forms.InvoiceAnswerForm, (Party.SUPPLIER,), (S.QUERIED,)),
        "dispute": _Act(_("Dispute"), _("It agrees with the ledger and is wrong all the same: say what is wrong. No interest runs while it is disputed."),
                        _("The invoice is disputed. The supplier has been told."),
                        guards.why_not_dispute, invoicing.dispute, forms.InvoiceReasonForm, department, (S.MATCHED,)),
        "check": _Act(_("Compare again"), _("It is compared with what is due now: something may have been accepted, credited or invoiced since."),
                      _("The invoice has been compared with what is due now."),
                      guards.why_not_check, invoicing.check, forms.InvoiceActForm, (Party.DEPARTMENT, Party.SUPPLIER),
                      (S.RECEIVED, S.MATCHED, S.QUERIED)),
        "reject": _Act(_("Reject"), _("It is not valid: nothing is paid of it, and the supplier sends a right one."),
                       _("The invoice is rejected. The supplier has been told."),
                       guards.why_not_reject, invoicing.reject, forms.InvoiceReasonForm, department, (S.RECEIVED, S.MATCHED, S.QUERIED)),
    }  # fmt: skip


def _offered(request, found: Invoice, view: str) -> list[dict]:
    return [
        {"label": act.label, "reasons": list(act.why_not(found, by=request.actor, at=request.at)),
         "url": reverse("contracts:invoice_act", args=[found.contract.public_id, found.number, name])}
        for name, act in _acts().items() if view in act.sides and found.state in act.states
    ]  # fmt: skip


@page
def invoice_act(request, public_id, number, name):
    found, act = _invoice(request, public_id, number), _acts().get(name)
    if act is None:
        raise Http404
    _open(act.why_not(found, by=request.actor, at=request.at))
    row = _Row(found, request.day)
    initial = {"amount": row.left, "paid_on": request.day} if name == "pay" else None
    form, errors = act.form(request.POST or None, initial=initial), ()
    if request.method == "POST" and form.is_valid():
        words = dict(form.cleaned_data)
        if name == "approve":
            words["shown_hash"] = request.POST.get("shown_hash", "")
        done, errors = attempt(request, act.action, found, **words)
        if done:
            messages.success(request, act.done)
            return _done(found)
    return render(request, "contracts/invoice_act.html", {
        "contract": found.contract, "invoice": found, "row": row, "act": act, "name": name, "form": form, "errors": errors,
    })  # fmt: skip


@page
def invoice_file(request, public_id, number):
    """As a download, never shown in the page."""
    found = _invoice(request, public_id, number)
    return downloads.stored(found.sha256, found.filename)
