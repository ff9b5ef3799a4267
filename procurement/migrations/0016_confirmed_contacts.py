"""A body's first administrator is proposed by one person of the authority and confirmed by another; a supplier joins
nothing, whatever the code above does. Rows from before have neither proposer nor confirmer, and stay as they are."""

from django.db import migrations, models

SUPPLIERS = """
CREATE FUNCTION supplier_does_not_join() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM catalogue_frameworksupplier WHERE supplier_id = NEW.department_id) THEN
        RAISE EXCEPTION 'a supplier does not join as a department' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_does_not_join BEFORE INSERT ON procurement_accession
    FOR EACH ROW EXECUTE FUNCTION supplier_does_not_join();
"""
UNGUARDED = "DROP FUNCTION supplier_does_not_join() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("procurement", "0015_framework_life"), ("catalogue", "0003_accession_review_days")]

    operations = [
        migrations.AddField("accession", "contact_proposed_by", models.UUIDField(blank=True, null=True)),
        migrations.AddField("accession", "contact_proposed_for", models.UUIDField(blank=True, null=True)),
        migrations.AddField("accession", "contact_confirmed_by", models.UUIDField(blank=True, null=True)),
        migrations.AddConstraint(
            "accession",
            models.CheckConstraint(
                condition=models.Q(contact_confirmed_by__isnull=True)
                | models.Q(contact_proposed_by__isnull=False)
                & ~models.Q(contact_confirmed_by=models.F("contact_proposed_by"))
                & (
                    models.Q(contact_proposed_for__isnull=True)
                    | ~models.Q(contact_confirmed_by=models.F("contact_proposed_for"))
                ),
                name="contact_is_confirmed_by_another",
            ),
        ),
        migrations.RunSQL(SUPPLIERS, UNGUARDED),
    ]
