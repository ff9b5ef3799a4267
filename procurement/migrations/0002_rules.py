"""The database's own defence: known state changes, submitted revisions and applications as facts, segregation of
duties, rights that only become shorter, and frameworks that move with their reasons."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

# ---- what is known and what stays

# Every edge of the call-off, as in procurement.models.call_off.
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
    ("with_supplier", "counter_proposed"),
    ("counter_proposed", "department_approval"),
    ("counter_proposed", "with_supplier"),
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
    ("counter_proposed", "withdrawn"),
    ("draft", "lapsed"),
    ("returned", "lapsed"),
    ("department_approval", "lapsed"),
    ("authority_approval", "lapsed"),
    ("with_supplier", "lapsed"),
    ("counter_proposed", "lapsed"),
]
STEP = [
    ("", "waiting"),
    ("waiting", "open"),
    ("open", "decided"),
    ("waiting", "void"),
    ("open", "void"),
]
PIPELINE = ["prospect", "engaged", "applied", "in_review", "information_requested", "approved", "agreement_issued"]
# A register is opened with departments that are further on than the first state.
ACCESSION = [
    *(("", state) for state in ("prospect", "engaged", "in_review", "information_requested", "active")),
    ("prospect", "engaged"),
    ("engaged", "applied"),
    ("applied", "in_review"),
    ("in_review", "information_requested"),
    ("information_requested", "in_review"),
    ("in_review", "approved"),
    ("approved", "agreement_issued"),
    ("agreement_issued", "active"),
    ("active", "suspended"),
    ("suspended", "active"),
    ("active", "ended"),
    ("suspended", "ended"),
    *((state, "declined") for state in ("applied", "in_review", "information_requested", "approved")),
    *((state, "withdrawn") for state in PIPELINE),
]
FACTS = (
    "matrixrow", "approvalmatrix", "revisionhand", "decision", "capacityentry", "volumeentry", "recusal",
    "accessiondecision", "exceptiondecision", "modification", "reminder",
)  # fmt: skip

# A submitted revision and everything under it never changes; the row may be locked, not written. So it is with an
# application to join.
FROZEN = """
CREATE FUNCTION refuse_change_of_submitted() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
"""
UNDER_REVISION = (
    "calloffline", "revisionsite", "plannedmilestone", "specialterm", "attachment", "exceptionrequest",
)  # fmt: skip


def frozen(table: str, how: str, events: str = "INSERT OR UPDATE OR DELETE", trigger: str = "frozen") -> str:
    return (
        f"CREATE TRIGGER {trigger} BEFORE {events} ON procurement_{table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('{how}');"
    )


# What was answered stays as it was answered.
SETTLED_ANSWER = """
CREATE FUNCTION answer_is_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL
       AND (NEW.answer, NEW.answered_by, NEW.answered_by_name, NEW.answered_at)
           IS DISTINCT FROM (OLD.answer, OLD.answered_by, OLD.answered_by_name, OLD.answered_at) THEN
        RAISE EXCEPTION '% row % is answered: the answer stays', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
ANSWERS = ("clarification", "accessionquestion", "query")

# What was proposed in a counter-proposal is a fact; its answer is written once. What it became is the next revision of
# the one it was made of.
ANSWERED_ONCE = """
CREATE FUNCTION counter_proposal_is_answered_once() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'a counter-proposal is answered once' USING ERRCODE = '23514';
    END IF;
    IF NEW.became_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM procurement_calloffrevision r
         WHERE r.id = NEW.became_id AND r.previous_id = NEW.revision_id AND r.call_off_id = NEW.call_off_id
           AND r.submitted_by = NEW.answered_by
    ) THEN
        RAISE EXCEPTION 'an accepted counter-proposal becomes the next revision, submitted by who accepts it'
              USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER answered_once BEFORE UPDATE ON procurement_counterproposal
    FOR EACH ROW EXECUTE FUNCTION counter_proposal_is_answered_once();
"""

# ---- who decides on an order

# domain.md, "Segregation": no decider, nor anyone a decider acts for, is the revision's requester, its
# submitter, a hand that edited it, another decider or another decider's principal; and the decision's post holding,
# delegation and hash are the right ones at that moment. The principal is the holder of the post, and a delegation for
# one lot covers orders of that lot alone.
SEGREGATION = """
CREATE FUNCTION decision_is_segregated() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
CREATE TRIGGER decision_is_segregated BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION decision_is_segregated();
"""

