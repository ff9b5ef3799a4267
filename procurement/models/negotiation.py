"""What the supplier and the department settle while an order is with the supplier."""

from django.db import models
from django.db.models import F, Q

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
