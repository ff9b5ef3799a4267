"""Who may not sign a document, kept with it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import Document
from documents.rights import FACT, Row


class SigningBar(Row):
    """A fact, written by the action that makes the document: this person does not sign it, and why.

    The database refuses their act (trigger ``signatory_is_not_barred``) on every document; unless the reason is a conflict of
    interest, also one under a delegation of theirs, by whoever acts for them.
    """

    class Why(models.TextChoices):
        ASKED = "asked", _("requested or submitted what it binds to")
        INVOLVED = "involved", _("wrote in, sent, reviewed or decided on the application for it")
        RECUSED = "recused", _("declared a conflict of interest in it")

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="bars")
    person_id = models.UUIDField()
    why = models.CharField(max_length=8, choices=Why.choices)

    db_rights = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "person_id", "why"], name="one_bar_a_person_and_reason"),
            models.CheckConstraint(condition=Q(why__in=["asked", "involved", "recused"]), name="bar_has_a_known_reason"),
        ]
