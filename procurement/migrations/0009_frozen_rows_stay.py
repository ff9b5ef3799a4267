"""What belongs to a submitted order is moved out of it no more than into it: both the revision that a row had and the one that
it is to have are asked."""

from django.db import migrations

STAYS = """
CREATE OR REPLACE FUNCTION refuse_change_of_submitted() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    frozen boolean;
BEGIN
    IF TG_ARGV[0] = 'self' THEN
        frozen := OLD.submitted_at IS NOT NULL;
    ELSIF TG_ARGV[0] = 'milestone' THEN
        frozen := EXISTS (
            SELECT 1 FROM procurement_calloffrevision r JOIN procurement_plannedmilestone m ON m.revision_id = r.id
             WHERE m.id IN (OLD.milestone_id, NEW.milestone_id) AND r.submitted_at IS NOT NULL);
    ELSE
        frozen := EXISTS (
            SELECT 1 FROM procurement_calloffrevision
             WHERE id IN (OLD.revision_id, NEW.revision_id) AND submitted_at IS NOT NULL);
    END IF;
    IF frozen THEN
        RAISE EXCEPTION 'a submitted revision never changes (%)', TG_TABLE_NAME USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0008_approval")]

    operations = [migrations.RunSQL(STAYS, migrations.RunSQL.noop)]
