"""Transfers from one department to another: prepared, agreed, applied; their notices and novations; and by what alone the
department of a contract changes."""

import uuid
from decimal import Decimal

import django.contrib.postgres.fields
import django.db.models.deletion
import django_fsm
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether
from documents.machines import GuardStates, SetEdges

TRANSFER = [("", "draft"), ("draft", "agreed"), ("draft", "withdrawn"), ("agreed", "withdrawn"), ("agreed", "applied")]
NOVATION = [("", "awaiting_signatures"), ("awaiting_signatures", "executed"), ("awaiting_signatures", "void"), ("executed", "void")]

# It is agreed in the state in which it is, by nobody who had a hand in it, and what was agreed stays.
AGREED = """
CREATE FUNCTION transfer_is_agreed_by_another() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT NEW.hands @> OLD.hands THEN
        RAISE EXCEPTION 'a hand in a transfer stays' USING ERRCODE = '23514';
    END IF;
    IF OLD.state <> 'draft' AND (NEW.contracts, NEW.orders, NEW.people, NEW.hands, NEW.content_hash, NEW.agreed_by, NEW.agreed_for, NEW.agreed_at)
       IS DISTINCT FROM (OLD.contracts, OLD.orders, OLD.people, OLD.hands, OLD.content_hash, OLD.agreed_by, OLD.agreed_for, OLD.agreed_at) THEN
        RAISE EXCEPTION 'what was agreed of a transfer stays' USING ERRCODE = '23514';
    END IF;
    IF OLD.agreed_by IS NULL AND NEW.agreed_by IS NOT NULL THEN
        IF NEW.state <> 'agreed' OR OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'a transfer is agreed when it is agreed to' USING ERRCODE = '23514';
        END IF;
        IF NEW.agreed_by = ANY(NEW.hands) OR NEW.agreed_for = ANY(NEW.hands) THEN
            RAISE EXCEPTION 'nobody agrees to a transfer that they had a hand in' USING ERRCODE = '23514';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfer_is_agreed_by_another BEFORE UPDATE ON contracts_transfer
    FOR EACH ROW EXECUTE FUNCTION transfer_is_agreed_by_another();
"""
AGREED_BACK = "DROP FUNCTION transfer_is_agreed_by_another() CASCADE;"

