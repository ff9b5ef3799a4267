"""Approval as a thing of its own, so that what is no order can be approved by the same steps and decisions: a round of it
has what its guards and triggers go by, steps hang on it, recusals are of its subject, and the ledger knows whose an entry
is. Documents keep with them who may not sign them."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether

LARGEST = Decimal("999999999999.99")


def key(to: str, related_name: str = "+", **more) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=to, **more)


def row_id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def gbp() -> models.DecimalField:
    return models.DecimalField(decimal_places=2, max_digits=14)


# Each revision that was submitted was one round, which is given its number: what hung on the revision then hangs on its
# round under the number it has. Whose route was of its own value alone had none beside it.
ROUNDS = """
INSERT INTO procurement_approval (
    id, subject, subject_id, begun_at, framework_id, department_id, supplier_id, requester_id, edited_by, submitted_by,
    submitted_for, submitted_at, content_hash, commits_gbp, route_gbp, counted_with, lots, matrix_id, hold_until)
SELECT r.id, 'procurement.calloff', c.public_id::text, c.created_at, c.framework_id, c.department_id, c.supplier_id, u.person_id,
       ARRAY(SELECT h.person_id FROM procurement_revisionhand h WHERE h.revision_id = r.id ORDER BY h.person_id),
       r.submitted_by, r.submitted_for, r.submitted_at, r.revision_hash, r.whole_life_gbp,
       coalesce(r.route_gbp, r.whole_life_gbp), r.counted_with,
       ARRAY(SELECT DISTINCT s.lot FROM procurement_calloffline l JOIN catalogue_serviceversion s ON s.id = l.service_id
              WHERE l.revision_id = r.id ORDER BY s.lot),
       r.matrix_id, r.hold_until
  FROM procurement_calloffrevision r
  JOIN procurement_calloff c ON c.id = r.call_off_id
  JOIN procurement_user u ON u.id = c.requester_id
 WHERE r.submitted_at IS NOT NULL
 ORDER BY r.id;
SELECT setval(pg_get_serial_sequence('procurement_approval', 'id'), coalesce(max(id), 0) + 1, false) FROM procurement_approval;

ALTER TABLE procurement_calloffrevision DISABLE TRIGGER frozen;
UPDATE procurement_calloffrevision SET approval_id = id WHERE submitted_at IS NOT NULL;
ALTER TABLE procurement_calloffrevision ENABLE TRIGGER frozen;

ALTER TABLE procurement_recusal DISABLE TRIGGER facts_stay;
UPDATE procurement_recusal d SET subject = 'procurement.calloff', subject_id = c.public_id::text
  FROM procurement_calloff c WHERE c.id = d.call_off_id;
ALTER TABLE procurement_recusal ENABLE TRIGGER facts_stay;

ALTER TABLE procurement_capacityentry DISABLE TRIGGER facts_stay;
UPDATE procurement_capacityentry e SET holder = 'procurement.calloff ' || c.public_id
  FROM procurement_calloff c WHERE c.id = e.call_off_id;
ALTER TABLE procurement_capacityentry ENABLE TRIGGER facts_stay;
"""

# What a round says of a submitted revision is what that is: the same hash, value, lots and people, and all of its hands.
AS_SUBMITTED = """
CREATE FUNCTION submitted_as_its_approval_says() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM procurement_approval a
          JOIN procurement_calloff c ON c.id = NEW.call_off_id
          JOIN procurement_user u ON u.id = c.requester_id
         WHERE a.id = NEW.approval_id
           AND (a.subject, a.subject_id, a.begun_at, a.framework_id, a.department_id, a.supplier_id, a.requester_id)
             = ('procurement.calloff', c.public_id::text, c.created_at, c.framework_id, c.department_id, c.supplier_id, u.person_id)
           AND (a.submitted_by, a.submitted_at, a.content_hash, a.commits_gbp)
             = (NEW.submitted_by, NEW.submitted_at, NEW.revision_hash, NEW.whole_life_gbp)
           AND a.edited_by @> ARRAY(SELECT h.person_id FROM procurement_revisionhand h WHERE h.revision_id = NEW.id)
           AND a.lots = ARRAY(SELECT DISTINCT s.lot::smallint
                                FROM procurement_calloffline l JOIN catalogue_serviceversion s ON s.id = l.service_id
                               WHERE l.revision_id = NEW.id ORDER BY 1)) THEN
        RAISE EXCEPTION 'revision % is not what its approval says', NEW.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submitted_as_its_approval_says BEFORE UPDATE ON procurement_calloffrevision
    FOR EACH ROW WHEN (OLD.submitted_at IS NULL AND NEW.submitted_at IS NOT NULL) EXECUTE FUNCTION submitted_as_its_approval_says();
