"""Which posts endorse and commit a call-off of a given whole-life value: the authority's approval matrix, and the steps
that a department adds to it for its own orders."""

from django.db import models

from catalogue.models import Framework, Organisation
from documents.dbrules import LARGEST_GBP
from documents.rights import FACT, STATE, Row
from procurement.models.people import PostCode, dated


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


APPROVING = (
    PostCode.BUDGET_HOLDER, PostCode.TECHNOLOGY_OFFICER, PostCode.FINANCE_DIRECTOR, PostCode.ACCOUNTING_OFFICER,
)  # fmt: skip


class AddedStep(Row):
    """A step that a department adds for its own orders: the post endorses whatever is submitted in these days for a
    whole-life value of ``from_gbp`` (GBP) or more. Where the matrix has a step of that post already nothing is added;
    nothing can be taken away from the matrix."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="added_steps")
    post = models.CharField(max_length=40, choices=[(post.value, post.label) for post in APPROVING])
    from_gbp = models.DecimalField(max_digits=14, decimal_places=2)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    db_rights = STATE("ends_on")

    class Meta:
        constraints = [
            dated("added_step"),
            models.UniqueConstraint(
                fields=["organisation", "post"], condition=models.Q(ends_on__isnull=True), name="one_lasting_step_a_post"
            ),
            models.CheckConstraint(condition=models.Q(post__in=APPROVING), name="added_step_is_of_an_approving_post"),
            models.CheckConstraint(
                condition=models.Q(from_gbp__gte=0, from_gbp__lte=LARGEST_GBP), name="added_step_value_is_money"
            ),
        ]
