"""How a membership comes to an end on a day that was told before (domain.md, "Accession")."""

from django.db import models
from django.db.models import F, Q

from documents.rights import STATE, Row
from procurement.models.accession import Accession
from procurement.models.approval import Side


class MembershipNotice(Row):
    """One party of the access agreement tells the other the membership's last day, and may take it back before that day.

    It stands while it is not taken back and the membership lasts; the clock ends that after ``last_day``. ``given_for``,
    ``taken_back_for``: whom they acted for.
    """

    accession = models.ForeignKey(Accession, on_delete=models.PROTECT, related_name="notices")
    side = models.CharField(max_length=10, choices=Side.choices)
    reason = models.CharField(max_length=1500)  # the membership ends with these words and who gave notice when, in 2000
    last_day = models.DateField()
    given_by = models.UUIDField()
    given_by_name = models.CharField(max_length=120)
    given_for = models.UUIDField(null=True, blank=True)
    given_at = models.DateTimeField()
    taken_back_by = models.UUIDField(null=True, blank=True)
    taken_back_by_name = models.CharField(max_length=120, blank=True)
    taken_back_for = models.UUIDField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("taken_back_by", "taken_back_by_name", "taken_back_for", "taken_back_at")

    class Meta:
        ordering = ["given_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["accession"], condition=Q(taken_back_at__isnull=True), name="one_standing_notice_a_membership"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True, taken_back_for__isnull=True)
                | Q(taken_back_by__isnull=False, taken_back_at__gte=F("given_at")),
                name="notice_is_taken_back_whole",
            ),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="notice_is_of_a_party"),
            models.CheckConstraint(condition=~Q(reason=""), name="notice_has_a_reason"),
        ]
