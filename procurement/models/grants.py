"""Membership: guardian's grants, direct-foreign-key and dated, never deleted.

A grant on a Framework makes one of the authority's people; a grant on an Organisation makes one of a department's or
a supplier's people. Only ``procurement.access`` reads and writes these.
"""

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from catalogue.models import Framework, Organisation
from documents.rights import STATE, Row
from procurement.models.people import stopped_has_ended

ACT_FOR_ORGANISATION = "act_for_organisation"
SERVE_FRAMEWORK = "serve_framework"


class _DatedGrant(Row, UserObjectPermissionBase):
    user = models.ForeignKey("procurement.User", on_delete=models.PROTECT)
    permission = models.ForeignKey("auth.Permission", on_delete=models.PROTECT)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("ends_on", "stopped_at")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True
        unique_together = ["user", "permission", "content_object", "starts_on"]


def _dated(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name=f"{name}_ends_after_it_starts"
    )


class OrganisationGrant(_DatedGrant):
    content_object = models.ForeignKey(Organisation, on_delete=models.PROTECT)

    class Meta(_DatedGrant.Meta):
        constraints = [_dated("organisation_grant"), stopped_has_ended("organisation_grant")]


class FrameworkGrant(_DatedGrant):
    content_object = models.ForeignKey(Framework, on_delete=models.PROTECT)

    class Meta(_DatedGrant.Meta):
        constraints = [_dated("framework_grant"), stopped_has_ended("framework_grant")]
