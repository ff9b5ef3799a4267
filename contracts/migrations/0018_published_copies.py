"""The published copy of a contract, and what it withholds."""

import uuid

import django.db.models.deletion
import django_fsm
from django.db import migrations, models

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

COPY = [
    ("", "proposed"),
    ("proposed", "approved"),
    ("proposed", "refused"),
    ("proposed", "withdrawn"),
    ("approved", "published"),
    ("published", "replaced"),
    ("published", "taken_down"),
]

# What is withheld is decided once, in the state in which it is approved, by nobody who proposed it or keeps out of the order.
DECIDED = """
CREATE FUNCTION withholding_is_decided_by_another() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.decided_by IS NOT NULL AND (NEW.decided_by, NEW.decided_for, NEW.decided_at, NEW.reference, NEW.document_id)
       IS DISTINCT FROM (OLD.decided_by, OLD.decided_for, OLD.decided_at, OLD.reference, OLD.document_id) THEN
        RAISE EXCEPTION 'who decided what a published copy withholds stays' USING ERRCODE = '23514';
    END IF;
    IF OLD.decided_by IS NULL AND NEW.decided_by IS NOT NULL THEN
        IF NEW.state <> 'approved' OR OLD.state <> 'proposed' THEN
            RAISE EXCEPTION 'what a published copy withholds is decided when it is approved' USING ERRCODE = '23514';
        END IF;
        IF EXISTS (
            SELECT 1
              FROM contracts_contract k
              JOIN procurement_calloffrevision r ON r.id = k.revision_id
              JOIN procurement_approval a ON a.id = r.approval_id
              JOIN procurement_recusal d ON (d.subject, d.subject_id) = (a.subject, a.subject_id)
             WHERE k.id = NEW.contract_id AND d.person_id IN (NEW.decided_by, NEW.decided_for)) THEN
            RAISE EXCEPTION 'whoever keeps out of the order decides on no published copy of its contract' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withholding_is_decided_by_another BEFORE UPDATE ON contracts_redactedcopy
    FOR EACH ROW EXECUTE FUNCTION withholding_is_decided_by_another();
"""

# What is said to be withheld comes with the proposal: nothing is added to it later.
WITHHELD = """
CREATE FUNCTION nothing_more_is_withheld() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contracts_redactedcopy c WHERE c.id = NEW.copy_id AND c.state = 'proposed') THEN
        RAISE EXCEPTION 'what a copy withholds is said when it is proposed' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nothing_more_is_withheld BEFORE INSERT ON contracts_withheldfield
    FOR EACH ROW EXECUTE FUNCTION nothing_more_is_withheld();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0017_contracts_by_end"), ("documents", "0004_longer_numbers"), ("procurement", "0012_baseline_is_its_own")]

    operations = [
        migrations.CreateModel(
            name='RedactedCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('content', models.TextField()),
                ('content_hash', models.CharField(max_length=64)),
                ('state', django_fsm.FSMField(choices=[('proposed', 'proposed'), ('approved', 'decided, being made'), ('published', 'published'), ('replaced', 'replaced by a newer one'), ('taken_down', 'taken down'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='proposed', max_length=50, protected=True)),
                ('state_since', models.DateTimeField()),
                ('proposed_by', models.UUIDField()),
                ('proposed_by_name', models.CharField(max_length=120)),
                ('proposed_for', models.UUIDField(blank=True, null=True)),
                ('proposed_for_name', models.CharField(blank=True, max_length=120)),
                ('proposed_at', models.DateTimeField()),
                ('decided_by', models.UUIDField(blank=True, null=True)),
                ('decided_by_name', models.CharField(blank=True, max_length=120)),
                ('decided_for', models.UUIDField(blank=True, null=True)),
                ('decided_for_name', models.CharField(blank=True, max_length=120)),
                ('decided_post', models.CharField(blank=True, max_length=30)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reference', models.CharField(blank=True, max_length=20, null=True, unique=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=2000)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redacted_copies', to='contracts.contract')),
                ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='WithheldField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('code', models.CharField(max_length=40)),
                ('label', models.CharField(max_length=200)),
                ('ground', models.CharField(choices=[('security', 'needed to safeguard national security (s.94(1)(a))'), ('commercial', 'sensitive commercial information, and an overriding public interest in withholding it (s.94(1)(b))')], max_length=12)),
                ('words', models.CharField(max_length=2000)),
                ('until', models.DateField()),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withheld', to='contracts.redactedcopy')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='one_redacted_copy_a_number'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'approved'])), fields=('contract',), name='one_open_redacted_copy'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('contract',), name='one_published_copy'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'published', 'replaced', 'taken_down', 'refused', 'withdrawn'])), name='redacted_copy_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='redacted_copy_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by', models.F('proposed_by')), _negated=True), models.Q(('decided_by', models.F('proposed_for')), _negated=True), models.Q(('decided_for', models.F('proposed_by')), _negated=True), models.Q(('decided_for', models.F('proposed_for')), _negated=True)), name='withholding_needs_two_people'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'published', 'replaced', 'taken_down']), _negated=True), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('document__isnull', False), ('reference__isnull', False)), _connector='OR'), name='copy_for_the_public_is_decided'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['published', 'replaced', 'taken_down']), _negated=True), ('published_at__isnull', False), _connector='OR'), name='published_copy_has_its_moment'),
        ),
        migrations.AddConstraint(
            model_name='redactedcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['refused', 'withdrawn', 'taken_down']), _negated=True), models.Q(('ended_reason', ''), _negated=True), _connector='OR'), name='no_copy_says_why'),
        ),
        migrations.AddConstraint(
            model_name='withheldfield',
            constraint=models.UniqueConstraint(fields=('copy', 'number'), name='one_withheld_field_a_number'),
        ),
        migrations.AddConstraint(
            model_name='withheldfield',
            constraint=models.UniqueConstraint(fields=('copy', 'code'), name='one_withheld_field_a_code'),
        ),
        migrations.AddConstraint(
            model_name='withheldfield',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['security', 'commercial'])), name='withheld_field_has_its_ground'),
        ),
        migrations.AddConstraint(
            model_name='withheldfield',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), models.Q(('label', ''), _negated=True)), name='withheld_field_says_why'),
        ),
        SetEdges("redacted_copy", COPY),
        GuardStates("contracts_redactedcopy", "redacted_copy"),
        AppendOnly("contracts_withheldfield"),
        migrations.RunSQL(DECIDED, "DROP FUNCTION withholding_is_decided_by_another() CASCADE;"),
        migrations.RunSQL(WITHHELD, "DROP FUNCTION nothing_more_is_withheld() CASCADE;"),
    ]
