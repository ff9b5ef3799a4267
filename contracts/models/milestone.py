"""A step of the transition under a contract, what shows that it is done, who accepted it, and what falls due for it
(domain.md, "Transition"). Its criteria, payments and planned day are those of the accepted order."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contract import Contract
from contracts.models.terms import ContractLine
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import FACT, STATE, Row

CERTIFICATE_SERIES = "MC"  # as in MC-2008-000001


class MilestoneState(models.TextChoices):
    PLANNED = "planned", _("planned")
    IN_PROGRESS = "in_progress", _("in progress")
    SUBMITTED = "submitted", _("submitted for acceptance")
    CONDITIONAL = "conditional", _("accepted on conditions")
    ACHIEVED = "achieved", _("achieved")
    FAILED = "failed", _("failed")


M = MilestoneState
ACCEPTED = (M.CONDITIONAL, M.ACHIEVED)


class Milestone(Row):
    """``due_on`` is the planned day as relief events have moved it; ``achieved_on`` the day on which it was achieved, of the
    cutover the first day of the shared service. ``effect`` is what its acceptance does to the charges."""

    class Effect(models.TextChoices):
        NONE = "", _("no effect on charges")
        INTERIM_STARTS = "interim_starts", _("interim lines start")
        CUTOVER = "cutover", _("interim lines end and shared lines start together")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="milestones")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    effect = models.CharField(max_length=16, choices=Effect.choices, blank=True)
    planned_on = models.DateField()
    due_on = models.DateField()
    state = FSMField(default=M.PLANNED, choices=MilestoneState.choices, protected=True)
    state_since = models.DateTimeField()
    achieved_on = models.DateField(null=True, blank=True)

    db_rights = STATE("state", "state_since", "achieved_on", "due_on")

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["id"], name="milestone_that_waits", condition=Q(state="submitted"))]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_contract_milestone_a_number"),
            models.UniqueConstraint(
                fields=["contract", "effect"], condition=~Q(effect=""), name="one_contract_milestone_an_effect"
            ),
            models.CheckConstraint(condition=Q(state__in=MilestoneState.values), name="milestone_state_is_known"),
            models.CheckConstraint(
                condition=Q(effect__in=["", "interim_starts", "cutover"]), name="contract_milestone_effect_is_known"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=models.F("planned_on")), name="relief_gives_time"),
            models.CheckConstraint(
                condition=Q(state__in=ACCEPTED, achieved_on__isnull=False)
                | Q(~Q(state__in=ACCEPTED), achieved_on__isnull=True),
                name="accepted_milestone_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        return f"M{self.number}"

    @property
    def is_accepted(self) -> bool:
        return self.state in ACCEPTED

    @transition(field=state, source=M.PLANNED, target=M.IN_PROGRESS)
    def begin(self, *, at):
        self.state_since = at

    @transition(field=state, source=M.IN_PROGRESS, target=M.SUBMITTED)
    def submit(self, *, at):
        self.state_since = at

    @transition(field=state, source=M.SUBMITTED, target=M.IN_PROGRESS)
    def send_back(self, *, at):
        self.state_since = at

    @transition(field=state, source=M.SUBMITTED, target=M.ACHIEVED)
    def accept(self, *, at, on):
        self.state_since = at
        self.achieved_on = on

    @transition(field=state, source=M.SUBMITTED, target=M.CONDITIONAL)
    def accept_on_conditions(self, *, at, on):
        self.state_since = at
        self.achieved_on = on

    @transition(field=state, source=M.CONDITIONAL, target=M.ACHIEVED)
    def meet_conditions(self, *, at):
        self.state_since = at

    @transition(field=state, source=[M.PLANNED, M.IN_PROGRESS], target=M.FAILED)
    def fail(self, *, at):
        self.state_since = at


class AcceptanceCriterion(Row):
    """A fact: what must be shown, as the contract says it."""

    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="criteria")
    number = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300)

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["milestone", "number"], name="one_criterion_a_number")]


class PaymentDue(Row):
    """A fact: what the milestone's acceptance pays of a one-off line (GBP, VAT excluded): a percentage, or units of it."""

    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="payments")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="payments")
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    amount_gbp = models.DecimalField(max_digits=14, decimal_places=2)

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["milestone", "line"], name="one_payment_a_line"),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, quantity__isnull=True)
                | Q(percent__isnull=True, quantity__gt=0),
                name="contract_payment_is_a_share_or_a_quantity",
            ),
            models.CheckConstraint(
                condition=Q(amount_gbp__gte=0, amount_gbp__lte=LARGEST_GBP), name="contract_payment_is_money"
            ),
        ]