CREATE TRIGGER submitted_as_its_approval_says_from_the_first BEFORE INSERT ON procurement_calloffrevision
    FOR EACH ROW WHEN (NEW.submitted_at IS NOT NULL) EXECUTE FUNCTION submitted_as_its_approval_says();
CREATE TRIGGER frozen BEFORE INSERT ON procurement_revisionhand
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
"""

# domain.md, "Segregation": no decider, nor anyone a decider acts for, requested it, submitted it or had a hand in it; who
# declared a conflict of interest keeps out; and the decider sits in the chair of the step on the day. So it is of every
# decision in a round, on a step or on an exception.
DECIDER = """
CREATE FUNCTION insist_on_the_decider(
    the_step bigint, hash text, by_user bigint, by_person uuid, for_person uuid, from_holding bigint, at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    step procurement_approvalstep%ROWTYPE;
    approval procurement_approval%ROWTYPE;
    on_day date := (at AT TIME ZONE 'Europe/London')::date;
    acting uuid[] := array_remove(ARRAY[by_person, for_person], NULL);
BEGIN
    SELECT * INTO step FROM procurement_approvalstep WHERE id = the_step;
    SELECT * INTO approval FROM procurement_approval WHERE id = step.approval_id;
    IF approval.content_hash IS DISTINCT FROM hash THEN
        RAISE EXCEPTION 'a decision repeats the hash of what was submitted' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM procurement_user WHERE id = by_user AND person_id = by_person) THEN
        RAISE EXCEPTION 'the decider is not the person named' USING ERRCODE = '23514';
    END IF;
    IF approval.requester_id = ANY(acting) OR approval.submitted_by = ANY(acting) THEN
        RAISE EXCEPTION 'nobody decides on what they requested or submitted' USING ERRCODE = '23514';
    END IF;
    IF approval.edited_by && acting THEN
        RAISE EXCEPTION 'nobody decides on what they edited' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM procurement_recusal c WHERE (c.subject, c.subject_id) = (approval.subject, approval.subject_id)
                AND c.person_id = by_person) THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not decide' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM procurement_postholding h JOIN procurement_post p ON p.id = h.post_id
         WHERE h.id = from_holding AND p.code = step.post AND p.organisation_id = step.organisation_id
           AND h.starts_on <= on_day AND (h.ends_on IS NULL OR h.ends_on >= on_day)
           AND (h.user_id = by_user OR EXISTS (
                SELECT 1 FROM procurement_actingfor a JOIN procurement_user u ON u.id = h.user_id
                 WHERE a.holding_id = h.id AND a.deputy_id = by_user AND u.person_id = for_person
                   AND a.starts_on <= on_day AND a.ends_on >= on_day))
    ) THEN
        RAISE EXCEPTION 'the decider does not hold the post of the step on that day' USING ERRCODE = '23514';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION decision_is_segregated() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    acting uuid[] := array_remove(ARRAY[NEW.person_id, NEW.principal_id], NULL);
    step procurement_approvalstep%ROWTYPE;
    on_day date := (NEW.decided_at AT TIME ZONE 'Europe/London')::date;
BEGIN
    SELECT * INTO step FROM procurement_approvalstep WHERE id = NEW.step_id;
    IF step.approval_id <> NEW.approval_id THEN
        RAISE EXCEPTION 'the step belongs to another approval' USING ERRCODE = '23514';
    END IF;
    PERFORM insist_on_the_decider(
        NEW.step_id, NEW.content_hash, NEW.user_id, NEW.person_id, NEW.principal_id, NEW.holding_id, NEW.decided_at);
    IF EXISTS (SELECT 1 FROM procurement_decision d WHERE d.approval_id = NEW.approval_id
                AND (d.person_id = ANY(acting) OR d.principal_id = ANY(acting))) THEN
        RAISE EXCEPTION 'nobody decides twice in one approval' USING ERRCODE = '23514';
    END IF;
    IF NEW.outcome = 'committed' AND NOT EXISTS (
        SELECT 1 FROM procurement_delegation d JOIN procurement_approval a ON a.id = NEW.approval_id
         WHERE d.id = NEW.delegation_id AND d.holding_id = NEW.holding_id
           AND d.kind = CASE step.side WHEN 'department' THEN 'budget' ELSE 'purchase' END
           AND d.starts_on <= on_day AND (d.ends_on IS NULL OR d.ends_on >= on_day)
           AND (d.unlimited OR d.limit_gbp >= a.commits_gbp)
           AND (d.lot IS NULL OR a.lots <@ ARRAY[d.lot]::smallint[])
    ) THEN
        RAISE EXCEPTION 'the delegation does not cover the value on that day' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""

