"""Who was told that something waits: a fact a level, so that nothing is said twice and nothing silently becomes a yes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import CatalogueRelease, Framework
from documents.rights import FACT, Row
from procurement.models.accession import Accession
from procurement.models.call_off import CallOff


class Reminder(Row):
    """A fact. ``subject`` says what waits (``step:12``, ``answer:7``, see ``procurement.waiting``) and ``told`` who was
    told, as words that outlive their posts; empty when there was nobody to tell."""

    class Level(models.TextChoices):
        REMINDED = "reminded", _("reminded")
        DEPUTY = "deputy", _("the deputy was told")
        SENIOR = "senior", _("the next in line was told")

    call_off = models.ForeignKey(CallOff, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders")
    accession = models.ForeignKey(Accession, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders")
    release = models.ForeignKey(CatalogueRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders")
    framework = models.ForeignKey(Framework, null=True, blank=True, on_delete=models.PROTECT, related_name="reminders")
    subject = models.CharField(max_length=40)
    level = models.CharField(max_length=8, choices=Level.choices)
    told = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "level"], name="one_reminder_a_level"),
            models.CheckConstraint(
                condition=Q(call_off__isnull=False, accession__isnull=True, release__isnull=True, framework__isnull=True)
                | Q(call_off__isnull=True, accession__isnull=False, release__isnull=True, framework__isnull=True)
                | Q(call_off__isnull=True, accession__isnull=True, release__isnull=False, framework__isnull=True)
                | Q(call_off__isnull=True, accession__isnull=True, release__isnull=True, framework__isnull=False),
                name="reminder_is_about_one_thing",
            ),
            models.CheckConstraint(condition=Q(level__in=["reminded", "deputy", "senior"]), name="reminder_level_is_known"),
        ]
