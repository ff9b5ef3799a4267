"""A change request: joiners and leavers inside the tolerance that the contract leaves its quantities (its clause 6.6; domain.md,
"Change requests"). It is accepted and not signed, and it is no variation."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row


class RequestState(models.TextChoices):
    ASKED = "asked", _("asked")
    ACCEPTED = "accepted", _("accepted")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


R = RequestState


class ChangeRequest(Row):
    """What the department asks for from a day on, with what it comes to as the supplier was shown it: ``content`` is that as
    canonical JSON, ``content_hash`` its sha256, which whoever accepts repeats. ``value_gbp`` is what it adds to the charges of
    the contract's life (GBP, VAT excluded, below zero where it takes away); ``counted_gbp`` what counts of it in shares, as of a
    variation (``varied_terms.Money``); ``share_percent`` is that of the original whole-life value, ``cumulative_percent`` that
    of all that counts with it. ``answer``: the words that came with its end, whosever."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="change_requests")
    number = models.PositiveSmallIntegerField()
    effective_on = models.DateField()
    reason = models.TextField()
    value_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    counted_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    share_percent = models.DecimalField(max_digits=9, decimal_places=2)
    cumulative_percent = models.DecimalField(max_digits=9, decimal_places=2)
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    state = FSMField(default=R.ASKED, choices=RequestState.choices, protected=True)
    state_since = models.DateTimeField()
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=120)
    asked_for = models.UUIDField(null=True, blank=True)
    asked_for_name = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField()
    answered_by = models.UUIDField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    answered_for = models.UUIDField(null=True, blank=True)
    answered_for_name = models.CharField(max_length=120, blank=True)
    answer = models.CharField(max_length=2000, blank=True)

    db_rights = STATE(
        "state", "state_since", "answered_by", "answered_by_name", "answered_for", "answered_for_name", "answer"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_change_request_a_number"),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="change_request_state_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="change_request_says_why"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="change_request_has_its_hash"),
            models.CheckConstraint(
                condition=Q(value_gbp__gte=-LARGEST_GBP, value_gbp__lte=LARGEST_GBP, share_percent__gte=0,
                            cumulative_percent__gte=models.F("share_percent")),
                name="change_request_is_of_money",
            ),
            models.CheckConstraint(
                condition=Q(counted_gbp__gte=models.F("value_gbp"), counted_gbp__lte=LARGEST_GBP)
                & Q(counted_gbp__gte=-1 * models.F("value_gbp")),
                name="change_request_counts_what_it_moves",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(answered_by__isnull=False), name="accepted_by_somebody"
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | ~Q(answered_by=models.F("asked_by")) & ~Q(answered_by=models.F("asked_for"))
                & ~Q(answered_for=models.F("asked_by")) & ~Q(answered_for=models.F("asked_for")),
                name="accepted_by_another_than_asked",
            ),
            models.CheckConstraint(condition=~Q(state__in=["refused", "withdrawn", "lapsed"]) | ~Q(answer=""), name="change_request_ends_in_words"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["contract", "state"], name="change_request_by_contract")]

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        return f"CR-{self.number:02}"

    @transition(field=state, source=R.ASKED, target=R.ACCEPTED)
    def accept(self, *, at):
        self.state_since = at

    @transition(field=state, source=R.ASKED, target=R.REFUSED)
    def refuse(self, *, at):
        self.state_since = at

    @transition(field=state, source=R.ASKED, target=R.WITHDRAWN)
    def withdraw(self, *, at):
        self.state_since = at

    @transition(field=state, source=R.ASKED, target=R.LAPSED)
    def lapse(self, *, at):
        self.state_since = at


class RequestedChange(Row):
    """A fact: so many more, or fewer, of a service charged by the month at a site (or for all sites). Kept by what it is of,
    like the lines of a variation."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveSmallIntegerField()
    service_code = models.CharField(max_length=20)
    site = models.CharField(max_length=80, blank=True)
    quantity_change = models.IntegerField()

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["request", "number"], name="one_requested_change_a_number"),
            models.UniqueConstraint(fields=["request", "service_code", "site"], name="one_requested_change_a_service_and_site"),
            models.CheckConstraint(condition=~Q(quantity_change=0), name="requested_change_changes_something"),
        ]  # fmt: skip


register(ChangeRequest, "change_request", terminal=(R.ACCEPTED, R.REFUSED, R.WITHDRAWN, R.LAPSED))
