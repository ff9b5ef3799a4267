"""What contracts save and how much carbon, kept by month so that many can be added up.

None of it is a source: each row is what ``contracts.savings`` computes of the terms, written again whenever these change
(``contracts.savings_kept``). Money is Decimal GBP with two places, VAT excluded; carbon is Decimal kgCO2e with two places.
"""

from django.db import models
from django.db.models import F, Q

from catalogue.models import Framework, Organisation
from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.rights import DRAFT, STATE, Row
from procurement.models import Baseline


class ContractSavings(Row):
    """Of a contract that is or was in force: whether its months are to be computed anew (``is_due``; triggers say so whenever
    its terms, milestones, notices, state or department change), or on which day at the latest (``again_on``: a forecast moves
    while a cutover is overdue). Its money counts under ``department``. ``kept_at`` None: not computed yet."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="savings")
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    is_due = models.BooleanField(default=True)
    again_on = models.DateField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("department_id", "is_due", "again_on", "kept_at")

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="contract_savings_due", condition=Q(is_due=True)),
            models.Index(fields=["again_on"], name="contract_savings_again", condition=Q(again_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"savings of {self.contract}"


class Kept(Row):
    """A month of what is kept. ``unassessed_gbp``: the charges of services of which no carbon is known; ``fallen_gbp``: what
    lower prices than those first agreed save."""

    month = models.DateField()
    seat_days = models.BigIntegerField()
    charges_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    unassessed_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    fallen_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    kg_before = models.DecimalField(max_digits=14, decimal_places=2)
    kg = models.DecimalField(max_digits=14, decimal_places=2)

    db_rights = DRAFT

    class Meta:
        abstract = True


class MonthSavings(Kept):
    """Of a contract in a month. ``days`` it has: with ``seat_days`` (seats, each for every day on which it is served) and the
    department's baseline they say what the seats cost before, which is not kept, since a baseline may be stated anew."""

    of = models.ForeignKey(ContractSavings, on_delete=models.PROTECT, related_name="months")
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "month"], name="one_month_of_a_contracts_savings"),
            models.CheckConstraint(condition=Q(days__gte=28, days__lte=31, seat_days__gte=0), name="days_of_savings_are_a_months"),
            models.CheckConstraint(
                condition=Q(charges_gbp__gte=0, charges_gbp__lte=LARGEST_GBP, unassessed_gbp__gte=0, unassessed_gbp__lte=F("charges_gbp")),
                name="charges_of_savings_are_money",
            ),
        ]  # fmt: skip


class DepartmentSavings(Row):
    """Of a department under a framework: the sums of its contracts' months, with the ``baseline`` that they are compared with
    (None: none was stated), and whether they are to be made anew (``is_due``)."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="department_savings")
    baseline = models.ForeignKey(Baseline, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    contracts = models.PositiveIntegerField(default=0)
    is_due = models.BooleanField(default=True)
    kept_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("baseline_id", "contracts", "is_due", "kept_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "department"], name="one_savings_a_department_and_framework")
        ]

    def __str__(self) -> str:
        return f"savings of {self.department} under {self.framework}"


class DepartmentMonth(Kept):
    """Of all contracts of a department in a month. ``baseline_gbp``: what their seats cost before, rounded half-up for each
    contract; None where the department has stated no baseline."""

    of = models.ForeignKey(DepartmentSavings, on_delete=models.PROTECT, related_name="months")
    baseline_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "month"], name="one_month_of_a_departments_savings")]
