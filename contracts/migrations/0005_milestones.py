"""The transition of a contract: its milestones with their criteria and payments, what the supplier submits, what the department
decides, and what falls due. Contracts in force are given the milestones of the order that was accepted."""

import django.db.models.deletion
import django_fsm
import uuid
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether
from documents.machines import GuardStates, SetEdges

MILESTONE = [
    ("", "planned"),
    ("planned", "in_progress"),
    ("in_progress", "submitted"),
    ("submitted", "in_progress"),
    ("submitted", "achieved"),
    ("submitted", "conditional"),
    ("conditional", "achieved"),
    ("planned", "failed"),
    ("in_progress", "failed"),
]
FACTS = ("acceptancecriterion", "paymentdue", "milestonesubmission", "evidence", "acceptancedecision", "criterionresult", "paymentrelease")

# Of contracts that were executed before there were milestones: those of the frozen order, as an execution makes them now,
# with the record that each of them is there.
OF_THE_ORDERS = """
INSERT INTO contracts_milestone (public_id, contract_id, number, title, effect, planned_on, due_on, state, state_since)
SELECT gen_random_uuid(), k.id, substr(m ->> 'number', 2)::int, m ->> 'title', coalesce(m ->> 'effect', ''), (m ->> 'planned_on')::date,
       (m ->> 'planned_on')::date, 'planned', k.executed_at
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 CROSS JOIN LATERAL jsonb_array_elements(r.content::jsonb -> 'milestones') m
 WHERE k.executed_at IS NOT NULL
 ORDER BY 2, 3;
INSERT INTO contracts_acceptancecriterion (milestone_id, number, words)
SELECT n.id, c.place, c.words
  FROM contracts_milestone n
  JOIN contracts_contract k ON k.id = n.contract_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 CROSS JOIN LATERAL jsonb_array_elements(r.content::jsonb -> 'milestones') m
 CROSS JOIN LATERAL jsonb_array_elements_text(m -> 'criteria') WITH ORDINALITY AS c(words, place)
 WHERE m ->> 'number' = 'M' || n.number
 ORDER BY n.id, c.place;
INSERT INTO contracts_paymentdue (milestone_id, line_id, percent, quantity, amount_gbp)
SELECT n.id, l.id, (p.payment ->> 'percent')::numeric, (p.payment ->> 'quantity')::int, (p.payment ->> 'amount_gbp')::numeric
  FROM contracts_milestone n
  JOIN contracts_contract k ON k.id = n.contract_id
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 CROSS JOIN LATERAL jsonb_array_elements(r.content::jsonb -> 'milestones') m
 CROSS JOIN LATERAL jsonb_array_elements(m -> 'payments') WITH ORDINALITY AS p(payment, place)
 CROSS JOIN LATERAL (SELECT max(o.id) AS id FROM contracts_contractline o JOIN catalogue_serviceversion s ON s.id = o.service_id
                      WHERE o.contract_id = k.id AND o.phase = 'one_off' AND s.code = p.payment ->> 'service') l
 WHERE m ->> 'number' = 'M' || n.number
 ORDER BY n.id, p.place;
INSERT INTO documents_auditevent (verb, subject, subject_id, actor_kind, actor_words, channel, session, acting_for, reason, before,
                                  after, hash_shown, request_id, extra, at, real_at)
SELECT 'milestone.planned', 'contracts.milestone', n.public_id::text, 'system', 'the system', 'worker', '', '', '', '', 'planned', '', '',
       '{}', n.state_since, now()
  FROM contracts_milestone n ORDER BY n.id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0004_recused_do_not_sign"),
        ("documents", "0002_rules"),
        ("procurement", "0007_capacity_adjusts"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Milestone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='milestones', to='contracts.contract')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('title', models.CharField(max_length=160)),
                    ('effect', models.CharField(blank=True, choices=[('', 'no effect on charges'), ('interim_starts', 'interim lines start'), ('cutover', 'interim lines end and shared lines start together')], max_length=16)),
                    ('planned_on', models.DateField()),
                    ('due_on', models.DateField()),
                    ('state', django_fsm.FSMField(choices=[('planned', 'planned'), ('in_progress', 'in progress'), ('submitted', 'submitted for acceptance'), ('conditional', 'accepted on conditions'), ('achieved', 'achieved'), ('failed', 'failed')], default='planned', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('achieved_on', models.DateField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'number'), name='one_contract_milestone_a_number'), models.UniqueConstraint(condition=models.Q(('effect', ''), _negated=True), fields=('contract', 'effect'), name='one_contract_milestone_an_effect'), models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'in_progress', 'submitted', 'conditional', 'achieved', 'failed'])), name='milestone_state_is_known'), models.CheckConstraint(condition=models.Q(('effect__in', ['', 'interim_starts', 'cutover'])), name='contract_milestone_effect_is_known'), models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('planned_on'))), name='relief_gives_time'), models.CheckConstraint(condition=models.Q(models.Q(('achieved_on__isnull', False), ('state__in', ('conditional', 'achieved'))), models.Q(models.Q(('state__in', ('conditional', 'achieved')), _negated=True), ('achieved_on__isnull', True)), _connector='OR'), name='accepted_milestone_has_its_day')],
                },
            ),
            migrations.CreateModel(
                name='AcceptanceCriterion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('milestone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='criteria', to='contracts.milestone')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('words', models.CharField(max_length=300)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('milestone', 'number'), name='one_criterion_a_number')],
                },
            ),
            migrations.CreateModel(
                name='PaymentDue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('milestone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='contracts.milestone')),
                    ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='contracts.contractline')),
                    ('percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                    ('quantity', models.PositiveIntegerField(blank=True, null=True)),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(fields=('milestone', 'line'), name='one_payment_a_line'), models.CheckConstraint(condition=models.Q(models.Q(('percent__gt', 0), ('percent__lte', 100), ('quantity__isnull', True)), models.Q(('percent__isnull', True), ('quantity__gt', 0)), _connector='OR'), name='contract_payment_is_a_share_or_a_quantity'), models.CheckConstraint(condition=models.Q(('amount_gbp__gte', 0), ('amount_gbp__lte', Decimal('999999999999.99'))), name='contract_payment_is_money')],
                },
            ),
            migrations.CreateModel(
                name='MilestoneSubmission',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('milestone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='contracts.milestone')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('note', models.TextField(blank=True)),
                    ('submitted_by', models.UUIDField()),
                    ('submitted_by_name', models.CharField(max_length=120)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('submitted_at', models.DateTimeField()),
                    ('content_hash', models.CharField(max_length=64)),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('milestone', 'number'), name='one_submission_a_number'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='submission_has_its_hash')],
                },
            ),
            migrations.CreateModel(
                name='Evidence',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='contracts.milestonesubmission')),
                    ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='contracts.acceptancecriterion')),
                    ('words', models.TextField(blank=True)),
                    ('filename', models.CharField(blank=True, max_length=120)),
                    ('content_type', models.CharField(blank=True, max_length=100)),
                    ('length', models.PositiveIntegerField(default=0)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                ],
                options={
                    'ordering': ['criterion__number'],
                    'constraints': [models.UniqueConstraint(fields=('submission', 'criterion'), name='one_evidence_a_criterion'), models.CheckConstraint(condition=models.Q(('sha256', ''), ('words', ''), _negated=True), name='evidence_shows_something')],
                },
            ),
            migrations.CreateModel(
                name='AcceptanceDecision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='contracts.milestonesubmission')),
                    ('outcome', models.CharField(choices=[('accepted', 'accepted'), ('conditional', 'accepted on conditions'), ('met', 'conditions met'), ('returned', 'sent back')], max_length=12)),
                    ('number', models.CharField(blank=True, max_length=20, null=True, unique=True)),
                    ('words', models.TextField(blank=True)),
                    ('conditions_by', models.DateField(blank=True, null=True)),
                    ('part_percent', models.DecimalField(decimal_places=2, default=100, max_digits=5)),
                    ('achieved_on', models.DateField(blank=True, null=True)),
                    ('shown_hash', models.CharField(max_length=64)),
                    ('decided_by', models.UUIDField()),
                    ('decided_by_name', models.CharField(max_length=120)),
                    ('post', models.CharField(max_length=30)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('decided_at', models.DateTimeField()),
                    ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('outcome', 'met'), _negated=True), fields=('submission',), name='one_decision_a_submission'), models.UniqueConstraint(condition=models.Q(('outcome', 'met')), fields=('submission',), name='conditions_are_met_once'), models.CheckConstraint(condition=models.Q(models.Q(('achieved_on__isnull', True), ('document__isnull', True), ('number__isnull', True), ('outcome', 'returned')), models.Q(('achieved_on__isnull', False), ('document__isnull', False), ('number__isnull', False), ('outcome__in', ['accepted', 'conditional', 'met'])), _connector='OR'), name='acceptance_has_its_certificate'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'conditional'), _negated=True), models.Q(models.Q(('words', ''), _negated=True), ('conditions_by__isnull', False)), _connector='OR'), name='conditions_are_said_and_have_a_day'), models.CheckConstraint(condition=models.Q(('part_percent__gt', 0), ('part_percent__lte', 100)), name='part_is_a_percentage')],
                },
            ),
            migrations.CreateModel(
                name='CriterionResult',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='contracts.acceptancedecision')),
                    ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='contracts.acceptancecriterion')),
                    ('met', models.BooleanField()),
                    ('words', models.TextField(blank=True)),
                ],
                options={
                    'ordering': ['criterion__number'],
                    'constraints': [models.UniqueConstraint(fields=('decision', 'criterion'), name='one_result_a_criterion'), models.CheckConstraint(condition=models.Q(('met', True), models.Q(('words', ''), _negated=True), _connector='OR'), name='a_no_has_its_words')],
                },
            ),
            migrations.CreateModel(
                name='PaymentRelease',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='contracts.acceptancedecision')),
                    ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='contracts.paymentdue')),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('weeks_late', models.PositiveSmallIntegerField()),
                    ('reduction_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ],
                options={
                    'ordering': ['payment_id'],
                    'constraints': [models.UniqueConstraint(fields=('decision', 'payment'), name='one_release_a_payment'), models.CheckConstraint(condition=models.Q(('amount_gbp__gte', 0), ('amount_gbp__lte', Decimal('999999999999.99')), ('reduction_gbp__gte', 0), ('reduction_gbp__lte', models.F('amount_gbp'))), name='release_is_money')],
                },
            ),
        ]),
        migrations.RemoveConstraint("contractversion", "version_kind_is_known"),
        migrations.AlterField(
            "contractversion", "kind",
            models.CharField(choices=[("contract", "the contract"), ("rerating", "notice of new prices"), ("milestone", "milestone certificate")], max_length=20),
        ),
        migrations.AddConstraint(
            "contractversion",
            models.CheckConstraint(condition=models.Q(("kind__in", ["contract", "rerating", "milestone"])), name="version_kind_is_known"),
        ),
        SetEdges("milestone", MILESTONE),
        GuardStates("contracts_milestone", "milestone"),
        migrations.RunSQL(OF_THE_ORDERS, migrations.RunSQL.noop),
        *[AppendOnly(f"contracts_{table}") for table in FACTS],
    ]
