"""How a department belongs to a framework."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import Framework, Organisation
from documents.dbrules import LARGEST_GBP
from documents.rights import STATE, Row


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


class Accession(Row):
    """A department's place on a framework. Only an active one may order.

    ``baseline_gbp_per_user_year``: what a user cost a year before joining (GBP, VAT excluded), against which the
    saving is shown to the department and the authority; never to a supplier.
    """

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="accessions")
    department = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="accessions")
    state = models.CharField(max_length=24, choices=AccessionState.choices)
    seats_expected = models.PositiveIntegerField(null=True, blank=True)
    baseline_gbp_per_user_year = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    db_rights = STATE("seats_expected")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "department"], name="one_accession_a_department"),
            models.CheckConstraint(condition=Q(state__in=AccessionState.values), name="accession_state_is_known"),
            models.CheckConstraint(
                condition=Q(baseline_gbp_per_user_year__isnull=True)
                | Q(baseline_gbp_per_user_year__gte=0, baseline_gbp_per_user_year__lte=LARGEST_GBP),
                name="accession_baseline_is_money",
            ),
        ]
