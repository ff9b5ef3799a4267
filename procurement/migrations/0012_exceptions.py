"""Ordering by exception: requested in the revision, granted or refused by the authority on its hash."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from documents.dbrules import AppendOnly

FROZEN = """
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON procurement_exceptionrequest
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('child');
"""
UNFROZEN = "DROP TRIGGER frozen ON procurement_exceptionrequest;"

# The same segregation as of a decision on a step, for the part that the authority decides apart.
RIGHTLY = """
CREATE FUNCTION exception_is_decided_rightly() RETURNS trigger LANGUAGE plpgsql AS $$
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
NOT_RIGHTLY = "DROP FUNCTION exception_is_decided_rightly() CASCADE;"

FIRST = """
CREATE FUNCTION exceptions_come_first() RETURNS trigger LANGUAGE plpgsql AS $$
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
NOT_FIRST = "DROP FUNCTION exceptions_come_first() CASCADE;"


def key(to, **kwargs):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **kwargs)


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0011_settled_answers_and_rights'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExceptionRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_code', models.CharField(max_length=20)),
                ('quantity', models.PositiveIntegerField()),
                ('reason', models.TextField()),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exceptions', to='procurement.calloffrevision')),
            ],
            options={'ordering': ['service_code']},
        ),
        migrations.CreateModel(
            name='ExceptionDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.UUIDField()),
                ('name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('principal_name', models.CharField(blank=True, max_length=120)),
                ('outcome', models.CharField(choices=[('granted', 'granted'), ('refused', 'refused')], max_length=8)),
                ('reason', models.TextField(blank=True)),
                ('revision_hash', models.CharField(max_length=64)),
                ('decided_at', models.DateTimeField()),
                ('holding', key('procurement.postholding', related_name='+')),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='procurement.exceptionrequest')),
                ('revision', key('procurement.calloffrevision', related_name='exception_decisions')),
                ('step', key('procurement.approvalstep', related_name='exception_decisions')),
                ('user', key(settings.AUTH_USER_MODEL, related_name='+')),
            ],
        ),
        migrations.AddConstraint(
            model_name='exceptionrequest',
            constraint=models.UniqueConstraint(fields=('revision', 'service_code'), name='one_exception_a_service'),
        ),
        migrations.AddConstraint(
            model_name='exceptionrequest',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), models.Q(('reason', ''), _negated=True)), name='exception_has_quantity_and_reason'),
        ),
        migrations.AddConstraint(
            model_name='exceptiondecision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['granted', 'refused'])), name='exception_outcome_is_known'),
        ),
        migrations.AddConstraint(
            model_name='exceptiondecision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'granted'), models.Q(('reason', ''), _negated=True), _connector='OR'), name='refused_exception_has_a_reason'),
        ),
        migrations.RunSQL(FROZEN, UNFROZEN),
        AppendOnly('procurement_exceptiondecision'),
        migrations.RunSQL(RIGHTLY, NOT_RIGHTLY),
        migrations.RunSQL(FIRST, NOT_FIRST),
    ]
