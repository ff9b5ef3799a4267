"""Service levels: what was measured in a month, the credits calculated from it, and what was done with each."""

import django.db.models.deletion
import django_fsm
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether
from documents.machines import GuardStates, SetEdges

CREDIT = [
    ("", "calculated"),
    ("calculated", "notified"),
    ("disputed", "notified"),
    ("notified", "disputed"),
    ("notified", "agreed"),
    ("disputed", "agreed"),
    ("agreed", "applied"),
    ("calculated", "waived"),
    ("notified", "waived"),
    ("disputed", "waived"),
    ("agreed", "waived"),
    ("calculated", "void"),
    ("notified", "void"),
    ("disputed", "void"),
]
FACTS = ("servicereport", "measurement", "creditcalculation", "calculatedlevel", "creditact", "rectificationplan")

# Nobody waives a credit that they, or whom they act for, had a hand in: measured, calculated, notified or decided; and who
# disputed it does not decide the dispute.
OTHERS = """
CREATE FUNCTION credit_is_decided_by_others() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.kind = 'waived' AND EXISTS (
        SELECT 1
          FROM contracts_servicecredit s
          CROSS JOIN LATERAL (
                SELECT a.person_id FROM contracts_creditact a WHERE a.credit_id = s.id
                UNION ALL SELECT a.principal_id FROM contracts_creditact a WHERE a.credit_id = s.id
                UNION ALL SELECT unnest(ARRAY[c.calculated_by, c.principal_id, r.reported_by, r.principal_id])
                            FROM contracts_creditcalculation c JOIN contracts_servicereport r ON r.id = c.report_id
                           WHERE c.contract_id = s.contract_id AND c.month = s.month) hand
         WHERE s.id = NEW.credit_id AND hand.person_id IN (NEW.person_id, NEW.principal_id)) THEN
        RAISE EXCEPTION 'nobody waives a credit that they had a hand in' USING ERRCODE = '23514';
    END IF;
    IF NEW.kind IN ('upheld', 'dropped') AND EXISTS (
        SELECT 1
          FROM (SELECT * FROM contracts_creditact WHERE credit_id = NEW.credit_id AND kind = 'disputed' ORDER BY id DESC LIMIT 1) a
          CROSS JOIN LATERAL (VALUES (a.person_id), (a.principal_id)) hand(person_id)
         WHERE hand.person_id IN (NEW.person_id, NEW.principal_id)) THEN
        RAISE EXCEPTION 'nobody decides a dispute of their own' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_is_decided_by_others BEFORE INSERT ON contracts_creditact
    FOR EACH ROW EXECUTE FUNCTION credit_is_decided_by_others();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_rules"), ("contracts", "0007_variations"), ("documents", "0002_rules")]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='ServiceReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='contracts.contract')),
                    ('month', models.DateField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('source', models.CharField(choices=[('supplier', 'the supplier'), ('department', 'the department')], max_length=12)),
                    ('note', models.TextField(blank=True)),
                    ('reported_by', models.UUIDField()),
                    ('reported_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('reported_at', models.DateTimeField()),
                    ('content_hash', models.CharField(max_length=64)),
                ],
                options={
                    'ordering': ['month', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'month', 'number'), name='one_service_report_a_number'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='service_report_is_of_a_month'), models.CheckConstraint(condition=models.Q(('source', 'supplier'), models.Q(('source', 'department'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='a_correction_says_why'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='service_report_has_its_hash')],
                },
            ),
            migrations.CreateModel(
                name='Measurement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measurements', to='contracts.servicereport')),
                    ('measure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.servicelevelmeasure')),
                    ('actual', models.CharField(max_length=20)),
                    ('relief', models.TextField(blank=True)),
                ],
                options={
                    'ordering': ['measure__position'],
                    'constraints': [models.UniqueConstraint(fields=('report', 'measure'), name='one_measurement_a_measure'), models.CheckConstraint(condition=models.Q(('actual__regex', '^(100(\\.0{1,3})?|[0-9]{1,2}(\\.[0-9]{1,3})?|[a-z_]+)$')), name='measurement_is_per_cent_or_a_word')],
                },
            ),
            migrations.CreateModel(
                name='CreditCalculation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calculations', to='contracts.contract')),
                    ('month', models.DateField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('report', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='calculation', to='contracts.servicereport')),
                    ('charges_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('cap_percent', models.DecimalField(decimal_places=2, max_digits=5)),
                    ('cap_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('shown_hash', models.CharField(max_length=64)),
                    ('calculated_by', models.UUIDField()),
                    ('calculated_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('calculated_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['month', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'month', 'number'), name='one_calculation_a_number'), models.CheckConstraint(condition=models.Q(('cap_gbp__gte', 0), ('cap_gbp__lte', models.F('charges_gbp')), ('cap_percent__gte', 0), ('cap_percent__lte', 100), ('charges_gbp__gt', 0), ('charges_gbp__lte', Decimal('999999999999.99'))), name='calculation_is_of_money')],
                },
            ),
            migrations.CreateModel(
                name='CalculatedLevel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('calculation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='levels', to='contracts.creditcalculation')),
                    ('measurement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calculated', to='contracts.measurement')),
                    ('standing', models.CharField(choices=[('met', 'met'), ('below_target', 'below target'), ('below_minimum', 'below minimum'), ('below_critical', 'below critical'), ('relieved', 'excluded: relief event')], max_length=16)),
                    ('points', models.DecimalField(decimal_places=3, max_digits=6)),
                    ('base_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('credit_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('cut_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('plan_due_on', models.DateField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['measurement__measure__position'],
                    'constraints': [models.UniqueConstraint(fields=('calculation', 'measurement'), name='one_level_a_measurement'), models.CheckConstraint(condition=models.Q(('standing__in', ['met', 'below_target', 'below_minimum', 'below_critical', 'relieved'])), name='standing_is_known'), models.CheckConstraint(condition=models.Q(('base_gbp__gte', 0), ('base_gbp__lte', Decimal('999999999999.99')), ('credit_gbp__gte', 0), ('cut_gbp__gte', 0), ('cut_gbp__lte', models.F('credit_gbp')), ('points__gte', 0), ('points__lte', 100), models.Q(('credit_gbp', 0), ('standing__in', ['below_target', 'below_minimum', 'below_critical']), _connector='OR')), name='credit_is_money'), models.CheckConstraint(condition=models.Q(models.Q(('plan_due_on__isnull', False), ('standing__in', ['below_minimum', 'below_critical'])), models.Q(('plan_due_on__isnull', True), ('standing__in', ['met', 'below_target', 'relieved'])), _connector='OR'), name='below_minimum_a_plan_is_due')],
                },
            ),
            migrations.CreateModel(
                name='ServiceCredit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='contracts.contract')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('month', models.DateField()),
                    ('measure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.servicelevelmeasure')),
                    ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='contracts.calculatedlevel')),
                    ('state', django_fsm.FSMField(choices=[('calculated', 'calculated'), ('notified', 'notified'), ('disputed', 'disputed'), ('agreed', 'agreed'), ('applied', 'applied'), ('waived', 'waived'), ('void', 'void')], default='calculated', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'number'), name='one_credit_a_number'), models.UniqueConstraint(condition=models.Q(('state', 'void'), _negated=True), fields=('contract', 'month', 'measure'), name='one_credit_a_measure_and_month'), models.CheckConstraint(condition=models.Q(('state__in', ['calculated', 'notified', 'disputed', 'agreed', 'applied', 'waived', 'void'])), name='credit_state_is_known')],
                },
            ),
            migrations.CreateModel(
                name='CreditAct',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('credit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='contracts.servicecredit')),
                    ('kind', models.CharField(choices=[('notified', 'notified'), ('agreed', 'agreed'), ('disputed', 'disputed'), ('upheld', 'dispute decided: the credit is upheld'), ('dropped', 'dispute decided: the credit is dropped'), ('waived', 'waived'), ('applied', 'applied')], max_length=12)),
                    ('words', models.TextField(blank=True)),
                    ('invoice_reference', models.CharField(blank=True, max_length=60)),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
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
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['notified', 'agreed', 'disputed', 'upheld', 'dropped', 'waived', 'applied'])), name='credit_act_is_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['notified', 'agreed', 'applied']), models.Q(('words', ''), _negated=True), _connector='OR'), name='a_credit_act_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'disputed'), _negated=True), models.Q(('sha256', ''), _negated=True), _connector='OR'), name='a_dispute_has_its_evidence'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'applied'), models.Q(('invoice_reference', ''), _negated=True)), models.Q(models.Q(('kind', 'applied'), _negated=True), ('invoice_reference', '')), _connector='OR'), name='applied_to_an_invoice'), models.UniqueConstraint(condition=models.Q(('kind', 'applied')), fields=('credit',), name='a_credit_is_applied_once'), models.UniqueConstraint(condition=models.Q(('kind', 'waived')), fields=('credit',), name='a_credit_is_waived_once'), models.CheckConstraint(condition=models.Q(('amount_gbp__gte', 0), ('amount_gbp__lte', Decimal('999999999999.99'))), name='credit_act_is_money')],
                },
            ),
            migrations.CreateModel(
                name='RectificationPlan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='contracts.calculatedlevel')),
                    ('words', models.TextField()),
                    ('submitted_by', models.UUIDField()),
                    ('submitted_by_name', models.CharField(max_length=120)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('submitted_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='a_plan_says_something')],
                },
            ),
        ]),
        SetEdges("service_credit", CREDIT),
        GuardStates("contracts_servicecredit", "service_credit"),
        *[AppendOnly(f"contracts_{table}") for table in FACTS],
        migrations.RunSQL(OTHERS, "DROP FUNCTION credit_is_decided_by_others() CASCADE;"),
    ]
