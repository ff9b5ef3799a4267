"""A department's baseline has its method, who stated it, and the finance director's sign-off; what stood in the register before
is the first."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly

LARGEST = Decimal("999999999999.99")

ANOTHER = """
CREATE FUNCTION baseline_is_signed_off_by_another() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_baseline b WHERE b.id = NEW.baseline_id
                AND (b.stated_by IN (NEW.person_id, NEW.principal_id) OR b.principal_id IN (NEW.person_id, NEW.principal_id))) THEN
        RAISE EXCEPTION 'nobody signs off a baseline that they stated' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER baseline_is_signed_off_by_another BEFORE INSERT ON procurement_baselinesignoff
    FOR EACH ROW EXECUTE FUNCTION baseline_is_signed_off_by_another();
"""
STOOD = """
INSERT INTO procurement_baseline (accession_id, number, gbp_per_user_year, method, stated_by_name, stated_at)
SELECT id, 1, baseline_gbp_per_user_year, 'as the register was opened with', '', state_since
  FROM procurement_accession WHERE baseline_gbp_per_user_year IS NOT NULL;
"""


def row_id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("procurement", "0010_calendars")]

    operations = [
        migrations.CreateModel(
            name="Baseline",
            fields=[
                ("id", row_id()),
                ("number", models.PositiveSmallIntegerField()),
                ("gbp_per_user_year", models.DecimalField(decimal_places=2, max_digits=14)),
                ("method", models.CharField(max_length=2000)),
                ("stated_by", models.UUIDField(blank=True, null=True)),
                ("stated_by_name", models.CharField(blank=True, max_length=120)),
                ("principal_id", models.UUIDField(blank=True, null=True)),
                ("stated_at", models.DateTimeField()),
                ("accession", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="baselines", to="procurement.accession")),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("accession", "number"), name="one_baseline_a_number"),
                    models.CheckConstraint(
                        condition=models.Q(("gbp_per_user_year__gte", 0), ("gbp_per_user_year__lte", LARGEST)), name="baseline_is_money"
                    ),
                    models.CheckConstraint(condition=models.Q(("method", ""), _negated=True), name="baseline_has_its_method"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BaselineSignOff",
            fields=[
                ("id", row_id()),
                ("person_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("principal_id", models.UUIDField(blank=True, null=True)),
                ("acting_for", models.CharField(blank=True, max_length=120)),
                ("signed_off_at", models.DateTimeField()),
                ("baseline", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="sign_off", to="procurement.baseline")),
            ],
        ),
        AppendOnly("procurement_baseline"),
        AppendOnly("procurement_baselinesignoff"),
        migrations.RunSQL(ANOTHER, "DROP FUNCTION baseline_is_signed_off_by_another() CASCADE;"),
        migrations.RunSQL(STOOD, migrations.RunSQL.noop),
    ]