# Who has a conflict of interest keeps out of an order.
RECUSED = """
CREATE FUNCTION decider_is_not_recused() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_recusal c JOIN procurement_calloffrevision r ON r.call_off_id = c.call_off_id
                WHERE r.id = NEW.revision_id AND c.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not decide' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decider_is_not_recused BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION decider_is_not_recused();
"""

# Orders of one department for the same services are priced together for the limit of who commits, too.
COVERED = """
CREATE FUNCTION commit_covers_what_is_counted_together() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.outcome = 'committed' AND EXISTS (
        SELECT 1 FROM procurement_calloffrevision r, procurement_delegation d
         WHERE r.id = NEW.revision_id AND d.id = NEW.delegation_id
           AND NOT d.unlimited AND d.limit_gbp < r.route_gbp
    ) THEN
        RAISE EXCEPTION 'the delegation does not cover the orders counted together' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commit_covers_what_is_counted_together BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION commit_covers_what_is_counted_together();
"""

# An exception is decided by the authority on the revision's hash, with the same segregation as of a decision on a step.
RIGHTLY = """
CREATE FUNCTION exception_is_decided_rightly() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    revision procurement_calloffrevision%ROWTYPE;
    step procurement_approvalstep%ROWTYPE;
    requester uuid;
    on_day date := (NEW.decided_at AT TIME ZONE 'Europe/London')::date;
    acting uuid[] := ARRAY[NEW.person_id] || CASE WHEN NEW.principal_id IS NULL THEN '{}'::uuid[]
                                                 ELSE ARRAY[NEW.principal_id] END;
BEGIN
    SELECT * INTO revision FROM procurement_calloffrevision WHERE id = NEW.revision_id;
    SELECT * INTO step FROM procurement_approvalstep WHERE id = NEW.step_id;
    SELECT u.person_id INTO requester
      FROM procurement_calloff c JOIN procurement_user u ON u.id = c.requester_id WHERE c.id = revision.call_off_id;
    IF step.revision_id <> NEW.revision_id OR step.side <> 'authority' OR step.state <> 'open'
       OR NOT EXISTS (SELECT 1 FROM procurement_exceptionrequest e
                       WHERE e.id = NEW.request_id AND e.revision_id = NEW.revision_id) THEN
        RAISE EXCEPTION 'an exception is decided at an open step of the authority on its own revision'
            USING ERRCODE = '23514';
    END IF;
    IF revision.revision_hash IS DISTINCT FROM NEW.revision_hash OR revision.submitted_at IS NULL THEN
        RAISE EXCEPTION 'a decision repeats the hash of a submitted revision' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM procurement_user WHERE id = NEW.user_id AND person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'the decider is not the person named' USING ERRCODE = '23514';
    END IF;
    IF requester = ANY(acting) OR revision.submitted_by = ANY(acting) OR EXISTS (
        SELECT 1 FROM procurement_revisionhand h WHERE h.revision_id = NEW.revision_id AND h.person_id = ANY(acting)
    ) THEN
        RAISE EXCEPTION 'nobody decides on what they requested, submitted or edited' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_recusal c
                WHERE c.call_off_id = revision.call_off_id AND c.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not decide' USING ERRCODE = '23514';
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
    RETURN NEW;
END $$;
CREATE TRIGGER exception_is_decided_rightly BEFORE INSERT ON procurement_exceptiondecision
    FOR EACH ROW EXECUTE FUNCTION exception_is_decided_rightly();
"""

# An order is awarded when its exceptions are granted.
FIRST = """
CREATE FUNCTION exceptions_come_first() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.outcome = 'committed'
       AND EXISTS (SELECT 1 FROM procurement_approvalstep s WHERE s.id = NEW.step_id AND s.side = 'authority')
       AND EXISTS (SELECT 1 FROM procurement_exceptionrequest e
                     LEFT JOIN procurement_exceptiondecision d ON d.request_id = e.id AND d.outcome = 'granted'
                                                              AND d.revision_hash = NEW.revision_hash
                    WHERE e.revision_id = NEW.revision_id AND d.id IS NULL) THEN
        RAISE EXCEPTION 'an order is awarded when its exceptions are granted' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exceptions_come_first BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION exceptions_come_first();
"""

# Nobody of the requesting team decides for the authority where the order is the authority's own: who sits at the
# requester's desk on the day, for themselves or for a holder, and whoever acts for one of them elsewhere.
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

