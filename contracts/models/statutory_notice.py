"""Notices that the law asks to be published of a contract, each a duty with its day (Procurement Act 2023 s.50 to 53, 71, 75 and 80;
domain.md, "Statutory notices"), what was published, and the ratings of its key performance indicators (s.71)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import ServiceLevelMeasure
from contracts.models.contract import Contract
from contracts.models.level import CalculatedLevel
from contracts.models.variation import Variation
from documents.rights import FACT, STATE, Row


class NoticeKind(models.TextChoices):
    AWARD = "award", _("contract award notice (s.50)")
    DETAILS = "details", _("contract details notice (s.53)")
    PERFORMANCE = "performance", _("contract performance notice (s.71)")
    CHANGE = "change", _("contract change notice (s.75)")
    TERMINATION = "termination", _("contract termination notice (s.80)")


class StatutoryNotice(Row):
    """A duty to publish, made by the action that causes it. ``due_on`` is the last day on which the law lets it be published; that of
    a change notice moves with its variation. A performance notice is of a year of the contract (``period_from`` to ``period_to``,
    both days included), ``is_last`` the one at its end."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="statutory_notices")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    variation = models.OneToOneField(Variation, null=True, blank=True, on_delete=models.PROTECT, related_name="statutory_notice")
    period_from = models.DateField(null=True, blank=True)
    period_to = models.DateField(null=True, blank=True)
    is_last = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    due_on = models.DateField()

    db_rights = STATE("due_on")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_statutory_notice_a_number"),
            models.UniqueConstraint(fields=["contract", "kind"], condition=Q(kind__in=["award", "details", "termination"]),
                                    name="one_statutory_notice_of_a_kind"),
            models.UniqueConstraint(fields=["contract", "period_from", "is_last"], name="one_performance_notice_a_year"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="statutory_notice_is_known"),
            models.CheckConstraint(condition=Q(kind="change", variation__isnull=False) | ~Q(kind="change") & Q(variation__isnull=True),
                                   name="a_change_notice_is_of_a_variation"),
            models.CheckConstraint(
                condition=Q(kind="performance", period_from__isnull=False, period_to__gte=models.F("period_from"))
                | ~Q(kind="performance") & Q(period_from__isnull=True, period_to__isnull=True, is_last=False),
                name="a_performance_notice_is_of_a_period",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["due_on"], name="statutory_notice_by_day")]

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return f"{self.contract.number}/SN{self.number}"

    @property
    def label(self) -> str:
        return f"SN-{self.number:02}"


class NoticePublication(Row):
    """A fact: a notice was published under a reference on a day, and by whom that is recorded. ``content`` is the open data (OCDS
    1.1, JSON) as it then stood, ``sha256`` of it."""

    notice = models.OneToOneField(StatutoryNotice, on_delete=models.PROTECT, related_name="publication")
    reference = models.CharField(max_length=60)
    published_on = models.DateField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    recorded_by = models.UUIDField()
    recorded_by_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="a_publication_has_its_reference"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="a_publication_has_its_hash"),
        ]


class Rating(models.TextChoices):
    """The legal scale (the Procurement Regulations 2024, on contract performance notices)."""

    GOOD = "good", _("Good")
    APPROACHING = "approaching_target", _("Approaching target")
    IMPROVE = "requires_improvement", _("Requires improvement")
    INADEQUATE = "inadequate", _("Inadequate")
    OTHER = "other", _("Other")


class KpiRound(Row):
    """A fact: the contract manager's ratings for a performance notice, from what was measured in the months from ``months_from`` to
    ``months_to`` (firsts of months; null where no month was). A later round replaces one that nobody has confirmed.
    ``content_hash``: the sha256 of the ratings, which whoever confirms them repeats."""

    notice = models.ForeignKey(StatutoryNotice, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    months_from = models.DateField(null=True, blank=True)
    months_to = models.DateField(null=True, blank=True)
    content_hash = models.CharField(max_length=64)
    rated_by = models.UUIDField()
    rated_by_name = models.CharField(max_length=120)
    rated_for = models.UUIDField(null=True, blank=True)
    rated_for_name = models.CharField(max_length=120, blank=True)
    rated_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "number"], name="one_kpi_round_a_number"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="kpi_round_has_its_hash"),
            models.CheckConstraint(
                condition=Q(months_from__isnull=True, months_to__isnull=True) | Q(months_from__day=1, months_to__day=1),
                name="kpi_round_is_of_months",
            ),
        ]


class KpiRating(Row):
    """A fact: one indicator's rating. ``met`` to ``relieved`` count the months by how the measure stood in them; ``suggested`` is what
    follows from those alone, and a rating that differs, or is Other, says why."""

    round = models.ForeignKey(KpiRound, on_delete=models.PROTECT, related_name="ratings")
    measure = models.ForeignKey(ServiceLevelMeasure, on_delete=models.PROTECT, related_name="+")
    rating = models.CharField(max_length=20, choices=Rating.choices)
    suggested = models.CharField(max_length=20, choices=Rating.choices)
    words = models.TextField(blank=True)
    met = models.PositiveSmallIntegerField()
    below_target = models.PositiveSmallIntegerField()
    below_minimum = models.PositiveSmallIntegerField()
    below_critical = models.PositiveSmallIntegerField()
    relieved = models.PositiveSmallIntegerField()

    db_rights = FACT

    class Meta:
        ordering = ["measure__position"]
        constraints = [
            models.UniqueConstraint(fields=["round", "measure"], name="one_kpi_rating_a_measure"),
            models.CheckConstraint(condition=Q(rating__in=Rating.values, suggested__in=Rating.values), name="kpi_rating_is_of_the_scale"),
            models.CheckConstraint(condition=Q(rating=models.F("suggested")) & ~Q(rating="other") | ~Q(words=""), name="kpi_rating_says_why"),
        ]


    @property
    def counts(self) -> list[tuple[str, int]]:
        """In how many months the measure stood how, of the standings that came about."""
        standings = CalculatedLevel.Standing
        found = [(one.label, getattr(self, one.value)) for one in standings]
        return [(str(label), count) for label, count in found if count]


class KpiConfirmation(Row):
    """A fact: somebody else than rated has confirmed a round (trigger ``ratings_are_confirmed_by_another``)."""

    round = models.OneToOneField(KpiRound, on_delete=models.PROTECT, related_name="confirmation")
    confirmed_by = models.UUIDField()
    confirmed_by_name = models.CharField(max_length=120)
    confirmed_for = models.UUIDField(null=True, blank=True)
    confirmed_for_name = models.CharField(max_length=120, blank=True)
    confirmed_at = models.DateTimeField()

    db_rights = FACT


class KpiComment(Row):
    """A fact: what the supplier says of its ratings. It is not published."""

    notice = models.ForeignKey(StatutoryNotice, on_delete=models.PROTECT, related_name="comments")
    words = models.TextField()
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="a_kpi_comment_says_something")]
