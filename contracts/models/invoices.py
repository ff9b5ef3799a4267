"""What a supplier asks for a month of a contract, what it was compared with, who decided on it and what was paid of it (domain.md,
"Invoices"). Money is GBP; ``net`` is without VAT."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round, Upper
from django.utils.translation import gettext_lazy as _

from catalogue.pricing import add_months
from contracts.models.contract import Contract
from documents.clock import london_day
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row

# The Procurement Act 2023, s.68(2): paid before the end of the 30 days that begin with the day of receipt, which is the first; where
# nothing of it is due by then, with the day on which it becomes due.
DAYS_TO_PAY = 30


class InvoiceState(models.TextChoices):
    RECEIVED = "received", _("received")
    MATCHED = "matched", _("matched")
    QUERIED = "queried", _("queried")
    APPROVED = "approved", _("approved")
    PAID = "paid", _("paid")
    REJECTED = "rejected", _("rejected")


S = InvoiceState
OPEN_INVOICES = (S.RECEIVED, S.MATCHED, S.QUERIED, S.APPROVED)
COUNTED = (S.MATCHED, S.APPROVED, S.PAID)  # those that use up what a month of the contract comes to


class Invoice(Row):
    """``month``: the first day of the one that it is for. The file lies in the store under its hash; ``content_hash`` is the
    sha256 of the canonical JSON of all that it says, which whoever approves it repeats."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="invoices")
    number = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=60)
    month = models.DateField()
    invoiced_on = models.DateField()
    received_on = models.DateField()
    net_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    vat_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    gross_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    filename = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    length = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    recorded_by = models.UUIDField()
    recorded_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()
    state = FSMField(default=S.RECEIVED, choices=InvoiceState.choices, protected=True)
    state_since = models.DateTimeField()

    db_rights = STATE("state", "state_since")
    stored_under = "sha256"

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["id"], name="invoice_that_waits", condition=Q(state__in=["received", "matched", "queried", "approved"]))]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_invoice_a_number"),
            models.UniqueConstraint(
                "contract", Upper("reference"), condition=~Q(state="rejected"), name="one_invoice_a_reference"
            ),
            models.CheckConstraint(condition=Q(state__in=InvoiceState.values), name="invoice_state_is_known"),
            models.CheckConstraint(
                condition=Q(net_gbp__gt=0, net_gbp__lte=LARGEST_GBP, vat_gbp__gte=0, vat_gbp__lte=LARGEST_GBP,
                            gross_gbp__lte=LARGEST_GBP, gross_gbp=F("net_gbp") + F("vat_gbp")),
                name="invoice_is_money",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="invoice_is_of_a_month"),
            models.CheckConstraint(condition=Q(received_on__gte=F("invoiced_on")), name="invoice_is_received_once_it_is_made"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$", content_hash__regex=r"^[0-9a-f]{64}$") & ~Q(reference=""),
                name="invoice_has_its_file",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return f"{self.contract.number}/INV{self.number}"

    @property
    def label(self) -> str:
        return f"INV{self.number}"

    @property
    def time_runs_from(self) -> date:
        """The first of the days to pay: that of receipt. Of one that came while its month ran and agreed with no comparison that
        was made then, the first after the month: what it asks for was not due before. Such a one reads its comparisons."""
        after = add_months(self.month, 1)
        if self.received_on >= after or any(one.agrees and london_day(one.checked_at) < after for one in self.checks.all()):
            return self.received_on
        return after

    @property
    def due_on(self) -> date:
        """The last day on which it is paid in time. A dispute does not move it: an invoice that is found right was right from
        the day it came."""
        return self.time_runs_from + timedelta(days=DAYS_TO_PAY - 1)

    @transition(field=state, source=[S.RECEIVED, S.QUERIED], target=S.MATCHED)
    def match(self, *, at):
        self.state_since = at

    @transition(field=state, source=[S.RECEIVED, S.MATCHED], target=S.QUERIED)
    def query(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.MATCHED, target=S.APPROVED)
    def approve(self, *, at):
        self.state_since = at

    @transition(field=state, source=[S.RECEIVED, S.MATCHED, S.QUERIED], target=S.REJECTED)
    def reject(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.APPROVED, target=S.PAID)
    def pay(self, *, at):
        self.state_since = at


class InvoiceCheck(Row):
    """A fact: what was due when an invoice was compared with the ledger, part by part; ``billed_gbp`` is what other invoices of
    the month had used up, with the credits that came off them; ``overpaid_gbp`` what those of other months had used up beyond what the
    ledger says of them, and none has taken back yet (below zero: too much was taken back). Where the month's credits and invoices come to more than its charges, what is due is below zero."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="checks")
    number = models.PositiveSmallIntegerField()
    services_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    milestones_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    delay_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    credits_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    billed_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    overpaid_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    net_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    vat_percent = models.DecimalField(max_digits=6, decimal_places=3)
    vat_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    checked_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "number"], name="one_invoice_check_a_number"),
            models.CheckConstraint(
                condition=Q(services_gbp__gte=0, services_gbp__lte=LARGEST_GBP, milestones_gbp__gte=0,
                            milestones_gbp__lte=LARGEST_GBP, delay_gbp__gte=0, delay_gbp__lte=F("milestones_gbp"),
                            credits_gbp__gte=0, credits_gbp__lte=LARGEST_GBP, billed_gbp__gte=-LARGEST_GBP, billed_gbp__lte=LARGEST_GBP,
                            overpaid_gbp__gte=-LARGEST_GBP, overpaid_gbp__lte=LARGEST_GBP,
                            vat_percent__gte=0, vat_percent__lte=100),
                name="invoice_check_is_money",
            ),
            models.CheckConstraint(
                condition=Q(
                    net_gbp=F("services_gbp") + F("milestones_gbp") - F("delay_gbp") - F("credits_gbp") - F("billed_gbp")
                    - F("overpaid_gbp"),
                    vat_gbp=Round(F("net_gbp") * F("vat_percent") / 100, precision=2),
                ),
                name="invoice_check_is_a_sum",
            ),
        ]  # fmt: skip

    @property
    def gross_gbp(self):
        return self.net_gbp + self.vat_gbp

    @property
    def net_difference(self):
        """GBP by which more is asked than is due; below zero where less is."""
        return self.invoice.net_gbp - self.net_gbp

    @property
    def vat_difference(self):
        return self.invoice.vat_gbp - self.vat_gbp

    @property
    def gross_difference(self):
        return self.net_difference + self.vat_difference

    @property
    def agrees(self) -> bool:
        return not self.net_difference and not self.vat_difference


class InvoiceAct(Row):
    """A fact: what the department decided on an invoice, on which comparison of it, and why."""

    class Kind(models.TextChoices):
        APPROVED = "approved", _("approved for payment")
        DISPUTED = "disputed", _("disputed")
        SETTLED = "settled", _("settled: taken as it is")
        REJECTED = "rejected", _("rejected")

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="acts")
    check_made = models.ForeignKey(InvoiceCheck, null=True, blank=True, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    words = models.TextField(blank=True)
    shown_hash = models.CharField(max_length=64, blank=True)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["approved", "disputed", "settled", "rejected"]), name="invoice_act_is_known"),
            models.CheckConstraint(condition=Q(kind="approved") & ~Q(shown_hash="") | Q(kind__in=["disputed", "settled", "rejected"]) & ~Q(words=""),
                                   name="an_invoice_act_says_why"),
            models.CheckConstraint(condition=Q(kind="rejected") | Q(check_made__isnull=False), name="an_invoice_act_is_on_a_comparison"),
            models.UniqueConstraint(fields=["invoice"], condition=Q(kind="approved"), name="an_invoice_is_approved_once"),
            models.UniqueConstraint(fields=["invoice"], condition=Q(kind="rejected"), name="an_invoice_is_rejected_once"),
        ]  # fmt: skip


class InvoiceAnswer(Row):
    """A fact: what the supplier says of a queried invoice, and of which comparison of it. It decides nothing."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="answers")
    check_made = models.ForeignKey(InvoiceCheck, on_delete=models.PROTECT, related_name="answers")
    words = models.TextField()
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="an_invoice_answer_says_something")]


class InvoicePayment(Row):
    """A fact: what was paid of an approved invoice on a day, VAT included; several, until their sum is all of it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
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
            models.UniqueConstraint(fields=["invoice", "number"], name="one_invoice_payment_a_number"),
            models.CheckConstraint(condition=Q(amount_gbp__gt=0, amount_gbp__lte=LARGEST_GBP), name="invoice_payment_is_money"),
        ]  # fmt: skip


register(Invoice, "invoice", terminal=(S.PAID, S.REJECTED))
