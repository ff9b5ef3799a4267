"""A delegation for one lot says of which framework: another one has a lot of that number too."""

import django.db.models.deletion
from django.db import migrations, models

# Of those that were given before: the framework on which the organisation is and that has such a lot, the oldest where
# there are several. Where there is none the delegation covered nothing, and goes on covering nothing.
WHICH = """
UPDATE procurement_delegation d SET framework_id = (
    SELECT f.id
      FROM catalogue_framework f
      JOIN procurement_postholding h ON h.id = d.holding_id
      JOIN procurement_post p ON p.id = h.post_id
      LEFT JOIN catalogue_lot l ON l.framework_id = f.id AND l.number = d.lot
     ORDER BY l.id IS NOT NULL AND (
                  f.authority_id = p.organisation_id
                  OR EXISTS (SELECT 1 FROM procurement_accession a
                              WHERE a.framework_id = f.id AND a.department_id = p.organisation_id)
                  OR EXISTS (SELECT 1 FROM catalogue_frameworksupplier s
                              WHERE s.framework_id = f.id AND s.supplier_id = p.organisation_id)) DESC,
              f.id
     LIMIT 1)
 WHERE d.lot IS NOT NULL;
"""

OF_THE_FRAMEWORK = """
CREATE FUNCTION delegation_is_of_the_framework() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM procurement_delegation d, procurement_calloffrevision r JOIN procurement_calloff c ON c.id = r.call_off_id
         WHERE d.id = NEW.delegation_id AND r.id = NEW.revision_id AND d.framework_id <> c.framework_id) THEN
        RAISE EXCEPTION 'the delegation is for a lot of another framework' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delegation_is_of_the_framework BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION delegation_is_of_the_framework();
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0003_one_person_one_signature"), ("catalogue", "0002_rules")]

    operations = [
        migrations.AddField(
            "delegation", "framework",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.framework"
            ),
        ),
        migrations.RunSQL(WHICH, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "delegation",
            models.CheckConstraint(
                condition=models.Q(("framework__isnull", True), ("lot__isnull", True))
                | models.Q(("framework__isnull", False), ("lot__isnull", False)),
                name="delegation_lot_is_of_a_framework",
            ),
        ),
        migrations.RunSQL(OF_THE_FRAMEWORK, "DROP FUNCTION delegation_is_of_the_framework() CASCADE;"),
    ]  # fmt: skip
