"""A variation: what the parties of a contract agree to change about it (domain.md, "Variation"; Procurement Act 2023 s.74 to
77), and its state machine. What is signed is a revision of it; the contract itself is never edited.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, ServiceVersion
from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import DRAFT, FACT, STATE, Row
from procurement.models import Approval, Phase, PostCode, User


class VariationState(models.TextChoices):
    DRAFT = "draft", _("draft")
    ASSESSED = "assessed", _("assessed")
    IN_APPROVAL = "in_approval", _("in approval")
    AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
    EXECUTED = "executed", _("executed")
    APPLIED = "applied", _("in effect")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


V = VariationState
UNSIGNED_VARIATIONS = (V.DRAFT, V.ASSESSED, V.IN_APPROVAL, V.AWAITING_SIGNATURES)
SIGNED_VARIATIONS = (V.EXECUTED, V.APPLIED)


class VariationKind(models.TextChoices):
    QUANTITY = "quantity", _("quantities: more or fewer of what the contract has")
    SITE = "site", _("sites: one is added, moved or given up")
    SERVICE = "service", _("services: one is added, exchanged or given up")
    TERM = "term", _("term: an extension option is used")
    CORRECTION = "correction", _("correction: words of the contract that say what nobody meant")


class Gateway(models.TextChoices):
    """By which of its doors the law lets a contract be modified (Procurement Act 2023 s.74(1))."""

    PERMITTED = "permitted", _("permitted modification (Schedule 8)")
    NOT_SUBSTANTIAL = "not_substantial", _("not a substantial modification (s.74(3))")
    BELOW_THRESHOLD = "below_threshold", _("below-threshold modification (s.74(4))")


class Variation(Row):
    """One change that is asked for. ``number`` counts within its contract and never changes. ``approval`` is the round that it
    is in or was last in, ``change_notice`` the reference under which a contract change notice was published on a day (s.75),
    ``signed_on`` the day of the last signature."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="variations")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=VariationKind.choices)
    title = models.CharField(max_length=120)
    state = FSMField(default=V.DRAFT, choices=VariationState.choices, protected=True)
    state_since = models.DateTimeField()
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    revision = models.ForeignKey("contracts.VariationRevision", null=True, on_delete=models.PROTECT, related_name="+")
    approval = models.OneToOneField(Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="variation")
    change_notice = models.CharField(max_length=60, blank=True)
    change_notice_on = models.DateField(null=True, blank=True)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_on = models.DateField(null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=2000, blank=True)

    db_rights = STATE(
        "state", "state_since", "revision_id", "approval_id", "change_notice", "change_notice_on", "document_id", "signed_on",
        "executed_at", "ended_reason",
    )  # fmt: skip

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_variation_a_number"),
            models.CheckConstraint(condition=Q(state__in=VariationState.values), name="variation_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=VariationKind.values), name="variation_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[V.EXECUTED, V.APPLIED])
                | Q(signed_on__isnull=False, executed_at__isnull=False, document__isnull=False),
                name="executed_variation_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(change_notice="", change_notice_on__isnull=True)
                | ~Q(change_notice="") & Q(change_notice_on__isnull=False),
                name="change_notice_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[V.DRAFT, V.ASSESSED, V.WITHDRAWN, V.LAPSED]) | Q(approval__isnull=False),
                name="variation_in_approval_has_its_round",
            ),
        ]
        indexes = [models.Index(fields=["contract", "state"], name="variation_by_contract")]

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        return f"VAR-{self.number:02}"

    @property
    def framework(self) -> Framework:
        return self.contract.framework

    @property
    def framework_id(self) -> int:
        return self.contract.framework_id

    @transition(field=state, source=V.DRAFT, target=V.ASSESSED)
    def assess(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.ASSESSED, target=V.DRAFT)
    def revise(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.ASSESSED, target=V.IN_APPROVAL)
    def submit(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.IN_APPROVAL, target=V.DRAFT)
    def return_for_changes(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.IN_APPROVAL, target=V.AWAITING_SIGNATURES)
    def approve(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.IN_APPROVAL, target=V.REJECTED)
    def reject(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=V.AWAITING_SIGNATURES, target=V.EXECUTED)
    def execute(self, *, at):
        self.state_since = at
        self.executed_at = at

    @transition(field=state, source=V.EXECUTED, target=V.APPLIED)
    def apply(self, *, at):
        self.state_since = at

    @transition(field=state, source=V.AWAITING_SIGNATURES, target=V.REJECTED)
    def refuse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=[V.DRAFT, V.ASSESSED, V.IN_APPROVAL], target=V.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=list(UNSIGNED_VARIATIONS), target=V.LAPSED)
    def lapse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason


register(Variation, "variation", terminal=(V.APPLIED, V.REJECTED, V.WITHDRAWN, V.LAPSED))


