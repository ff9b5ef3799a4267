"""One file with all that an auditor asks of a contract, made by a worker and kept for some days."""

import uuid

from django.db import models
from django.db.models import Q

from contracts.models.contract import Contract, Party
from documents.rights import STATE, Row


class AuditFile(Row):
    """Asked for by somebody of a side, with what that side may see (``side``). ``stamp`` says what was recorded of the contract
    when it was made (``contracts.audit_content.stamp``). ``sha256`` and ``length`` are of its bytes, which are gone once it is
    dropped; that it was made stays."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="audit_files")
    side = models.CharField(max_length=12, choices=Party.choices)
    stamp = models.CharField(max_length=80, blank=True)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    length = models.PositiveBigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    dropped_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("stamp", "made_at", "sha256", "length", "files", "dropped_at")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "side"], condition=Q(made_at__isnull=True), name="one_audit_file_in_the_making"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, sha256="", length=0, files=0, dropped_at__isnull=True)
                | Q(made_at__isnull=False, sha256__regex=r"^[0-9a-f]{64}$", length__gt=0, files__gt=0) & ~Q(stamp=""),
                name="made_audit_file_is_whole",
            ),
            models.CheckConstraint(condition=Q(side__in=Party.values), name="audit_file_is_of_a_side"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.contract} audit file for {self.side}"

    @property
    def audit_id(self) -> str:
        return str(self.public_id)
