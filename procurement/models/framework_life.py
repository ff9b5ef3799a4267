"""What happens to a framework in force: it came there by a signed agreement, is suspended and resumed, modified, and
ended early by two people. Its states
and their machine are in the catalogue; who acts, and why, is here (domain.md, "Framework")."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework
from documents.dbrules import LARGEST_GBP
from documents.rights import FACT, STATE, Row


class FrameworkAgreement(Row):
    """A fact: the signed agreement by which a framework came into force, as it was uploaded. ``sha256`` is its key in the
    store; ``received_by_name`` who recorded it, in words."""

    framework = models.OneToOneField(Framework, on_delete=models.PROTECT, related_name="signed_agreement")
    filename = models.CharField(max_length=120)
    content_type = models.CharField(max_length=120)
    length = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    received_by_name = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    db_rights = FACT
    stored_under = "sha256"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="framework_agreement_names_its_file"),
            models.CheckConstraint(condition=~Q(filename="") & Q(length__gt=0), name="framework_agreement_is_a_file"),
        ]


class Suspension(Row):
    """From when to when nothing could be submitted and every timer stood, and why. It ends when the framework is resumed,
    or when the framework itself ends (then no person ended it)."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=2000)
    suspended_by = models.UUIDField()
    suspended_by_name = models.CharField(max_length=120)
    suspended_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.UUIDField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=120, blank=True)

    db_rights = STATE("ended_at", "ended_by", "ended_by_name")

    class Meta:
        ordering = ["suspended_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework"], condition=Q(ended_at__isnull=True), name="one_open_suspension_a_framework"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True) | Q(ended_at__gte=F("suspended_at")),
                name="suspension_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="suspension_has_a_reason"),
        ]


class Modification(Row):
    """A fact: the term extended by whole months, or the ceiling changed (GBP, VAT excluded), with the reason. ``notice``
    names the published notice (a modification of a framework is notified, Procurement Act 2023 s.75)."""

    class Kind(models.TextChoices):
        TERM = "term", _("term extended")
        CEILING = "ceiling", _("ceiling changed")

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="modifications")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    ends_on_before = models.DateField(null=True, blank=True)
    ends_on_after = models.DateField(null=True, blank=True)
    ceiling_before_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    ceiling_after_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    reason = models.CharField(max_length=2000)
    notice = models.CharField(max_length=120, blank=True)
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="term", months__gte=1, ends_on_after__gt=F("ends_on_before"), ceiling_after_gbp__isnull=True)
                & ~Q(notice="")
                | Q(kind="ceiling", ceiling_before_gbp__gt=0, ceiling_after_gbp__gt=0, ceiling_after_gbp__lte=LARGEST_GBP,
                    months__isnull=True),
                name="modification_says_before_and_after",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="modification_has_a_reason"),
        ]  # fmt: skip


class Termination(Row):
    """One person proposes that the framework ends early, another confirms it or drops the proposal."""

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        DROPPED = "dropped", _("dropped")

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="terminations")
    reason = models.CharField(max_length=2000)
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=120)
    proposed_for = models.UUIDField(null=True, blank=True)  # whom the proposer acted for
    proposed_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, blank=True, choices=Outcome.choices)
    decided_by = models.UUIDField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_for = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=2000, blank=True)

    db_rights = STATE("outcome", "decided_by", "decided_by_name", "decided_for", "decided_at", "words")

    class Meta:
        ordering = ["proposed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["framework"], condition=Q(outcome__in=["", "confirmed"]), name="one_standing_termination_a_framework"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(outcome__in=["confirmed", "dropped"], decided_at__gte=F("proposed_at")),
                name="termination_is_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="confirmed") | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))
                & ~Q(decided_by=F("proposed_for")) & ~Q(decided_for=F("proposed_by"))
                & ~Q(decided_for=F("proposed_for")),
                name="termination_needs_two_people",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="termination_has_a_reason"),
        ]
