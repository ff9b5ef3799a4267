"""How a department comes to belong to a framework: interest, application, review, access agreement, membership; and
the state machine of it (domain.md, "Accession")."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import DRAFT, FACT, STATE, Row


class AccessionState(models.TextChoices):
    PROSPECT = "prospect", _("prospect")
    ENGAGED = "engaged", _("engaged")
    APPLIED = "applied", _("applied")
    IN_REVIEW = "in_review", _("in review")
    INFORMATION_REQUESTED = "information_requested", _("information requested")
    APPROVED = "approved", _("approved")
    AGREEMENT_ISSUED = "agreement_issued", _("agreement issued")
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    ENDED = "ended", _("ended")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")


A = AccessionState
PIPELINE = (A.PROSPECT, A.ENGAGED, A.APPLIED, A.IN_REVIEW, A.INFORMATION_REQUESTED, A.APPROVED, A.AGREEMENT_ISSUED)
IN_CONSIDERATION = (A.APPLIED, A.IN_REVIEW, A.INFORMATION_REQUESTED)
BODYS_TURN = (A.ENGAGED, A.INFORMATION_REQUESTED)  # somebody of the body fills in its application, or answers
OPENING_STATES = (A.ENGAGED, A.IN_REVIEW, A.INFORMATION_REQUESTED, A.ACTIVE)  # as the register may be opened with


class Accession(Row):
    """A department's place on a framework. Only an active one may order.

    ``seats_expected`` is what the authority reckons with until there is an application.
    ``due_at`` is when the review should have ended; while a question is open, or the framework is suspended, the working
    days left stand in ``days_left`` instead.
    ``contact_proposed_by``: the lead who proposed the body's first administrator (``contact_proposed_for``: whom the
    lead acted for); only when another person has confirmed (``contact_confirmed_by``) are they that. ``invited_at`` is
    when somebody of the body was asked to apply.
    ``given``: ids of the rows that the approval gave its signatories (``procurement.provisional``). ``carried_from``: the
    membership of another body that this one continues, without an agreement of its own (``Passing``).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="accessions")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="accessions")
    state = FSMField(default=A.PROSPECT, choices=AccessionState.choices, protected=True)
    state_since = models.DateTimeField()
    seats_expected = models.PositiveIntegerField(null=True, blank=True)
    contact_name = models.CharField(max_length=120, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_proposed_by = models.UUIDField(null=True, blank=True)
    contact_proposed_for = models.UUIDField(null=True, blank=True)
    contact_proposed_at = models.DateTimeField(null=True, blank=True)
    contact_confirmed_by = models.UUIDField(null=True, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    days_left = models.PositiveSmallIntegerField(null=True, blank=True)
    reviewer_id = models.UUIDField(null=True, blank=True)
    reviewer_principal_id = models.UUIDField(null=True, blank=True)
    reviewer_name = models.CharField(max_length=120, blank=True)
    number = models.CharField(max_length=20, unique=True, null=True, blank=True)
    document = models.OneToOneField(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_on = models.DateField(null=True, blank=True)
    given = models.JSONField(default=dict, blank=True)
    ended_words = models.CharField(max_length=2000, blank=True)
    carried_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="carried_to")

    db_rights = STATE(
        "state", "state_since", "seats_expected", "contact_name", "contact_email", "contact_proposed_by",
        "contact_proposed_for", "contact_proposed_at", "contact_confirmed_by", "invited_at", "due_at", "days_left",
        "reviewer_id", "reviewer_principal_id", "reviewer_name", "number", "document_id", "signed_on", "given", "ended_words",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "department"], condition=~Q(state__in=[A.ENDED, A.DECLINED, A.WITHDRAWN]),
                name="one_accession_a_department",
            ),
            models.CheckConstraint(condition=Q(state__in=AccessionState.values), name="accession_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state=A.AGREEMENT_ISSUED) | Q(document__isnull=False, number__isnull=False),
                name="issued_agreement_has_its_document",
            ),
            models.CheckConstraint(
                condition=Q(contact_confirmed_by__isnull=True)
                | Q(contact_proposed_by__isnull=False)
                & ~Q(contact_confirmed_by=F("contact_proposed_by"))
                & (Q(contact_proposed_for__isnull=True) | ~Q(contact_confirmed_by=F("contact_proposed_for"))),
                name="contact_is_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(contact_proposed_by__isnull=True, contact_proposed_at__isnull=True)
                | Q(contact_proposed_by__isnull=False, contact_proposed_at__isnull=False),
                name="proposed_contact_has_its_moment",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number or f"{self.department.code} on {self.framework.reference}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def contact_waits(self) -> bool:
        """A first administrator is proposed and nobody has confirmed them."""
        return self.state in BODYS_TURN and self.contact_proposed_by is not None and self.contact_confirmed_by is None

    def forget_contact(self) -> None:
        """Whom the lead proposed is no contact: not confirmed, or not needed any more."""
        self.contact_name = self.contact_email = ""
        self.contact_proposed_by = self.contact_proposed_for = self.contact_proposed_at = None

    def _since(self, at) -> None:
        self.state_since = at

    @transition(field=state, source=A.PROSPECT, target=A.ENGAGED)
    def engage(self, *, at):
        self._since(at)

    @transition(field=state, source=A.ENGAGED, target=A.APPLIED)
    def apply(self, *, at):
        self._since(at)

    @transition(field=state, source=A.APPLIED, target=A.IN_REVIEW)
    def start_review(self, *, at):
        self._since(at)

    @transition(field=state, source=A.IN_REVIEW, target=A.INFORMATION_REQUESTED)
    def request_information(self, *, at):
        self._since(at)

    @transition(field=state, source=A.INFORMATION_REQUESTED, target=A.IN_REVIEW)
    def inform(self, *, at):
        self._since(at)

    @transition(field=state, source=A.IN_REVIEW, target=A.APPROVED)
    def approve(self, *, at):
        self._since(at)

    @transition(field=state, source=A.APPROVED, target=A.AGREEMENT_ISSUED)
    def issue_agreement(self, *, at):
        self._since(at)

    @transition(field=state, source=A.AGREEMENT_ISSUED, target=A.ACTIVE)
    def activate(self, *, at):
        self._since(at)

    @transition(field=state, source=A.ACTIVE, target=A.SUSPENDED)
    def suspend(self, *, at):
        self._since(at)

    @transition(field=state, source=A.SUSPENDED, target=A.ACTIVE)
    def resume(self, *, at):
        self._since(at)

    @transition(field=state, source=[A.ACTIVE, A.SUSPENDED], target=A.ENDED)
    def end(self, *, at, reason):
        self._since(at)
        self.ended_words = reason

    @transition(field=state, source=[*IN_CONSIDERATION, A.APPROVED], target=A.DECLINED)
    def decline(self, *, at, reason):
        self._since(at)
        self.ended_words = reason

    @transition(field=state, source=list(PIPELINE), target=A.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self._since(at)
        self.ended_words = reason


register(Accession, "accession", terminal=[A.ENDED, A.DECLINED, A.WITHDRAWN], opening=OPENING_STATES)


class Application(Row):
    """What a department says of itself when it asks to join. The one without ``submitted_at`` is being filled in; a
    submitted one never changes (trigger) and ``content_hash`` is the sha256 of ``content``, its canonical JSON.

    ``sites``: [{name, address, seats}]; ``people``: [{name, email, post, limit_gbp, unlimited, lot, ends_on, letter_filename,
    letter_sha256}], limit in GBP (VAT excluded) of the delegation that goes with the post, for one lot of the framework or all, its
    last day, and which of the ``files`` gives it (``application_letters``); ``files``: [{kind, filename, content_type, length, sha256}];
    ``hands``: person ids of everybody who wrote in it, and of whom they acted for.
    """

    class FileKind(models.TextChoices):
        SIGNATORY = "signatory", _("evidence of who may sign")
        DELEGATION = "delegation", _("delegation letter")
        OTHER = "other", _("other")

    accession = models.ForeignKey(Accession, on_delete=models.PROTECT, related_name="applications")
    number = models.PositiveSmallIntegerField()
    statement = models.TextField(blank=True)
    sites = models.JSONField(default=list)
    people = models.JSONField(default=list)
    files = models.JSONField(default=list)
    hands = models.JSONField(default=list)
    edits = models.PositiveIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.UUIDField(null=True, blank=True)
    submitted_by_name = models.CharField(max_length=120, blank=True)
    content = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)

    db_rights = DRAFT
    stored_under = "files"

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["accession", "number"], name="one_application_a_number"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True, content_hash="")
                | Q(submitted_at__isnull=False, submitted_by__isnull=False) & ~Q(content_hash="") & ~Q(content=""),
                name="submitted_application_has_its_hash",
            ),
        ]

    @property
    def seats(self) -> int:
        return sum(site["seats"] for site in self.sites)


class AccessionQuestion(Row):
    """A reviewer's question about an application; while it is open the review's clock stands."""

    accession = models.ForeignKey(Accession, on_delete=models.PROTECT, related_name="questions")
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
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False, answered_at__gte=F("asked_at")),
                name="accession_answer_has_its_moment",
            ),
            models.UniqueConstraint(
                fields=["accession"], condition=Q(answered_at__isnull=True), name="one_open_question_an_accession"
            ),
        ]


class AccessionDecision(Row):
    """A fact: who recommended, approved or declined which application (its hash), for whom (``principal_id``) and why.
    Nobody decides on an application of theirs or that names them, and who approves had no part in the review; a deputy
    stands for their principal too (trigger)."""

    class Outcome(models.TextChoices):
        RECOMMENDED = "recommended", _("recommended")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=11, choices=Outcome.choices)
    person_id = models.UUIDField()
    principal_id = models.UUIDField(null=True, blank=True)
    name = models.CharField(max_length=120)
    post = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64)
    decided_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["decided_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "outcome"], name="one_accession_decision_of_a_kind"),
            models.CheckConstraint(
                condition=Q(outcome__in=["recommended", "approved", "declined"]), name="accession_outcome_is_known"
            ),
        ]
