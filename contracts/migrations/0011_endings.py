"""How a contract ends: notices of termination, the exit, what runs on without a contract."""

import uuid
from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django_fsm
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether
from documents.machines import GuardStates, SetEdges

CONTRACT = [
    ("", "preparing"),
    ("preparing", "awaiting_signatures"),
    ("awaiting_signatures", "executed"),
    ("preparing", "void"),
    ("awaiting_signatures", "void"),
]
ENDS = [
    ("executed", "expired"),
    ("executed", "terminated"),
    ("expired", "closed"),
    ("terminated", "closed"),
]
TERMINATION = [
    ("", "proposed"),
    ("proposed", "given"),
    ("proposed", "refused"),
    ("proposed", "withdrawn"),
    ("proposed", "lapsed"),
    ("given", "withdrawn"),
    ("given", "in_effect"),
]
RUNNING = [("", "running"), ("running", "stopped")]
FACTS = ("exititem", "exitact", "endreminder")

# A notice is confirmed in the state in which it is given, by nobody who keeps out of the order, and what was confirmed stays.
CONFIRMED = """
CREATE FUNCTION termination_is_confirmed_by_another() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.confirmed_by IS NOT NULL AND (NEW.confirmed_by, NEW.confirmed_for, NEW.confirmed_at, NEW.notice, NEW.document_id)
       IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_for, OLD.confirmed_at, OLD.notice, OLD.document_id) THEN
        RAISE EXCEPTION 'who confirmed a notice of termination stays' USING ERRCODE = '23514';
    END IF;
    IF OLD.confirmed_by IS NULL AND NEW.confirmed_by IS NOT NULL THEN
        IF NEW.state <> 'given' OR OLD.state <> 'proposed' THEN
            RAISE EXCEPTION 'a notice of termination is confirmed when it is given' USING ERRCODE = '23514';
        END IF;
        IF NEW.confirmed_by IN (NEW.proposed_by, NEW.proposed_for) OR NEW.confirmed_for IN (NEW.proposed_by, NEW.proposed_for) THEN
            RAISE EXCEPTION 'nobody confirms a termination that they proposed' USING ERRCODE = '23514';
        END IF;
        IF EXISTS (
            SELECT 1
              FROM contracts_contract k
              JOIN procurement_calloffrevision r ON r.id = k.revision_id
              JOIN procurement_approval a ON a.id = r.approval_id
              JOIN procurement_recusal d ON (d.subject, d.subject_id) = (a.subject, a.subject_id)
             WHERE k.id = NEW.contract_id AND d.person_id IN (NEW.confirmed_by, NEW.confirmed_for)) THEN
            RAISE EXCEPTION 'whoever keeps out of the order confirms no termination of its contract' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER termination_is_confirmed_by_another BEFORE UPDATE ON contracts_termination
    FOR EACH ROW EXECUTE FUNCTION termination_is_confirmed_by_another();
"""