class MilestoneSubmission(Row):
    """A fact: the supplier says that the milestone is ready. ``content_hash`` is the sha256 of the canonical JSON of what it
    says, evidence and all: whoever decides repeats it."""

    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)
    submitted_by = models.UUIDField()
    submitted_by_name = models.CharField(max_length=120)
    acting_for = models.CharField(max_length=120, blank=True)
    submitted_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["milestone", "number"], name="one_submission_a_number"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="submission_has_its_hash"),
        ]


class Evidence(Row):
    """A fact: what shows that a criterion is met, in words, as a file in the store under its hash, or both."""

    submission = models.ForeignKey(MilestoneSubmission, on_delete=models.PROTECT, related_name="evidence")
    criterion = models.ForeignKey(AcceptanceCriterion, on_delete=models.PROTECT, related_name="evidence")
    words = models.TextField(blank=True)
    filename = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    length = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    db_rights = FACT
    stored_under = "sha256"

    class Meta:
        ordering = ["criterion__number"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "criterion"], name="one_evidence_a_criterion"),
            models.CheckConstraint(condition=~Q(words="", sha256=""), name="evidence_shows_something"),
        ]


class AcceptanceDecision(Row):
    """A fact: what the department decided on a submission. The one that accepts, wholly or on conditions, is told in a
    certificate, and so is the one by which the conditions are met; ``number`` is the certificate's, None without one.
    ``part_percent``: how much of it is delivered, by which what falls due is measured."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        CONDITIONAL = "conditional", _("accepted on conditions")
        MET = "met", _("conditions met")
        RETURNED = "returned", _("sent back")

    submission = models.ForeignKey(MilestoneSubmission, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    words = models.TextField(blank=True)
    conditions_by = models.DateField(null=True, blank=True)
    part_percent = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    achieved_on = models.DateField(null=True, blank=True)
    shown_hash = models.CharField(max_length=64)
    decided_by = models.UUIDField()
    decided_by_name = models.CharField(max_length=120)
    post = models.CharField(max_length=30)
    acting_for = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField()
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=~Q(outcome="met"), name="one_decision_a_submission"
            ),
            models.UniqueConstraint(fields=["submission"], condition=Q(outcome="met"), name="conditions_are_met_once"),
            models.CheckConstraint(
                condition=Q(outcome="returned", number__isnull=True, document__isnull=True, achieved_on__isnull=True)
                | Q(outcome__in=["accepted", "conditional", "met"], number__isnull=False, document__isnull=False,
                    achieved_on__isnull=False),
                name="acceptance_has_its_certificate",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="conditional") | (~Q(words="") & Q(conditions_by__isnull=False)),
                name="conditions_are_said_and_have_a_day",
            ),
            models.CheckConstraint(
                condition=Q(part_percent__gt=0, part_percent__lte=100), name="part_is_a_percentage"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number or f"{self.submission.milestone} {self.outcome}"

    @property
    def audit_id(self) -> str:
        return self.number or str(self.pk)


class CriterionResult(Row):
    """A fact: whether a criterion was found met, and why not."""

    decision = models.ForeignKey(AcceptanceDecision, on_delete=models.PROTECT, related_name="results")
    criterion = models.ForeignKey(AcceptanceCriterion, on_delete=models.PROTECT, related_name="results")
    met = models.BooleanField()
    words = models.TextField(blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["criterion__number"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "criterion"], name="one_result_a_criterion"),
            models.CheckConstraint(condition=Q(met=True) | ~Q(words=""), name="a_no_has_its_words"),
        ]


class PaymentRelease(Row):
    """A fact: what of a payment falls due by a decision (GBP, VAT excluded), and by how much the delay lowers it."""

    decision = models.ForeignKey(AcceptanceDecision, on_delete=models.PROTECT, related_name="releases")
    payment = models.ForeignKey(PaymentDue, on_delete=models.PROTECT, related_name="releases")
    amount_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    weeks_late = models.PositiveSmallIntegerField()
    reduction_gbp = models.DecimalField(max_digits=14, decimal_places=2)

    db_rights = FACT

    class Meta:
        ordering = ["payment_id"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "payment"], name="one_release_a_payment"),
            models.CheckConstraint(
                condition=Q(amount_gbp__gte=0, amount_gbp__lte=LARGEST_GBP, reduction_gbp__gte=0,
                            reduction_gbp__lte=models.F("amount_gbp")),
                name="release_is_money",
            ),
        ]  # fmt: skip

    @property
    def payable_gbp(self):
        return self.amount_gbp - self.reduction_gbp


register(Milestone, "milestone", terminal=(M.ACHIEVED, M.FAILED))
