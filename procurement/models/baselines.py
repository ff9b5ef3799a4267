"""What a user cost a department before it joined, and who of it answers for that figure."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from documents.dbrules import LARGEST_GBP
from documents.rights import FACT, Row
from procurement.models.accession import Accession


class Baseline(Row):
    """A fact: what a user cost the department a year (GBP, VAT excluded), and by which method that was found. Of several the
    last counts for what is ordered then. ``stated_by`` is None of one that the register was opened with."""

    accession = models.ForeignKey(Accession, on_delete=models.PROTECT, related_name="baselines")
    number = models.PositiveSmallIntegerField()
    gbp_per_user_year = models.DecimalField(max_digits=14, decimal_places=2)
    method = models.CharField(max_length=2000)
    stated_by = models.UUIDField(null=True, blank=True)
    stated_by_name = models.CharField(max_length=120, blank=True)
    principal_id = models.UUIDField(null=True, blank=True)
    stated_at = models.DateTimeField()

    db_rights = FACT
    # Nobody's desk costs as much: what is above was typed for all users at once, or too long. An order multiplies it by its
    # seats and years, and could not be submitted where that is more than an amount can be.
    MOST_GBP = Decimal("1000000.00")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["accession", "number"], name="one_baseline_a_number"),
            models.CheckConstraint(
                condition=Q(gbp_per_user_year__gte=0, gbp_per_user_year__lte=LARGEST_GBP), name="baseline_is_money"
            ),
            models.CheckConstraint(condition=~Q(method=""), name="baseline_has_its_method"),
        ]

    def __str__(self) -> str:
        return f"{self.accession} baseline {self.number}"

    @property
    def is_signed_off(self) -> bool:
        return hasattr(self, "sign_off")


class BaselineSignOff(Row):
    """A fact: the finance director answers for a baseline, which another has stated (trigger)."""

    baseline = models.OneToOneField(Baseline, on_delete=models.PROTECT, related_name="sign_off")
    person_id = models.UUIDField()
    name = models.CharField(max_length=120)
    principal_id = models.UUIDField(null=True, blank=True)
    acting_for = models.CharField(max_length=120, blank=True)
    signed_off_at = models.DateTimeField()

    db_rights = FACT