# What passes, passes by a transfer that is agreed and whose day has come, from the one department of it to the other.
PASSES = """
CREATE FUNCTION what_passes_has_its_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM contracts_transfer t
         WHERE t.number = NEW.transfer AND t.state = 'agreed'
           AND (t.outgoing_id, t.receiving_id, t.effective_on) = (NEW.outgoing_id, NEW.receiving_id, NEW.effective_on)
           AND t.effective_on <= (NEW.made_at AT TIME ZONE 'Europe/London')::date) THEN
        RAISE EXCEPTION 'nothing passes without a transfer that is agreed and due (%)', NEW.transfer USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER what_passes_has_its_transfer BEFORE INSERT ON procurement_passing
    FOR EACH ROW EXECUTE FUNCTION what_passes_has_its_transfer();
CREATE TRIGGER department_passes_by_its_fact BEFORE UPDATE ON contracts_contract
    FOR EACH ROW WHEN (NEW.department_id <> OLD.department_id) EXECUTE FUNCTION department_passes_by_its_fact('contracts.contract');
"""
PASSES_BACK = """
DROP FUNCTION what_passes_has_its_transfer() CASCADE;
DROP TRIGGER department_passes_by_its_fact ON contracts_contract;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_rules"),
        ("contracts", "0021_statutory_notices"),
        ("documents", "0004_longer_numbers"),
        ("procurement", "0013_passings"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Transfer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('number', models.CharField(max_length=20, unique=True)),
                    ('kind', models.CharField(choices=[('merged', 'merged into the receiving department'), ('abolished', 'abolished, the receiving department takes over'), ('split', 'split: it stays, a part of it passes')], max_length=10)),
                    ('basis', models.CharField(choices=[('order', 'transfer order, between bodies of the Crown'), ('novation', 'novation, where either is not of the Crown')], max_length=10)),
                    ('order_number', models.CharField(blank=True, max_length=120)),
                    ('order_on', models.DateField(blank=True, null=True)),
                    ('effective_on', models.DateField()),
                    ('words', models.TextField()),
                    ('filename', models.CharField(blank=True, max_length=120)),
                    ('content_type', models.CharField(blank=True, max_length=100)),
                    ('length', models.PositiveIntegerField(default=0)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('contracts', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                    ('orders', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                    ('people', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None)),
                    ('content_hash', models.CharField(max_length=64)),
                    ('state', django_fsm.FSMField(choices=[('draft', 'prepared'), ('agreed', 'agreed'), ('applied', 'in effect'), ('withdrawn', 'withdrawn')], default='draft', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('prepared_by', models.UUIDField()),
                    ('prepared_by_name', models.CharField(max_length=120)),
                    ('prepared_for', models.UUIDField(blank=True, null=True)),
                    ('prepared_for_name', models.CharField(blank=True, max_length=120)),
                    ('prepared_at', models.DateTimeField()),
                    ('hands', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                    ('agreed_by', models.UUIDField(blank=True, null=True)),
                    ('agreed_by_name', models.CharField(blank=True, max_length=120)),
                    ('agreed_for', models.UUIDField(blank=True, null=True)),
                    ('agreed_for_name', models.CharField(blank=True, max_length=120)),
                    ('agreed_post', models.CharField(blank=True, max_length=30)),
                    ('agreed_at', models.DateTimeField(blank=True, null=True)),
                    ('applied_at', models.DateTimeField(blank=True, null=True)),
                    ('contracts_before', models.PositiveIntegerField(blank=True, null=True)),
                    ('contracts_after', models.PositiveIntegerField(blank=True, null=True)),
                    ('value_before_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('value_after_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('reserved_before_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('reserved_after_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('committed_before_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('committed_after_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                    ('ended_reason', models.CharField(blank=True, max_length=2000)),
                    ('authority', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.organisation')),
                    ('outgoing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_away', to='catalogue.organisation')),
                    ('receiving', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_here', to='catalogue.organisation')),
                ],
                options={
                    'ordering': ['-id'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['draft', 'agreed'])), fields=('outgoing',), name='one_open_transfer'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'agreed', 'applied', 'withdrawn'])), name='transfer_state_is_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['merged', 'abolished', 'split'])), name='transfer_kind_is_known'), models.CheckConstraint(condition=models.Q(('outgoing', models.F('receiving')), _negated=True), name='transfer_is_to_another'), models.CheckConstraint(condition=models.Q(models.Q(('basis', 'order'), ('order_on__isnull', False), models.Q(('order_number', ''), _negated=True)), models.Q(('basis', 'novation'), ('order_number', ''), ('order_on__isnull', True)), _connector='OR'), name='transfer_has_its_legal_basis'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='transfer_says_why'), models.CheckConstraint(condition=models.Q(('kind', 'split'), models.Q(('contracts', []), ('orders', []), ('people', [])), _connector='OR'), name='only_a_split_chooses'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='transfer_has_its_hash'), models.CheckConstraint(condition=models.Q(models.Q(('agreed_by', models.F('prepared_by')), _negated=True), models.Q(('agreed_by', models.F('prepared_for')), _negated=True), models.Q(('agreed_for', models.F('prepared_by')), _negated=True), models.Q(('agreed_for', models.F('prepared_for')), _negated=True)), name='transfer_needs_two_people'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'withdrawn']), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False)), _connector='OR'), name='agreed_transfer_says_by_whom'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), models.Q(('ended_reason', ''), _negated=True), _connector='OR'), name='withdrawn_transfer_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('applied_at__isnull', True), ('committed_after_gbp__isnull', True), ('committed_before_gbp__isnull', True), ('contracts_after__isnull', True), ('contracts_before__isnull', True), ('reserved_after_gbp__isnull', True), ('reserved_before_gbp__isnull', True), ('value_after_gbp__isnull', True), ('value_before_gbp__isnull', True), models.Q(('state', 'applied'), _negated=True)), models.Q(('applied_at__isnull', False), ('committed_after_gbp', models.F('committed_before_gbp')), ('committed_after_gbp__gte', 0), ('committed_after_gbp__lte', Decimal('999999999999.99')), ('contracts_after', models.F('contracts_before')), ('reserved_after_gbp', models.F('reserved_before_gbp')), ('reserved_after_gbp__gte', 0), ('reserved_after_gbp__lte', Decimal('999999999999.99')), ('state', 'applied'), ('value_after_gbp', models.F('value_before_gbp')), ('value_after_gbp__gte', 0), ('value_after_gbp__lte', Decimal('999999999999.99'))), _connector='OR'), name='transfer_keeps_its_totals')],
                },
            ),
            migrations.CreateModel(
                name='Novation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('state', django_fsm.FSMField(choices=[('awaiting_signatures', 'awaiting signatures'), ('executed', 'executed'), ('void', 'void')], default='awaiting_signatures', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('signed_on', models.DateField(blank=True, null=True)),
                    ('void_reason', models.CharField(blank=True, max_length=2000)),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='novations', to='contracts.contract')),
                    ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                    ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='novations', to='contracts.transfer')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('transfer', 'contract'), name='one_novation_a_contract_and_transfer'), models.CheckConstraint(condition=models.Q(('state__in', ['awaiting_signatures', 'executed', 'void'])), name='novation_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'executed'), _negated=True), ('signed_on__isnull', False), _connector='OR'), name='executed_novation_is_signed'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'void'), _negated=True), models.Q(('void_reason', ''), _negated=True), _connector='OR'), name='void_novation_says_why')],
                },
            ),
            migrations.CreateModel(
                name='TransferNotice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('position', models.PositiveSmallIntegerField()),
                    ('number', models.CharField(max_length=20, unique=True)),
                    ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                    ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.organisation')),
                    ('transfer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='contracts.transfer')),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('transfer', 'position'), name='one_transfer_notice_a_position'), models.UniqueConstraint(fields=('transfer', 'supplier'), name='one_transfer_notice_a_supplier', nulls_distinct=False)],
                },
            ),
        ]),
        AppendOnly("contracts_transfernotice"),
        SetEdges("transfer", TRANSFER),
        GuardStates("contracts_transfer", "transfer"),
        SetEdges("novation", NOVATION),
        GuardStates("contracts_novation", "novation"),
        migrations.RunSQL(AGREED, AGREED_BACK),
        migrations.RunSQL(PASSES, PASSES_BACK),
    ]
