"""The call-off: a department's order under a framework, and its state machine (domain.md, "Call-off").

Transitions only move the state; locks, guards, records and messages are in the actions (``procurement.workflow``,
``procurement.approval``, ``contracts.formation``).
"""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.rights import STATE, Row
from procurement.models.people import User


class CallOffState(models.TextChoices):
    DRAFT = "draft", _("draft")
    DEPARTMENT_APPROVAL = "department_approval", _("with the department's approvers")
    AUTHORITY_APPROVAL = "authority_approval", _("with the purchasing authority")
    RETURNED = "returned", _("back for amendment")
    WITH_SUPPLIER = "with_supplier", _("with the supplier")
    COUNTER_PROPOSED = "counter_proposed", _("counter-proposed by the supplier")
    CONFIRMED = "confirmed", _("accepted, contract not yet complete")
    CONTRACTED = "contracted", _("contracted")
    REJECTED = "rejected", _("rejected")
    DECLINED = "declined", _("declined by the supplier")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


class DeclineCode(models.TextChoices):
    """Why a supplier declines, as figures are kept on it; its words stand beside."""

    CAPACITY = "capacity", _("We cannot deliver in this time")
    TERMS = "terms", _("A special term is not acceptable")
    SCOPE = "scope", _("The order is outside the framework's scope")
    OTHER = "other", _("Another reason")


S = CallOffState
EDITABLE = (S.DRAFT, S.RETURNED)
IN_APPROVAL = (S.DEPARTMENT_APPROVAL, S.AUTHORITY_APPROVAL)
INSIDE = (*EDITABLE, *IN_APPROVAL)
AWARDED = (S.WITH_SUPPLIER, S.COUNTER_PROPOSED)
OPEN = (*INSIDE, *AWARDED)
UNBOUND = (S.REJECTED, S.DECLINED, S.WITHDRAWN, S.LAPSED)
ENDED = (S.CONTRACTED, *UNBOUND)


