"""A delegation for one lot covers orders of that lot alone, a deputy acts for whoever holds the post, and what an act
is called is one of the known words."""

from django.db import migrations, models

from documents.dbrules import LARGEST_GBP

# As it was, but: the principal is the holder of the post, and a delegation's lot counts.
SEGREGATION = """
CREATE OR REPLACE FUNCTION decision_is_segregated() RETURNS trigger LANGUAGE plpgsql AS $$
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
                SELECT 1 FROM procurement_actingfor a JOIN procurement_user u ON u.id = h.user_id
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
               AND (d.lot IS NULL OR NOT EXISTS (
                    SELECT 1 FROM procurement_calloffline l JOIN catalogue_serviceversion s ON s.id = l.service_id
                     WHERE l.revision_id = NEW.revision_id AND s.lot <> d.lot))
        ) THEN
            RAISE EXCEPTION 'the delegation does not cover the value on that day' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

NOT_FOR_ONESELF = """
CREATE FUNCTION nobody_acts_for_themselves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_postholding h WHERE h.id = NEW.holding_id AND h.user_id = NEW.deputy_id) THEN
        RAISE EXCEPTION 'nobody acts for themselves' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nobody_acts_for_themselves BEFORE INSERT OR UPDATE ON procurement_actingfor
    FOR EACH ROW EXECUTE FUNCTION nobody_acts_for_themselves();
"""
FOR_ONESELF = "DROP FUNCTION nobody_acts_for_themselves() CASCADE;"

POSTS = [
    "requester", "budget_holder", "technology_officer", "finance_director", "accounting_officer", "signatory",
    "contract_manager", "administrator", "framework_manager", "catalogue_manager", "accession_lead",
    "accession_approver", "category_manager", "commercial_lead", "finance_lead", "deputy_director",
    "authority_signatory", "auditor", "account_manager", "order_desk", "supplier_signatory", "service_manager",
]  # fmt: skip
KNOWN = [
    ("approvalstep", "step_is_known",
     {"act__in": ["endorse", "commit"], "post__in": POSTS, "side__in": ["department", "authority"]}),
    ("capacityentry", "capacity_kind_is_known", {"kind__in": ["open", "reserve", "commit", "release"]}),
    ("capacityentry", "capacity_entry_is_money",
     {"reserved_delta_gbp__gte": -LARGEST_GBP, "reserved_delta_gbp__lte": LARGEST_GBP,
      "committed_delta_gbp__gte": -LARGEST_GBP, "committed_delta_gbp__lte": LARGEST_GBP}),
    ("decision", "decision_outcome_is_known", {"outcome__in": ["endorsed", "committed", "returned", "rejected"]}),
    ("plannedmilestone", "milestone_effect_is_known", {"effect__in": ["", "interim_starts", "cutover"]}),
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("procurement", "0004_assessment_and_recusal"), ("catalogue", "0002_rules")]

    operations = [
        migrations.RemoveConstraint("actingfor", "nobody_acts_for_themselves"),
        migrations.RemoveField("actingfor", "principal"),
        migrations.RunSQL(SEGREGATION, migrations.RunSQL.noop),
        migrations.RunSQL(NOT_FOR_ONESELF, FOR_ONESELF),
        *[
            migrations.AddConstraint(table, models.CheckConstraint(condition=models.Q(**known), name=name))
            for table, name, known in KNOWN
        ],
    ]
