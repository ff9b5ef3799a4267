"""The ceiling nobody can pass: one counter row a framework, moved by a conditional UPDATE, and its ledger of facts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework
from documents.dbrules import LARGEST_GBP
from documents.rights import FACT, STATE, Row
from procurement.models.call_off import CallOff
from procurement.models.revision import CallOffRevision


class CapacityAccount(Row):
    """GBP, VAT excluded. The CHECK is the last line of defence against passing the ceiling."""

    framework = models.OneToOneField(Framework, on_delete=models.PROTECT, related_name="capacity")
    ceiling_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    reserved_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    committed_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    db_rights = STATE("ceiling_gbp", "reserved_gbp", "committed_gbp")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved_gbp__gte=0, committed_gbp__gte=0, ceiling_gbp__lte=LARGEST_GBP)
                & Q(ceiling_gbp__gte=F("reserved_gbp") + F("committed_gbp")),
                name="ceiling_is_never_passed",
            )
        ]

    @property
    def headroom_gbp(self):
        return self.ceiling_gbp - self.reserved_gbp - self.committed_gbp


class CapacityEntry(Row):
    """A fact of the ledger: what an event added to (or took from) the reserved and the committed amount. ``holder`` is whose
    it is (subject and id, ``capacity.Holder``), nobody's for an opening commitment; ``call_off`` the order among whose
    figures it stands."""

    class Kind(models.TextChoices):
        OPEN = "open", _("opening commitment")
        RESERVE = "reserve", _("reserve")
        COMMIT = "commit", _("commit")
        RELEASE = "release", _("release")
        ADJUST = "adjust", _("adjust")

    account = models.ForeignKey(CapacityAccount, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reserved_delta_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    committed_delta_gbp = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    holder = models.CharField(max_length=121, blank=True)
    call_off = models.ForeignKey(
        CallOff, null=True, blank=True, on_delete=models.PROTECT, related_name="capacity_entries"
    )
    revision = models.ForeignKey(CallOffRevision, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=120)
    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["open", "reserve", "commit", "release", "adjust"]), name="capacity_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    reserved_delta_gbp__gte=-LARGEST_GBP, reserved_delta_gbp__lte=LARGEST_GBP,
                    committed_delta_gbp__gte=-LARGEST_GBP, committed_delta_gbp__lte=LARGEST_GBP,
                ),  # fmt: skip
                name="capacity_entry_is_money",
            ),
            models.CheckConstraint(
                condition=Q(kind="open", holder="", call_off__isnull=True)
                | ~Q(kind="open") & ~Q(holder="") & Q(call_off__isnull=False),
                name="capacity_entry_has_its_holder",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(kind="open"), name="opening_commitments"),
            models.Index(fields=["holder"], name="capacity_by_holder"),
        ]


class VolumeEntry(Row):
    """A fact: a quantity that counts towards a volume band from a day on. Pricing reads these, never contracts."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="volume_entries")
    volume = models.CharField(max_length=20)
    quantity = models.IntegerField()
    effective_from = models.DateField()
    source = models.CharField(max_length=120)
    key = models.CharField(max_length=120, unique=True)

    db_rights = FACT

    class Meta:
        indexes = [
            models.Index(
                fields=["framework", "volume", "effective_from"], include=["quantity"], name="volume_by_framework"
            )
        ]
