"""Nobody stands behind two signatures of a document, in their own name or through a deputy."""

from django.db import migrations

# A signature counts for who signs and for whom they act: whom the act names, and whose delegation they sign under, which
# older acts and rows written by hand have too. Asked after the row is in, so that the table's own rule (no person signs a
# document twice) speaks first and both acts are read the same way.
ONE_SIGNATURE = """
CREATE FUNCTION one_person_one_signature() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        WITH behind AS (
            SELECT i.id AS intent, who.person_id
              FROM documents_signingintent i
              LEFT JOIN procurement_delegation d ON d.id = (i.act ->> 'delegation')::bigint
              LEFT JOIN procurement_postholding h ON h.id = d.holding_id
              LEFT JOIN procurement_user principal ON principal.id = h.user_id
              CROSS JOIN LATERAL (VALUES (i.act ->> 'person_id'), (nullif(i.act ->> 'principal_id', '')),
                                         (principal.person_id::text)) who(person_id)
             WHERE i.document_id = NEW.document_id)
        SELECT 1 FROM behind mine JOIN behind theirs USING (person_id)
         WHERE mine.intent = NEW.id AND theirs.intent <> NEW.id) THEN
        RAISE EXCEPTION 'nobody stands behind two signatures of a document' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER one_person_one_signature AFTER INSERT ON documents_signingintent
    FOR EACH ROW EXECUTE FUNCTION one_person_one_signature();
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0002_rules"), ("documents", "0002_rules")]

    operations = [migrations.RunSQL(ONE_SIGNATURE, "DROP FUNCTION one_person_one_signature() CASCADE;")]
