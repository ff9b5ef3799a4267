"""Reads of invoices and returns over several tables: which returns are to be made, what waits for a person, what is waived."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _

from catalogue.models import Framework
from catalogue.pricing import ZERO, add_months, first_of_month
from contracts import billing, return_guards
from contracts.managers import SUPPLIER_POSTS
from contracts.models import (
    BOUND,
    CHARGED,
    Contract,
    CreditAct,
    DeclaredLine,
    Invoice,
    InvoiceState,
    LevyNote,
    ManagementReturn,
    PaymentRelease,
    ReturnState,
    RunningOn,
    Termination,
    TerminationState,
)
from documents.clock import LONDON, first_moment
from documents.templatetags.flex import gbp
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.headroom import FEWEST
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import PostCode

S = InvoiceState
LEAST_DEPARTMENTS = FEWEST  # whose figures together tell nothing of one (domain.md, "Who sees what")
Key = tuple[int, int, date]  # framework, supplier, first of month


def returns_to_make(on: date) -> list[Key]:
    """Of every month that is over and has none: those in which a contract ran, or something of it without a contract, and after
    its end those in which something of it was released or given back. In order; six queries."""
    return _unmade(first_of_month(on))


def returns_to_come(framework: Framework, on: date) -> list[Key]:
    """Those of a framework that the clock has not made: the same, and of the month that runs. In order; six queries."""
    return [key for key in _unmade(add_months(first_of_month(on), 1)) if key[0] == framework.pk]


def _unmade(over: date) -> list[Key]:
    made = set(ManagementReturn.objects.filter(number=1).values_list("framework_id", "supplier_id", "month"))
    return sorted(set(_charged(over)) - made)


def _charged(over: date) -> Iterator[Key]:
    """The clock asks twice a minute: contracts are read from an index alone, each span of days once, and of what was released or
    given back only what is of no month of its contract."""
    for framework, supplier, begins, last in _spans(over):
        month = first_of_month(begins)
        while month < over and month <= last:
            yield framework, supplier, month
            month = add_months(month, 1)
    released = _beside(PaymentRelease.objects.all(), "payment__milestone__contract", "decision__decided_at")
    given_back = _beside(CreditAct.objects.filter(kind=CreditAct.Kind.APPLIED), "credit__contract", "at")
    for framework, supplier, day in (*released, *given_back):
        month = first_of_month(day)
        if month < over:
            yield framework, supplier, month


def _spans(over: date) -> Iterator[tuple[int, int, date, date]]:
    """Framework, supplier, first day, and last day or month, of all that ran and began before the day."""
    whose = ("framework", "supplier", "starts_on", "ends_on")
    runs = Contract.objects.filter(state__in=CHARGED, starts_on__lt=over).order_by().values_list(*whose).distinct()
    for framework, supplier, starts_on, ends_on in runs:
        yield framework, supplier, starts_on, billing.last_month(ends_on, by_notice=False)
    noticed = Termination.objects.filter(state=TerminationState.IN_EFFECT, contract__state__in=CHARGED, contract__starts_on__lt=over)
    for framework, supplier, starts_on, ends_on in noticed.order_by().values_list(*(f"contract__{name}" for name in whose)).distinct():
        yield framework, supplier, starts_on, billing.last_month(ends_on, by_notice=True)
    beyond = RunningOn.objects.filter(contract__state__in=CHARGED).values_list(
        "contract__framework", "contract__supplier", "contract__ends_on", "last_day"
    )
    for framework, supplier, ends_on, last_day in beyond.distinct():
        yield framework, supplier, ends_on + timedelta(days=1), last_day or over


def _beside(rows: QuerySet, contract: str, moment: str) -> QuerySet:
    """Framework, supplier and London day of what came before the contract's first day or after its last."""
    found = rows.filter(**{f"{contract}__state__in": CHARGED}).annotate(on=TruncDate(moment, tzinfo=LONDON)).order_by()
    beside = found.filter(Q(on__lt=F(f"{contract}__starts_on")) | Q(on__gt=F(f"{contract}__ends_on")))
    return beside.values_list(f"{contract}__framework", f"{contract}__supplier", "on").distinct()


def next_return(on: date) -> date | None:
    """The first of the month on which the next one is made; None where there is none to make of the month of the day: no contract
    runs in it, nor has one that a notice ended its last charge there. Five queries."""
    month = first_of_month(on)
    following = add_months(month, 1)
    return following if any(of == month for _framework, _supplier, of in _charged(following)) else None


def inbox(by: Person, on: date) -> list[Item]:
    """Invoices that wait for a contract manager; returns that wait for the supplier, and the levy that it pays and the authority's
    finance lead records; eight queries."""
    held = sight_of(by, on).posts
    buys = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    sells = {organisation for organisation, post in held if post in SUPPLIER_POSTS}
    found = _invoices(buys) if buys else []
    levies = {organisation for organisation, post in held if post == PostCode.FINANCE_LEAD}
    return found + (_returns(sells) if sells else []) + (_levy(sells, levies) if sells or levies else [])


