"""Evidence and bookkeeping: audit events, state edges and changes, jobs, emails, idempotency, numbers, the clock.

Nothing here has a foreign key to a user: evidence outlives accounts.
"""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from documents.rights import FACT, LAW, STATE, Row


class AuditEvent(Row):
    """A fact: who did what to what, when on both clocks, and what they were shown. ``signed_in_at`` is the real moment of
    the sign-in that a person acted under; null for the system, for operators and for acts recorded before it was kept. ``acting_for_id`` is the person for whom a
    deputy acted; null too in records from before it was kept, which name them."""

    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=8)
    actor_person_id = models.UUIDField(null=True)
    actor_words = models.CharField(max_length=120)
    channel = models.CharField(max_length=8)
    session = models.CharField(max_length=40, blank=True)
    signed_in_at = models.DateTimeField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    acting_for_id = models.UUIDField(null=True, blank=True)
    reason = models.TextField(blank=True)
    before = models.CharField(max_length=24, blank=True)
    after = models.CharField(max_length=24, blank=True)
    hash_shown = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    extra = models.JSONField(default=dict)
    at = models.DateTimeField()
    real_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        indexes = [models.Index(fields=["subject", "subject_id", "id"], name="event_by_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(actor_kind="person", actor_person_id__isnull=False)
                | Q(actor_kind__in=["system", "operator"], actor_person_id__isnull=True),
                name="only_a_persons_act_carries_a_person",
            )
        ]


class StateEdge(Row):
    """One lawful change of state; an edge from "" is a lawful first state."""

    machine = models.CharField(max_length=30)
    source = models.CharField(max_length=30, blank=True)
    target = models.CharField(max_length=30)

    db_rights = LAW

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "source", "target"], name="one_edge")]


class StateChange(Row):
    """A fact written by the trigger itself: every change of state there ever was, with its transaction."""

    machine = models.CharField(max_length=30)
    row_id = models.BigIntegerField()
    source = models.CharField(max_length=30, blank=True)
    target = models.CharField(max_length=30)
    txid = models.BigIntegerField()

    db_rights = LAW

    class Meta:
        indexes = [models.Index(fields=["machine", "row_id"], name="change_by_row")]


class Job(Row):
    """Work for a worker: the row is the truth, the broker's message only a doorbell. Real time throughout."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    task = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    key = models.CharField(max_length=120, unique=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    token = models.UUIDField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    @property
    def is_open(self) -> bool:
        """Whether a worker has it or will take it."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    db_rights = STATE("state", "attempts", "run_after", "lease_until", "token", "last_error", "finished_at")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "done", "dead"]), name="job_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False, token__isnull=False),
                name="running_job_has_a_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["run_after"], condition=Q(state__in=["queued", "running"]), name="job_to_do"),
            models.Index(fields=["subject", "-id"], name="job_by_subject"),
        ]


class Email(Row):
    """A message, written in the action's transaction, sent once by a job after it. One that is ``held_until`` a business
    moment is never sent itself: from then on it is gathered into a ``digest``, once; or ``dropped_at`` that moment, where
    its recipient is nobody of ours any more."""

    recipient = models.EmailField()
    template = models.CharField(max_length=80)
    context = models.JSONField(encoder=DjangoJSONEncoder)
    key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    digest = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="gathered")
    dropped_at = models.DateTimeField(null=True)

    db_rights = STATE("sent_at", "digest_id", "dropped_at")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_until__isnull=True, digest__isnull=True, dropped_at__isnull=True)
                | Q(held_until__isnull=False, sent_at__isnull=True)
                & (Q(digest__isnull=True) | Q(dropped_at__isnull=True)),
                name="held_message_is_gathered_not_sent",
            )
        ]
        indexes = [
            models.Index(
                fields=["held_until"], name="email_held",
                condition=Q(held_until__isnull=False, digest__isnull=True, dropped_at__isnull=True),
            )  # fmt: skip
        ]


class IdempotencyKey(Row):
    """One answered form: the same key and body get the same answer, another body is refused."""

    person_id = models.UUIDField()
    key = models.UUIDField()
    request_hash = models.CharField(max_length=64)
    location = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    db_rights = STATE("location")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id", "key"], name="one_answer_a_key")]


class NumberCounter(Row):
    """The last number given in a series and year; its row lock makes numbers gapless."""

    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    db_rights = STATE("last")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_counter_a_series")]


class BusinessClock(Row):
    """One row: where the demonstration's business clock stands."""

    moment = models.DateTimeField()

    db_rights = STATE("moment")
