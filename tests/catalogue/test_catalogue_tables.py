"""What the database itself refuses, whatever the code above it does. Runs as the runtime role."""

from datetime import date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models.expressions import RawSQL

from catalogue.models import (
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    Framework,
    Lot,
    Organisation,
    PriceBand,
    ServiceLevelMeasure,
    ServiceVersion,
    VatRate,
)
from documents.clock import LONDON

pytestmark = pytest.mark.django_db
NOW = datetime(2007, 10, 1, 9, 0, tzinfo=LONDON)
NAN = RawSQL("'NaN'::numeric", [])  # Django's own fields refuse it too; here it goes past them


@pytest.fixture
def framework() -> Framework:
    return Framework.objects.get(reference="FLEX-2007")


@pytest.fixture
def live(framework) -> CatalogueRelease:
    return framework.releases.get(number=1)


@pytest.fixture
def draft(framework) -> CatalogueRelease:
    return CatalogueRelease.objects.create(
        framework=framework, organisation=framework.authority, title="Second", number=2, state_since=NOW,
        valid=DateRange(date(2009, 1, 1), None), author_person_id=uuid4(), author_name="Catalogue manager",
    )  # fmt: skip


def refused(act, words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        act()


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def another(framework: Framework, **changes) -> Framework:
    values = {field.attname: getattr(framework, field.attname) for field in Framework._meta.concrete_fields}
    return Framework.objects.create(**{**values, "id": None, "reference": "FLEX-2", "state": "draft"} | changes)


def service(release: CatalogueRelease, **changes) -> ServiceVersion:
    values = {
        "release": release, "position": 99, "code": "NEW-01", "lot": 1, "category": "New", "name": "New", "unit": "day",
        "charge_type": "usage", "list_price_gbp": Decimal("1.00"), "kgco2e": 0, "baseline_kgco2e": 0,
    }  # fmt: skip
    return ServiceVersion.objects.create(**values | changes)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ceiling_gbp": NAN}, "framework_value_is_money"),
        ({"ceiling_gbp": Decimal(0)}, "framework_value_is_money"),
        ({"estimated_value_gbp": Decimal("-1.00")}, "framework_value_is_money"),
        ({"modification_threshold_gbp": NAN}, "framework_thresholds_are_money"),
        ({"spend_control_reference_from_gbp": NAN}, "framework_thresholds_are_money"),
        ({"levy_percent": NAN}, "framework_percentages"),
        ({"variation_control_percent": Decimal("100.001")}, "framework_percentages"),
        ({"quantity_tolerance_percent": Decimal("-0.001")}, "framework_percentages"),
        ({"signing_order": ["supplier", "department", "department"]}, "signed_by_three"),
        ({"signing_order": ["supplier", "department"]}, "signed_by_three"),
        ({"ends_on": date(2007, 5, 21)}, "ends_after_it_starts"),
        ({"term_justification": ""}, "more_than_four_years"),
        ({"selection_method": ""}, "says_scope_price_and_selection"),
        ({"state": "live"}, "draft|edge|state"),
        ({"reference": "FLEX-2007"}, "reference"),
    ],
)
def test_a_framework_that_cannot_be_is_not_stored(framework, changes, rule):
    refused(lambda: another(framework, **changes), rule)


def test_four_years_need_no_justification(framework):
    assert another(framework, ends_on=date(2011, 5, 20), term_justification="").pk


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"list_price_gbp": NAN}, "service_price_is_money"),
        ({"list_price_gbp": Decimal("-0.01")}, "service_price_is_money"),
        ({"kgco2e": NAN}, "service_factors_are_finite"),
        ({"baseline_kgco2e": Decimal("-1.00")}, "service_factors_are_finite"),
        ({"charge_type": "weekly"}, "charge_type_is_known"),
    ],
)
def test_a_service_that_cannot_be_is_not_stored(draft, changes, rule):
    refused(lambda: service(draft, **changes), rule)


def test_a_draft_release_takes_its_content_and_one_service_a_code(draft):
    service(draft)
    refused(lambda: service(draft, name="Twice"), "one_service_a_code")
    table = BandTable.objects.create(release=draft, code="t", scope="framework", method="slab")
    PriceBand.objects.create(table=table, from_quantity=1, discount_percent=0)
    refused(lambda: PriceBand.objects.create(table=table, from_quantity=0, discount_percent=0), "band_starts_at_one")
    refused(lambda: PriceBand.objects.create(table=table, from_quantity=2, discount_percent=NAN), "discount")
    refused(lambda: PriceBand.objects.create(table=table, from_quantity=2, discount_percent=100), "discount")