class CallOff(Row):
    """One order, from draft to contract. ``reference`` is given at the first submission and never changes.

    ``authority_revision`` and ``supplier_revision`` are the newest revisions that reached each of them: what a reader
    outside the department may see never runs ahead of what was sent to them. ``answer_due_at`` is when the supplier's
    time to answer ends; while a question of its is open, or the framework is suspended, the working days left stand in
    ``answer_days_left`` instead. While a counter-proposal of its is open they stand there too, and ``answer_due_at`` is
    when the department's time ends. The ``department`` changes with a ``Passing`` alone (trigger).
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=20, unique=True, null=True, blank=True)
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="call_offs")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="call_offs")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders")
    title = models.CharField(max_length=120)
    state = FSMField(default=S.DRAFT, choices=CallOffState.choices, protected=True)
    state_since = models.DateTimeField()
    requester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="requested_call_offs")
    created_at = models.DateTimeField()
    revision = models.ForeignKey(
        "procurement.CallOffRevision", null=True, on_delete=models.PROTECT, related_name="+"
    )
    authority_revision = models.ForeignKey(
        "procurement.CallOffRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    supplier_revision = models.ForeignKey(
        "procurement.CallOffRevision", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answer_due_at = models.DateTimeField(null=True, blank=True)
    answer_days_left = models.PositiveSmallIntegerField(null=True, blank=True)
    whole_life_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    ended_reason = models.CharField(max_length=2000, blank=True)
    decline_code = models.CharField(max_length=10, blank=True, choices=DeclineCode.choices)
    search_text = models.TextField(blank=True)

    db_rights = STATE(
        "reference", "department_id", "title", "state", "state_since", "requester_id", "revision_id", "authority_revision_id",
        "supplier_revision_id", "answer_due_at", "answer_days_left", "whole_life_gbp", "ended_reason", "decline_code",
        "search_text",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CallOffState.values), name="call_off_state_is_known"),
            models.CheckConstraint(
                condition=Q(decline_code="") | Q(decline_code__in=DeclineCode.values, state=CallOffState.DECLINED),
                name="only_a_declined_order_has_a_decline_code",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[S.DRAFT, S.WITHDRAWN, S.LAPSED]) | Q(reference__isnull=False),
                name="call_off_past_draft_has_a_reference",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.WITH_SUPPLIER)
                | Q(answer_due_at__isnull=False, answer_days_left__isnull=True)
                | Q(answer_due_at__isnull=True, answer_days_left__isnull=False),
                name="call_off_with_supplier_has_a_clock",
            ),
            models.CheckConstraint(
                condition=~Q(state=S.COUNTER_PROPOSED) | Q(answer_due_at__isnull=False, answer_days_left__isnull=False),
                name="counter_proposed_call_off_has_both_clocks",
            ),
            models.CheckConstraint(
                condition=Q(whole_life_gbp__isnull=True) | Q(whole_life_gbp__gte=0, whole_life_gbp__lte=LARGEST_GBP),
                name="call_off_value_is_money",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "-created_at", "-id"], name="call_off_by_department"),
            models.Index(fields=["framework", "-created_at", "-id"], name="call_off_by_framework"),
            models.Index(fields=["supplier", "-created_at", "-id"], name="call_off_by_supplier"),
            models.Index(fields=["department", "state", "-created_at", "-id"], name="call_off_department_state"),
            models.Index(fields=["framework", "state", "-created_at", "-id"], name="call_off_framework_state"),
            models.Index(fields=["supplier", "state", "-created_at", "-id"], name="call_off_supplier_state"),
            models.Index(
                fields=["framework", "state"], condition=Q(authority_revision__isnull=False), name="call_off_reached"
            ),
            models.Index(
                fields=["framework"], condition=Q(state=S.DEPARTMENT_APPROVAL), include=["revision", "whole_life_gbp"],
                name="call_off_unreserved",
            ),  # fmt: skip
            models.Index(
                fields=["department", "state_since", "id"], condition=Q(state__in=[*OPEN, S.CONFIRMED]),
                name="call_off_under_way",
            ),  # fmt: skip
            models.Index(
                fields=["supplier", "answer_due_at", "id"], condition=Q(state=S.WITH_SUPPLIER), name="call_off_to_answer"
            ),
            GinIndex(fields=["search_text"], name="call_off_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.reference or self.title

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    def share_revision(self) -> None:
        """What the authority or the supplier was sent is nearly always the current revision: then it is read once."""
        for name in ("authority_revision", "supplier_revision"):
            if self.revision_id is not None and getattr(self, f"{name}_id") == self.revision_id:
                setattr(self, name, self.revision)

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def is_returned(self) -> bool:
        return self.state == S.RETURNED

    @property
    def is_elsewhere(self) -> bool:
        """It waits for somebody who is not of its requesters: an approver, the supplier or a signatory."""
        return self.state in (*IN_APPROVAL, S.WITH_SUPPLIER, S.CONFIRMED)

    @property
    def is_binding(self) -> bool:
        """Only an executed contract binds anybody; until then everything is subject to contract."""
        return self.state == S.CONTRACTED

    @property
    def listed_as(self) -> str:
        """Number and title; one that never got a number is called a draft for as long as it is one."""
        number = self.reference or ("" if self.has_ended_unbound else _("draft"))
        return f"{number} {self.title}".strip()

    def state_words(self, viewpoint: str) -> str:
        """The state in words for the reader: the supplier is not told who inside decides on an order it does not have."""
        if viewpoint == "supplier" and self.state in INSIDE:
            return str(_("back with the department"))
        if viewpoint == "supplier" and self.state == S.REJECTED:
            return str(_("ended by the department"))
        if self.state == S.DECLINED and not self.decline_code:
            return str(_("ended unsigned"))
        return str(self.get_state_display())

    @property
    def ended_words(self) -> str:
        """Why it ended: the code of a decline in words, and what was written."""
        return f"{self.get_decline_code_display()}. {self.ended_reason}" if self.decline_code else self.ended_reason

    @property
    def has_ended_unbound(self) -> bool:
        """It is over and nobody is bound by it."""
        return self.state in UNBOUND

    @transition(field=state, source=[S.DRAFT, S.RETURNED], target=S.DEPARTMENT_APPROVAL)
    def submit(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.DEPARTMENT_APPROVAL, target=S.RETURNED)
    def recall(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.DEPARTMENT_APPROVAL, target=S.AUTHORITY_APPROVAL)
    def pass_to_authority(self, *, at):
        self.state_since = at
        self.authority_revision_id = self.revision_id

    @transition(field=state, source=S.AUTHORITY_APPROVAL, target=S.WITH_SUPPLIER)
    def award(self, *, at):
        self.state_since = at
        self.supplier_revision_id = self.revision_id

    @transition(field=state, source=list(IN_APPROVAL), target=S.RETURNED)
    def return_for_changes(self, *, at):
        self.state_since = at

    @transition(field=state, source=list(IN_APPROVAL), target=S.REJECTED)
    def reject(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=S.WITH_SUPPLIER, target=S.COUNTER_PROPOSED)
    def counter(self, *, at, answer_due_at, days_left):
        self.state_since = at
        self.answer_due_at = answer_due_at
        self.answer_days_left = days_left

    @transition(field=state, source=S.COUNTER_PROPOSED, target=S.DEPARTMENT_APPROVAL)
    def accept_counter(self, *, at):
        self.state_since = at
        self.answer_due_at = self.answer_days_left = None

    @transition(field=state, source=S.COUNTER_PROPOSED, target=S.WITH_SUPPLIER)
    def refuse_counter(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.COUNTER_PROPOSED, target=S.WITH_SUPPLIER)
    def withdraw_counter(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.WITH_SUPPLIER, target=S.CONFIRMED)
    def confirm(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.WITH_SUPPLIER, target=S.DECLINED)
    def decline(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=S.CONFIRMED, target=S.CONTRACTED)
    def conclude(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.CONFIRMED, target=S.RETURNED)
    def reopen(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.CONFIRMED, target=S.DECLINED)
    def end(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=list(OPEN), target=S.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=list(OPEN), target=S.LAPSED)
    def lapse(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason


register(CallOff, "call_off", terminal=ENDED)
