"""The months of savings and carbon that are kept to be added up: of each contract, and of each department together.

What is to be computed anew is marked by the database itself (triggers of migration 0017), so that no action can forget it;
the clock computes it. Whoever computes a contract has its lock, and looks at what holds then: it may be done twice, late, or
by two at once, and comes to the same. Money is Decimal GBP, VAT excluded; carbon is Decimal kgCO2e.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value

from contracts import cutover, savings
from contracts.locking import lock_contract
from contracts.models import (
    ACCEPTED,
    Contract,
    ContractSavings,
    ContractState,
    DepartmentMonth,
    DepartmentSavings,
    MonthSavings,
)
from contracts.savings_sums import GBP, baseline_gbp
from documents import periodic
from documents.clock import london_day
from procurement.models import Baseline
from procurement.quoting import baseline_of

ONE_DAY = timedelta(days=1)
AT_ONCE = 200  # contracts that the clock computes at a time: it has other work, and comes again soon
AMOUNTS = ("seat_days", "charges_gbp", "unassessed_gbp", "fallen_gbp", "kg_before", "kg")
OF_CONTRACT, OF_DEPARTMENT = (*AMOUNTS, "days"), (*AMOUNTS, "baseline_gbp")

Row = TypeVar("Row", MonthSavings, DepartmentMonth)


def due(on: date) -> list[ContractSavings]:
    """Contracts whose months are to be computed anew, ``AT_ONCE`` at most. Two queries: each has an index of its own."""
    rows = ContractSavings.objects.select_related("contract__call_off").order_by("id")
    changed = list(rows.filter(is_due=True)[:AT_ONCE])
    return changed + list(
        rows.filter(is_due=False, again_on__lte=on).order_by("again_on", "id")[: AT_ONCE - len(changed)]
    )


def departments_due() -> QuerySet[DepartmentSavings]:
    """Those whose sums are to be made anew: of a contract something has changed, or the baseline was stated anew."""
    newest = Baseline.objects.filter(
        accession__framework=OuterRef("framework"), accession__department=OuterRef("department")
    ).order_by("-accession_id", "-number")  # as ``quoting.baseline_of``
    rows = DepartmentSavings.objects.annotate(newest=Subquery(newest.values("pk")[:1]))
    one_alone = Q(baseline__isnull=True, newest__isnull=False) | Q(baseline__isnull=False, newest__isnull=True)
    other = one_alone | Q(baseline__isnull=False, newest__isnull=False) & ~Q(baseline=F("newest"))
    return rows.filter(Q(is_due=True) | other).order_by("id")


def run(at: datetime) -> list[str]:
    """The clock's. Nothing of it is anybody's business but the sums', so it says nothing."""
    done = periodic.each(due(london_day(at)), lambda head: _done(keep(head.contract, at=at)))
    return done + periodic.each(departments_due(), lambda head: _done(add_up(head, at=at)))


def _done(_head: ContractSavings | DepartmentSavings) -> list[str]:
    return []


@transaction.atomic
def keep(contract: Contract, *, at: datetime) -> ContractSavings:
    """Compute the contract's months by its terms as they are expected to be, as its page does, and keep them."""
    contract = lock_contract(contract)
    head = ContractSavings.objects.select_for_update().get(contract=contract)
    on, under = london_day(at), {head.department_id, contract.department_id}
    found = savings.by_month(cutover.expected(contract, on).terms, None)
    months = [
        MonthSavings(
            of=head, month=one.month, days=one.days, seat_days=one.seat_days, charges_gbp=one.charges, unassessed_gbp=one.unassessed,
            fallen_gbp=one.fallen, kg_before=one.kg_before, kg=one.kg,
        )
        for one in found
    ]  # fmt: skip
    changed = _replace(head.months.all(), months, OF_CONTRACT)
    if changed or head.kept_at is None or len(under) > 1:
        _mark(head.framework_id, under)
    head.department_id, head.is_due, head.kept_at, head.again_on = (
        contract.department_id,
        False,
        at,
        _again_on(contract, on),
    )
    head.save()
    return head


def _again_on(contract: Contract, on: date) -> date | None:
    """From the day on which a milestone that changes the terms is overdue, each day moves what is expected of it."""
    if contract.state != ContractState.EXECUTED:
        return None
    open_ones = contract.milestones.exclude(effect="").exclude(state__in=ACCEPTED)
    return min((max(day, on) + ONE_DAY for day in open_ones.values_list("due_on", flat=True)), default=None)


def _replace(kept: Iterable[Row], wanted: list[Row], fields: tuple[str, ...]) -> bool:
    """Writes what differs and nothing else; whether anything did."""
    known = {row.month: row for row in kept}
    new = [row for row in wanted if row.month not in known]
    moved = []
    for row in wanted:
        if row.month in known and any(getattr(row, name) != getattr(known[row.month], name) for name in fields):
            row.pk = known[row.month].pk
            moved.append(row)
    months = {row.month for row in wanted}
    gone = [row.pk for month, row in known.items() if month not in months]
    for rows in (new, moved):
        if rows:
            model = type(rows[0])
            model.objects.bulk_create(rows) if rows is new else model.objects.bulk_update(rows, fields)
    if gone:
        type(next(iter(known.values()))).objects.filter(pk__in=gone).delete()
    return bool(new or moved or gone)


def _mark(framework_id: int, departments: Iterable[int]) -> None:
    """The sums of these departments are to be made anew."""
    DepartmentSavings.objects.bulk_create(
        [DepartmentSavings(framework_id=framework_id, department_id=pk, is_due=True) for pk in sorted(departments)],
        update_conflicts=True, unique_fields=["framework", "department"], update_fields=["is_due"],
    )  # fmt: skip


@transaction.atomic
def add_up(head: DepartmentSavings, *, at: datetime) -> DepartmentSavings:
    """Make the sums of a department's contracts, compared with the baseline that was stated last."""
    head = DepartmentSavings.objects.select_for_update().get(pk=head.pk)
    baseline = baseline_of(head.framework_id, head.department_id)
    contracts = ContractSavings.objects.filter(framework=head.framework_id, department=head.department_id)
    sums: dict[str, Any] = {f"sum_{name}": Sum(name) for name in AMOUNTS}
    if baseline is not None:
        sums["sum_baseline_gbp"] = Sum(baseline_gbp(Value(baseline.gbp_per_user_year, GBP)))
    rows = MonthSavings.objects.filter(of__in=contracts).order_by().values("month").annotate(**sums)
    _replace(head.months.all(), [DepartmentMonth(of=head, **{name.removeprefix("sum_"): amount for name, amount in row.items()}) for row in rows], OF_DEPARTMENT)
    head.contracts = contracts.aggregate(n=Count("pk"))["n"]
    head.baseline, head.is_due, head.kept_at = baseline, False, at
    head.save()
    return head
