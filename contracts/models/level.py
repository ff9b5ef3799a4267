"""What was measured of the service levels of a contract in a month, what it gives back, and how that was agreed (domain.md,
"Service credits"). The levels are those of the release that the contract's lines are priced from."""

from datetime import timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import ServiceLevelMeasure
from contracts.models.contract import Contract, Party
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row


class ServiceReport(Row):
    """A fact: what was measured in a month (``month`` is its first day), by the supplier, or corrected by the department with
    the reason in ``note``. ``content_hash`` is the sha256 of the canonical JSON of it: whoever confirms it repeats it."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="reports")
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=12, choices=[(Party.SUPPLIER, Party.SUPPLIER.label), (Party.DEPARTMENT, Party.DEPARTMENT.label)])
    note = models.TextField(blank=True)
    reported_by = models.UUIDField()
    reported_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    reported_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)

    db_rights = FACT

    class Meta:
        ordering = ["month", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "month", "number"], name="one_service_report_a_number"),
            models.CheckConstraint(condition=Q(month__day=1), name="service_report_is_of_a_month"),
            models.CheckConstraint(condition=Q(source="supplier") | Q(source="department") & ~Q(note=""),
                                   name="a_correction_says_why"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="service_report_has_its_hash"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} {self.month:%Y-%m} report {self.number}"

    @property
    def audit_id(self) -> str:
        return f"{self.contract.number}/{self.month:%Y-%m}/{self.number}"


class Measurement(Row):
    """A fact: what was measured of one measure, per cent or the word of a pass/fail measure. ``relief``: the relief event for
    which it gives no credit and no duty, with what shows it (in the store under its hash); only the department grants one."""

    report = models.ForeignKey(ServiceReport, on_delete=models.PROTECT, related_name="measurements")
    measure = models.ForeignKey(ServiceLevelMeasure, on_delete=models.PROTECT, related_name="+")
    actual = models.CharField(max_length=20)
    relief = models.TextField(blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["measure__position"]
        constraints = [
            models.UniqueConstraint(fields=["report", "measure"], name="one_measurement_a_measure"),
            models.CheckConstraint(
                condition=Q(actual__regex=r"^(100(\.0{1,3})?|[0-9]{1,2}(\.[0-9]{1,3})?|[a-z_]+)$"),
                name="measurement_is_per_cent_or_a_word",
            ),
        ]


class CreditCalculation(Row):
    """A fact: the credits of a month as calculated from a confirmed report; its inputs stay as they were. Money is GBP, VAT
    excluded: ``charges_gbp`` all recurring charges of the month, ``cap_gbp`` the most that credits can come to."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="calculations")
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    report = models.OneToOneField(ServiceReport, on_delete=models.PROTECT, related_name="calculation")
    charges_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    cap_percent = models.DecimalField(max_digits=5, decimal_places=2)
    cap_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    shown_hash = models.CharField(max_length=64)
    calculated_by = models.UUIDField()
    calculated_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    calculated_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["month", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "month", "number"], name="one_calculation_a_number"),
            models.CheckConstraint(
                condition=Q(charges_gbp__gt=0, charges_gbp__lte=LARGEST_GBP, cap_percent__gte=0, cap_percent__lte=100,
                            cap_gbp__gte=0, cap_gbp__lte=models.F("charges_gbp")),
                name="calculation_is_of_money",
            ),
        ]  # fmt: skip


class CalculatedLevel(Row):
    """A fact: where a measure stood, and the credit with all that it was computed from: ``points`` missed as a percentage of
    ``base_gbp`` is ``credit_gbp``, of which the cap took ``cut_gbp``. ``plan_due_on``: by when the supplier owes a rectification
    plan for it, where it was below its minimum."""

    class Standing(models.TextChoices):
        MET = "met", _("met")
        BELOW_TARGET = "below_target", _("below target")
        BELOW_MINIMUM = "below_minimum", _("below minimum")
        BELOW_CRITICAL = "below_critical", _("below critical")
        RELIEVED = "relieved", _("excluded: relief event")

    calculation = models.ForeignKey(CreditCalculation, on_delete=models.PROTECT, related_name="levels")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="calculated")
    standing = models.CharField(max_length=16, choices=Standing.choices)
    points = models.DecimalField(max_digits=6, decimal_places=3)
    base_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    credit_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    cut_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    plan_due_on = models.DateField(null=True, blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["measurement__measure__position"]
        indexes = [models.Index(fields=["plan_due_on"], name="level_owes_a_plan", condition=Q(plan_due_on__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["calculation", "measurement"], name="one_level_a_measurement"),
            models.CheckConstraint(condition=Q(standing__in=["met", "below_target", "below_minimum", "below_critical", "relieved"]),
                                   name="standing_is_known"),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=100, base_gbp__gte=0, base_gbp__lte=LARGEST_GBP, credit_gbp__gte=0,
                            cut_gbp__gte=0, cut_gbp__lte=models.F("credit_gbp"))
                & (Q(credit_gbp=0) | Q(standing__in=["below_target", "below_minimum", "below_critical"])),
                name="credit_is_money",
            ),
            models.CheckConstraint(
                condition=Q(standing__in=["below_minimum", "below_critical"], plan_due_on__isnull=False)
                | Q(standing__in=["met", "below_target", "relieved"], plan_due_on__isnull=True),
                name="below_minimum_a_plan_is_due",
            ),
        ]  # fmt: skip

    @property
    def payable_gbp(self) -> Decimal:
        """VAT excluded, what the cap leaves of it."""
        return self.credit_gbp - self.cut_gbp


