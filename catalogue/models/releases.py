"""A catalogue release: services, prices, bands, rules and service levels that come into force together.

Its content is a fact once the release is submitted; a later release never touches a live contract.
"""

import uuid
from datetime import date, datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models.frameworks import Framework, gbp, is_money, percentage
from catalogue.models.organisations import Organisation
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row


class ReleaseState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    SUPERSEDED = "superseded", _("superseded")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REJECTED = "rejected", _("rejected")


S = ReleaseState
UNAPPROVED = (S.DRAFT, S.SUBMITTED, S.REJECTED, S.WITHDRAWN)
IN_FORCE = (S.SCHEDULED, S.LIVE, S.SUPERSEDED)
OPEN_RELEASES = (S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED)


class CatalogueRelease(Row):
    """``valid`` is the half-open range of days it is in force, given when it is scheduled: from its first day on it is what
    prices come from, whether or not the clock has moved its state yet. Releases of a framework never overlap. ``number``
    is given at the approval, so that nobody learns from it how many were drafted. ``organisation`` is whose draft it is.
    One entered by an operator's load has an author in words and no person."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="releases")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=100)
    number = models.PositiveIntegerField(null=True, blank=True)
    state = FSMField(default=S.DRAFT, choices=ReleaseState.choices, protected=True)
    state_since = models.DateTimeField()
    valid = DateRangeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    ended_words = models.CharField(max_length=2000, blank=True)
    author_person_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=120)
    approver_person_id = models.UUIDField(null=True)
    approver_name = models.CharField(max_length=120, blank=True)
    approver_principal_id = models.UUIDField(null=True, blank=True)

    db_rights = STATE("number", "state", "state_since", "valid", "submitted_at", "content_hash", "ended_words",
                      "approver_person_id", "approver_name", "approver_principal_id")  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "number"], name="one_release_a_number"),
            models.CheckConstraint(condition=Q(state__in=ReleaseState.values), name="release_state_is_known"),
            models.CheckConstraint(
                condition=Q(author_person_id__isnull=True)
                | Q(approver_person_id__isnull=True)
                | ~Q(author_person_id=F("approver_person_id")),
                name="release_author_does_not_approve",
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(UNAPPROVED))
                | Q(author_person_id__isnull=True)
                | Q(approver_person_id__isnull=False),
                name="release_is_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(valid__isnull=True) | Q(valid__isempty=False), name="release_is_valid_for_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=list(IN_FORCE)) | Q(valid__isnull=False), name="release_in_force_has_its_days"
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(UNAPPROVED)) | Q(number__isnull=False), name="approved_release_has_a_number"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, content_hash="")
                | (Q(submitted_at__isnull=False) & ~Q(content_hash="")),
                name="submitted_release_has_its_hash",
            ),
            ExclusionConstraint(
                name="releases_never_overlap",
                expressions=[("framework", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
                condition=Q(state__in=list(IN_FORCE)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework.reference} release {self.number or self.title}"

    @property
    def first_day(self) -> date | None:
        return self.valid.lower if self.valid else None

    @property
    def last_day(self) -> date | None:
        """The last day it is in force, where that is known."""
        return self.valid.upper - timedelta(days=1) if self.valid and self.valid.upper else None

    def _since(self, at: datetime) -> None:
        self.state_since = at

    @transition(field=state, source=S.DRAFT, target=S.SUBMITTED)
    def submit(self, *, at: datetime):
        """Its content is complete; somebody else approves it."""
        self._since(at)

    @transition(field=state, source=S.SUBMITTED, target=S.APPROVED)
    def approve(self, *, at: datetime):
        """Its content is now a fact."""
        self._since(at)

    @transition(field=state, source=S.SUBMITTED, target=S.REJECTED)
    def reject(self, *, at: datetime, reason: str):
        """It never comes into force."""
        self._since(at)
        self.ended_words = reason

    @transition(field=state, source=S.APPROVED, target=S.SCHEDULED)
    def schedule(self, *, at: datetime):
        """It has its day."""
        self._since(at)

    @transition(field=state, source=S.SCHEDULED, target=S.LIVE)
    def go_live(self, *, at: datetime):
        """Its day has come."""
        self._since(at)

    @transition(field=state, source=S.LIVE, target=S.SUPERSEDED)
    def supersede(self, *, at: datetime):
        """The next one is live."""
        self._since(at)

    @transition(field=state, source=[S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED], target=S.WITHDRAWN)
    def withdraw(self, *, at: datetime, reason: str):
        """Taken back before it went live."""
        self._since(at)
        self.ended_words = reason


register(CatalogueRelease, "catalogue_release", terminal=(S.SUPERSEDED, S.WITHDRAWN, S.REJECTED))


class ReleaseDraft(Row):
    """What somebody is drafting, as the sheets have it: {"catalogue": [{column: text}], ..., "catalogue_rules": [...]}
    (``catalogue.contents``). It is one row because it is written, uploaded, checked and hashed together; its content
    goes into the tables of the release when it is submitted, and from then on neither changes (triggers). ``hands`` are
    the people who wrote in it, none of whom may approve it; ``edits`` counts the saves."""

    release = models.OneToOneField(CatalogueRelease, on_delete=models.PROTECT, related_name="draft")
    sheets = models.JSONField()
    hands = models.JSONField(default=list)
    edits = models.PositiveIntegerField(default=0)

    db_rights = STATE("sheets", "hands", "edits")


class ChargeType(models.TextChoices):
    RECURRING = "recurring", _("recurring")
    FIXED = "fixed", _("fixed price")
    ONE_OFF = "one-off", _("one-off")
    USAGE = "usage", _("usage")


class BandTable(Row):
    """A volume discount table: over the framework's volume or within one call-off, by slab or graduated."""

    release = models.ForeignKey(CatalogueRelease, on_delete=models.PROTECT, related_name="band_tables")
    code = models.CharField(max_length=20)
    scope = models.CharField(max_length=10)
    method = models.CharField(max_length=10)

    db_rights = FACT

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["release", "code"], name="one_band_table_a_code"),
            models.CheckConstraint(
                condition=Q(scope__in=["framework", "call_off"], method__in=["slab", "graduated"]),
                name="band_table_kind_is_known",
            ),
        ]


