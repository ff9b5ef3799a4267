"""A framework comes into force with a catalogue that is live, an approval matrix and its counter under the ceiling."""

from django.db import migrations

READY = """
CREATE FUNCTION a_framework_in_force_is_ready() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM catalogue_cataloguerelease WHERE framework_id = NEW.id AND state = 'live') THEN
        RAISE EXCEPTION 'the framework % has no live release', NEW.reference USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM procurement_approvalmatrix m JOIN procurement_matrixrow r ON r.matrix_id = m.id
                    WHERE m.framework_id = NEW.id AND r.up_to_gbp IS NULL) THEN
        RAISE EXCEPTION 'the framework % has no approval matrix for every value', NEW.reference USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM procurement_capacityaccount WHERE framework_id = NEW.id) THEN
        RAISE EXCEPTION 'the framework % has no counter under its ceiling', NEW.reference USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_framework_in_force_is_ready BEFORE UPDATE ON catalogue_framework
    FOR EACH ROW WHEN (OLD.state = 'draft' AND NEW.state = 'live') EXECUTE FUNCTION a_framework_in_force_is_ready();
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0025_added_steps")]

    operations = [migrations.RunSQL(READY, "DROP FUNCTION a_framework_in_force_is_ready() CASCADE;")]
