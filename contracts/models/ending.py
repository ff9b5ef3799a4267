"""How a contract ends before or at its last day, what is to be done then, and what runs on without it (domain.md, "The end of
a contract")."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contract import Contract, Party
from contracts.models.level import CalculatedLevel
from contracts.models.milestone import Milestone
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import FACT, STATE, Row

NOTICE_SERIES, RETURN_SERIES = "TN", "DR"  # as in TN-2009-000001, DR-2009-000001


class TerminationState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    GIVEN = "given", _("notice given")
    IN_EFFECT = "in_effect", _("in effect")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


T = TerminationState
OPEN_TERMINATIONS = (T.PROPOSED, T.GIVEN)
NOTICED = (T.GIVEN, T.IN_EFFECT)


class Ground(models.TextChoices):
    """What the department ends it for, by clause 30 of the contract."""

    DEFAULT = "default", _("default of the supplier (clause 30.1)")
    PROCUREMENT = "procurement", _("procurement law (clause 30.3; Procurement Act 2023 s.78)")
    CONVENIENCE = "convenience", _("convenience (clause 30.4)")
    INSOLVENCY = "insolvency", _("insolvency of the supplier (clause 30.2)")


class Basis(models.TextChoices):
    """On what a default, or the right that s.78 implies, rests."""

    CRITICAL_LEVEL = "critical_level", _("a service level below its critical figure (30.1(b))")
    LATE_MILESTONE = "late_milestone", _("a milestone that is 60 days late or has failed (30.1(c))")
    MATERIAL = "material", _("another material or serious default (30.1(a), (d) or (e))")
    BREACH = "breach", _("awarded or modified in material breach of the Act (s.78(2)(a))")
    EXCLUDED = "excluded", _("the supplier has become excluded or excludable (s.78(2)(b))")
    SUBCONTRACTOR = "subcontractor", _("a sub-contractor has become excluded or excludable (s.78(2)(c))")


BASES = {
    Ground.DEFAULT: (Basis.CRITICAL_LEVEL, Basis.LATE_MILESTONE, Basis.MATERIAL),
    Ground.PROCUREMENT: (Basis.BREACH, Basis.EXCLUDED, Basis.SUBCONTRACTOR),
    Ground.CONVENIENCE: (), Ground.INSOLVENCY: (),
}  # fmt: skip


class Termination(Row):
    """A notice of termination: proposed with its ground, confirmed by a second person, in effect from a day on.

    ``effective_on`` is the first day without the contract: its last day is the one before. ``heard``: what the supplier was
    told of it beforehand and said (s.78(7)). ``break_cost_gbp`` is what an end for convenience costs (GBP, VAT excluded). The
    file is in the store under its hash. ``content_hash`` is the sha256 of the canonical JSON of all that: who confirms it
    repeats it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="terminations")
    number = models.PositiveSmallIntegerField()
    ground = models.CharField(max_length=12, choices=Ground.choices)
    basis = models.CharField(max_length=16, choices=Basis.choices, blank=True)
    level = models.ForeignKey(CalculatedLevel, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    milestone = models.ForeignKey(Milestone, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    words = models.TextField()
    heard = models.TextField(blank=True)
    effective_on = models.DateField()
    break_cost_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    break_cost_words = models.TextField(blank=True)
    filename = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    length = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(max_length=64)
    state = FSMField(default=T.PROPOSED, choices=TerminationState.choices, protected=True)
    state_since = models.DateTimeField()
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=120)
    proposed_for = models.UUIDField(null=True, blank=True)
    proposed_for_name = models.CharField(max_length=120, blank=True)
    proposed_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True, blank=True)
    confirmed_by_name = models.CharField(max_length=120, blank=True)
    confirmed_for = models.UUIDField(null=True, blank=True)
    confirmed_for_name = models.CharField(max_length=120, blank=True)
    confirmed_post = models.CharField(max_length=30, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    notice = models.CharField(max_length=20, null=True, blank=True, unique=True)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_reason = models.CharField(max_length=2000, blank=True)

    db_rights = STATE(
        "state", "state_since", "confirmed_by", "confirmed_by_name", "confirmed_for", "confirmed_for_name", "confirmed_post",
        "confirmed_at", "notice", "document_id", "ended_reason",
    )  # fmt: skip
    stored_under = "sha256"

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_termination_a_number"),
            models.UniqueConstraint(fields=["contract"], condition=Q(state__in=[T.PROPOSED, T.GIVEN]), name="one_open_termination"),
            models.CheckConstraint(condition=Q(state__in=TerminationState.values), name="termination_state_is_known"),
            models.CheckConstraint(
                condition=Q(ground="default", basis__in=[str(one) for one in BASES[Ground.DEFAULT]])
                | Q(ground="procurement", basis__in=[str(one) for one in BASES[Ground.PROCUREMENT]])
                | Q(ground__in=["convenience", "insolvency"], basis=""),
                name="termination_has_its_ground",
            ),
            models.CheckConstraint(
                condition=Q(basis="critical_level", level__isnull=False, milestone__isnull=True)
                | Q(basis="late_milestone", level__isnull=True, milestone__isnull=False)
                | ~Q(basis__in=["critical_level", "late_milestone"]) & Q(level__isnull=True, milestone__isnull=True),
                name="termination_rests_on_something",
            ),
            models.CheckConstraint(
                condition=~Q(words="") & (~Q(ground="procurement") | ~Q(heard="")), name="termination_says_why"
            ),
            models.CheckConstraint(
                condition=Q(break_cost_gbp=0) | Q(ground="convenience", break_cost_gbp__gt=0, break_cost_gbp__lte=LARGEST_GBP)
                & ~Q(break_cost_words=""),
                name="break_cost_is_of_convenience",
            ),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="termination_has_its_hash"),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("proposed_by")) & ~Q(confirmed_by=F("proposed_for"))
                & ~Q(confirmed_for=F("proposed_by")) & ~Q(confirmed_for=F("proposed_for")),
                name="contract_termination_needs_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[T.GIVEN, T.IN_EFFECT])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, notice__isnull=False, document__isnull=False),
                name="given_notice_is_confirmed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[T.REFUSED, T.WITHDRAWN, T.LAPSED]) | ~Q(ended_reason=""), name="no_notice_says_why"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        return f"T{self.number}"

    @transition(field=state, source=T.PROPOSED, target=T.GIVEN)
    def give(self, *, at):
        self.state_since = at

    @transition(field=state, source=T.PROPOSED, target=T.REFUSED)
    def refuse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=[T.PROPOSED, T.GIVEN], target=T.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=T.PROPOSED, target=T.LAPSED)
    def lapse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=T.GIVEN, target=T.IN_EFFECT)
    def take_effect(self, *, at):
        self.state_since = at


