"""Ordering by exception: what the catalogue offers only with the authority's exception is asked for with the order, and
granted or refused by the authority on exactly that order."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.actors import Principal
from documents.rights import DRAFT, FACT, Row
from procurement.models.approval import ApprovalStep
from procurement.models.people import PostHolding, User
from procurement.models.revision import CallOffRevision


class ExceptionRequest(Row):
    """The department asks for so many of a service by exception, and says why. A part of the revision: it freezes with
    it, and its hash covers it (the supplier receives only a commitment to it)."""

    revision = models.ForeignKey(CallOffRevision, on_delete=models.CASCADE, related_name="exceptions")
    service_code = models.CharField(max_length=20)
    quantity = models.PositiveIntegerField()
    reason = models.TextField()

    db_rights = DRAFT

    class Meta:
        ordering = ["service_code"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "service_code"], name="one_exception_a_service"),
            models.CheckConstraint(condition=Q(quantity__gt=0) & ~Q(reason=""), name="exception_has_quantity_and_reason"),
        ]


class ExceptionOutcome(models.TextChoices):
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")


class ExceptionDecision(Row):
    """A fact: who granted or refused an exception, from which chair, on exactly which content. A later revision asks
    again: what was granted was granted on its hash.

    The database refuses (trigger ``exception_is_decided_rightly``) a decision by a hand of the revision, by somebody who
    does not hold the post of the step, or on another content; and (trigger ``exceptions_come_first``) an award by the
    authority while one of its exceptions is not granted.
    """

    request = models.OneToOneField(ExceptionRequest, on_delete=models.PROTECT, related_name="decision")
    revision = models.ForeignKey(CallOffRevision, on_delete=models.PROTECT, related_name="exception_decisions")
    step = models.ForeignKey(ApprovalStep, on_delete=models.PROTECT, related_name="exception_decisions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    holding = models.ForeignKey(PostHolding, on_delete=models.PROTECT, related_name="+")
    principal_id = models.UUIDField(null=True, blank=True)
    principal_name = models.CharField(max_length=120, blank=True)
    outcome = models.CharField(max_length=8, choices=ExceptionOutcome.choices)
    reason = models.TextField(blank=True)
    revision_hash = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    db_rights = FACT

    @property
    def principal(self) -> Principal | None:
        """For whom it was decided."""
        return Principal(self.principal_name, self.principal_id) if self.principal_id else None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=ExceptionOutcome.values), name="exception_outcome_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome=ExceptionOutcome.GRANTED) | ~Q(reason=""), name="refused_exception_has_a_reason"
            ),
        ]