# An exception is decided by the authority on its own revision, and an order is awarded when its exceptions are granted.
EXCEPTIONS = """
CREATE OR REPLACE FUNCTION exception_is_decided_rightly() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM procurement_approvalstep s
          JOIN procurement_calloffrevision r ON r.approval_id = s.approval_id
          JOIN procurement_exceptionrequest e ON e.revision_id = r.id
         WHERE s.id = NEW.step_id AND r.id = NEW.revision_id AND e.id = NEW.request_id
           AND s.side = 'authority' AND s.state = 'open') THEN
        RAISE EXCEPTION 'an exception is decided at an open step of the authority on its own revision'
            USING ERRCODE = '23514';
    END IF;
    PERFORM insist_on_the_decider(
        NEW.step_id, NEW.revision_hash, NEW.user_id, NEW.person_id, NEW.principal_id, NEW.holding_id, NEW.decided_at);
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION exceptions_come_first() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.outcome = 'committed'
       AND EXISTS (SELECT 1 FROM procurement_approvalstep s WHERE s.id = NEW.step_id AND s.side = 'authority')
       AND EXISTS (SELECT 1 FROM procurement_calloffrevision r
                     JOIN procurement_exceptionrequest e ON e.revision_id = r.id
                     LEFT JOIN procurement_exceptiondecision d ON d.request_id = e.id AND d.outcome = 'granted'
                                                              AND d.revision_hash = NEW.content_hash
                    WHERE r.approval_id = NEW.approval_id AND d.id IS NULL) THEN
        RAISE EXCEPTION 'an order is awarded when its exceptions are granted' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""

# What is counted together counts for the limit of who commits, and a delegation for a lot is of the framework.
COVERED = """
CREATE OR REPLACE FUNCTION commit_covers_what_is_counted_together() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.outcome = 'committed' AND EXISTS (
        SELECT 1 FROM procurement_approval a, procurement_delegation d
         WHERE a.id = NEW.approval_id AND d.id = NEW.delegation_id AND NOT d.unlimited AND d.limit_gbp < a.route_gbp
    ) THEN
        RAISE EXCEPTION 'the delegation does not cover the orders counted together' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION delegation_is_of_the_framework() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_delegation d, procurement_approval a
                WHERE d.id = NEW.delegation_id AND a.id = NEW.approval_id AND d.framework_id <> a.framework_id) THEN
        RAISE EXCEPTION 'the delegation is for a lot of another framework' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""

