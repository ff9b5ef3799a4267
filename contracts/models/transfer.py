"""A transfer of what one department has to another, where the machinery of government changes (domain.md, "Machinery of
government")."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Organisation
from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import FACT, STATE, Row

TRANSFER_SERIES, TRANSFER_NOTICE_SERIES = "MG", "ST"  # as in MG-2009-000001, ST-2009-000001


class TransferKind(models.TextChoices):
    """What becomes of the outgoing department."""

    MERGED = "merged", _("merged into the receiving department")
    ABOLISHED = "abolished", _("abolished, the receiving department takes over")
    SPLIT = "split", _("split: it stays, a part of it passes")


class TransferBasis(models.TextChoices):
    ORDER = "order", _("transfer order, between bodies of the Crown")
    NOVATION = "novation", _("novation, where either is not of the Crown")


class TransferState(models.TextChoices):
    DRAFT = "draft", _("prepared")
    AGREED = "agreed", _("agreed")
    APPLIED = "applied", _("in effect")
    WITHDRAWN = "withdrawn", _("withdrawn")


T = TransferState
OPEN_TRANSFERS = (T.DRAFT, T.AGREED)


def _money() -> models.DecimalField:
    """A GBP amount, VAT excluded; None until it is applied."""
    return models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)


class Transfer(Row):
    """Prepared by one person of the authority, agreed by another, in effect from ``effective_on`` on.

    ``order_number``, ``order_on``: the transfer order that says it, whose file is in the store under its hash. ``contracts``,
    ``orders`` and ``people``, by their public ids: what passes of a department that is split; of any other all of it does.
    ``hands``: everybody who prepared it or chose what passes, and for whom; none of them agrees.
    ``content_hash`` is the sha256 of the canonical JSON of all that: who agrees repeats it. The amounts are those of everything
    that passed, read before it was applied and after.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    outgoing = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="transfers_away")
    receiving = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="transfers_here")
    kind = models.CharField(max_length=10, choices=TransferKind.choices)
    basis = models.CharField(max_length=10, choices=TransferBasis.choices)
    order_number = models.CharField(max_length=120, blank=True)
    order_on = models.DateField(null=True, blank=True)
    effective_on = models.DateField()
    words = models.TextField()
    filename = models.CharField(max_length=120, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    length = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    contracts = ArrayField(models.UUIDField(), default=list, blank=True)
    orders = ArrayField(models.UUIDField(), default=list, blank=True)
    people = ArrayField(models.UUIDField(), default=list, blank=True)
    content_hash = models.CharField(max_length=64)
    state = FSMField(default=T.DRAFT, choices=TransferState.choices, protected=True)
    state_since = models.DateTimeField()
    prepared_by = models.UUIDField()
    prepared_by_name = models.CharField(max_length=120)
    prepared_for = models.UUIDField(null=True, blank=True)
    prepared_for_name = models.CharField(max_length=120, blank=True)
    prepared_at = models.DateTimeField()
    hands = ArrayField(models.UUIDField())
    agreed_by = models.UUIDField(null=True, blank=True)
    agreed_by_name = models.CharField(max_length=120, blank=True)
    agreed_for = models.UUIDField(null=True, blank=True)
    agreed_for_name = models.CharField(max_length=120, blank=True)
    agreed_post = models.CharField(max_length=30, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    contracts_before = models.PositiveIntegerField(null=True, blank=True)
    contracts_after = models.PositiveIntegerField(null=True, blank=True)
    value_before_gbp = _money()
    value_after_gbp = _money()
    reserved_before_gbp = _money()
    reserved_after_gbp = _money()
    committed_before_gbp = _money()
    committed_after_gbp = _money()
    ended_reason = models.CharField(max_length=2000, blank=True)

    db_rights = STATE(
        "contracts", "orders", "people", "hands", "content_hash", "state", "state_since", "agreed_by", "agreed_by_name", "agreed_for", "agreed_for_name", "agreed_post", "agreed_at", "applied_at",
        "contracts_before", "contracts_after", "value_before_gbp", "value_after_gbp", "reserved_before_gbp", "reserved_after_gbp",
        "committed_before_gbp", "committed_after_gbp", "ended_reason",
    )  # fmt: skip
    stored_under = "sha256"

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["outgoing"], condition=Q(state__in=["draft", "agreed"]), name="one_open_transfer"),
            models.CheckConstraint(condition=Q(state__in=TransferState.values), name="transfer_state_is_known"),
            models.CheckConstraint(condition=Q(kind__in=TransferKind.values), name="transfer_kind_is_known"),
            models.CheckConstraint(condition=~Q(outgoing=F("receiving")), name="transfer_is_to_another"),
            models.CheckConstraint(
                condition=Q(basis="order", order_on__isnull=False) & ~Q(order_number="")
                | Q(basis="novation", order_on__isnull=True, order_number=""),
                name="transfer_has_its_legal_basis",
            ),
            models.CheckConstraint(condition=~Q(words=""), name="transfer_says_why"),
            models.CheckConstraint(
                condition=Q(kind="split") | Q(contracts=[], orders=[], people=[]), name="only_a_split_chooses"
            ),
            models.CheckConstraint(condition=Q(content_hash__regex=r"^[0-9a-f]{64}$"), name="transfer_has_its_hash"),
            models.CheckConstraint(
                condition=~Q(agreed_by=F("prepared_by")) & ~Q(agreed_by=F("prepared_for"))
                & ~Q(agreed_for=F("prepared_by")) & ~Q(agreed_for=F("prepared_for")),
                name="transfer_needs_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                name="agreed_transfer_says_by_whom",
            ),
            models.CheckConstraint(condition=~Q(state="withdrawn") | ~Q(ended_reason=""), name="withdrawn_transfer_says_why"),
            models.CheckConstraint(
                condition=Q(
                    applied_at__isnull=True, contracts_before__isnull=True, contracts_after__isnull=True, value_before_gbp__isnull=True,
                    value_after_gbp__isnull=True, reserved_before_gbp__isnull=True, reserved_after_gbp__isnull=True,
                    committed_before_gbp__isnull=True, committed_after_gbp__isnull=True,
                ) & ~Q(state="applied")
                | Q(
                    state="applied", applied_at__isnull=False, contracts_after=F("contracts_before"),
                    value_after_gbp=F("value_before_gbp"), value_after_gbp__gte=0, value_after_gbp__lte=LARGEST_GBP,
                    reserved_after_gbp=F("reserved_before_gbp"), reserved_after_gbp__gte=0, reserved_after_gbp__lte=LARGEST_GBP,
                    committed_after_gbp=F("committed_before_gbp"), committed_after_gbp__gte=0, committed_after_gbp__lte=LARGEST_GBP,
                ),
                name="transfer_keeps_its_totals",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def is_whole(self) -> bool:
        """The outgoing department ends: all that it has passes."""
        return self.kind != TransferKind.SPLIT

    @transition(field=state, source=T.DRAFT, target=T.AGREED)
    def agree(self, *, at):
        self.state_since = at
        self.agreed_at = at

    @transition(field=state, source=[T.DRAFT, T.AGREED], target=T.WITHDRAWN)
    def withdraw(self, *, at, reason):
        self.state_since = at
        self.ended_reason = reason

    @transition(field=state, source=T.AGREED, target=T.APPLIED)
    def apply(self, *, at):
        self.state_since = at
        self.applied_at = at


class TransferNotice(Row):
    """A fact: the sealed notice of a transfer between bodies of the Crown to one supplier and both departments; to the
    departments alone where no supplier has anything that passes. ``position`` counts them from 1."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="notices")
    position = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")

    db_rights = FACT

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "position"], name="one_transfer_notice_a_position"),
            models.UniqueConstraint(fields=["transfer", "supplier"], nulls_distinct=False, name="one_transfer_notice_a_supplier"),
        ]

    def __str__(self) -> str:
        return self.number


class NovationState(models.TextChoices):
    AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
    EXECUTED = "executed", _("executed")
    VOID = "void", _("void")


N = NovationState


class NovationParty(models.TextChoices):
    """Who signs a novation, in this order."""

    SUPPLIER = "supplier", _("the supplier")
    OUTGOING = "outgoing", _("the outgoing body")
    INCOMING = "incoming", _("the incoming body")


class Novation(Row):
    """The agreement of three by which one contract passes to a body, where either body is not of the Crown. A simple contract
    signed under hand; it holds from the day of its transfer on, once that is applied."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="novations")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="novations")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    state = FSMField(default=N.AWAITING_SIGNATURES, choices=NovationState.choices, protected=True)
    state_since = models.DateTimeField()
    signed_on = models.DateField(null=True, blank=True)
    void_reason = models.CharField(max_length=2000, blank=True)

    db_rights = STATE("state", "state_since", "signed_on", "void_reason")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "contract"], name="one_novation_a_contract_and_transfer"),
            models.CheckConstraint(condition=Q(state__in=NovationState.values), name="novation_state_is_known"),
            models.CheckConstraint(condition=~Q(state="executed") | Q(signed_on__isnull=False), name="executed_novation_is_signed"),
            models.CheckConstraint(condition=~Q(state="void") | ~Q(void_reason=""), name="void_novation_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.transfer}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def framework_id(self) -> int:
        """Whose lots a signature delegation is asked about."""
        return self.contract.framework_id

    @transition(field=state, source=N.AWAITING_SIGNATURES, target=N.EXECUTED)
    def execute(self, *, at):
        self.state_since = at

    @transition(field=state, source=[N.AWAITING_SIGNATURES, N.EXECUTED], target=N.VOID)
    def void(self, *, at, reason):
        self.state_since = at
        self.void_reason = reason


register(Transfer, "transfer", terminal=(T.APPLIED, T.WITHDRAWN))
register(Novation, "novation", terminal=(N.VOID,))
