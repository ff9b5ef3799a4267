"""The contract: what was agreed, by whom, for how much; and its state machine (domain.md, "Contract")."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.dbrules import LARGEST_GBP
from documents.machines import FSMField, register, transition
from documents.models import Document
from documents.rights import STATE, Row
from procurement.models import CallOff, CallOffRevision

NUMBER_SERIES = "CON"  # as in CON-2007-000001


class ContractState(models.TextChoices):
    PREPARING = "preparing", _("being made")
    AWAITING_SIGNATURES = "awaiting_signatures", _("awaiting signatures")
    EXECUTED = "executed", _("executed")
    TERMINATED = "terminated", _("terminated")
    EXPIRED = "expired", _("expired")
    CLOSED = "closed", _("closed")
    VOID = "void", _("void")


S = ContractState
UNSIGNED_CONTRACTS = (S.PREPARING, S.AWAITING_SIGNATURES)
BOUND = (S.EXECUTED, S.TERMINATED, S.EXPIRED)  # what was agreed is performed, or what is left of it is settled
ENDED = (S.TERMINATED, S.EXPIRED)
CHARGED = (*BOUND, S.CLOSED)  # there are months of it that something was charged in


class Party(models.TextChoices):
    """The three parties, by the names the framework's signing order uses."""

    SUPPLIER = "supplier", _("the supplier")
    DEPARTMENT = "department", _("the department")
    AUTHORITY = "authority", _("the purchasing authority")


def party_of(organisation: Organisation) -> dict[str, str]:
    return {"code": organisation.code, "name": organisation.name, "identifier": organisation.identifier}


class Contract(Row):
    """One contract for one accepted call-off. A simple contract signed under hand. It binds when it is executed, in effect from ``signed_on``.

    ``formed_at`` is when the supplier accepted and this record was opened, which forms no contract yet.
    The ``department`` changes with a ``Passing`` alone (trigger). ``parties`` keeps names and identifiers as they were signed; ``original_value_gbp`` is the whole-life value (GBP, VAT
    excluded) and ``levy_forecast_gbp`` the supplier's levy forecast on it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(max_length=20, unique=True)
    call_off = models.ForeignKey(CallOff, on_delete=models.PROTECT, related_name="contracts")
    revision = models.ForeignKey(CallOffRevision, on_delete=models.PROTECT, related_name="contracts")
    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="contracts")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="contracts_as_department")
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="contracts_as_supplier")
    parties = models.JSONField()
    title = models.CharField(max_length=120)
    state = FSMField(default=S.PREPARING, choices=ContractState.choices, protected=True)
    state_since = models.DateTimeField()
    formed_at = models.DateTimeField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    original_value_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    levy_forecast_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    document = models.OneToOneField(Document, null=True, on_delete=models.PROTECT, related_name="+")
    signed_on = models.DateField(null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=2000, blank=True)
    search_text = models.TextField(blank=True)

    db_rights = STATE(
        "department_id", "state", "state_since", "ends_on", "document_id", "signed_on", "executed_at", "void_reason", "search_text"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call_off"], condition=~Q(state="void"), name="one_contract_a_call_off"),
            models.CheckConstraint(condition=Q(state__in=ContractState.values), name="contract_state_is_known"),
            models.CheckConstraint(
                condition=Q(original_value_gbp__gt=0, original_value_gbp__lte=LARGEST_GBP, levy_forecast_gbp__gte=0,
                            levy_forecast_gbp__lte=LARGEST_GBP),
                name="contract_value_is_money",
            ),  # fmt: skip
            models.CheckConstraint(
                condition=~Q(state__in=[S.EXECUTED, S.TERMINATED, S.EXPIRED, S.CLOSED])
                | Q(signed_on__isnull=False, executed_at__isnull=False, document__isnull=False),
                name="executed_contract_is_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "-formed_at", "-id"], name="contract_by_department"),
            models.Index(fields=["framework", "-formed_at", "-id"], name="contract_by_framework"),
            models.Index(fields=["supplier", "-formed_at", "-id"], name="contract_by_supplier"),
            models.Index(fields=["department", "state", "-formed_at", "-id"], name="contract_department_state"),
            models.Index(fields=["framework", "state", "-formed_at", "-id"], name="contract_framework_state"),
            models.Index(fields=["supplier", "state", "-formed_at", "-id"], name="contract_supplier_state"),
            models.Index(fields=["department", "ends_on", "-formed_at", "-id"], name="contract_department_ends"),
            models.Index(fields=["framework", "ends_on", "-formed_at", "-id"], name="contract_framework_ends"),
            models.Index(fields=["supplier", "ends_on", "-formed_at", "-id"], name="contract_supplier_ends"),
            models.Index(fields=["ends_on"], name="contract_in_force_ends", condition=Q(state="executed")),
            models.Index(fields=["framework", "supplier", "starts_on", "ends_on"], name="contract_spans",
                         condition=Q(state__in=["executed", "terminated", "expired", "closed"])),
            GinIndex(fields=["search_text"], name="contract_search", opclasses=["gin_trgm_ops"]),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def audit_id(self) -> str:
        return str(self.public_id)

    @property
    def parties_now(self) -> dict[str, dict[str, str]]:
        """``parties`` with the department that it has passed to, for what is written about the contract from then on."""
        return self.parties | {str(Party.DEPARTMENT): party_of(self.department)}

    @property
    def is_binding(self) -> bool:
        """Signed by all three and closed by its archive timestamp (clause 2.1); in effect from ``signed_on`` then."""
        return self.executed_at is not None

    @property
    def has_ended_unbound(self) -> bool:
        """It is over and nobody is bound by it."""
        return self.state == S.VOID

    @transition(field=state, source=S.PREPARING, target=S.AWAITING_SIGNATURES)
    def issue(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.AWAITING_SIGNATURES, target=S.EXECUTED)
    def execute(self, *, at):
        self.state_since = at
        self.executed_at = at

    @transition(field=state, source=S.EXECUTED, target=S.EXPIRED)
    def expire(self, *, at):
        self.state_since = at

    @transition(field=state, source=S.EXECUTED, target=S.TERMINATED)
    def terminate(self, *, at, last_day):
        self.state_since = at
        self.ends_on = last_day

    @transition(field=state, source=[S.EXPIRED, S.TERMINATED], target=S.CLOSED)
    def close(self, *, at):
        self.state_since = at

    @transition(field=state, source=[S.PREPARING, S.AWAITING_SIGNATURES], target=S.VOID)
    def void(self, *, at, reason):
        self.state_since = at
        self.void_reason = reason


register(Contract, "contract", terminal=(S.CLOSED, S.VOID))