class CreditState(models.TextChoices):
    CALCULATED = "calculated", _("calculated")
    NOTIFIED = "notified", _("notified")
    DISPUTED = "disputed", _("disputed")
    AGREED = "agreed", _("agreed")
    APPLIED = "applied", _("applied")
    WAIVED = "waived", _("waived")
    VOID = "void", _("void")


C = CreditState
OPEN_CREDITS = (C.CALCULATED, C.NOTIFIED, C.DISPUTED)


class ServiceCredit(Row):
    """The credit of one measure in one month. What it comes to is the ``level``'s, that of the newest calculation."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="credits")
    number = models.PositiveSmallIntegerField()
    month = models.DateField()
    measure = models.ForeignKey(ServiceLevelMeasure, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(CalculatedLevel, on_delete=models.PROTECT, related_name="credits")
    state = FSMField(default=C.CALCULATED, choices=CreditState.choices, protected=True)
    state_since = models.DateTimeField()

    db_rights = STATE("state", "state_since", "level_id")

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["id"], name="credit_that_waits", condition=Q(state__in=["calculated", "notified", "disputed", "agreed"]))]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_credit_a_number"),
            models.UniqueConstraint(fields=["contract", "month", "measure"], condition=~Q(state="void"), name="one_credit_a_measure_and_month"),
            models.CheckConstraint(condition=Q(state__in=CreditState.values), name="credit_state_is_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return f"{self.contract.number}/SC{self.number}"

    @property
    def label(self) -> str:
        return f"SC{self.number}"

    @property
    def last_day(self):
        """Of its month."""
        return (self.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @transition(field=state, source=[C.CALCULATED, C.DISPUTED], target=C.NOTIFIED)
    def notify(self, *, at):
        self.state_since = at

    @transition(field=state, source=C.NOTIFIED, target=C.DISPUTED)
    def dispute(self, *, at):
        self.state_since = at

    @transition(field=state, source=[C.NOTIFIED, C.DISPUTED], target=C.AGREED)
    def agree(self, *, at):
        self.state_since = at

    @transition(field=state, source=C.AGREED, target=C.APPLIED)
    def apply(self, *, at):
        self.state_since = at

    @transition(field=state, source=[C.CALCULATED, C.NOTIFIED, C.DISPUTED, C.AGREED], target=C.WAIVED)
    def waive(self, *, at):
        self.state_since = at

    @transition(field=state, source=[C.CALCULATED, C.NOTIFIED, C.DISPUTED], target=C.VOID)
    def void(self, *, at):
        self.state_since = at


class CreditAct(Row):
    """A fact: what somebody did with a credit, in which post, and why. A dispute has its evidence, a file in the store under
    its hash; applying names the invoice that is less by it."""

    class Kind(models.TextChoices):
        NOTIFIED = "notified", _("notified")
        AGREED = "agreed", _("agreed")
        DISPUTED = "disputed", _("disputed")
        UPHELD = "upheld", _("dispute decided: the credit is upheld")
        DROPPED = "dropped", _("dispute decided: the credit is dropped")
        WAIVED = "waived", _("waived")
        APPLIED = "applied", _("applied")

    credit = models.ForeignKey(ServiceCredit, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    words = models.TextField(blank=True)
    invoice_reference = models.CharField(max_length=60, blank=True)
    amount_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    filename = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    length = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    post = models.CharField(max_length=30)
    at = models.DateTimeField()

    db_rights = FACT
    stored_under = "sha256"

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["notified", "agreed", "disputed", "upheld", "dropped", "waived", "applied"]),
                                   name="credit_act_is_known"),
            models.CheckConstraint(condition=Q(kind__in=["notified", "agreed", "applied"]) | ~Q(words=""), name="a_credit_act_says_why"),
            models.CheckConstraint(condition=~Q(kind="disputed") | ~Q(sha256=""), name="a_dispute_has_its_evidence"),
            models.CheckConstraint(condition=Q(kind="applied") & ~Q(invoice_reference="") | ~Q(kind="applied") & Q(invoice_reference=""),
                                   name="applied_to_an_invoice"),
            models.UniqueConstraint(fields=["credit"], condition=Q(kind="applied"), name="a_credit_is_applied_once"),
            models.UniqueConstraint(fields=["credit"], condition=Q(kind="waived"), name="a_credit_is_waived_once"),
            models.CheckConstraint(condition=Q(amount_gbp__gte=0, amount_gbp__lte=LARGEST_GBP), name="credit_act_is_money"),
        ]  # fmt: skip


class RectificationPlan(Row):
    """A fact: how the supplier puts right what was below its minimum, in words, as a file in the store, or both."""

    level = models.ForeignKey(CalculatedLevel, on_delete=models.PROTECT, related_name="plans")
    words = models.TextField()
    submitted_by = models.UUIDField()
    submitted_by_name = models.CharField(max_length=120)
    acting_for = models.CharField(max_length=120, blank=True)
    submitted_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="a_plan_says_something")]


class PlanDecision(Row):
    """A fact: the department approves a rectification plan, or refuses it and says why (the contract's clause 11.2)."""

    plan = models.OneToOneField(RectificationPlan, on_delete=models.PROTECT, related_name="decision")
    approves = models.BooleanField()
    words = models.TextField(blank=True)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(approves=True) | ~Q(words=""), name="a_refused_plan_says_why")]


register(ServiceCredit, "service_credit", terminal=(C.APPLIED, C.WAIVED, C.VOID))
