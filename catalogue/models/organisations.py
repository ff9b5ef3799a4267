"""Organisations and their sites. One table for authority, department and supplier: what an organisation is on a
framework follows from its relations, because one body may be several of them."""

from django.db import models
from django.db.models import F, Q

from documents.rights import STATE, Row


class Organisation(Row):
    """``identifier`` is the registered id that seals are matched by, e.g. GOVGB-DIUS or NTRGB-00096056."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    identifier = models.CharField(max_length=60, unique=True)
    address = models.CharField(max_length=300, blank=True)
    crown = models.BooleanField(default=False)
    exists_from = models.DateField(null=True, blank=True)
    exists_to = models.DateField(null=True, blank=True)
    succeeded_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    db_rights = STATE("name", "address", "exists_to", "succeeded_by_id")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(exists_from__isnull=True) | Q(exists_to__isnull=True) | Q(exists_to__gte=F("exists_from")),
                name="organisation_ends_after_it_begins",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Site(Row):
    """A known place of an organisation, offered when an order is drafted."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=80)
    seats = models.PositiveIntegerField(default=0)

    db_rights = STATE("seats")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="one_known_site_a_name")]
