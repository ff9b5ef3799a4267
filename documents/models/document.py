"""A signed document: its frozen payload, its byte revisions, and the acts that put signatures on it."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext_lazy as _

from documents.machines import FSMField, register, transition
from documents.rights import DRAFT, FACT, STATE, Row


class DocumentState(models.TextChoices):
    QUEUED = "queued", _("waiting to be made")
    DRAFTED = "drafted", _("made, not yet sealed")
    SEALED = "sealed", _("sealed, ready to be signed")
    SIGNING = "signing", _("being signed")
    COMPLETE = "complete", _("complete")
    VOID = "void", _("void")


S = DocumentState


def _parties_sign(document: "Document") -> bool:
    return bool(document.expected_signers)


def _nobody_signs(document: "Document") -> bool:
    return not document.expected_signers


class Document(Row):
    """``payload`` (plain JSON) and its sha256 never change; ``expected_signers`` are in signing order:
    [{"field", "party", "identifier", "name"}], none where the register's seal is all that a document of the kind gets.
    ``subject`` names what it is of, for operators and for the page that waits for its jobs."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    template_version = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=120)
    number = models.CharField(max_length=40, unique=True)
    state = FSMField(default=S.QUEUED, choices=DocumentState.choices, protected=True)
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    expected_signers = models.JSONField()
    created_at = models.DateTimeField()

    db_rights = STATE("state")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DocumentState.values), name="document_state_is_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @transition(field=state, source=S.QUEUED, target=S.DRAFTED)
    def draft(self):
        """Revision 0 is stored."""

    @transition(field=state, source=S.DRAFTED, target=S.SEALED)
    def seal(self):
        """The issuing seal certifies it."""

    @transition(field=state, source=[S.SEALED, S.SIGNING], target=S.SIGNING, conditions=[_parties_sign])
    def sign(self):
        """A party's signature is on it."""

    @transition(field=state, source=S.SEALED, target=S.COMPLETE, conditions=[_nobody_signs])
    @transition(field=state, source=S.SIGNING, target=S.COMPLETE)
    def complete(self):
        """All signatures, where there are any, and the archive timestamp are on it."""

    @transition(field=state, source=[S.QUEUED, S.DRAFTED, S.SEALED, S.SIGNING], target=S.VOID)
    def void(self):
        """Nobody will sign it any more; what is stored stays."""


register(Document, "document", terminal=(S.COMPLETE, S.VOID))


class Purpose(models.TextChoices):
    DRAFT = "draft", _("document made")
    ISSUING_SEAL = "issuing_seal", _("issuing seal")
    SIGNATURE = "signature", _("signature")
    ARCHIVE_TIMESTAMP = "archive_timestamp", _("archive timestamp")


class DocumentRevision(Row):
    """A fact: the bytes after one step; each revision begins with the bytes of the one before it."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    sha256 = models.CharField(max_length=64, unique=True)
    length = models.PositiveIntegerField()
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    fingerprint = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()

    db_rights = FACT
    stored_under = "sha256"

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="one_document_revision_a_number"),
            models.CheckConstraint(
                condition=Q(number=0, previous__isnull=True) | Q(number__gt=0, previous__isnull=False),
                name="document_revisions_are_chained",
            ),
        ]


class SigningIntent(Row):
    """A fact: an authenticated person's act, recorded before any key is used. ``act`` says who, in which post, for
    which organisation, under which delegation, signed in when, shown which hash (plain strings)."""

    act_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="intents")
    field = models.CharField(max_length=40)
    identifier = models.CharField(max_length=60)
    base_sha256 = models.CharField(max_length=64)
    act = models.JSONField()
    created_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["document", "field"], name="one_intent_a_field"),
            models.UniqueConstraint(
                models.F("document"), KeyTextTransform("person_id", "act"), name="nobody_signs_a_document_twice"
            ),
        ]


class Signature(Row):
    """A fact: the result of an intent."""

    intent = models.OneToOneField(SigningIntent, on_delete=models.PROTECT, related_name="signature")
    revision = models.OneToOneField(DocumentRevision, on_delete=models.PROTECT, related_name="signature")
    certificate_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    db_rights = FACT


class Check(Row):
    """A visitor's question about a file, and the verdict. Not a record: it goes after some hours."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    filename = models.CharField(max_length=120)
    verdict = models.JSONField(null=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    db_rights = DRAFT

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="check_by_hash")]