# Nobody of the requesting team decides for the authority where the order is the authority's own: who sits at the
# requester's desk on the day, for themselves or for a holder, and whoever acts for one of them elsewhere.
REQUESTING = """
CREATE OR REPLACE FUNCTION authority_decides_apart_from_its_requesters() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    on_day date := (NEW.decided_at AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF EXISTS (
        SELECT 1
          FROM procurement_approvalstep s
          JOIN procurement_approval a ON a.id = s.approval_id AND a.department_id = s.organisation_id
          JOIN procurement_post desk ON desk.organisation_id = a.department_id AND desk.code = 'requester'
          JOIN procurement_postholding h ON h.post_id = desk.id
          LEFT JOIN procurement_actingfor f ON f.holding_id = h.id AND on_day BETWEEN f.starts_on AND f.ends_on
          JOIN procurement_user u ON u.id IN (h.user_id, f.deputy_id)
         WHERE s.id = NEW.step_id AND s.side = 'authority' AND u.person_id IN (NEW.person_id, NEW.principal_id)
           AND h.starts_on <= on_day AND (h.ends_on IS NULL OR h.ends_on >= on_day)
           AND (h.stopped_at IS NULL OR h.ends_on > on_day)) THEN
        RAISE EXCEPTION 'nobody of the requesting team decides for the authority on its own order' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""

# Of access agreements made before: those of their applications. A signature counts for who signs and, but for a conflict of
# interest, for whose delegation they sign under.
BARRED = """
INSERT INTO procurement_signingbar (document_id, person_id, why)
SELECT DISTINCT j.document_id, who.person_id, 'involved'
  FROM procurement_accession j
  CROSS JOIN LATERAL (
        VALUES (j.reviewer_id), (j.reviewer_principal_id)
        UNION SELECT a.submitted_by FROM procurement_application a WHERE a.accession_id = j.id
        UNION SELECT hand::uuid FROM procurement_application a CROSS JOIN jsonb_array_elements_text(a.hands) hand
               WHERE a.accession_id = j.id
        UNION SELECT unnest(ARRAY[d.person_id, d.principal_id])
                FROM procurement_accessiondecision d JOIN procurement_application a ON a.id = d.application_id
               WHERE a.accession_id = j.id) who(person_id)
 WHERE j.document_id IS NOT NULL AND who.person_id IS NOT NULL
 ORDER BY 1, 2;

CREATE FUNCTION signatory_is_not_barred() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    reason text;
BEGIN
    SELECT b.why INTO reason
      FROM procurement_signingbar b
      LEFT JOIN procurement_delegation d ON d.id = (NEW.act ->> 'delegation')::bigint
      LEFT JOIN procurement_postholding h ON h.id = d.holding_id
      LEFT JOIN procurement_user principal ON principal.id = h.user_id
     WHERE b.document_id = NEW.document_id
       AND (b.person_id = (NEW.act ->> 'person_id')::uuid OR b.why <> 'recused' AND b.person_id = principal.person_id)
     ORDER BY b.why LIMIT 1;
    IF reason = 'asked' THEN
        RAISE EXCEPTION 'nobody signs what binds to what they requested or submitted' USING ERRCODE = '23514';
    ELSIF reason = 'involved' THEN
        RAISE EXCEPTION 'whoever wrote in, sent, reviewed or decided on the application does not sign' USING ERRCODE = '23514';
    ELSIF reason = 'recused' THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not sign' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signatory_is_not_barred BEFORE INSERT ON documents_signingintent
    FOR EACH ROW EXECUTE FUNCTION signatory_is_not_barred();
