"""The terms of a contract over time: its lines, and what each signed or sealed document changes about them from a day on.

What is kept is the difference that a document makes, never the whole that somebody saw: two changes that were open at once
both stand, whichever comes first. ``contracts.terms`` puts them together as of any day.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import ServiceVersion
from contracts.models.contract import Contract
from documents.dbrules import LARGEST_GBP
from documents.models import Document
from documents.rights import FACT, Row
from procurement.models import Phase


class ContractVersion(Row):
    """A fact: what one document changes from a day on. Version 1 is the contract itself; later ones are numbered as they
    were made (``made_at``, business time), which need not be the order in which they take effect. None takes effect before
    the contract does (trigger ``version_follows_the_contract``). A document may bring several.

    A termination ends every line and changes none; ``charge_gbp`` is the break cost that it brings, charged once (GBP, VAT
    excluded). That services run on, and what a change request moves, is of the contract's own document (clauses 5.4 and
    6.6)."""

    class Kind(models.TextChoices):
        CONTRACT = "contract", _("the contract")
        RERATING = "rerating", _("notice of new prices")
        MILESTONE = "milestone", _("milestone certificate")
        VARIATION = "variation", _("variation")
        TERMINATION = "termination", _("notice of termination")
        RUNNING_ON = "running_on", _("services that run on after the term")
        CHANGE_REQUEST = "change_request", _("accepted change request")

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    effective_from = models.DateField()
    made_at = models.DateTimeField()
    caused_by = models.CharField(max_length=40)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    charge_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_version_a_number"),
            models.UniqueConstraint(fields=["contract"], condition=Q(kind="termination"), name="a_contract_is_terminated_once"),
            models.CheckConstraint(
                condition=Q(charge_gbp__isnull=True) | Q(kind="termination", charge_gbp__gt=0, charge_gbp__lte=LARGEST_GBP),
                name="a_charge_of_its_own_is_a_break_cost",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["contract", "rerating", "milestone", "variation", "termination", "running_on", "change_request"]),
                name="version_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="contract", number=1) | (~Q(kind="contract") & Q(number__gt=1)),
                name="the_contract_is_its_first_version",
            ),
        ]

    def __str__(self) -> str:
        return self.caused_by


class ContractLine(Row):
    """A fact: what a line is of, for as long as the contract lives. ``service`` is of the release that the line is priced
    from, itself a fact: list price and price bands with it."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField()
    phase = models.CharField(max_length=8, choices=Phase.choices)
    service = models.ForeignKey(ServiceVersion, on_delete=models.PROTECT, related_name="+")
    site = models.CharField(max_length=80, blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_contract_line_a_number"),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="contract_line_phase_is_known"),
        ]


class LineChange(Row):
    """A fact: what a version changes about one line. The quantity changes by so much; a price (GBP a unit, VAT excluded), a
    first or a last day is set, or left as it is where null."""

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="changes")
    line = models.ForeignKey(ContractLine, on_delete=models.PROTECT, related_name="changes")
    quantity_change = models.IntegerField(default=0)
    unit_price_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "line"], name="one_change_a_line"),
            models.CheckConstraint(
                condition=Q(unit_price_gbp__isnull=True) | Q(unit_price_gbp__gte=0, unit_price_gbp__lte=LARGEST_GBP),
                name="contract_price_is_money",
            ),
            models.CheckConstraint(
                condition=~Q(quantity_change=0)
                | Q(unit_price_gbp__isnull=False)
                | Q(starts_on__isnull=False)
                | Q(ends_on__isnull=False),
                name="line_change_changes_something",
            ),
        ]
