"""What is ordered: the revision and its content.

A revision with ``submitted_at`` null is the draft being edited. Once submitted, the row and everything under it are
facts (a trigger refuses any change): release, prices, totals, the canonical content and its hash.
"""

import secrets
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from catalogue.models import CatalogueRelease, ServiceVersion
from documents.dbrules import LARGEST_GBP
from documents.rights import DRAFT, FACT, Row
from procurement.models.call_off import CallOff


def money(**kwargs) -> models.DecimalField:
    """A GBP amount, VAT excluded unless the name says gross."""
    return models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True, **kwargs)


def new_salt() -> str:
    return secrets.token_hex(16)


class CallOffRevision(Row):
    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    edits = models.PositiveIntegerField(default=0)

    # the term: whole months from the first of a month; interim is optional
    interim_starts_on = models.DateField(null=True, blank=True)
    interim_months = models.PositiveSmallIntegerField(null=True, blank=True)
    shared_starts_on = models.DateField(null=True, blank=True)
    shared_months = models.PositiveSmallIntegerField(null=True, blank=True)
    extension_months = models.PositiveSmallIntegerField(default=0)

    # money and approval; the code itself never leaves the department, its salted sha256 is what is approved
    budget_code = models.CharField(max_length=60, blank=True)
    budget_salt = models.CharField(max_length=32, default=new_salt, editable=False)
    spend_control_reference = models.CharField(max_length=60, blank=True)

    data_protection = models.JSONField(default=dict, blank=True)
    staff_transfer_applies = models.BooleanField(null=True, blank=True)
    staff_transfer_text = models.TextField(blank=True)
    kpi_codes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    no_milestones_needed = models.BooleanField(default=False)
    special_terms_settled = models.BooleanField(default=False)

    # frozen at submission
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.UUIDField(null=True, blank=True)
    submitted_by_name = models.CharField(max_length=120, blank=True)
    approval = models.OneToOneField(
        "procurement.Approval", null=True, blank=True, on_delete=models.PROTECT, related_name="revision"
    )
    release = models.ForeignKey(CatalogueRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    monthly_gbp = money()
    interim_gbp = money()
    one_off_gbp = money()
    usage_gbp = money()
    shared_gbp = money()
    whole_life_gbp = money()
    vat_gbp = money()
    gross_gbp = money()
    levy_gbp = money()
    saving_gbp_a_year = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    carbon_saved_kg_a_year = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    baseline_gbp_per_user_year = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    saving_percent = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    saving_net_of_transition_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    carbon_not_assessed = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    content = models.TextField(blank=True)
    revision_hash = models.CharField(max_length=64, blank=True)
    search_text = models.TextField(blank=True)

    db_rights = DRAFT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call_off", "number"], name="one_revision_a_number"),
            models.UniqueConstraint(
                fields=["call_off"], condition=Q(submitted_at__isnull=True), name="one_draft_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True, approval__isnull=True, revision_hash="")
                | Q(
                    submitted_at__isnull=False, submitted_by__isnull=False, revision_hash__regex=r"^[0-9a-f]{64}$",
                    release__isnull=False, approval__isnull=False, whole_life_gbp__gt=0, whole_life_gbp__lte=LARGEST_GBP,
                ),  # fmt: skip
                name="submitted_revision_is_complete",
            ),
        ]
        indexes = [GinIndex(fields=["search_text"], name="revision_search", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return f"{self.call_off} revision {self.number}"

    def share_approval(self) -> None:
        """Its approval, if it has one, is of the rows that are in memory with it: then they are read once."""
        if self.approval is not None:
            call_off = self.call_off
            self.approval.framework, self.approval.department = call_off.framework, call_off.department
            self.approval.supplier = call_off.supplier

    @property
    def is_submitted(self) -> bool:
        return self.submitted_at is not None

    def dates_of(self, phase: str) -> tuple[date | None, int | None]:
        """(starts on, months) of a phase's lines. One-off lines have no months."""
        if phase == Phase.INTERIM:
            return self.interim_starts_on, self.interim_months
        if phase == Phase.ONE_OFF:
            return self.interim_starts_on or self.shared_starts_on, None
        return self.shared_starts_on, self.shared_months


class RevisionHand(Row):
    """Every person whose hand edited a revision; none of them may decide on it."""

    revision = models.ForeignKey(CallOffRevision, on_delete=models.PROTECT, related_name="hands")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    first_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "person_id"], name="one_hand_a_person")]


class RevisionSite(Row):
    """A site of the order and its declared seats."""

    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="sites")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    seats = models.PositiveIntegerField()

    db_rights = DRAFT

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["revision", "name"], name="one_site_a_name")]

    def __str__(self) -> str:
        return self.name


class Phase(models.TextChoices):
    INTERIM = "interim", _("interim managed service")
    ONE_OFF = "one_off", _("one-off")
    SHARED = "shared", _("shared service")
    USAGE = "usage", _("usage, not to exceed")