class PriceBand(Row):
    """From a quantity (inclusive) the discount in percent of the list price."""

    table = models.ForeignKey(BandTable, on_delete=models.PROTECT, related_name="bands")
    from_quantity = models.PositiveIntegerField()
    discount_percent = percentage()

    db_rights = FACT

    class Meta:
        ordering = ["from_quantity"]
        constraints = [
            models.UniqueConstraint(fields=["table", "from_quantity"], name="one_band_from_a_quantity"),
            models.CheckConstraint(condition=Q(from_quantity__gte=1), name="band_starts_at_one_or_more"),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0, discount_percent__lt=100), name="discount_is_a_discount"
            ),
        ]


class ServiceVersion(Row):
    """A service as one release offers it. Factors are kgCO2e a unit and year; zero means "not assessed"."""

    release = models.ForeignKey(CatalogueRelease, on_delete=models.PROTECT, related_name="services")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=20)
    lot = models.PositiveSmallIntegerField()
    category = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    unit = models.CharField(max_length=40)
    charge_type = models.CharField(max_length=10, choices=ChargeType.choices)
    list_price_gbp = gbp()
    band_table = models.CharField(max_length=20, blank=True)
    adds_to_volume = models.CharField(max_length=20, blank=True)
    service_level = models.CharField(max_length=20, blank=True)
    kgco2e = models.DecimalField(max_digits=10, decimal_places=2)
    baseline_kgco2e = models.DecimalField(max_digits=10, decimal_places=2)

    db_rights = FACT

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "code"], name="one_service_a_code"),
            models.CheckConstraint(condition=is_money("list_price_gbp"), name="service_price_is_money"),
            models.CheckConstraint(condition=is_money("kgco2e", "baseline_kgco2e"), name="service_factors_are_finite"),
            models.CheckConstraint(condition=Q(charge_type__in=ChargeType.values), name="charge_type_is_known"),
        ]
        indexes = [GinIndex(fields=["name"], name="service_search", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CatalogueRule(Row):
    """A rule of ordering as data; ``parameters`` depend on the kind (catalogue.rules)."""

    release = models.ForeignKey(CatalogueRelease, on_delete=models.PROTECT, related_name="rules")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=30)
    parameters = models.JSONField()
    text = models.CharField(max_length=300)

    db_rights = FACT

    class Meta:
        ordering = ["position"]


class ServiceLevelMeasure(Row):
    """A measure of a service level: target, minimum and critical as the catalogue states them (percent or pass/fail)."""

    release = models.ForeignKey(CatalogueRelease, on_delete=models.PROTECT, related_name="measures")
    position = models.PositiveSmallIntegerField()
    service_level = models.CharField(max_length=20)
    measure_code = models.CharField(max_length=30)
    measure = models.CharField(max_length=160)
    unit = models.CharField(max_length=20)
    target = models.CharField(max_length=20)
    minimum = models.CharField(max_length=20, blank=True)
    critical = models.CharField(max_length=20, blank=True)
    credit_applies_to = models.CharField(max_length=200)

    db_rights = FACT

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["release", "measure_code"], name="one_measure_a_code")]
