"""The framework agreement: its term, its rules in figures, its suppliers and lots."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models.organisations import Organisation
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row


class FrameworkState(models.TextChoices):
    DRAFT = "draft", _("draft")
    LIVE = "live", _("live")
    SUSPENDED = "suspended", _("suspended")
    EXPIRED = "expired", _("expired")
    TERMINATED = "terminated", _("terminated")
    CLOSED = "closed", _("closed")
    ABANDONED = "abandoned", _("abandoned")


S = FrameworkState


def gbp(**kwargs) -> models.DecimalField:
    """GBP, VAT excluded."""
    return models.DecimalField(max_digits=14, decimal_places=2, **kwargs)


def percentage(**kwargs) -> models.DecimalField:
    """Per cent, with three places at most."""
    return models.DecimalField(max_digits=6, decimal_places=3, **kwargs)


def is_money(*fields: str) -> Q:
    """Zero or more and finite: PostgreSQL's NaN is greater than every number, so the upper bound refuses it."""
    return Q(**{f"{field}__gte": 0 for field in fields}, **{f"{field}__lte": LARGEST_GBP for field in fields})


def is_percentage(*fields: str) -> Q:
    return Q(**{f"{field}__gte": 0 for field in fields}, **{f"{field}__lte": 100 for field in fields})


FOUR_YEARS = timedelta(days=4 * 365 + 1)


class Framework(Row):
    """Money in GBP, VAT excluded; percentages of what their name says; ``*_months`` whole months; days working days
    where the name says so. ``extended_months`` of the ``extension_months`` it may be extended by have been used; the last
    day moves with them and with nothing else (trigger). An approver who does not decide is reminded after
    ``reminder_working_days``; after ``escalation_working_days`` a deputy, then the next post, is told."""

    reference = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=120)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="frameworks")
    state = FSMField(default=S.DRAFT, choices=FrameworkState.choices, protected=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    term_justification = models.TextField(blank=True)
    extension_months = models.PositiveSmallIntegerField(default=0)
    extended_months = models.PositiveSmallIntegerField(default=0)
    scope = models.TextField()
    selection_method = models.TextField()
    price_mechanism = models.TextField()
    open_framework = models.BooleanField(default=False)
    regime = models.CharField(max_length=20)
    estimated_value_gbp = gbp()
    ceiling_gbp = gbp()
    levy_percent = percentage()
    call_off_max_months = models.PositiveSmallIntegerField()
    call_off_may_outlive_framework_months = models.PositiveSmallIntegerField()
    supplier_response_working_days = models.PositiveSmallIntegerField()
    accession_review_working_days = models.PositiveSmallIntegerField(default=20)
    priced_together_days = models.PositiveSmallIntegerField(default=30)
    reminder_working_days = models.PositiveSmallIntegerField(default=2)
    escalation_working_days = models.PositiveSmallIntegerField(default=4)
    price_hold_days = models.PositiveSmallIntegerField()
    service_credit_cap_percent = percentage()
    variation_control_percent = percentage()
    modification_threshold_gbp = gbp()
    quantity_tolerance_percent = percentage()
    upward_rerating = models.BooleanField(default=False)
    indexation = models.CharField(max_length=200, default="none")
    spend_control_reference_from_gbp = gbp(null=True, blank=True)
    signing_order = ArrayField(models.CharField(max_length=12))

    db_rights = STATE("state", "ends_on", "extended_months", "ceiling_gbp")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FrameworkState.values), name="framework_state_is_known"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="framework_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(ends_on__lt=F("starts_on") + FOUR_YEARS) | ~Q(term_justification=""),
                name="framework_justifies_more_than_four_years",  # Procurement Act 2023 s.47
            ),
            models.CheckConstraint(
                condition=Q(extended_months__lte=F("extension_months")), name="framework_is_extended_as_it_may_be"
            ),
            models.CheckConstraint(
                condition=Q(reminder_working_days__gte=1, escalation_working_days__gt=F("reminder_working_days")),
                name="framework_reminds_before_it_escalates",
            ),
            models.CheckConstraint(
                condition=is_money("ceiling_gbp", "estimated_value_gbp") & Q(ceiling_gbp__gt=0, estimated_value_gbp__gt=0),
                name="framework_value_is_money",
            ),
            models.CheckConstraint(
                condition=is_money("modification_threshold_gbp")
                & (Q(spend_control_reference_from_gbp__isnull=True) | is_money("spend_control_reference_from_gbp")),
                name="framework_thresholds_are_money",
            ),
            models.CheckConstraint(
                condition=is_percentage(
                    "levy_percent", "service_credit_cap_percent", "variation_control_percent", "quantity_tolerance_percent"
                ),
                name="framework_percentages_are_percentages",
            ),
            models.CheckConstraint(
                condition=Q(signing_order__len=3, signing_order__contains=["supplier", "department", "authority"]),
                name="framework_is_signed_by_three",
            ),
            models.CheckConstraint(
                condition=~Q(selection_method="") & ~Q(scope="") & ~Q(price_mechanism=""),
                name="framework_says_scope_price_and_selection",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @transition(field=state, source=S.DRAFT, target=S.LIVE)
    def activate(self):
        """In force (s.45(5) particulars are NOT NULL columns)."""

    @transition(field=state, source=S.LIVE, target=S.SUSPENDED)
    def suspend(self):
        """No new submissions; contracts go on."""

    @transition(field=state, source=S.SUSPENDED, target=S.LIVE)
    def resume(self):
        """Submissions again."""

    @transition(field=state, source=[S.LIVE, S.SUSPENDED], target=S.EXPIRED)
    def expire(self):
        """Its term is over."""

    @transition(field=state, source=[S.LIVE, S.SUSPENDED], target=S.TERMINATED)
    def terminate(self):
        """Ended early."""

    @transition(field=state, source=[S.EXPIRED, S.TERMINATED], target=S.CLOSED)
    def close(self):
        """Nothing is left to do under it."""

    @transition(field=state, source=S.DRAFT, target=S.ABANDONED)
    def abandon(self):
        """Never came into force."""


register(Framework, "framework", terminal=(S.CLOSED, S.ABANDONED))


OVER = (S.EXPIRED, S.TERMINATED, S.CLOSED)  # nothing can be ordered under it any more


class FrameworkSupplier(Row):
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="framework_suppliers")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="framework_places")
    excluded_from = models.DateField(null=True, blank=True)

    db_rights = STATE("excluded_from")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["framework", "supplier"], name="one_place_a_supplier")]


class Lot(Row):
    """A part of the framework; ``needs_lot`` can only be ordered together with that lot."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="lots")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    route = models.CharField(max_length=20, default="direct_award")
    needs_lot = models.PositiveSmallIntegerField(null=True, blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["framework", "number"], name="one_lot_a_number"),
            models.CheckConstraint(condition=~Q(needs_lot=F("number")), name="lot_needs_another_lot"),
        ]


class VatRate(Row):
    """The standard rate of VAT from a day on, in percent."""

    starts_on = models.DateField(unique=True)
    percent = percentage()

    db_rights = FACT

    class Meta:
        ordering = ["starts_on"]
        constraints = [models.CheckConstraint(condition=is_percentage("percent"), name="vat_rate_is_a_percentage")]
