"""What every contract process needs: documents and signatures, records, jobs, mail, numbers and the clock."""

import django.contrib.postgres.operations
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.fields.json
import django_fsm
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [  # beside the old 0001_initial and 0002_rules, whose names go on
        ('documents', '0003_held_messages'),
        ('documents', '0004_one_signature_a_person'),
        ('documents', '0005_dropped_messages'),
        ('documents', '0006_sealed_documents'),
        ('documents', '0007_jobs_of_documents'),
        ('documents', '0008_moment_of_sign_in'),
    ]

    dependencies = [
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name='BusinessClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('moment', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verb', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=60)),
                ('subject_id', models.CharField(max_length=60)),
                ('actor_kind', models.CharField(max_length=8)),
                ('actor_person_id', models.UUIDField(null=True)),
                ('actor_words', models.CharField(max_length=120)),
                ('channel', models.CharField(max_length=8)),
                ('session', models.CharField(blank=True, max_length=40)),
                ('signed_in_at', models.DateTimeField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('reason', models.TextField(blank=True)),
                ('before', models.CharField(blank=True, max_length=24)),
                ('after', models.CharField(blank=True, max_length=24)),
                ('hash_shown', models.CharField(blank=True, max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=36)),
                ('extra', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
                ('real_at', models.DateTimeField()),
            ],
            options={
                'indexes': [
                    models.Index(fields=['subject', 'subject_id', 'id'], name='event_by_subject'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('actor_kind', 'person'), ('actor_person_id__isnull', False)), models.Q(('actor_kind__in', ['system', 'operator']), ('actor_person_id__isnull', True)), _connector='OR'), name='only_a_persons_act_carries_a_person'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('length', models.PositiveIntegerField()),
                ('filename', models.CharField(max_length=120)),
                ('verdict', models.JSONField(null=True)),
                ('asked_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['sha256'], name='check_by_hash'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('template_version', models.PositiveSmallIntegerField()),
                ('subject', models.CharField(max_length=120)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', django_fsm.FSMField(choices=[('queued', 'waiting to be made'), ('drafted', 'made, not yet sealed'), ('sealed', 'sealed, ready to be signed'), ('signing', 'being signed'), ('complete', 'complete'), ('void', 'void')], default='queued', max_length=50, protected=True)),
                ('payload', models.JSONField()),
                ('payload_sha256', models.CharField(max_length=64)),
                ('expected_signers', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'drafted', 'sealed', 'signing', 'complete', 'void'])), name='document_state_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DocumentRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='documents.document')),
                ('number', models.PositiveSmallIntegerField()),
                ('purpose', models.CharField(choices=[('draft', 'document made'), ('issuing_seal', 'issuing seal'), ('signature', 'signature'), ('archive_timestamp', 'archive timestamp')], max_length=20)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('length', models.PositiveIntegerField()),
                ('previous', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='documents.documentrevision')),
                ('fingerprint', models.CharField(blank=True, max_length=64)),
                ('pages', models.PositiveSmallIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('document', 'number'), name='one_document_revision_a_number'),
                    models.CheckConstraint(condition=models.Q(models.Q(('number', 0), ('previous__isnull', True)), models.Q(('number__gt', 0), ('previous__isnull', False)), _connector='OR'), name='document_revisions_are_chained'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Email',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.EmailField(max_length=254)),
                ('template', models.CharField(max_length=80)),
                ('context', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('key', models.CharField(max_length=160, unique=True)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('held_until', models.DateTimeField(null=True)),
                ('digest', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='gathered', to='documents.email')),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('digest__isnull', True), ('dropped_at__isnull', True), ('held_until__isnull', False)), fields=['held_until'], name='email_held'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('digest__isnull', True), ('dropped_at__isnull', True), ('held_until__isnull', True)), models.Q(('held_until__isnull', False), ('sent_at__isnull', True), models.Q(('digest__isnull', True), ('dropped_at__isnull', True), _connector='OR')), _connector='OR'), name='held_message_is_gathered_not_sent'),
                ],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.UUIDField()),
                ('key', models.UUIDField()),
                ('request_hash', models.CharField(max_length=64)),
                ('location', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('person_id', 'key'), name='one_answer_a_key'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=120)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('done', 'Done'), ('dead', 'Dead')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('run_after', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('token', models.UUIDField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ['queued', 'running'])), fields=['run_after'], name='job_to_do'),
                    models.Index(fields=['subject', '-id'], name='job_by_subject'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'done', 'dead'])), name='job_state_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), models.Q(('lease_until__isnull', False), ('token__isnull', False)), _connector='OR'), name='running_job_has_a_lease'),
                ],
            },
        ),
        migrations.CreateModel(
            name='NumberCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('series', models.CharField(max_length=8)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('series', 'year'), name='one_counter_a_series'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SigningIntent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='intents', to='documents.document')),
                ('field', models.CharField(max_length=40)),
                ('identifier', models.CharField(max_length=60)),
                ('base_sha256', models.CharField(max_length=64)),
                ('act', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('document', 'field'), name='one_intent_a_field'),
                    models.UniqueConstraint(models.F('document'), django.db.models.fields.json.KeyTextTransform('person_id', 'act'), name='nobody_signs_a_document_twice'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('intent', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='signature', to='documents.signingintent')),
                ('revision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='signature', to='documents.documentrevision')),
                ('certificate_sha256', models.CharField(max_length=64)),
                ('signed_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('machine', models.CharField(max_length=30)),
                ('row_id', models.BigIntegerField()),
                ('source', models.CharField(blank=True, max_length=30)),
                ('target', models.CharField(max_length=30)),
                ('txid', models.BigIntegerField()),
            ],
            options={
                'indexes': [
                    models.Index(fields=['machine', 'row_id'], name='change_by_row'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StateEdge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('machine', models.CharField(max_length=30)),
                ('source', models.CharField(blank=True, max_length=30)),
                ('target', models.CharField(max_length=30)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('machine', 'source', 'target'), name='one_edge'),
                ],
            },
        ),
    ]
