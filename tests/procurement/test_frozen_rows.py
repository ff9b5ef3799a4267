"""What belongs to a submitted order or to an assessed variation stays with it: no row of it is moved out, and none into it."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from contracts import varying
from contracts.models import VariationRevision
from documents.rights import DRAFT
from procurement import drafting, workflow
from procurement.models import CallOffRevision, PlannedMilestone
from tests import cast
from tests.cast import START
from tests.contracts import variation_cast as made
from tests.procurement.test_exceptions import ask, with_pcs

pytestmark = pytest.mark.usefixtures("db")


def under(*parents: type[models.Model]) -> set[tuple[type[models.Model], str]]:
    """Every table whose rows the web process may change, with the column that says which of these it belongs to."""
    return {
        (model, field.name)
        for app in ("procurement", "contracts")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model in parents and model.db_rights == DRAFT
        if field.name in ("revision", "milestone")  # a revision's own ``previous`` is no belonging
    }  # fmt: skip


def assert_stays(model, column: str, inside, outside, words: str) -> None:
    """``inside``, ``outside``: the frozen thing that rows of the table belong to, and one that is open."""
    kept, loose = (model.objects.filter(**{column: one}) for one in (inside, outside))
    assert kept and loose, f"{model.__name__}: no row to move"
    for rows, to in ((kept, outside), (loose, inside)):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            rows.filter(pk=rows.first().pk).update(**{column: to})
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        kept.delete()


def written():
    order = ask(with_pcs())
    drafting.save_special_terms(order, [("Site access", "Passes.")], staff_transfer=False, by=cast.requester(), at=START)
    return cast.fresh(order)


def test_no_row_leaves_a_submitted_order_or_comes_to_it():
    submitted = cast.fresh(workflow.submit(written(), by=cast.requester(), at=START)).revision
    draft = written().revision
    tables = under(CallOffRevision, PlannedMilestone)
    assert {model.__name__ for model, _column in tables} == {
        "RevisionSite", "CallOffLine", "PlannedMilestone", "MilestonePayment", "SpecialTerm", "Attachment", "ExceptionRequest",
    }  # fmt: skip
    for model, column in tables:
        inside, outside = submitted, draft
        if column == "milestone":
            inside, outside = (one.milestones.exclude(payments=None).first() for one in (submitted, draft))
        assert_stays(model, column, inside, outside, "a submitted revision never changes")


@pytest.mark.world("executed")
def test_no_row_leaves_an_assessed_variation_or_comes_to_it():
    by = cast.person(made.MANAGER)

    def corrected():
        variation = made.begun(kind="correction")
        right = [varying.PutRight("Schedule 1, paragraph 2", "servcies", "services")]
        varying.save_corrections(variation, right, effective_on=date(2008, 11, 1), by=by, at=START)
        return varying.save_grounds(
            variation, reason=made.REASON, gateway="not_substantial", answers=made.ANSWERS, by=by, at=START
        )

    of = {
        "changes": (made.assessed().revision, made.filled().revision),
        "corrections": (varying.assess(corrected(), by=by, at=START).revision, corrected().revision),
    }
    tables = {field.related_model: of[field.name] for field in VariationRevision._meta.related_objects if field.name in of}
    assert under(VariationRevision) == {(model, "revision") for model in tables}
    for model, (inside, outside) in tables.items():
        assert_stays(model, "revision", inside, outside, "an assessed variation never changes")
