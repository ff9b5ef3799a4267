"""What has passed from one department to another when the machinery of government changed (domain.md, "Machinery of government")."""

from django.db import models
from django.db.models import F, Q

from catalogue.models import Organisation
from documents.models import Document
from documents.rights import FACT, Row


class Passing(Row):
    """A fact: a thing, named as its records name it (``audit.subject_of``), is of another department from ``effective_on`` on.

    The department of an order, of a contract and of what is approved of them changes with such a fact alone (triggers).
    ``transfer`` is the number of the act, ``words`` the legal basis as people read it, ``document`` the sealed notice or the
    signed novation by which it passed, None of what no document names: people, memberships, drafts.
    """

    subject = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    outgoing = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    receiving = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    effective_on = models.DateField()
    transfer = models.CharField(max_length=20)
    words = models.CharField(max_length=300)
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    db_rights = FACT

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id", "transfer"], name="one_passing_a_thing_and_transfer"),
            models.CheckConstraint(condition=~Q(outgoing=F("receiving")), name="passing_is_to_another"),
            models.CheckConstraint(condition=~Q(words=""), name="passing_says_by_what"),
        ]
        indexes = [models.Index(fields=["transfer", "subject"], name="passing_by_transfer")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} by {self.transfer}"
