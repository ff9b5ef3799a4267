"""Service levels that wait for a person: months to report and to confirm, credits to decide, plans to submit."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _

from catalogue.pricing import first_of_month
from contracts import levels, terms
from contracts.managers import SUPPLIER_POSTS
from contracts.models import (
    BOUND,
    CalculatedLevel,
    Contract,
    CreditCalculation,
    CreditState,
    RectificationPlan,
    ServiceCredit,
    ServiceReport,
)
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import PostCode

DAYS_TO_DECIDE, DAYS_TO_BETTER = 10, 5  # working days for a rectification plan, and for one after it is refused (clause 11.2)
DAYS_TO_REPORT = 5  # working days after the end of a month (the contract's clause 10.3)


def inbox(by: Person, on: date) -> list[Item]:
    """Service reports, credits and rectification plans that wait for the person: to report, to confirm, to notify, to agree or
    dispute, to decide, to take off an invoice, to submit; a month's credits in one item a state. Three queries, and of who reports
    three more."""
    held = sight_of(by, on).posts
    buys = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    sells = [organisation for organisation, post in held if post in SUPPLIER_POSTS]
    if not buys and not sells:
        return []
    found = [
        _of_month(row.contract, row.month, _("service report of %(month)s to confirm"), row.reported_at)
        for row in reports_to_confirm().filter(contract__department_id__in=buys).select_related("contract__department").order_by("reported_at", "id")[:MOST_OF_A_KIND]
    ]
    found += [*(_unreported(sells, on) if sells else []), *_plans(buys, sells)]
    words = {
        CreditState.CALCULATED: _("service credits of %(month)s to notify"),
        CreditState.NOTIFIED: _("service credits of %(month)s to agree or dispute"),
        CreditState.DISPUTED: _("disputed service credits of %(month)s to decide"),
        CreditState.AGREED: _("service credits of %(month)s to take off an invoice"),
    }
    credits = ServiceCredit.objects.filter(
        Q(state__in=[CreditState.CALCULATED, CreditState.DISPUTED, CreditState.AGREED], contract__department_id__in=buys)
        | Q(state=CreditState.NOTIFIED, contract__supplier_id__in=sells),
        contract__state__in=BOUND,
    )
    seen = set()
    for row in credits.select_related("contract__department").order_by("state_since", "id")[:MOST_OF_A_KIND]:
        if (key := (row.contract_id, row.month, row.state)) not in seen:
            seen.add(key)
            found.append(_of_month(row.contract, row.month, words[row.state], row.state_since))
    return found


def reports_to_confirm() -> QuerySet[ServiceReport]:
    """The last report of each month from which nothing has been calculated: that follows the department's confirmation."""
    newer = ServiceReport.objects.filter(contract=OuterRef("contract"), month=OuterRef("month"), number__gt=OuterRef("number"))
    return ServiceReport.objects.filter(~Exists(newer), calculation__isnull=True, contract__state__in=BOUND)


def _unreported(sells: Collection[int], on: date) -> list[Item]:
    """Contracts of these suppliers whose last month was measured and is not reported yet; earlier months are on their pages."""
    over = first_of_month(on)
    month = first_of_month(over - timedelta(days=1))
    rows = Contract.objects.filter(
        ~Exists(ServiceReport.objects.filter(contract=OuterRef("pk"), month=month)), supplier_id__in=sells,
        state__in=BOUND, starts_on__lt=over, ends_on__gte=month,
    ).select_related("department").prefetch_related(terms.all_changes())  # fmt: skip
    since = working_days.midnight_after(over - timedelta(days=1))
    return [
        _of_month(contract, month, _("service levels of %(month)s to report"), since, working_days.due(since - timedelta(seconds=1), DAYS_TO_REPORT))
        for contract in rows.order_by("id")[:MOST_OF_A_KIND]
        if levels.of_month(terms.put_together(terms.changes_of(contract)), month).measures
    ]


def plans_owed() -> QuerySet[CalculatedLevel]:
    """Measures of which a rectification plan is to be submitted or decided on, by the newest calculation of their month; beside each its
    last ``plan`` (None while there is none), when that was submitted, and when it was refused."""
    newer = CreditCalculation.objects.filter(
        contract=OuterRef("calculation__contract"), month=OuterRef("calculation__month"), number__gt=OuterRef("calculation__number")
    )
    last = RectificationPlan.objects.filter(
        level__calculation__contract=OuterRef("calculation__contract"), level__calculation__month=OuterRef("calculation__month"),
        level__measurement__measure=OuterRef("measurement__measure"),
    ).order_by("-pk")  # fmt: skip
    rows = CalculatedLevel.objects.filter(~Exists(newer), plan_due_on__isnull=False, calculation__contract__state__in=BOUND).annotate(
        plan=Subquery(last.values("pk")[:1]), submitted_at=Subquery(last.values("submitted_at")[:1]),
        approves=Subquery(last.values("decision__approves")[:1]), refused_at=Subquery(last.values("decision__at")[:1]),
    )
    return rows.filter(Q(approves__isnull=True) | Q(approves=False)).select_related("calculation__contract", "measurement__measure")


def is_plan_to_decide(row: CalculatedLevel) -> bool:
    """Of ``plans_owed``: its last plan waits for the department; else the supplier owes one, or a better one."""
    return row.plan is not None and row.approves is None


def plan_time(row: CalculatedLevel) -> tuple[datetime, datetime]:
    """Of ``plans_owed``: since when it waits for whoever has it, and until when they have time (the contract's clause 11.2)."""
    if row.plan is None:
        return row.calculation.calculated_at, working_days.midnight_after(row.plan_due_on)
    if row.approves is None:
        return row.submitted_at, working_days.due(row.submitted_at, DAYS_TO_DECIDE)
    return row.refused_at, working_days.due(row.refused_at, DAYS_TO_BETTER)


def _plans(buys: Collection[int], sells: Collection[int]) -> Iterable[Item]:
    """Of the supplier those to submit; of the department those to approve or refuse. One query."""
    rows = plans_owed().filter(
        (Q(plan__isnull=True) | Q(approves=False)) & Q(calculation__contract__supplier_id__in=sells)
        | Q(plan__isnull=False, approves__isnull=True, calculation__contract__department_id__in=buys)
    ).select_related("calculation__contract__department")
    for row in rows.order_by("plan_due_on", "id")[:MOST_OF_A_KIND]:
        if row.plan is None:
            words = _("rectification plan of %(month)s for %(measure)s to submit")
        elif is_plan_to_decide(row):
            words = _("rectification plan of %(month)s for %(measure)s to approve or refuse")
        else:
            words = _("better rectification plan of %(month)s for %(measure)s to submit")
        calculation = row.calculation
        yield _of_month(calculation.contract, calculation.month, words, *plan_time(row), measure=row.measurement.measure.measure_code)


def _of_month(contract: Contract, month: date, words: str, since: datetime, due: datetime | None = None, **more: str) -> Item:
    return Item(
        f"{contract.number} {contract.title}", contract.department.name, words % {"month": format_month(month, "F Y"), **more},
        reverse("contracts:level_month", args=[contract.public_id, f"{month:%Y-%m}"]), since, due,
    )  # fmt: skip