def _invoices(buys: list[int]) -> list[Item]:
    words = {
        S.MATCHED: _("invoice %(reference)s to approve or dispute"), S.QUERIED: _("queried invoice %(reference)s to take as it is or reject"),
        S.APPROVED: _("invoice %(reference)s to pay"),
    }  # fmt: skip
    rows = Invoice.objects.filter(state__in=words, contract__department_id__in=buys, contract__state__in=BOUND)
    return [
        Item(
            f"{row.contract.number} {row.contract.title}", row.contract.department.name, words[row.state] % {"reference": row.reference},
            reverse("contracts:invoice", args=[row.contract.public_id, row.number]), row.state_since,
            None if row.state == S.QUERIED else working_days.midnight_after(row.due_on),
        )
        for row in rows.select_related("contract__department").prefetch_related("checks").order_by("received_on", "id")[:MOST_OF_A_KIND]
    ]  # fmt: skip


def _returns(sells: set[int]) -> list[Item]:
    rows = ManagementReturn.objects.filter(state=ReturnState.OPEN, supplier_id__in=sells).select_related("framework__authority")
    return [
        Item(
            f"{row.framework.reference} {row.framework.title}", row.framework.authority.name,
            _("management information of %(month)s to confirm or explain") % {"month": format_month(row.month, "F Y")},
            reverse("contracts:return", args=[row.public_id]), row.made_at, working_days.midnight_after(row.due_on),
        )
        for row in rows.order_by("due_on", "id")[:MOST_OF_A_KIND]
    ]  # fmt: skip


def _levy(sells: set[int], levies: set[int]) -> list[Item]:
    """Notes of which something is still to be paid: for who pays it, and for who records that it came. One that credit notes have given
    back is never paid: the nearest are chosen of what is left after those. Four queries."""
    mine = Q(return_of__supplier__in=sells) | Q(return_of__framework__authority__in=levies)
    notes = LevyNote.objects.filter(mine).annotate(came=Coalesce(Sum("payments__amount_gbp"), ZERO))
    unpaid = notes.exclude(kind=LevyNote.Kind.CREDIT).filter(amount_gbp__gt=F("came")).select_related(
        "return_of__framework__authority", "return_of__supplier"
    )  # fmt: skip
    rows = list(unpaid.prefetch_related("payments").order_by("due_on", "id"))
    of = {"return_of__framework__in": {row.return_of.framework_id for row in rows}, "return_of__month__in": {row.return_of.month for row in rows}}
    known = LevyNote.objects.filter(mine, **of).select_related("return_of").prefetch_related("payments").order_by("id") if rows else ()
    given = return_guards.set_offs(known)
    waiting = [(row, left) for row in rows if (left := return_guards.left(row, given))]
    return [
        Item(
            f"{row.return_of.framework.reference} {row.return_of.framework.title}", row.return_of.supplier.name,
            (_("levy %(note)s to pay: %(amount)s") if row.return_of.supplier_id in sells else _("levy %(note)s to come in: %(amount)s"))
            % {"note": row.number, "amount": gbp(left)},
            reverse("contracts:return", args=[row.return_of.public_id]), row.made_at, working_days.midnight_after(row.due_on),
        )
        for row, left in waiting[:MOST_OF_A_KIND]
    ]  # fmt: skip


def waived(on: date) -> tuple[Decimal, int] | None:
    """GBP of service credits waived under all contracts before the month of the day, and by how many departments; None while they
    are fewer than may be told of together: fewer now, or when the contracts were signed, where departments have been split or merged
    since. What stands still for a month tells of no single waiver by its step. One query."""
    found = CreditAct.objects.filter(kind=CreditAct.Kind.WAIVED, amount_gbp__gt=0, at__lt=first_moment(first_of_month(on))).aggregate(
        total=Sum("amount_gbp"), now=Count("credit__contract__department", distinct=True),
        signed=Count("credit__contract__parties__department__code", distinct=True),
    )  # fmt: skip
    departments = min(found["now"], found["signed"])
    return (found["total"], departments) if departments >= LEAST_DEPARTMENTS else None


@dataclass(frozen=True)
class Levied:
    """What was declared of a contract over its life and what was asked for it, GBP, VAT excluded."""

    declared: Decimal = ZERO
    levy: Decimal = ZERO


def levied(contracts: Collection[int]) -> dict[int, Levied]:
    """By contract, of the newest return of each month; one query."""
    rows = DeclaredLine.objects.filter(line__contract__in=contracts, line__return_of__corrected_by__isnull=True)
    totals = rows.values_list("line__contract").annotate(Sum("declared_gbp"), Sum("levy_gbp"), Sum("settlement_gbp")).order_by()
    return {contract: Levied(declared, levy + settled) for contract, declared, levy, settled in totals}