class Exit(Row):
    """The exit of a contract: opened when notice is given, when its last half year begins, or when it has ended. Its
    document certifies that the department's data was returned and deleted."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="exit")
    opened_at = models.DateTimeField()
    number = models.CharField(max_length=20, null=True, blank=True, unique=True)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    db_rights = STATE("number", "document_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__isnull=True, document__isnull=True) | Q(number__isnull=False, document__isnull=False),
                name="data_return_certificate_has_its_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.contract} exit"


class ExitItem(Row):
    """A fact: one thing to be done at the exit, and by which side. The items are ``contracts.exit_items``."""

    exit = models.ForeignKey(Exit, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    party = models.CharField(max_length=12, choices=[(Party.SUPPLIER, Party.SUPPLIER.label), (Party.DEPARTMENT, Party.DEPARTMENT.label)])

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["exit", "code"], name="one_exit_item_a_code"),
            models.UniqueConstraint(fields=["exit", "number"], name="one_exit_item_a_number"),
            models.CheckConstraint(condition=Q(party__in=["supplier", "department"]), name="exit_item_is_of_a_side"),
        ]


class ExitAct(Row):
    """A fact: an item is done, or is not needed, by whom, and what shows it: words, and a file in the store under its hash.
    ``ends_on`` is the last day that the contract was to have then: if it ends later after all, the item is done anew."""

    class Kind(models.TextChoices):
        DONE = "done", _("done")
        NOT_NEEDED = "not_needed", _("not needed")

    item = models.ForeignKey(ExitItem, on_delete=models.PROTECT, related_name="acts")
    ends_on = models.DateField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    words = models.TextField()
    filename = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    length = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    person_id = models.UUIDField()
    person_name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    post = models.CharField(max_length=30)
    at = models.DateTimeField()

    db_rights = FACT
    stored_under = "sha256"

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "ends_on"], name="one_exit_act_an_end"),
            models.CheckConstraint(condition=Q(kind__in=["done", "not_needed"]), name="exit_act_is_known"),
            models.CheckConstraint(condition=~Q(words=""), name="exit_act_says_what_shows_it"),
        ]


class RunningState(models.TextChoices):
    RUNNING = "running", _("continuing without contract")
    STOPPED = "stopped", _("stopped")


R = RunningState


class RunningOn(Row):
    """Services that run on after the contract's last day: which, is in the versions of the terms of that kind, a month at a
    time. ``last_day`` is the one on which they stopped, ``told_on`` the last on which those who run the contract were told."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="running_on")
    state = FSMField(default=R.RUNNING, choices=RunningState.choices, protected=True)
    state_since = models.DateTimeField()
    reason = models.TextField()
    last_day = models.DateField(null=True, blank=True)
    told_on = models.DateField()

    db_rights = STATE("state", "state_since", "last_day", "told_on")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunningState.values), name="running_on_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="running", last_day__isnull=True) | Q(state="stopped", last_day__isnull=False),
                name="what_stopped_has_its_last_day",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="running_on_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} running on"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @transition(field=state, source=R.RUNNING, target=R.STOPPED)
    def stop(self, *, at, last_day):
        self.state_since = at
        self.last_day = last_day


class EndReminder(Row):
    """A fact: that so many days before that end of the contract those who run it were reminded."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="end_reminders")
    ends_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "ends_on", "days"], name="one_end_reminder")]


register(Termination, "contract_termination", terminal=(T.IN_EFFECT, T.REFUSED, T.WITHDRAWN, T.LAPSED))
register(RunningOn, "running_on", terminal=(R.STOPPED,))