class CallOffLine(Row):
    """One service ordered. Prices stand only on a submitted revision; a draft is priced live.

    ``months`` is null for one-off lines; a usage line's quantity is a not-to-exceed quantity.
    """

    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    phase = models.CharField(max_length=8, choices=Phase.choices)
    service_code = models.CharField(max_length=20)
    service = models.ForeignKey(ServiceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(RevisionSite, null=True, blank=True, on_delete=models.CASCADE, related_name="lines")
    quantity = models.PositiveIntegerField()
    starts_on = models.DateField(null=True, blank=True)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    list_price_gbp = money()
    discount_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    graduated = models.BooleanField(default=False)
    unit_price_gbp = money()
    monthly_gbp = money()
    total_gbp = money()

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="one_line_a_number"),
            models.UniqueConstraint(
                fields=["revision", "phase", "service_code", "site"],
                nulls_distinct=False,
                name="one_line_a_service_and_site",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_is_positive"),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="line_phase_is_known"),
            models.CheckConstraint(
                condition=Q(total_gbp__isnull=True)
                | Q(graduated=True, total_gbp__gte=0, total_gbp__lte=LARGEST_GBP)
                | Q(monthly_gbp__isnull=False, monthly_gbp=F("quantity") * F("unit_price_gbp"),
                    total_gbp=F("monthly_gbp") * F("months"))
                | Q(monthly_gbp__isnull=True, total_gbp=F("quantity") * F("unit_price_gbp")),  # fmt: skip
                name="line_total_is_quantity_times_price",
            ),
        ]


class PlannedMilestone(Row):
    """A step of the transition. ``effect`` says whether its acceptance starts the interim lines or is the cutover."""

    class Effect(models.TextChoices):
        NONE = "", _("no effect on charges")
        INTERIM_STARTS = "interim_starts", _("interim lines start")
        CUTOVER = "cutover", _("interim lines end and shared lines start together")

    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="milestones")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    planned_on = models.DateField()
    criteria = ArrayField(models.CharField(max_length=300))
    effect = models.CharField(max_length=16, choices=Effect.choices, blank=True)

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="one_milestone_a_number"),
            models.CheckConstraint(
                condition=Q(effect__in=["", "interim_starts", "cutover"]), name="milestone_effect_is_known"
            ),
        ]

    @property
    def label(self) -> str:
        return f"M{self.number}"


class MilestonePayment(Row):
    """What is paid when a milestone is accepted: a percentage of a one-off line, or a quantity of its units."""

    milestone = models.ForeignKey(PlannedMilestone, on_delete=models.CASCADE, related_name="payments")
    service_code = models.CharField(max_length=20)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    quantity = models.PositiveIntegerField(null=True, blank=True)

    db_rights = DRAFT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, quantity__isnull=True)
                | Q(percent__isnull=True, quantity__gt=0),
                name="payment_is_a_share_or_a_quantity",
            ),
            models.UniqueConstraint(fields=["milestone", "service_code"], name="one_payment_a_service"),
        ]


class SpecialTerm(Row):
    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="special_terms")
    number = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=120)
    text = models.TextField()

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["revision", "number"], name="one_term_a_number")]


class Attachment(Row):
    """A file of a revision. The bytes live in the store under their hash; the supplier sees only what is for them."""

    class Kind(models.TextChoices):
        BUSINESS_CASE = "business_case", _("business case")
        SPEND_CONTROL = "spend_control", _("spend-control approval")
        SPECIFICATION = "specification", _("specification for the supplier")
        OTHER = "other", _("other, for approvers")

    FOR_SUPPLIER = (Kind.SPECIFICATION,)

    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="attachments")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    filename = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    length = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by_name = models.CharField(max_length=120)

    db_rights = DRAFT
    stored_under = "sha256"

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["revision", "sha256"], name="one_attachment_a_content")]


class Particulars(Row):
    """Administrative particulars of a call-off: outside the hash, changed by a recorded notice."""

    class Spending(models.TextChoices):
        RDEL = "RDEL", _("RDEL (resource)")
        CDEL = "CDEL", _("CDEL (capital)")

    call_off = models.OneToOneField(CallOff, on_delete=models.PROTECT, related_name="particulars")
    purchase_order = models.CharField(max_length=40, blank=True)
    cost_centre = models.CharField(max_length=40, blank=True)
    account = models.CharField(max_length=40, blank=True)
    spending = models.CharField(max_length=4, choices=Spending.choices, blank=True)
    invoice_address = models.TextField(blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_telephone = models.CharField(max_length=30, blank=True)
    invoice_contact_name = models.CharField(max_length=120, blank=True)
    invoice_contact_email = models.EmailField(blank=True)
    invoice_contact_telephone = models.CharField(max_length=30, blank=True)

    db_rights = DRAFT

    class Meta:
        indexes = [
            GinIndex(OpClass(Upper("purchase_order"), name="gin_trgm_ops"), name="purchase_order_search"),
        ]
