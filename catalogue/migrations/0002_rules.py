"""Known state changes of frameworks and releases, the content of a release as a fact, and the term of a framework."""

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
CREATE FUNCTION release_content_is_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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

# A draft is written while its release is one. The share lock keeps the release from being submitted meanwhile.
DRAFTS = """
CREATE FUNCTION release_draft_is_open() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    now_in text;
BEGIN
    SELECT state INTO now_in FROM catalogue_cataloguerelease WHERE id = NEW.release_id FOR SHARE;
    IF now_in <> 'draft' THEN
        RAISE EXCEPTION 'release % is %: its draft is settled', NEW.release_id, now_in USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_is_open BEFORE INSERT OR UPDATE ON catalogue_releasedraft
    FOR EACH ROW EXECUTE FUNCTION release_draft_is_open();
"""

# Nobody approves what they, or whom they act for, have written in; a release keeps its number, and the days on which it
# was in force.
APPROVED = """
CREATE FUNCTION release_is_approved_by_another() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (
        SELECT 1 FROM catalogue_releasedraft d
         WHERE d.release_id = NEW.id
           AND (d.hands ? NEW.approver_person_id::text OR d.hands ? NEW.approver_principal_id::text)) THEN
        RAISE EXCEPTION 'nobody approves a release they have written in' USING ERRCODE = '23514';
    END IF;
    IF OLD.number IS DISTINCT FROM NEW.number AND OLD.number IS NOT NULL THEN
        RAISE EXCEPTION 'a release keeps its number' USING ERRCODE = '23514';
    END IF;
    IF OLD.state = 'superseded' AND NEW.valid IS DISTINCT FROM OLD.valid
       OR OLD.state = 'live' AND lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid) THEN
        RAISE EXCEPTION 'what was in force on a day stays so' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER release_is_approved_by_another BEFORE UPDATE ON catalogue_cataloguerelease
    FOR EACH ROW EXECUTE FUNCTION release_is_approved_by_another();
"""

# The last day moves only together with the months used, so that no path around the action makes the term longer.
TERM = """
CREATE FUNCTION framework_term_moves_by_extension() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.ends_on, NEW.extended_months) IS DISTINCT FROM (OLD.ends_on, OLD.extended_months)
       AND (NEW.extended_months <= OLD.extended_months
            OR NEW.ends_on <> (OLD.ends_on + make_interval(months => NEW.extended_months - OLD.extended_months))::date
            OR OLD.state NOT IN ('live', 'suspended')) THEN
        RAISE EXCEPTION 'the term of framework % moves only by an extension while it runs', NEW.reference
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER term_moves_by_extension BEFORE UPDATE OF ends_on, extended_months ON catalogue_framework
    FOR EACH ROW EXECUTE FUNCTION framework_term_moves_by_extension();
"""


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
        migrations.RunSQL(DRAFTS, "DROP FUNCTION release_draft_is_open() CASCADE;"),
        migrations.RunSQL(APPROVED, "DROP FUNCTION release_is_approved_by_another() CASCADE;"),
        migrations.RunSQL(TERM, "DROP FUNCTION framework_term_moves_by_extension() CASCADE;"),
    ]
