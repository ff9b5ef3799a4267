"""What belongs to an assessed variation is moved out of it no more than into it: both the revision that a row had and the one
that it is to have are asked."""

from django.db import migrations

STAYS = """
CREATE OR REPLACE FUNCTION refuse_change_of_assessed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    frozen boolean;
BEGIN
    IF TG_TABLE_NAME = 'contracts_variationrevision' THEN
        frozen := OLD.assessed_at IS NOT NULL;
    ELSE
        frozen := EXISTS (
            SELECT 1 FROM contracts_variationrevision
             WHERE id IN (OLD.revision_id, NEW.revision_id) AND assessed_at IS NOT NULL);
    END IF;
    IF frozen THEN
        RAISE EXCEPTION 'an assessed variation never changes (%)', TG_TABLE_NAME USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0008_service_levels")]

    operations = [migrations.RunSQL(STAYS, migrations.RunSQL.noop)]
