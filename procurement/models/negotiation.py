"""What the supplier and the department settle while an order is with the supplier."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import CatalogueRelease
from documents.dbrules import LARGEST_GBP
from documents.rights import STATE, Row
from procurement.models.call_off import CallOff
from procurement.models.revision import CallOffRevision


class Clarification(Row):
    """The order desk's question about a revision and the department's answer; while it is open the supplier's clock
    stands. Both are annexed to the contract, and change nothing that was priced."""

    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="clarifications")
    revision = models.ForeignKey(CallOffRevision, on_delete=models.PROTECT, related_name="clarifications")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.UUIDField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("answer", "answered_by", "answered_by_name", "answered_at")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "number"], name="one_clarification_a_number"),
            models.UniqueConstraint(
                fields=["revision"], condition=Q(answered_at__isnull=True), name="one_open_clarification_a_revision"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False, answered_at__gte=F("asked_at")) & ~Q(answer=""),
                name="clarification_answer_has_its_moment",
            ),
        ]


class CounterAnswer(models.TextChoices):
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    TAKEN_BACK = "taken_back", _("taken back by the supplier")
    ENDED = "ended", _("ended with the order")


class CounterProposal(Row):
    """What the order desk would deliver instead of the revision awarded: its ``changes`` (``proposing.Changes``), the
    order with them as one canonical object priced from the release live then, and how it ended. ``became`` is the
    revision an acceptance made of it. A fact but for its answer, which is given once (trigger)."""

    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="counter_proposals")
    revision = models.ForeignKey(CallOffRevision, on_delete=models.PROTECT, related_name="counter_proposals")
    number = models.PositiveSmallIntegerField()
    changes = models.JSONField()
    reason = models.TextField()
    release = models.ForeignKey(CatalogueRelease, on_delete=models.PROTECT, related_name="+")
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    whole_life_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()

    answer = models.CharField(max_length=10, blank=True, choices=CounterAnswer.choices)
    answer_reason = models.TextField(blank=True)
    answered_by = models.UUIDField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    became = models.OneToOneField(
        CallOffRevision, null=True, blank=True, on_delete=models.PROTECT, related_name="accepted_counter"
    )

    db_rights = STATE("answer", "answer_reason", "answered_by", "answered_by_name", "answered_at", "became_id")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["call_off", "number"], name="one_counter_proposal_a_number"),
            models.UniqueConstraint(
                fields=["call_off"], condition=Q(answered_at__isnull=True), name="one_open_counter_proposal_a_call_off"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["", *CounterAnswer.values]), name="counter_answer_is_known"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | Q(answer="ended", answered_at__gte=F("proposed_at"))  # the clock ends one too, and is no person
                | Q(answer__in=["accepted", "refused", "taken_back"], answered_at__gte=F("proposed_at"),
                    answered_by__isnull=False),  # fmt: skip
                name="counter_answer_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(answer="accepted", became__isnull=False) | ~Q(answer="accepted") & Q(became__isnull=True),
                name="accepted_counter_became_a_revision",
            ),
            models.CheckConstraint(
                condition=~Q(answer="refused") | ~Q(answer_reason=""), name="refused_counter_says_why"
            ),
            models.CheckConstraint(
                condition=Q(content_hash__regex=r"^[0-9a-f]{64}$", whole_life_gbp__gt=0, whole_life_gbp__lte=LARGEST_GBP)
                & ~Q(reason=""),
                name="counter_proposal_is_complete",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.answered_at is None
