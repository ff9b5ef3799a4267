"""Approval: one round of it, its steps, the decisions taken on them, and the questions asked on the way.

What is approved is named as its records name it (``audit.subject_of``): an order is one kind, what changes a contract can
be another. Everything that decides who may decide is kept with the round, so that guards and triggers read the same of
every kind.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.actors import Principal
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import FACT, STATE, Row
from procurement.models.matrix import ApprovalMatrix
from procurement.models.people import Delegation, PostCode, PostHolding, User


def _money() -> models.DecimalField:
    """A GBP amount, VAT excluded."""
    return models.DecimalField(max_digits=14, decimal_places=2)


class Approval(Row):
    """One round of approval of one frozen content, as it was submitted: never changed, but for its ``department``, which is
    that of its subject and passes with it (``Passing``, trigger).

    ``subject`` and ``subject_id`` are the long-lived thing, from ``begun_at`` on, whatever content it has: recusals and
    records are of it. ``edited_by`` are the hands of the content. ``commits_gbp`` is what its commitment adds, ``route_gbp``
    what its steps and the limits of who commits follow: that and the value of what is counted together with it
    (``counted_with``: reference, day and whole life of each).
    """

    subject = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    begun_at = models.DateTimeField()
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    requester_id = models.UUIDField()
    edited_by = ArrayField(models.UUIDField())
    submitted_by = models.UUIDField()
    submitted_for = models.UUIDField(null=True, blank=True)  # the requester whose deputy submitted it
    submitted_at = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    commits_gbp = _money()
    route_gbp = _money()
    counted_with = models.JSONField(default=list, blank=True)
    lots = ArrayField(models.PositiveSmallIntegerField())
    matrix = models.ForeignKey(ApprovalMatrix, on_delete=models.PROTECT, related_name="+")
    hold_until = models.DateField()

    db_rights = STATE("department_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(submitted_for__isnull=True) | ~Q(submitted_for=F("submitted_by")),
                name="submitted_for_somebody_else",
            ),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="approval_has_its_hash"),
            models.CheckConstraint(
                condition=Q(route_gbp__gte=F("commits_gbp"), route_gbp__lte=LARGEST_GBP, commits_gbp__gte=-LARGEST_GBP),
                name="route_holds_what_is_committed",
            ),
        ]
        indexes = [models.Index(fields=["subject", "subject_id"], name="approval_by_subject")]

    @property
    def counted_words(self) -> str:
        """The numbers of the orders counted together with it, the first few by name."""
        numbers = [one["reference"] for one in self.counted_with]
        if len(numbers) <= 5:
            return ", ".join(numbers)
        return _now("%(first)s and %(n)s more") % {"first": ", ".join(numbers[:5]), "n": len(numbers) - 5}


class Side(models.TextChoices):
    DEPARTMENT = "department", _("department")
    AUTHORITY = "authority", _("purchasing authority")


class Act(models.TextChoices):
    ENDORSE = "endorse", _("endorse")
    COMMIT = "commit", _("commit")


class StepState(models.TextChoices):
    WAITING = "waiting", _("not yet")
    OPEN = "open", _("waiting for a decision")
    DECIDED = "decided", _("decided")
    VOID = "void", _("void")


class ApprovalStep(Row):
    """One post's turn in one round. Groups of a side follow each other; steps of a group are parallel. Of a round that passes
    to another department, the steps that nobody has decided are that one's to decide (trigger)."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="steps")
    side = models.CharField(max_length=10, choices=Side.choices)
    group = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    post = models.CharField(max_length=40, choices=PostCode.choices)
    act = models.CharField(max_length=8, choices=Act.choices)
    state = FSMField(default=StepState.WAITING, choices=StepState.choices, protected=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("state", "opened_at", "organisation_id")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "position"], name="one_step_a_position"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="step_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=StepState.OPEN) | Q(opened_at__isnull=False), name="open_step_has_a_moment"
            ),
            models.CheckConstraint(
                condition=Q(side__in=Side.values, act__in=Act.values, post__in=PostCode.values), name="step_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "post", "opened_at", "id"], condition=Q(state="open"), name="open_steps_by_post"
            )
        ]

    @transition(field=state, source=StepState.WAITING, target=StepState.OPEN)
    def open(self, *, at):
        self.opened_at = at

    @transition(field=state, source=StepState.OPEN, target=StepState.DECIDED)
    def decide(self):
        """The decision is its own row."""

    @transition(field=state, source=[StepState.WAITING, StepState.OPEN], target=StepState.VOID)
    def void(self):
        """What it belongs to is no longer being decided."""


register(ApprovalStep, "approval_step", terminal=(StepState.DECIDED, StepState.VOID))


class Outcome(models.TextChoices):
    ENDORSED = "endorsed", _("endorsed")
    COMMITTED = "committed", _("committed")
    RETURNED = "returned", _("returned for amendment")
    REJECTED = "rejected", _("rejected")


class Decision(Row):
    """A fact: who decided what, in which post, under which authority, on exactly which content.

    The database refuses (trigger ``decision_is_segregated``) a decider who requested, submitted or edited it, or who,
    in person or as principal, already decided on it.
    """

    step = models.OneToOneField(ApprovalStep, on_delete=models.PROTECT, related_name="decision")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="decisions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    holding = models.ForeignKey(PostHolding, on_delete=models.PROTECT, related_name="+")
    principal_id = models.UUIDField(null=True, blank=True)
    principal_name = models.CharField(max_length=120, blank=True)
    delegation = models.ForeignKey(Delegation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.TextField(blank=True)
    no_conflict_declared = models.BooleanField()
    content_hash = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    db_rights = FACT

    @property
    def principal(self) -> Principal | None:
        """For whom it was decided."""
        return Principal(self.principal_name, self.principal_id) if self.principal_id else None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["approval", "person_id"], name="one_decision_a_person"),
            models.CheckConstraint(condition=Q(no_conflict_declared=True), name="decision_declares_no_conflict"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="decision_outcome_is_known"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.COMMITTED) | Q(delegation__isnull=False),
                name="commit_names_its_delegation",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[Outcome.ENDORSED, Outcome.COMMITTED]) | ~Q(reason=""),
                name="a_no_has_a_reason",
            ),
        ]


class Recusal(Row):
    """A fact: who declared a conflict of interest in what is approved and keeps out of it from then on, whatever content
    it has (Procurement Act 2023 s.81 to 83). Any other holder or deputy of the post decides; the database refuses a
    decision by the recused."""

    subject = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    step = models.ForeignKey(ApprovalStep, on_delete=models.PROTECT, related_name="recusals")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    reason = models.TextField()
    declared_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id", "person_id"], name="one_recusal_a_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="recusal_has_a_reason"),
        ]


class Query(Row):
    """An approver's question to the requester; it changes no state and the supplier never sees it."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="queries")
    step = models.ForeignKey(ApprovalStep, on_delete=models.PROTECT, related_name="queries")
    side = models.CharField(max_length=10, choices=Side.choices)
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
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
                name="query_answer_is_whole",
            )
        ]