def test_an_approved_release_takes_nothing_more(live):
    table = live.band_tables.get(code="seats")
    refused(lambda: service(live), "its content is settled")
    refused(lambda: PriceBand.objects.create(table=table, from_quantity=60_000, discount_percent=30), "settled")
    refused(lambda: BandTable.objects.create(release=live, code="t", scope="framework", method="slab"), "settled")
    refused(
        lambda: CatalogueRule.objects.create(release=live, position=99, kind="by_exception", parameters={}, text=""),
        "settled",
    )
    refused(
        lambda: ServiceLevelMeasure.objects.create(
            release=live, position=99, service_level="X", measure_code="X", measure="", unit="percent", target="1",
            credit_applies_to="",
        ),
        "settled",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [(ServiceVersion, "list_price_gbp", "0.01"), (PriceBand, "discount_percent", "99"), (BandTable, "method", "graduated"),
     (CatalogueRule, "text", "anything"), (ServiceLevelMeasure, "target", "1"), (VatRate, "percent", "0"),
     (Lot, "needs_lot", "3")],
)  # fmt: skip
def test_facts_of_the_catalogue_stay(model, column, value):
    name = model._meta.db_table
    refused(lambda: sql(f'UPDATE "{name}" SET "{column}" = %s', value), "permission denied")
    refused(lambda: sql(f'DELETE FROM "{name}"'), "permission denied")
    refused(lambda: sql(f'TRUNCATE "{name}" CASCADE'), "permission denied")
    with pytest.raises(TypeError, match="is a fact"):
        model.objects.first().save()


def test_a_framework_changes_by_its_named_columns_only(framework):
    refused(lambda: sql("UPDATE catalogue_framework SET levy_percent = 0"), "permission denied")
    refused(lambda: sql("DELETE FROM catalogue_framework"), "permission denied")
    refused(lambda: sql("UPDATE catalogue_framework SET state = 'closed'"), "live")


def test_releases_of_a_framework_never_overlap(draft):
    for move in (draft.submit, draft.approve):
        move(at=NOW)
        draft.approver_person_id = uuid4()
        draft.save()
    draft.schedule(at=NOW)
    refused(draft.save, "releases_never_overlap")


def test_a_release_after_the_other_has_ended_comes_into_force(live, draft):
    live.valid = DateRange(date(2007, 5, 21), date(2009, 1, 1))
    live.save()
    for move in (draft.submit, draft.approve, draft.schedule):
        move(at=NOW)
        draft.approver_person_id = uuid4()
        draft.save()
    assert CatalogueRelease.objects.get(pk=draft.pk).state == "scheduled"


def test_nobody_approves_the_release_they_wrote(draft):
    draft.submit(at=NOW)
    draft.save()
    draft.approve(at=NOW)
    draft.approver_person_id = draft.author_person_id
    refused(draft.save, "release_author_does_not_approve")


def test_a_release_is_approved_by_somebody(draft):
    draft.submit(at=NOW)
    draft.save()
    draft.approve(at=NOW)
    refused(draft.save, "release_is_approved_by_somebody")


def test_a_release_is_valid_for_a_day_at_least(framework):
    refused(
        lambda: CatalogueRelease.objects.create(
            framework=framework, organisation=framework.authority, number=3, state_since=NOW, author_name="x",
            valid=DateRange(date(2009, 1, 1), date(2009, 1, 1)),
        ),
        "release_is_valid_for_a_day",
    )


def test_a_release_goes_through_its_states_and_no_others(live, draft):
    refused(lambda: CatalogueRelease.objects.filter(pk=draft.pk).update(state="live"), "draft does not become live")
    refused(lambda: CatalogueRelease.objects.filter(pk=live.pk).update(state="draft"), "live does not become draft")
    refused(
        lambda: CatalogueRelease.objects.create(
            framework=live.framework, organisation=live.organisation, number=4, state="live", state_since=NOW,
            valid=DateRange(date(2013, 1, 1), None), author_name="x",
        ),
        "nothing does not become live",
    )


def test_a_lot_does_not_need_itself_and_a_rate_is_a_percentage(framework):
    refused(lambda: Lot.objects.create(framework=framework, number=9, title="x", needs_lot=9), "lot_needs_another_lot")
    refused(lambda: VatRate.objects.create(starts_on=date(2030, 1, 1), percent=NAN), "vat_rate_is")
    refused(lambda: VatRate.objects.create(starts_on=date(2030, 1, 1), percent=Decimal("101")), "vat_rate_is")


def test_an_organisation_ends_after_it_begins():
    with pytest.raises(IntegrityError, match="organisation_ends_after_it_begins"), transaction.atomic():
        Organisation.objects.create(
            code="X", name="X", identifier="X", exists_from=date(2009, 1, 1), exists_to=date(2008, 1, 1)
        )
