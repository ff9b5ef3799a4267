"""What a supplier declares of a month to the authority, the levy on it, and what was paid of that (domain.md, "Management
information and levy"). Money is GBP, VAT excluded."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row

NOTE_SERIES = "LN"  # as in LN-2008-000001


class ReturnState(models.TextChoices):
    OPEN = "open", _("to be confirmed")
    DECLARED = "declared", _("declared")


class ManagementReturn(Row):
    """Of a supplier under a framework for a month (``month`` is its first day), made from the ledger. ``corrects``: the one before
    it of the same month, which stays as it was declared."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="returns")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="returns")
    month = models.DateField()
    number = models.PositiveSmallIntegerField()
    corrects = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by")
    due_on = models.DateField()
    made_at = models.DateTimeField()
    state = FSMField(default=ReturnState.OPEN, choices=ReturnState.choices, protected=True)
    state_since = models.DateTimeField()

    db_rights = STATE("state", "state_since")

    class Meta:
        ordering = ["month", "number"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "supplier", "month", "number"], name="one_return_a_month_and_number"),
            models.UniqueConstraint(fields=["framework", "supplier", "month"], condition=Q(state="open"), name="one_open_return_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="return_is_of_a_month"),
            models.CheckConstraint(condition=Q(state__in=ReturnState.values), name="return_state_is_known"),
            models.CheckConstraint(condition=Q(number=1, corrects__isnull=True) | Q(number__gt=1, corrects__isnull=False),
                                   name="a_later_return_corrects_one"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.supplier} {self.month:%Y-%m} return {self.number}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        """April 2008, or April 2008, correction 1."""
        month = format_month(self.month, "F Y")
        return month if self.number == 1 else _("%(month)s, correction %(number)s") % {"month": month, "number": self.number - 1}

    @transition(field=state, source=ReturnState.OPEN, target=ReturnState.DECLARED)
    def declare(self, *, at):
        self.state_since = at


class ReturnLine(Row):
    """A fact: what the ledger said of a contract when the return was made. ``levy_percent`` is what the contract was approved with;
    ``is_last``: the contract's last month is reached, and the levy is settled over its whole life."""

    return_of = models.ForeignKey(ManagementReturn, on_delete=models.PROTECT, related_name="lines")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="return_lines")
    charges_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    levy_percent = models.DecimalField(max_digits=6, decimal_places=3)
    is_last = models.BooleanField()

    db_rights = FACT

    class Meta:
        ordering = ["contract__number"]
        constraints = [
            models.UniqueConstraint(fields=["return_of", "contract"], name="one_return_line_a_contract"),
            models.CheckConstraint(
                condition=Q(charges_gbp__gte=-LARGEST_GBP, charges_gbp__lte=LARGEST_GBP, levy_percent__gte=0, levy_percent__lte=100),
                name="return_line_is_money",
            ),
        ]  # fmt: skip


class Declaration(Row):
    """A fact: who declared a return, and of a correction why. ``shown_hash``: the sha256 of what they were shown."""

    return_of = models.OneToOneField(ManagementReturn, on_delete=models.PROTECT, related_name="declaration")
    words = models.TextField(blank=True)
    shown_hash = models.CharField(max_length=64)
    declared_by = models.UUIDField()
    declared_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    declared_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(shown_hash__regex=r"^[0-9a-f]{64}$"), name="declaration_has_its_hash")]


class DeclaredLine(Row):
    """A fact: what was declared of a line, explained where it differs from the ledger. ``levy_gbp`` is the percentage of it, rounded
    half-up once; ``settlement_gbp`` what the last return adds so that all levies come to the percentage of all that was declared."""

    line = models.OneToOneField(ReturnLine, on_delete=models.PROTECT, related_name="declared")
    declared_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    explanation = models.TextField(blank=True)
    levy_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    settlement_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    db_rights = FACT

    class Meta:
        ordering = ["line__contract__number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(declared_gbp__gte=-LARGEST_GBP, declared_gbp__lte=LARGEST_GBP, levy_gbp__gte=-LARGEST_GBP,
                            levy_gbp__lte=LARGEST_GBP, settlement_gbp__gte=-LARGEST_GBP, settlement_gbp__lte=LARGEST_GBP),
                name="declared_line_is_money",
            ),
        ]  # fmt: skip

    @property
    def total_gbp(self) -> Decimal:
        """What it asks of the supplier, below zero where the settlement gives back more than the levy."""
        return self.levy_gbp + self.settlement_gbp


class LevyNote(Row):
    """A fact: what a return asks of the supplier, or of a correction gives back; none where it comes to nothing. A note of a
    correction names an earlier one of the month: a credit the newest that asks something, against which it is set off."""

    class Kind(models.TextChoices):
        LEVY = "levy", _("levy")
        ADDITIONAL = "additional", _("additional levy")
        CREDIT = "credit", _("credit note")

    return_of = models.OneToOneField(ManagementReturn, on_delete=models.PROTECT, related_name="note")
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by")
    amount_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    made_at = models.DateTimeField()
    due_on = models.DateField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["levy", "additional", "credit"]), name="levy_note_is_known"),
            models.CheckConstraint(condition=Q(amount_gbp__gt=0, amount_gbp__lte=LARGEST_GBP), name="levy_note_is_money"),
        ]

    def __str__(self) -> str:
        return self.number


class LevyPayment(Row):
    """A fact: what the authority received of a note on a day."""

    note = models.ForeignKey(LevyNote, on_delete=models.PROTECT, related_name="payments")
    number = models.PositiveSmallIntegerField()
    amount_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    paid_on = models.DateField()
    reference = models.CharField(max_length=60, blank=True)
    recorded_by = models.UUIDField()
    recorded_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["note", "number"], name="one_levy_payment_a_number"),
            models.CheckConstraint(condition=Q(amount_gbp__gt=0, amount_gbp__lte=LARGEST_GBP), name="levy_payment_is_money"),
        ]


register(ManagementReturn, "management_return", terminal=(ReturnState.DECLARED,))
