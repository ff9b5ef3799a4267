"""The database's own defence: known state changes, submitted revisions as facts, and segregation of duties."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

CALL_OFF = [
    ("", "draft"),
    ("draft", "department_approval"),
    ("returned", "department_approval"),
    ("department_approval", "returned"),
    ("department_approval", "authority_approval"),
    ("authority_approval", "with_supplier"),
    ("authority_approval", "returned"),
    ("department_approval", "rejected"),
    ("authority_approval", "rejected"),
    ("with_supplier", "confirmed"),
    ("with_supplier", "declined"),
    ("confirmed", "contracted"),
    ("confirmed", "returned"),
    ("confirmed", "declined"),
    ("draft", "withdrawn"),
    ("returned", "withdrawn"),
    ("department_approval", "withdrawn"),
    ("authority_approval", "withdrawn"),
    ("with_supplier", "withdrawn"),
    ("draft", "lapsed"),
    ("returned", "lapsed"),
    ("department_approval", "lapsed"),
    ("authority_approval", "lapsed"),
    ("with_supplier", "lapsed"),
]
STEP = [
    ("", "waiting"),
    ("waiting", "open"),
    ("open", "decided"),
    ("waiting", "void"),
    ("open", "void"),
]

FACTS = ("matrixrow", "approvalmatrix", "revisionhand", "decision", "capacityentry", "volumeentry")

# A submitted revision and everything under it never changes; the row may be locked, not written.
FROZEN_REVISION = """
CREATE FUNCTION refuse_change_of_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    frozen boolean;
BEGIN
    IF TG_ARGV[0] = 'self' THEN
        frozen := OLD.submitted_at IS NOT NULL;
    ELSIF TG_ARGV[0] = 'milestone' THEN
        SELECT r.submitted_at IS NOT NULL INTO frozen
          FROM procurement_calloffrevision r JOIN procurement_plannedmilestone m ON m.revision_id = r.id
         WHERE m.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.milestone_id ELSE NEW.milestone_id END;
    ELSE
        SELECT submitted_at IS NOT NULL INTO frozen FROM procurement_calloffrevision
         WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.revision_id ELSE NEW.revision_id END;
    END IF;
    IF frozen THEN
        RAISE EXCEPTION 'a submitted revision never changes (%)', TG_TABLE_NAME USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON procurement_calloffrevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('self');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_calloffline
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_revisionsite
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_plannedmilestone
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_milestonepayment
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('milestone');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_specialterm
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_attachment
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
"""
UNFROZEN_REVISION = """
DROP FUNCTION refuse_change_of_submitted() CASCADE;
"""

# Segregation (domain.md, rule 3): no decider, nor anyone a decider acts for, is the revision's requester, its
# submitter, a hand that edited it, another decider or another decider's principal; and the decision's post holding,
# delegation and hash are the right ones at that moment.
SEGREGATION = """
CREATE FUNCTION decision_is_segregated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    revision procurement_calloffrevision%ROWTYPE;
    step procurement_approvalstep%ROWTYPE;
    requester uuid;
    on_day date := (NEW.decided_at AT TIME ZONE 'Europe/London')::date;
    wanted_kind text;
    acting uuid[] := ARRAY[NEW.person_id] || CASE WHEN NEW.principal_id IS NULL THEN '{}'::uuid[]
                                                 ELSE ARRAY[NEW.principal_id] END;
BEGIN
    SELECT * INTO revision FROM procurement_calloffrevision WHERE id = NEW.revision_id;
    SELECT * INTO step FROM procurement_approvalstep WHERE id = NEW.step_id;
    SELECT u.person_id INTO requester
      FROM procurement_calloff c JOIN procurement_user u ON u.id = c.requester_id WHERE c.id = revision.call_off_id;
    IF step.revision_id <> NEW.revision_id THEN
        RAISE EXCEPTION 'the step belongs to another revision' USING ERRCODE = '23514';
    END IF;
    IF revision.revision_hash IS DISTINCT FROM NEW.revision_hash OR revision.submitted_at IS NULL THEN
        RAISE EXCEPTION 'a decision repeats the hash of a submitted revision' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM procurement_user WHERE id = NEW.user_id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'the decider is not the person named' USING ERRCODE = '23514';
    END IF;
    IF requester = ANY(acting) OR revision.submitted_by = ANY(acting) THEN
        RAISE EXCEPTION 'nobody decides on what they requested or submitted' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_revisionhand h
                WHERE h.revision_id = NEW.revision_id AND h.person_id = ANY(acting)) THEN
        RAISE EXCEPTION 'nobody decides on what they edited' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_decision d WHERE d.revision_id = NEW.revision_id
                AND (d.person_id = ANY(acting) OR d.principal_id = ANY(acting))) THEN
        RAISE EXCEPTION 'nobody decides twice on one revision' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM procurement_postholding h JOIN procurement_post p ON p.id = h.post_id
         WHERE h.id = NEW.holding_id AND p.code = step.post AND p.organisation_id = step.organisation_id
           AND h.starts_on <= on_day AND (h.ends_on IS NULL OR h.ends_on >= on_day)
           AND (h.user_id = NEW.user_id OR EXISTS (
                SELECT 1 FROM procurement_actingfor a JOIN procurement_user u ON u.id = a.principal_id
                 WHERE a.holding_id = h.id AND a.deputy_id = NEW.user_id AND u.person_id = NEW.principal_id
                   AND a.starts_on <= on_day AND a.ends_on >= on_day))
    ) THEN
        RAISE EXCEPTION 'the decider does not hold the post of the step on that day' USING ERRCODE = '23514';
    END IF;
    IF NEW.outcome = 'committed' THEN
        wanted_kind := CASE step.side WHEN 'department' THEN 'budget' ELSE 'purchase' END;
        IF NOT EXISTS (
            SELECT 1 FROM procurement_delegation d WHERE d.id = NEW.delegation_id AND d.holding_id = NEW.holding_id
               AND d.kind = wanted_kind AND d.starts_on <= on_day AND (d.ends_on IS NULL OR d.ends_on >= on_day)
               AND (d.unlimited OR d.limit_gbp >= revision.whole_life_gbp)
        ) THEN
            RAISE EXCEPTION 'the delegation does not cover the value on that day' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_is_segregated BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION decision_is_segregated();
"""
UNSEGREGATED = "DROP FUNCTION decision_is_segregated() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("procurement", "0001_initial"), ("documents", "0002_rules"), ("catalogue", "0002_rules")]

    operations = [
        SetEdges("call_off", CALL_OFF),
        SetEdges("approval_step", STEP),
        GuardStates("procurement_calloff", "call_off"),
        GuardStates("procurement_approvalstep", "approval_step"),
        *[AppendOnly(f"procurement_{table}") for table in FACTS],
        migrations.RunSQL(FROZEN_REVISION, UNFROZEN_REVISION),
        migrations.RunSQL(SEGREGATION, UNSEGREGATED),
    ]