"""


class Migration(migrations.Migration):
    dependencies = [("procurement", "0007_capacity_adjusts"), ("documents", "0003_acting_for_whom"), ("catalogue", "0002_rules")]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name="Approval",
                fields=[
                    ("id", row_id()),
                    ("subject", models.CharField(max_length=60)),
                    ("subject_id", models.CharField(max_length=60)),
                    ("begun_at", models.DateTimeField()),
                    ("framework", key("catalogue.framework")),
                    ("department", key("catalogue.organisation")),
                    ("supplier", key("catalogue.organisation")),
                    ("requester_id", models.UUIDField()),
                    ("edited_by", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                    ("submitted_by", models.UUIDField()),
                    ("submitted_for", models.UUIDField(blank=True, null=True)),
                    ("submitted_at", models.DateTimeField()),
                    ("content_hash", models.CharField(max_length=64)),
                    ("commits_gbp", gbp()),
                    ("route_gbp", gbp()),
                    ("counted_with", models.JSONField(blank=True, default=list)),
                    ("lots", django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), size=None)),
                    ("matrix", key("procurement.approvalmatrix")),
                    ("hold_until", models.DateField()),
                ],
                options={
                    "indexes": [models.Index(fields=["subject", "subject_id"], name="approval_by_subject")],
                    "constraints": [
                        models.CheckConstraint(condition=models.Q(("content_hash__regex", "^[0-9a-f]{64}$")), name="approval_has_its_hash"),
                        models.CheckConstraint(
                            condition=models.Q(route_gbp__gte=models.F("commits_gbp"), route_gbp__lte=LARGEST, commits_gbp__gte=-LARGEST),
                            name="route_holds_what_is_committed",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SigningBar",
                fields=[
                    ("id", row_id()),
                    ("person_id", models.UUIDField()),
                    ("why", models.CharField(choices=[("asked", "requested or submitted what it binds to"), ("involved", "wrote in, sent, reviewed or decided on the application for it"), ("recused", "declared a conflict of interest in it")], max_length=8)),
                    ("document", key("documents.document", "bars")),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("document", "person_id", "why"), name="one_bar_a_person_and_reason"),
                        models.CheckConstraint(condition=models.Q(("why__in", ["asked", "involved", "recused"])), name="bar_has_a_known_reason"),
                    ],
                },
            ),
        ]),
        migrations.AddField(
            "calloffrevision", "approval",
            models.OneToOneField(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="revision",
                to="procurement.approval",
            ),
        ),
        migrations.AddField("recusal", "subject", models.CharField(max_length=60, default=""), preserve_default=False),
        migrations.AddField("recusal", "subject_id", models.CharField(max_length=60, default=""), preserve_default=False),
        migrations.AddField("capacityentry", "holder", models.CharField(blank=True, max_length=121, default=""), preserve_default=False),
        migrations.RunSQL(ROUNDS, migrations.RunSQL.noop),
        # what hangs on the round
        migrations.RemoveConstraint("approvalstep", "one_step_a_position"),
        migrations.RemoveConstraint("decision", "one_decision_a_person"),
        migrations.RemoveConstraint("recusal", "one_recusal_a_person"),
        *[migrations.RenameField(model, "revision", "approval") for model in ("approvalstep", "decision", "query")],
        migrations.AlterField("approvalstep", "approval", key("procurement.approval", "steps")),
        migrations.AlterField("decision", "approval", key("procurement.approval", "decisions")),
        migrations.AlterField("query", "approval", key("procurement.approval", "queries")),
        migrations.RenameField("decision", "revision_hash", "content_hash"),
        migrations.RemoveField("recusal", "call_off"),
        migrations.AddConstraint("approvalstep", models.UniqueConstraint(fields=("approval", "position"), name="one_step_a_position")),
        migrations.AddConstraint("decision", models.UniqueConstraint(fields=("approval", "person_id"), name="one_decision_a_person")),
        migrations.AddConstraint("recusal", models.UniqueConstraint(fields=("subject", "subject_id", "person_id"), name="one_recusal_a_person")),
        # what moved to the round
        *[migrations.RemoveConstraint("calloffrevision", name) for name in
          ("submitted_revision_is_complete", "submitted_for_somebody_else", "route_value_holds_the_whole_life")],
        *[migrations.RemoveField("calloffrevision", name) for name in
          ("submitted_for", "matrix", "hold_until", "route_gbp", "counted_with")],
        migrations.AddConstraint(
            "calloffrevision",
            models.CheckConstraint(
                condition=models.Q(submitted_at__isnull=True, submitted_by__isnull=True, approval__isnull=True, revision_hash="")
                | models.Q(
                    submitted_at__isnull=False, submitted_by__isnull=False, revision_hash__regex=r"^[0-9a-f]{64}$",
                    release__isnull=False, approval__isnull=False, whole_life_gbp__gt=0, whole_life_gbp__lte=LARGEST,
                ),
                name="submitted_revision_is_complete",
            ),
        ),
        migrations.AddConstraint(
            "approval",
            models.CheckConstraint(
                condition=models.Q(submitted_for__isnull=True) | ~models.Q(submitted_for=models.F("submitted_by")),
                name="submitted_for_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            "capacityentry",
            models.CheckConstraint(
                condition=models.Q(kind="open", holder="", call_off__isnull=True)
                | ~models.Q(kind="open") & ~models.Q(holder="") & models.Q(call_off__isnull=False),
                name="capacity_entry_has_its_holder",
            ),
        ),
        migrations.AddIndex("capacityentry", models.Index(fields=["holder"], name="capacity_by_holder")),
        AppendOnly("procurement_approval"),
        AppendOnly("procurement_signingbar"),
        migrations.RunSQL(AS_SUBMITTED, migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION decider_is_not_recused() CASCADE;", migrations.RunSQL.noop),
        migrations.RunSQL(DECIDER, migrations.RunSQL.noop),
        *[migrations.RunSQL(rule, migrations.RunSQL.noop) for rule in (EXCEPTIONS, COVERED, REQUESTING)],
        migrations.RunSQL(BARRED, migrations.RunSQL.noop),
    ]  # fmt: skip
