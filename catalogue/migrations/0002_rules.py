"""Known state changes of frameworks and releases, and the content of an approved release as a fact."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

FRAMEWORK = [
    ("", "draft"),
    ("draft", "live"),
    ("live", "suspended"),
    ("suspended", "live"),
    ("live", "expired"),
    ("suspended", "expired"),
    ("live", "terminated"),
    ("suspended", "terminated"),
    ("expired", "closed"),
    ("terminated", "closed"),
    ("draft", "abandoned"),
]
RELEASE = [
    ("", "draft"),
    ("draft", "submitted"),
    ("submitted", "approved"),
    ("submitted", "rejected"),
    ("approved", "scheduled"),
    ("scheduled", "live"),
    ("live", "superseded"),
    ("draft", "withdrawn"),
    ("submitted", "withdrawn"),
    ("approved", "withdrawn"),
    ("scheduled", "withdrawn"),
]

# Content is added while the release is a draft, and never changes after. The share lock keeps the release from leaving
# its draft while a row is on its way in.
CONTENT = """
CREATE FUNCTION release_content_is_settled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    release bigint;
    now_in text;
BEGIN
    IF TG_ARGV[0] = 'band' THEN
        SELECT release_id INTO release FROM catalogue_bandtable WHERE id = NEW.table_id;
    ELSE
        release := NEW.release_id;
    END IF;
    SELECT state INTO now_in FROM catalogue_cataloguerelease WHERE id = release FOR SHARE;
    IF now_in <> 'draft' THEN
        RAISE EXCEPTION 'release % is %: its content is settled', release, now_in USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
TABLES = ("bandtable", "serviceversion", "cataloguerule", "servicelevelmeasure")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("documents", "0002_rules")]

    operations = [
        SetEdges("framework", FRAMEWORK),
        SetEdges("catalogue_release", RELEASE),
        GuardStates("catalogue_framework", "framework"),
        GuardStates("catalogue_cataloguerelease", "catalogue_release"),
        migrations.RunSQL(CONTENT, "DROP FUNCTION release_content_is_settled() CASCADE;"),
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER content_is_settled BEFORE INSERT ON catalogue_{table} "
                f"FOR EACH ROW EXECUTE FUNCTION release_content_is_settled('{'band' if table == 'priceband' else ''}');",
                f"DROP TRIGGER content_is_settled ON catalogue_{table};",
            )
            for table in (*TABLES, "priceband")
        ],
        *[AppendOnly(f"catalogue_{table}") for table in (*TABLES, "priceband", "vatrate", "lot")],
    ]
