"""A department joins in the register: interest, application, review, agreement; with the machine of it."""

import django.db.models.deletion
import django_fsm
import uuid
from django.db import migrations, models

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

# Until now an accession was only what the operator had entered. Those entered as further on than the register can show
# a document for are at "engaged"; every row gets its address, its moment and the record of its first state.
OPENED = """
UPDATE procurement_accession SET state = 'engaged' WHERE state IN ('applied', 'approved', 'agreement_issued');
UPDATE procurement_accession a SET public_id = gen_random_uuid(),
       state_since = coalesce((SELECT min(at) FROM documents_auditevent WHERE verb = 'framework.cast_loaded'), now());
INSERT INTO documents_statechange (machine, row_id, source, target, txid)
     SELECT 'accession', id, '', state, txid_current() FROM procurement_accession ORDER BY id;
INSERT INTO documents_auditevent (verb, subject, subject_id, actor_kind, actor_words, channel, session, acting_for,
       reason, before, after, hash_shown, request_id, extra, at, real_at)
     SELECT 'accession.entered', 'procurement.accession', public_id::text, 'system', 'the register', 'command', '', '',
       'opening states of the register', '', state, '', '', '{}', state_since, now() FROM procurement_accession ORDER BY id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
PIPELINE = ["prospect", "engaged", "applied", "in_review", "information_requested", "approved", "agreement_issued"]
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
GUARDED = """
CREATE TRIGGER submitted_applications_stay BEFORE UPDATE OR DELETE ON procurement_application
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_submitted('self');
CREATE FUNCTION accession_decision_is_segregated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    application procurement_application%ROWTYPE;
BEGIN
    SELECT * INTO application FROM procurement_application WHERE id = NEW.application_id;
    IF application.submitted_at IS NULL OR application.content_hash <> NEW.content_hash THEN
        RAISE EXCEPTION 'a decision repeats the hash of a submitted application' USING ERRCODE = '23514';
    END IF;
    IF application.submitted_by = NEW.person_id OR application.hands ? NEW.person_id::text THEN
        RAISE EXCEPTION 'nobody decides on their own application' USING ERRCODE = '23514';
    END IF;
    IF NEW.outcome = 'approved' AND NOT EXISTS (
        SELECT 1 FROM procurement_accessiondecision d
         WHERE d.application_id = NEW.application_id AND d.outcome = 'recommended' AND d.person_id <> NEW.person_id) THEN
        RAISE EXCEPTION 'an application is approved by another person than the one who reviewed it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accession_decision_is_segregated BEFORE INSERT ON procurement_accessiondecision
    FOR EACH ROW EXECUTE FUNCTION accession_decision_is_segregated();
"""
UNGUARDED = """
DROP TRIGGER accession_decision_is_segregated ON procurement_accessiondecision;
DROP FUNCTION accession_decision_is_segregated();
DROP TRIGGER submitted_applications_stay ON procurement_application;
"""



class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_accession_review_days'),
        ('documents', '0002_rules'),
        ('procurement', '0005_authority_of_acts'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessionDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('recommended', 'recommended'), ('approved', 'approved'), ('declined', 'declined')], max_length=11)),
                ('person_id', models.UUIDField()),
                ('name', models.CharField(max_length=120)),
                ('post', models.CharField(max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('content_hash', models.CharField(max_length=64)),
                ('decided_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['decided_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AccessionQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('asked_by', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.UUIDField(blank=True, null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=120)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Application',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('statement', models.TextField(blank=True)),
                ('sites', models.JSONField(default=list)),
                ('people', models.JSONField(default=list)),
                ('files', models.JSONField(default=list)),
                ('hands', models.JSONField(default=list)),
                ('edits', models.PositiveIntegerField(default=0)),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('submitted_by', models.UUIDField(blank=True, null=True)),
                ('submitted_by_name', models.CharField(blank=True, max_length=120)),
                ('content', models.TextField(blank=True)),
                ('content_hash', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='accession',
            name='one_accession_a_department',
        ),
        migrations.AddField(
            model_name='accession',
            name='contact_email',
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name='accession',
            name='contact_name',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='accession',
            name='days_left',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='document',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document'),
        ),
        migrations.AddField(
            model_name='accession',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='ended_words',
            field=models.CharField(blank=True, max_length=2000),
        ),
        migrations.AddField(
            model_name='accession',
            name='number',
            field=models.CharField(blank=True, max_length=20, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='public_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='reviewer_id',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='reviewer_name',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='accession',
            name='signed_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='accession',
            name='state_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(OPENED, migrations.RunSQL.noop),
        migrations.AlterField('accession', 'public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.AlterField('accession', 'state_since', models.DateTimeField()),
        migrations.AlterField(
            model_name='accession',
            name='state',
            field=django_fsm.FSMField(choices=[('prospect', 'prospect'), ('engaged', 'engaged'), ('applied', 'applied'), ('in_review', 'in review'), ('information_requested', 'information requested'), ('approved', 'approved'), ('agreement_issued', 'agreement issued'), ('active', 'active'), ('suspended', 'suspended'), ('ended', 'ended'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='prospect', max_length=50, protected=True),
        ),
        migrations.AddConstraint(
            model_name='accession',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['ended', 'declined', 'withdrawn']), _negated=True), fields=('framework', 'department'), name='one_accession_a_department'),
        ),
        migrations.AddConstraint(
            model_name='accession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'agreement_issued'), _negated=True), models.Q(('document__isnull', False), ('number__isnull', False)), _connector='OR'), name='issued_agreement_has_its_document'),
        ),
        migrations.AddField(
            model_name='accessionquestion',
            name='accession',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='procurement.accession'),
        ),
        migrations.AddField(
            model_name='application',
            name='accession',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='procurement.accession'),
        ),
        migrations.AddField(
            model_name='accessiondecision',
            name='application',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='procurement.application'),
        ),
        migrations.AddConstraint(
            model_name='accessionquestion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answered_at__gte', models.F('asked_at')), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='accession_answer_has_its_moment'),
        ),
        migrations.AddConstraint(
            model_name='accessionquestion',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('accession',), name='one_open_question_an_accession'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.UniqueConstraint(fields=('accession', 'number'), name='one_application_a_number'),
        ),
        migrations.AddConstraint(
            model_name='application',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('content_hash', ''), ('submitted_at__isnull', True), ('submitted_by__isnull', True)), models.Q(('submitted_at__isnull', False), ('submitted_by__isnull', False), models.Q(('content_hash', ''), _negated=True), models.Q(('content', ''), _negated=True)), _connector='OR'), name='submitted_application_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='accessiondecision',
            constraint=models.UniqueConstraint(fields=('application', 'outcome'), name='one_accession_decision_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='accessiondecision',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['recommended', 'approved', 'declined'])), name='accession_outcome_is_known'),
        ),
        SetEdges("accession", ACCESSION),
        GuardStates("procurement_accession", "accession"),
        AppendOnly("procurement_accessiondecision"),
        migrations.RunSQL(GUARDED, UNGUARDED),
    ]
