"""One function a message about invoices and returns; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.dateformat import format as format_month

from contracts import invoice_guards, managers
from contracts.invoice_words import difference
from contracts.models import Invoice, InvoiceAct, InvoiceAnswer, InvoicePayment, InvoiceState
from documents.clock import london_day
from documents.templatetags.flex import day as format_day
from documents.templatetags.flex import gbp
from procurement import mailing


def _context(invoice: Invoice, **more) -> dict:
    contract = invoice.contract
    path = reverse("contracts:invoice", args=[contract.public_id, invoice.number])
    return {
        "number": contract.number, "title": contract.title, "invoice": invoice.reference, "label": invoice.label,
        "department": contract.department.name, "supplier": contract.supplier.name, "gross": gbp(invoice.gross_gbp),
        "month": format_month(invoice.month, "F Y"), "day": format_day(invoice.due_on), "url": settings.PUBLIC_URL + path,
        "state": str(invoice.get_state_display()),
    } | more  # fmt: skip


def tell_recorded(invoice: Invoice, at: datetime) -> None:
    """What the comparison came to: the department approves or disputes what is matched; of what is queried both sides are told
    by how much it differs."""
    contract, on = invoice.contract, london_day(at)
    made = invoice_guards.last_check(invoice)
    key = f"invoice:{invoice.pk}:{made.number}"
    context = _context(invoice, difference=difference(made))
    if invoice.state == InvoiceState.MATCHED:
        return mailing.must_act(managers.of_department(contract.department_id, on), "contracts/email/invoice_matched.txt", context, key)
    if invoice.state == InvoiceState.QUERIED:
        people = [*managers.of_department(contract.department_id, on), *managers.of_supplier(contract.supplier_id, on)]
        return mailing.must_act(people, "contracts/email/invoice_queried.txt", context, key)
    return mailing.inform(managers.of_department(contract.department_id, on), "contracts/email/invoice_received.txt", context, key, at=at)


def tell_decided(invoice: Invoice, act: InvoiceAct, at: datetime) -> None:
    """The supplier: what the department decided, and why."""
    context = _context(invoice, who=act.person_name, what=str(act.get_kind_display()), words=act.words)
    people, key = managers.of_supplier(invoice.contract.supplier_id, london_day(at)), f"invoice_act:{act.pk}"
    if act.kind in (InvoiceAct.Kind.DISPUTED, InvoiceAct.Kind.REJECTED):
        return mailing.must_act(people, "contracts/email/invoice_refused.txt", context, key)
    return mailing.inform(people, "contracts/email/invoice_decided.txt", context, key, at=at)


def tell_answered(answer: InvoiceAnswer, at: datetime) -> None:
    """The department's contract managers, who decide on it."""
    invoice = answer.invoice
    context = _context(invoice, who=answer.person_name, words=answer.words)
    people = managers.of_department(invoice.contract.department_id, london_day(at))
    mailing.must_act(people, "contracts/email/invoice_answered.txt", context, f"invoice_answer:{answer.pk}")


def tell_paid(payment: InvoicePayment, at: datetime) -> None:
    invoice = payment.invoice
    left = invoice.gross_gbp - invoice_guards.paid(invoice)
    context = _context(invoice, amount=gbp(payment.amount_gbp), on=format_day(payment.paid_on), left=gbp(left))
    people = managers.of_supplier(invoice.contract.supplier_id, london_day(at))
    mailing.inform(people, "contracts/email/invoice_paid.txt", context, f"invoice_payment:{payment.pk}", at=at)
