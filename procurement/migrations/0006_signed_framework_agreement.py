"""A framework comes into force by a signed agreement, which is kept as a fact. One that is in force already has none here."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly

SIGNED = """
CREATE FUNCTION a_framework_in_force_is_signed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM procurement_frameworkagreement WHERE framework_id = NEW.id) THEN
        RAISE EXCEPTION 'the framework % has no signed agreement', NEW.reference USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_framework_in_force_is_signed BEFORE UPDATE ON catalogue_framework
    FOR EACH ROW WHEN (OLD.state = 'draft' AND NEW.state = 'live') EXECUTE FUNCTION a_framework_in_force_is_signed();
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0005_more_is_reminded_of"), ("catalogue", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="FrameworkAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("framework", models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="signed_agreement", to="catalogue.framework")),
                ("filename", models.CharField(max_length=120)),
                ("content_type", models.CharField(max_length=120)),
                ("length", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_by_name", models.CharField(max_length=120)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="framework_agreement_names_its_file"),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("filename", ""), _negated=True), ("length__gt", 0)),
                        name="framework_agreement_is_a_file"),
                ],
            },
        ),
        AppendOnly("procurement_frameworkagreement"),
        migrations.RunSQL(SIGNED, "DROP FUNCTION a_framework_in_force_is_signed() CASCADE;"),
    ]  # fmt: skip
