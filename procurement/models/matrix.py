"""The authority's approval matrix: which posts endorse and commit a call-off of a given whole-life value."""

from django.db import models

from catalogue.models import Framework
from documents.dbrules import LARGEST_GBP
from documents.rights import FACT, Row


class ApprovalMatrix(Row):
    """One version of a framework's matrix, in force from ``valid_from`` until the next version."""

    framework = models.ForeignKey(Framework, on_delete=models.PROTECT, related_name="matrices")
    version = models.PositiveIntegerField()
    valid_from = models.DateField()

    db_rights = FACT

    class Meta:
        constraints = [models.UniqueConstraint(fields=["framework", "version"], name="one_matrix_a_version")]

    def __str__(self) -> str:
        return f"{self.framework.reference} approval matrix {self.version}"


class MatrixRow(Row):
    """The route up to a value: ``up_to_gbp`` GBP inclusive, null for no upper bound.

    Steps are post codes; ``;`` puts groups in series, ``+`` puts posts in parallel inside a group.
    """

    matrix = models.ForeignKey(ApprovalMatrix, on_delete=models.PROTECT, related_name="rows")
    up_to_gbp = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    department_steps = models.CharField(max_length=400)
    authority_steps = models.CharField(max_length=400)

    db_rights = FACT

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matrix", "up_to_gbp"], nulls_distinct=False, name="one_row_a_value"),
            models.CheckConstraint(
                condition=models.Q(up_to_gbp__isnull=True) | models.Q(up_to_gbp__gt=0, up_to_gbp__lte=LARGEST_GBP),
                name="matrix_value_is_money",
            ),
        ]
