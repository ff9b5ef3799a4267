"""A deputy stands for their principal in joining too, and who approves an application had no part in its review. What an approval
gives its signatories is kept, to be taken back if the body does not join."""

from django.db import migrations, models

SEGREGATED = """
CREATE OR REPLACE FUNCTION accession_decision_is_segregated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    application procurement_application%ROWTYPE;
    acting uuid[] := array_remove(ARRAY[NEW.person_id, NEW.principal_id], NULL);
BEGIN
    SELECT * INTO application FROM procurement_application WHERE id = NEW.application_id;
    IF application.submitted_at IS NULL OR application.content_hash <> NEW.content_hash THEN
        RAISE EXCEPTION 'a decision repeats the hash of a submitted application' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_application a
                WHERE a.accession_id = application.accession_id
                  AND (a.submitted_by = ANY(acting) OR a.hands ?| acting::text[])) THEN
        RAISE EXCEPTION 'nobody decides on their own application' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_application a
                CROSS JOIN LATERAL jsonb_array_elements(a.people) named
                JOIN procurement_user u ON u.email = lower(named ->> 'email')
                WHERE a.accession_id = application.accession_id AND u.person_id = ANY(acting)) THEN
        RAISE EXCEPTION 'nobody decides on an application that names them' USING ERRCODE = '23514';
    END IF;
    IF NEW.outcome = 'approved' AND (
        NOT EXISTS (SELECT 1 FROM procurement_accessiondecision d
                     WHERE d.application_id = NEW.application_id AND d.outcome = 'recommended')
        OR EXISTS (SELECT 1 FROM procurement_accessiondecision d
                    WHERE d.application_id = NEW.application_id AND d.outcome = 'recommended'
                      AND (d.person_id = ANY(acting) OR d.principal_id = ANY(acting)))
        OR EXISTS (SELECT 1 FROM procurement_accession j
                    WHERE j.id = application.accession_id
                      AND (j.reviewer_id = ANY(acting) OR j.reviewer_principal_id = ANY(acting)))) THEN
        RAISE EXCEPTION 'an application is approved by another person than the one who reviewed it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0016_confirmed_contacts")]

    operations = [
        migrations.AddField("accession", "reviewer_principal_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField("accession", "given", models.JSONField(blank=True, default=dict)),
        migrations.AddField("accessiondecision", "principal_id", models.UUIDField(blank=True, null=True)),
        migrations.RunSQL(SEGREGATED, migrations.RunSQL.noop),
    ]