class VariationRevision(Row):
    """What a variation says. With ``assessed_at`` null it is the draft being edited; once set, the row and everything under it
    are facts (a trigger refuses any change): the money, the gateway with its tests, the content and its hash.

    Money is GBP, VAT excluded unless named gross; it may be negative. ``value_gbp`` is what it adds to the charges of the
    contract's life; ``counted_gbp`` what its approval and share go by, never below zero: what the services that it adds cost, or
    those that it takes away, whichever is more (``counted_gross_gbp`` with VAT); ``cumulative_gbp`` that of all that count with
    it. Both percentages are of the contract's original whole-life value.
    """

    variation = models.ForeignKey(Variation, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    edits = models.PositiveIntegerField(default=0)

    reason = models.TextField(blank=True)
    effective_on = models.DateField(null=True, blank=True)
    extension_months = models.PositiveSmallIntegerField(null=True, blank=True)
    gateway = models.CharField(max_length=16, choices=Gateway.choices, blank=True)
    paragraph = models.CharField(max_length=4, blank=True)
    answers = models.JSONField(default=dict, blank=True)

    assessed_at = models.DateTimeField(null=True, blank=True)
    assessed_by = models.UUIDField(null=True, blank=True)
    assessed_by_name = models.CharField(max_length=120, blank=True)
    assessed_for = models.UUIDField(null=True, blank=True)  # the person whose deputy assessed it
    value_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    gross_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    counted_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    counted_gross_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    share_percent = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    cumulative_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    cumulative_percent = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    notice_first = models.BooleanField(null=True, blank=True)
    content = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "number"], name="one_variation_revision_a_number"),
            models.UniqueConstraint(
                fields=["variation"], condition=Q(assessed_at__isnull=True), name="one_variation_draft_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(assessed_at__isnull=True, assessed_by__isnull=True, content_hash="")
                | Q(
                    assessed_at__isnull=False, assessed_by__isnull=False, content_hash__regex=r"^[0-9a-f]{64}$",
                    effective_on__isnull=False, value_gbp__gte=-LARGEST_GBP, value_gbp__lte=LARGEST_GBP,
                    gross_gbp__isnull=False, counted_gbp__gte=0, counted_gross_gbp__gte=0, counted_gbp__lte=models.F("cumulative_gbp"),
                    cumulative_gbp__gte=0, cumulative_gbp__lte=LARGEST_GBP,
                    share_percent__gte=0, cumulative_percent__gte=models.F("share_percent"), notice_first__isnull=False,
                    gateway__in=Gateway.values,
                ) & ~Q(reason=""),  # fmt: skip
                name="assessed_variation_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(assessed_for__isnull=True) | ~Q(assessed_for=models.F("assessed_by")),
                name="assessed_for_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variation} revision {self.number}"

    @property
    def is_assessed(self) -> bool:
        return self.assessed_at is not None


class VariationHand(Row):
    """A fact: whose hand edited a revision; none of them decides on it."""

    revision = models.ForeignKey(VariationRevision, on_delete=models.PROTECT, related_name="hands")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    first_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "person_id"], name="one_variation_hand_a_person")]


class VariationReply(Row):
    """A fact: whether the supplier can deliver an assessed revision as it stands, in whose words; the last one stands."""

    revision = models.ForeignKey(VariationRevision, on_delete=models.PROTECT, related_name="replies")
    can_deliver = models.BooleanField()
    words = models.TextField(blank=True)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    post = models.CharField(max_length=30, choices=PostCode.choices)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(can_deliver=True) | ~Q(words=""), name="what_cannot_be_delivered_is_said")
        ]


class LineVariation(Row):
    """So many more, or fewer, of a service at a site (or for all sites) from the variation's day on. Kept by what it is of
    and not by the line it meets: a line that another variation adds meanwhile is the same line. ``service`` and the price of
    a unit (GBP, VAT excluded) stand once it is assessed, the price only where the contract has none for the service."""

    revision = models.ForeignKey(VariationRevision, on_delete=models.CASCADE, related_name="changes")
    number = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=8, choices=Phase.choices)
    service_code = models.CharField(max_length=20)
    site = models.CharField(max_length=80, blank=True)
    quantity_change = models.IntegerField()
    service = models.ForeignKey(ServiceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit_price_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="one_line_variation_a_number"),
            models.CheckConstraint(
                condition=Q(unit_price_gbp__isnull=True) | Q(unit_price_gbp__gte=0, unit_price_gbp__lte=LARGEST_GBP),
                name="line_variation_price_is_money",
            ),
            models.UniqueConstraint(
                fields=["revision", "phase", "service_code", "site"], name="one_line_variation_a_service_and_site"
            ),
            models.CheckConstraint(condition=~Q(quantity_change=0), name="line_variation_changes_something"),
            models.CheckConstraint(
                condition=Q(phase__in=[Phase.SHARED, Phase.USAGE]), name="line_variation_phase_is_open"
            ),
        ]


class Correction(Row):
    """Words of the contract that are put right: where they stand, what they say, and what they are to say."""

    revision = models.ForeignKey(VariationRevision, on_delete=models.CASCADE, related_name="corrections")
    number = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=160)
    was = models.TextField()
    reads = models.TextField()

    db_rights = DRAFT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="one_correction_a_number"),
            models.CheckConstraint(condition=~Q(was=models.F("reads")), name="correction_corrects_something"),
        ]