# ---- rights

# A right that was given an end is never made longer again.
SHORTER = """
CREATE FUNCTION right_only_shortens() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.ends_on IS DISTINCT FROM OLD.ends_on
       AND (NEW.ends_on IS NULL OR (OLD.ends_on IS NOT NULL AND NEW.ends_on > OLD.ends_on)) THEN
        RAISE EXCEPTION '% of row % is not made longer: a new row is written', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
RIGHTS = ("delegation", "postholding", "actingfor")

# A deputy acts for whoever holds the post.
NOT_FOR_ONESELF = """
CREATE FUNCTION nobody_acts_for_themselves() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_postholding h WHERE h.id = NEW.holding_id AND h.user_id = NEW.deputy_id) THEN
        RAISE EXCEPTION 'nobody acts for themselves' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nobody_acts_for_themselves BEFORE INSERT OR UPDATE ON procurement_actingfor
    FOR EACH ROW EXECUTE FUNCTION nobody_acts_for_themselves();
"""

# A right can be stopped at once. The row's lock: whoever decides in the same moment does so before it, or not at all.
STOPPED = """
CREATE FUNCTION who_was_stopped_decides_no_more() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM procurement_postholding WHERE id = NEW.holding_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM procurement_postholding WHERE id = NEW.holding_id AND stopped_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the post of the decider was ended at once' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION stop_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.stopped_at IS NOT NULL AND (NEW.stopped_at, NEW.ends_on) IS DISTINCT FROM (OLD.stopped_at, OLD.ends_on) THEN
        RAISE EXCEPTION '% row % was ended at once: a new row is written', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
STOPPABLE = ("postholding", "organisationgrant", "frameworkgrant")


def on(table: str, function: str, event: str = "UPDATE") -> str:
    return (
        f"CREATE TRIGGER {function} BEFORE {event} ON procurement_{table} FOR EACH ROW EXECUTE FUNCTION {function}();"
    )


# ---- joining

# A deputy stands for their principal, and who approves an application had no part in its review.
JOINING = """
CREATE FUNCTION accession_decision_is_segregated() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
CREATE TRIGGER accession_decision_is_segregated BEFORE INSERT ON procurement_accessiondecision
    FOR EACH ROW EXECUTE FUNCTION accession_decision_is_segregated();
"""

# A supplier joins nothing, whatever the code above does.
SUPPLIERS = """
CREATE FUNCTION supplier_does_not_join() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM catalogue_frameworksupplier WHERE supplier_id = NEW.department_id) THEN
        RAISE EXCEPTION 'a supplier does not join as a department' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_does_not_join BEFORE INSERT ON procurement_accession
    FOR EACH ROW EXECUTE FUNCTION supplier_does_not_join();
"""

# ---- frameworks

# A framework comes into force with a catalogue that is live, an approval matrix and its counter under the ceiling.
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

# A framework changes its state with the row that says why, whoever writes it; and nothing new is submitted under one
# that is not live, whatever page or program asks.
REASONS = """
CREATE FUNCTION framework_moves_with_its_reason() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    suspended boolean := EXISTS (SELECT 1 FROM procurement_suspension s
                                  WHERE s.framework_id = NEW.id AND s.ended_at IS NULL);
BEGIN
    IF (NEW.state = 'suspended') <> suspended THEN
        RAISE EXCEPTION 'framework % is suspended exactly while a suspension says why', NEW.reference
            USING ERRCODE = '23514';
    END IF;
    IF NEW.state = 'terminated' AND NOT EXISTS (SELECT 1 FROM procurement_termination t
                                                 WHERE t.framework_id = NEW.id AND t.outcome = 'confirmed') THEN
        RAISE EXCEPTION 'framework % is terminated by two people', NEW.reference USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves_with_its_reason BEFORE UPDATE OF state ON catalogue_framework
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION framework_moves_with_its_reason();

CREATE FUNCTION submission_needs_a_live_framework() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM catalogue_framework f WHERE f.id = NEW.framework_id AND f.state = 'live') THEN
        RAISE EXCEPTION 'nothing is submitted under a framework that is not live' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submission_needs_a_live_framework BEFORE UPDATE OF state ON procurement_calloff
    FOR EACH ROW WHEN (OLD.state IN ('draft', 'returned', 'counter_proposed') AND NEW.state = 'department_approval')
    EXECUTE FUNCTION submission_needs_a_live_framework();
"""