# A contract is closed once nothing of its exit is left to do.
CLOSED = """
CREATE FUNCTION contract_is_closed_after_its_exit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contracts_exit x WHERE x.contract_id = NEW.id
                    AND (x.document_id IS NOT NULL
                         OR EXISTS (SELECT 1 FROM contracts_exititem i JOIN contracts_exitact a ON a.item_id = i.id
                                     WHERE i.exit_id = x.id AND i.code = 'data_return' AND a.kind = 'not_needed')))
       OR EXISTS (SELECT 1 FROM contracts_exit x JOIN contracts_exititem i ON i.exit_id = x.id
                   WHERE x.contract_id = NEW.id AND NOT EXISTS (SELECT 1 FROM contracts_exitact a WHERE a.item_id = i.id))
       OR EXISTS (SELECT 1 FROM contracts_runningon o WHERE o.contract_id = NEW.id AND o.state = 'running') THEN
        RAISE EXCEPTION 'a contract is closed after its exit' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_is_closed_after_its_exit BEFORE UPDATE ON contracts_contract
    FOR EACH ROW WHEN (NEW.state = 'closed' AND OLD.state <> 'closed') EXECUTE FUNCTION contract_is_closed_after_its_exit();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0010_invoices_and_returns"), ("documents", "0004_longer_numbers"), ("procurement", "0008_approval")]

    operations = [
        migrations.RemoveConstraint(
            model_name='contractversion',
            name='version_kind_is_known',
        ),
        migrations.AddField(
            model_name='contractversion',
            name='charge_gbp',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
        ),
        migrations.AlterField(
            model_name='contractversion',
            name='kind',
            field=models.CharField(choices=[('contract', 'the contract'), ('rerating', 'notice of new prices'), ('milestone', 'milestone certificate'), ('variation', 'variation'), ('termination', 'notice of termination'), ('running_on', 'services that run on after the term')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'termination')), fields=('contract',), name='a_contract_is_terminated_once'),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.CheckConstraint(condition=models.Q(('charge_gbp__isnull', True), models.Q(('charge_gbp__gt', 0), ('charge_gbp__lte', Decimal('999999999999.99')), ('kind', 'termination')), _connector='OR'), name='a_charge_of_its_own_is_a_break_cost'),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contract', 'rerating', 'milestone', 'variation', 'termination', 'running_on'])), name='version_kind_is_known'),
        ),
        CreateTogether([
            migrations.CreateModel(
                name='Termination',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terminations', to='contracts.contract')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('ground', models.CharField(choices=[('default', 'default of the supplier (clause 30.1)'), ('procurement', 'procurement law (clause 30.3; Procurement Act 2023 s.78)'), ('convenience', 'convenience (clause 30.4)'), ('insolvency', 'insolvency of the supplier (clause 30.2)')], max_length=12)),
                    ('basis', models.CharField(blank=True, choices=[('critical_level', 'a service level below its critical figure (30.1(b))'), ('late_milestone', 'a milestone that is 60 days late or has failed (30.1(c))'), ('material', 'another material or serious default (30.1(a), (d) or (e))'), ('breach', 'awarded or modified in material breach of the Act (s.78(2)(a))'), ('excluded', 'the supplier has become excluded or excludable (s.78(2)(b))'), ('subcontractor', 'a sub-contractor has become excluded or excludable (s.78(2)(c))')], max_length=16)),
                    ('level', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.calculatedlevel')),
                    ('milestone', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.milestone')),
                    ('words', models.TextField()),
                    ('heard', models.TextField(blank=True)),
                    ('effective_on', models.DateField()),
                    ('break_cost_gbp', models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                    ('break_cost_words', models.TextField(blank=True)),
                    ('filename', models.CharField(blank=True, max_length=120)),
                    ('content_type', models.CharField(blank=True, max_length=100)),
                    ('length', models.PositiveIntegerField(default=0)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('content_hash', models.CharField(max_length=64)),
                    ('state', django_fsm.FSMField(choices=[('proposed', 'proposed'), ('given', 'notice given'), ('in_effect', 'in effect'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('lapsed', 'lapsed')], default='proposed', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('proposed_by', models.UUIDField()),
                    ('proposed_by_name', models.CharField(max_length=120)),
                    ('proposed_for', models.UUIDField(blank=True, null=True)),
                    ('proposed_for_name', models.CharField(blank=True, max_length=120)),
                    ('proposed_at', models.DateTimeField()),
                    ('confirmed_by', models.UUIDField(blank=True, null=True)),
                    ('confirmed_by_name', models.CharField(blank=True, max_length=120)),
                    ('confirmed_for', models.UUIDField(blank=True, null=True)),
                    ('confirmed_for_name', models.CharField(blank=True, max_length=120)),
                    ('confirmed_post', models.CharField(blank=True, max_length=30)),
                    ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                    ('notice', models.CharField(blank=True, max_length=20, null=True, unique=True)),
                    ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                    ('ended_reason', models.CharField(blank=True, max_length=2000)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'number'), name='one_termination_a_number'), models.UniqueConstraint(condition=models.Q(('state__in', ['proposed', 'given'])), fields=('contract',), name='one_open_termination'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'given', 'in_effect', 'refused', 'withdrawn', 'lapsed'])), name='termination_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('basis__in', ['critical_level', 'late_milestone', 'material']), ('ground', 'default')), models.Q(('basis__in', ['breach', 'excluded', 'subcontractor']), ('ground', 'procurement')), models.Q(('basis', ''), ('ground__in', ['convenience', 'insolvency'])), _connector='OR'), name='termination_has_its_ground'), models.CheckConstraint(condition=models.Q(models.Q(('basis', 'critical_level'), ('level__isnull', False), ('milestone__isnull', True)), models.Q(('basis', 'late_milestone'), ('level__isnull', True), ('milestone__isnull', False)), models.Q(models.Q(('basis__in', ['critical_level', 'late_milestone']), _negated=True), ('level__isnull', True), ('milestone__isnull', True)), _connector='OR'), name='termination_rests_on_something'), models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), models.Q(models.Q(('ground', 'procurement'), _negated=True), models.Q(('heard', ''), _negated=True), _connector='OR')), name='termination_says_why'), models.CheckConstraint(condition=models.Q(('break_cost_gbp', 0), models.Q(('break_cost_gbp__gt', 0), ('break_cost_gbp__lte', Decimal('999999999999.99')), ('ground', 'convenience'), models.Q(('break_cost_words', ''), _negated=True)), _connector='OR'), name='break_cost_is_of_convenience'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='termination_has_its_hash'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_by', models.F('proposed_by')), _negated=True), models.Q(('confirmed_by', models.F('proposed_for')), _negated=True), models.Q(('confirmed_for', models.F('proposed_by')), _negated=True), models.Q(('confirmed_for', models.F('proposed_for')), _negated=True)), name='contract_termination_needs_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['given', 'in_effect']), _negated=True), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('document__isnull', False), ('notice__isnull', False)), _connector='OR'), name='given_notice_is_confirmed'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['refused', 'withdrawn', 'lapsed']), _negated=True), models.Q(('ended_reason', ''), _negated=True), _connector='OR'), name='no_notice_says_why')],
                },
            ),
            migrations.CreateModel(
                name='Exit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('contract', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='exit', to='contracts.contract')),
                    ('opened_at', models.DateTimeField()),
                    ('number', models.CharField(blank=True, max_length=20, null=True, unique=True)),
                    ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', True), ('number__isnull', True)), models.Q(('document__isnull', False), ('number__isnull', False)), _connector='OR'), name='data_return_certificate_has_its_number')],
                },
            ),
            migrations.CreateModel(
                name='ExitItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('exit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='contracts.exit')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('code', models.CharField(max_length=20)),
                    ('party', models.CharField(choices=[('supplier', 'the supplier'), ('department', 'the department')], max_length=12)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('exit', 'code'), name='one_exit_item_a_code'), models.UniqueConstraint(fields=('exit', 'number'), name='one_exit_item_a_number'), models.CheckConstraint(condition=models.Q(('party__in', ['supplier', 'department'])), name='exit_item_is_of_a_side')],
                },
            ),
            migrations.CreateModel(
                name='ExitAct',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='act', to='contracts.exititem')),
                    ('kind', models.CharField(choices=[('done', 'done'), ('not_needed', 'not needed')], max_length=12)),
                    ('words', models.TextField()),
                    ('filename', models.CharField(blank=True, max_length=120)),
                    ('content_type', models.CharField(blank=True, max_length=100)),
                    ('length', models.PositiveIntegerField(default=0)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('person_id', models.UUIDField()),
                    ('person_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('post', models.CharField(max_length=30)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['done', 'not_needed'])), name='exit_act_is_known'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='exit_act_says_what_shows_it')],
                },
            ),
            migrations.CreateModel(
                name='RunningOn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('contract', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='running_on', to='contracts.contract')),
                    ('state', django_fsm.FSMField(choices=[('running', 'continuing without contract'), ('stopped', 'stopped')], default='running', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('reason', models.TextField()),
                    ('last_day', models.DateField(blank=True, null=True)),
                    ('told_on', models.DateField()),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['running', 'stopped'])), name='running_on_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('last_day__isnull', True), ('state', 'running')), models.Q(('last_day__isnull', False), ('state', 'stopped')), _connector='OR'), name='what_stopped_has_its_last_day'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='running_on_says_why')],
                },
            ),
            migrations.CreateModel(
                name='EndReminder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='end_reminders', to='contracts.contract')),
                    ('ends_on', models.DateField()),
                    ('days', models.PositiveSmallIntegerField()),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('contract', 'ends_on', 'days'), name='one_end_reminder')],
                },
            ),
        ]),
        SetEdges("contract", CONTRACT + ENDS),
        SetEdges("contract_termination", TERMINATION),
        GuardStates("contracts_termination", "contract_termination"),
        SetEdges("running_on", RUNNING),
        GuardStates("contracts_runningon", "running_on"),
        *[AppendOnly(f"contracts_{table}") for table in FACTS],
        migrations.RunSQL(CONFIRMED, "DROP FUNCTION termination_is_confirmed_by_another() CASCADE;"),
        migrations.RunSQL(CLOSED, "DROP FUNCTION contract_is_closed_after_its_exit() CASCADE;"),
    ]
