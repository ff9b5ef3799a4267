"""For whom a deputy submitted is kept beside who did. Nobody of the requesting team decides for the authority where the
order is the authority's own."""

from django.db import migrations, models
from django.db.models import F, Q

# Of what was submitted before: as the posts stood on that day, since nothing of them is ever deleted.
SUBMITTED_FOR = """
ALTER TABLE procurement_calloffrevision DISABLE TRIGGER frozen;
UPDATE procurement_calloffrevision r SET submitted_for = (
    SELECT p.person_id
      FROM procurement_calloff c
      JOIN procurement_post desk ON desk.organisation_id = c.department_id AND desk.code = 'requester'
      JOIN procurement_postholding h ON h.post_id = desk.id
      JOIN procurement_actingfor a ON a.holding_id = h.id
      JOIN procurement_user p ON p.id = h.user_id
      JOIN procurement_user deputy ON deputy.id = a.deputy_id AND deputy.person_id = r.submitted_by
      CROSS JOIN LATERAL (SELECT (r.submitted_at AT TIME ZONE 'Europe/London')::date AS day) submitted
     WHERE c.id = r.call_off_id
       AND submitted.day BETWEEN a.starts_on AND a.ends_on
       AND h.starts_on <= submitted.day AND (h.ends_on IS NULL OR h.ends_on >= submitted.day)
       AND NOT EXISTS (SELECT 1 FROM procurement_postholding own
                        WHERE own.post_id = desk.id AND own.user_id = deputy.id AND own.starts_on <= submitted.day
                          AND (own.ends_on IS NULL OR own.ends_on >= submitted.day))
     ORDER BY a.id LIMIT 1)
 WHERE r.submitted_by IS NOT NULL;
ALTER TABLE procurement_calloffrevision ENABLE TRIGGER frozen;
"""

# Who sits at the requester's desk on the day, for themselves or for a holder, and whoever acts for one of them elsewhere.
REQUESTING = """
CREATE FUNCTION authority_decides_apart_from_its_requesters() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    on_day date := (NEW.decided_at AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF EXISTS (
        SELECT 1
          FROM procurement_approvalstep s
          JOIN procurement_calloffrevision r ON r.id = s.revision_id
          JOIN procurement_calloff c ON c.id = r.call_off_id AND c.department_id = s.organisation_id
          JOIN procurement_post desk ON desk.organisation_id = c.department_id AND desk.code = 'requester'
          JOIN procurement_postholding h ON h.post_id = desk.id
          LEFT JOIN procurement_actingfor a ON a.holding_id = h.id AND on_day BETWEEN a.starts_on AND a.ends_on
          JOIN procurement_user u ON u.id IN (h.user_id, a.deputy_id)
         WHERE s.id = NEW.step_id AND s.side = 'authority' AND u.person_id IN (NEW.person_id, NEW.principal_id)
           AND h.starts_on <= on_day AND (h.ends_on IS NULL OR h.ends_on >= on_day)
           AND (h.stopped_at IS NULL OR h.ends_on > on_day)) THEN
        RAISE EXCEPTION 'nobody of the requesting team decides for the authority on its own order' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER authority_decides_apart_from_its_requesters BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION authority_decides_apart_from_its_requesters();
CREATE TRIGGER authority_decides_apart_from_its_requesters BEFORE INSERT ON procurement_exceptiondecision
    FOR EACH ROW EXECUTE FUNCTION authority_decides_apart_from_its_requesters();
"""
TOGETHER = "DROP FUNCTION authority_decides_apart_from_its_requesters() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("procurement", "0021_list_indexes")]

    operations = [
        migrations.AddField("calloffrevision", "submitted_for", models.UUIDField(blank=True, null=True)),
        migrations.RunSQL(SUBMITTED_FOR, migrations.RunSQL.noop),
        migrations.AddConstraint("calloffrevision", models.CheckConstraint(
            condition=Q(submitted_for__isnull=True) | Q(submitted_by__isnull=False) & ~Q(submitted_for=F("submitted_by")),
            name="submitted_for_somebody_else",
        )),
        migrations.RunSQL(REQUESTING, TOGETHER),
    ]  # fmt: skip