# What was settled stays: a decided termination, an ended suspension.
SETTLED = """
CREATE FUNCTION what_is_settled_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF coalesce(to_jsonb(OLD) ->> TG_ARGV[0], '') <> '' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION '% row % is settled', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER what_is_settled_stays BEFORE UPDATE ON procurement_termination
    FOR EACH ROW EXECUTE FUNCTION what_is_settled_stays('outcome');
CREATE TRIGGER what_is_settled_stays BEFORE UPDATE ON procurement_suspension
    FOR EACH ROW EXECUTE FUNCTION what_is_settled_stays('ended_at');
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0001_initial"), ("documents", "0002_rules"), ("catalogue", "0002_rules")]

    operations = [
        SetEdges("call_off", CALL_OFF),
        SetEdges("approval_step", STEP),
        SetEdges("accession", ACCESSION),
        GuardStates("procurement_calloff", "call_off"),
        GuardStates("procurement_approvalstep", "approval_step"),
        GuardStates("procurement_accession", "accession"),
        *[AppendOnly(f"procurement_{table}") for table in FACTS],
        migrations.RunSQL(FROZEN, "DROP FUNCTION refuse_change_of_submitted() CASCADE;"),
        *[
            migrations.RunSQL(trigger, migrations.RunSQL.noop)
            for trigger in (
                frozen("calloffrevision", "self", "UPDATE OR DELETE"),
                *(frozen(table, "child") for table in UNDER_REVISION),
                frozen("milestonepayment", "milestone"),
                frozen("application", "self", "UPDATE OR DELETE", "submitted_applications_stay"),
            )
        ],
        migrations.RunSQL(SETTLED_ANSWER, "DROP FUNCTION answer_is_settled() CASCADE;"),
        *[migrations.RunSQL(on(table, "answer_is_settled"), migrations.RunSQL.noop) for table in ANSWERS],
        migrations.RunSQL(ANSWERED_ONCE, "DROP FUNCTION counter_proposal_is_answered_once() CASCADE;"),
        migrations.RunSQL(SEGREGATION, "DROP FUNCTION decision_is_segregated() CASCADE;"),
        migrations.RunSQL(RECUSED, "DROP FUNCTION decider_is_not_recused() CASCADE;"),
        migrations.RunSQL(COVERED, "DROP FUNCTION commit_covers_what_is_counted_together() CASCADE;"),
        migrations.RunSQL(RIGHTLY, "DROP FUNCTION exception_is_decided_rightly() CASCADE;"),
        migrations.RunSQL(FIRST, "DROP FUNCTION exceptions_come_first() CASCADE;"),
        migrations.RunSQL(REQUESTING, "DROP FUNCTION authority_decides_apart_from_its_requesters() CASCADE;"),
        migrations.RunSQL(SHORTER, "DROP FUNCTION right_only_shortens() CASCADE;"),
        *[migrations.RunSQL(on(table, "right_only_shortens"), migrations.RunSQL.noop) for table in RIGHTS],
        migrations.RunSQL(NOT_FOR_ONESELF, "DROP FUNCTION nobody_acts_for_themselves() CASCADE;"),
        migrations.RunSQL(
            STOPPED,
            "DROP FUNCTION who_was_stopped_decides_no_more() CASCADE; DROP FUNCTION stop_is_final() CASCADE;",
        ),
        *[migrations.RunSQL(on(table, "stop_is_final"), migrations.RunSQL.noop) for table in STOPPABLE],
        *[
            migrations.RunSQL(on(table, "who_was_stopped_decides_no_more", "INSERT"), migrations.RunSQL.noop)
            for table in ("decision", "exceptiondecision")
        ],
        migrations.RunSQL(JOINING, "DROP FUNCTION accession_decision_is_segregated() CASCADE;"),
        migrations.RunSQL(SUPPLIERS, "DROP FUNCTION supplier_does_not_join() CASCADE;"),
        migrations.RunSQL(READY, "DROP FUNCTION a_framework_in_force_is_ready() CASCADE;"),
        migrations.RunSQL(
            REASONS,
            "DROP FUNCTION submission_needs_a_live_framework() CASCADE;"
            "DROP FUNCTION framework_moves_with_its_reason() CASCADE;",
        ),
        migrations.RunSQL(SETTLED, "DROP FUNCTION what_is_settled_stays() CASCADE;"),
    ]
