"""What the clock brings to invoices and returns: a return is made once its month is over, an invoice that waited for that is
compared, and who has something to do before a day is reminded before it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from catalogue.pricing import first_of_month
from contracts import invoicing, money_queries, returning
from contracts.managers import SUPPLIER_POSTS
from contracts.models import BOUND, DAYS_TO_PAY, Invoice, InvoiceState, ManagementReturn, ReturnState
from documents import periodic
from documents.clock import business_now, first_moment, london_day
from procurement import working_days
from procurement.matters import Pauses, Waiting, before
from procurement.models import PostCode

S = InvoiceState


def run(at: datetime) -> list[str]:
    """Safe to run twice, late, or by two schedulers: each action looks again under its lock."""
    done = periodic.each(money_queries.returns_to_make(london_day(at)), lambda key: _make(key, at))
    over = Invoice.objects.filter(state=S.RECEIVED, month__lt=first_of_month(london_day(at)), contract__state__in=BOUND)
    return done + periodic.each(over.select_related("contract__call_off").order_by("id"), lambda invoice: _compare(invoice, at))


def _make(key: money_queries.Key, at: datetime) -> list[str]:
    framework, supplier, month = key
    made = returning.make(Framework.objects.get(pk=framework), Organisation.objects.get(pk=supplier), month, at=at)
    return [f"return of {made.supplier.code} for {made.month:%Y-%m} is made"] if made else []


def _compare(invoice: Invoice, at: datetime) -> list[str]:
    before = invoice.state
    invoice = invoicing.month_over(invoice, at=at)
    return [f"{invoice} is {invoice.state}"] if invoice.state != before else []


def next_moments() -> list[datetime]:
    """The beginning of the next month, while a contract runs."""
    following = money_queries.next_return(london_day(business_now()))
    return [first_moment(following)] if following else []


def invoices(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each to approve or to pay before its last day: the department's contract managers. Of one that is queried no time runs, and
    nobody is reminded before the day that it would be due by if it is right."""
    words = {
        S.MATCHED: _("to approve or dispute invoice %(reference)s of %(contract)s"),
        S.QUERIED: _("to take as it is or reject invoice %(reference)s of %(contract)s"),
        S.APPROVED: _("to pay invoice %(reference)s of %(contract)s"),
    }
    rows = Invoice.objects.filter(only, state__in=words, contract__state__in=BOUND)
    for invoice in rows.select_related("contract__framework", "contract__call_off__framework").prefetch_related("checks").order_by("id"):
        contract = invoice.contract
        yield Waiting(
            f"invoice:{invoice.pk}:{invoice.state}", contract.call_off, contract.department_id, PostCode.CONTRACT_MANAGER,
            words[invoice.state] % {"reference": invoice.reference, "contract": contract.number},
            *before(working_days.midnight_after(invoice.due_on), invoice.state_since, contract.framework),
            url=reverse("contracts:invoice", args=[contract.public_id, invoice.number]), number=contract.number,
        )  # fmt: skip


def invoice_is_ripe(framework: Framework, at: datetime) -> Q:
    """No more working days are left than those at which it is first reminded of, if its time runs from receipt: it never runs from
    an earlier day, and what runs from a later one is only read sooner."""
    last = london_day(working_days.due(at, framework.reminder_working_days + 1))
    return Q(received_on__lt=last - timedelta(days=DAYS_TO_PAY - 1))


def returns(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that the supplier has not declared."""
    rows = ManagementReturn.objects.filter(only, state=ReturnState.OPEN)
    for found in rows.select_related("framework__authority").order_by("id"):
        yield Waiting(
            f"return:{found.pk}", found.framework, found.supplier_id, SUPPLIER_POSTS[0],
            _("to confirm or explain the management information of %(month)s") % {"month": found.label},
            *before(working_days.midnight_after(found.due_on), found.made_at, found.framework),
            url=reverse("contracts:return", args=[found.public_id]), or_posts=SUPPLIER_POSTS[1:],
        )  # fmt: skip


def return_is_ripe(framework: Framework, at: datetime) -> Q:
    return Q(due_on__lt=london_day(working_days.due(at, framework.reminder_working_days + 1)))
