"""The published copy of a contract: what of it is withheld, on what ground, who decided that (domain.md, "The published copy")."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contract import Contract
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import FACT, STATE, Row

COPY_SERIES = "RC"  # as in RC-2008-000001


class CopyState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("decided, being made")
    PUBLISHED = "published", _("published")
    REPLACED = "replaced", _("replaced by a newer one")
    TAKEN_DOWN = "taken_down", _("taken down")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


S = CopyState
OPEN_COPIES = (S.PROPOSED, S.APPROVED)
DECIDED = (S.APPROVED, S.PUBLISHED, S.REPLACED, S.TAKEN_DOWN)


class WithholdingGround(models.TextChoices):
    """Procurement Act 2023 s.94(1): the two there are."""

    SECURITY = "security", _("needed to safeguard national security (s.94(1)(a))")
    COMMERCIAL = "commercial", _("sensitive commercial information, and an overriding public interest in withholding it (s.94(1)(b))")


class RedactedCopy(Row):
    """A copy of an executed contract and its variations for the public, without what is withheld.

    ``content`` is the copy itself as canonical JSON (``contracts.redaction``), in which nothing of what is withheld is left;
    ``content_hash`` its sha256, which whoever decides repeats. What the contract was when it was proposed is what is published.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="redacted_copies")
    number = models.PositiveSmallIntegerField()
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    state = FSMField(default=S.PROPOSED, choices=CopyState.choices, protected=True)
    state_since = models.DateTimeField()
    proposed_by = models.UUIDField()
    proposed_by_name = models.CharField(max_length=120)
    proposed_for = models.UUIDField(null=True, blank=True)
    proposed_for_name = models.CharField(max_length=120, blank=True)
    proposed_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_for = models.UUIDField(null=True, blank=True)
    decided_for_name = models.CharField(max_length=120, blank=True)
    decided_post = models.CharField(max_length=30, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=20, null=True, blank=True, unique=True)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=2000, blank=True)

    db_rights = STATE(
        "state", "state_since", "decided_by", "decided_by_name", "decided_for", "decided_for_name", "decided_post", "decided_at",
        "reference", "document_id", "published_at", "ended_reason",
    )  # fmt: skip

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_redacted_copy_a_number"),
            models.UniqueConstraint(fields=["contract"], condition=Q(state__in=["proposed", "approved"]), name="one_open_redacted_copy"),
            models.UniqueConstraint(fields=["contract"], condition=Q(state="published"), name="one_published_copy"),
            models.CheckConstraint(condition=Q(state__in=CopyState.values), name="redacted_copy_state_is_known"),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="redacted_copy_has_its_hash"),
            models.CheckConstraint(
                condition=~Q(decided_by=F("proposed_by")) & ~Q(decided_by=F("proposed_for"))
                & ~Q(decided_for=F("proposed_by")) & ~Q(decided_for=F("proposed_for")),
                name="withholding_needs_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "published", "replaced", "taken_down"])
                | Q(decided_by__isnull=False, decided_at__isnull=False, reference__isnull=False, document__isnull=False),
                name="copy_for_the_public_is_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "replaced", "taken_down"]) | Q(published_at__isnull=False),
                name="published_copy_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["refused", "withdrawn", "taken_down"]) | ~Q(ended_reason=""), name="no_copy_says_why"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} {self.label}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def label(self) -> str:
        return self.reference or f"R{self.number}"

    @transition(field=state, source=S.PROPOSED, target=S.APPROVED)
    def approve(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.PROPOSED, target=S.REFUSED)
    def refuse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=S.PROPOSED, target=S.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=S.APPROVED, target=S.PUBLISHED)
    def publish(self, *, at):
        self.state_since = self.published_at = at

    @transition(field=state, source=S.PUBLISHED, target=S.REPLACED)
    def replace(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.PUBLISHED, target=S.TAKEN_DOWN)
    def take_down(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason


class WithheldField(Row):
    """A fact: one part of the contract that a copy withholds. ``code`` names it (``contracts.redaction``), ``label`` as it was
    called then; ``words`` say why the ground holds, and are not published; after ``until`` it is to be looked at again."""

    copy = models.ForeignKey(RedactedCopy, on_delete=models.PROTECT, related_name="withheld")
    number = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    ground = models.CharField(max_length=12, choices=WithholdingGround.choices)
    words = models.CharField(max_length=2000)
    until = models.DateField()

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["copy", "number"], name="one_withheld_field_a_number"),
            models.UniqueConstraint(fields=["copy", "code"], name="one_withheld_field_a_code"),
            models.CheckConstraint(condition=Q(ground__in=WithholdingGround.values), name="withheld_field_has_its_ground"),
            models.CheckConstraint(condition=~Q(words="") & ~Q(label=""), name="withheld_field_says_why"),
        ]


register(RedactedCopy, "redacted_copy", terminal=(S.REPLACED, S.TAKEN_DOWN, S.REFUSED, S.WITHDRAWN))
