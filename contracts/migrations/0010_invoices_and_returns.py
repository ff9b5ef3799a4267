"""Invoices and what is paid of them; the monthly return of a supplier, and the levy on it."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
import django.db.models.functions.text
import django_fsm
import uuid
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly, CreateTogether
from documents.machines import GuardStates, SetEdges

INVOICE = [
    ("", "received"),
    ("received", "matched"),
    ("queried", "matched"),
    ("received", "queried"),
    ("matched", "queried"),
    ("matched", "approved"),
    ("received", "rejected"),
    ("matched", "rejected"),
    ("queried", "rejected"),
    ("approved", "paid"),
]
RETURN = [("", "open"), ("open", "declared")]
FACTS = (
    "invoicecheck", "invoiceact", "invoicepayment", "returnline", "declaration", "declaredline", "levynote", "levypayment",
)  # fmt: skip

# Nobody decides on an invoice that they recorded, or that was recorded for whom they act for; nothing is paid of one that is not
# approved, and never more than it asks.
INVOICES = """
CREATE FUNCTION invoice_is_decided_by_others() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM contracts_invoice i CROSS JOIN LATERAL (VALUES (i.recorded_by), (i.principal_id)) hand(person_id)
                WHERE i.id = NEW.invoice_id AND hand.person_id IN (NEW.person_id, NEW.principal_id)) THEN
        RAISE EXCEPTION 'nobody decides on an invoice of their own' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_is_decided_by_others BEFORE INSERT ON contracts_invoiceact
    FOR EACH ROW EXECUTE FUNCTION invoice_is_decided_by_others();
CREATE FUNCTION payment_is_of_what_is_approved() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contracts_invoice i
                    WHERE i.id = NEW.invoice_id AND i.state = 'approved'
                      AND i.gross_gbp >= NEW.amount_gbp + (SELECT coalesce(sum(p.amount_gbp), 0) FROM contracts_invoicepayment p
                                                            WHERE p.invoice_id = i.id)) THEN
        RAISE EXCEPTION 'a payment is of an approved invoice, and of no more than is left of it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_is_of_what_is_approved BEFORE INSERT ON contracts_invoicepayment
    FOR EACH ROW EXECUTE FUNCTION payment_is_of_what_is_approved();
CREATE FUNCTION invoice_moves_with_its_facts() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'paid' AND NEW.gross_gbp <> (SELECT coalesce(sum(p.amount_gbp), 0) FROM contracts_invoicepayment p
                                                  WHERE p.invoice_id = NEW.id)
       OR NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM contracts_invoiceact a
                                                   WHERE a.invoice_id = NEW.id AND a.kind = 'approved' AND a.shown_hash = NEW.content_hash) THEN
        RAISE EXCEPTION 'an invoice is approved by its approval, and paid by its payments' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_moves_with_its_facts BEFORE UPDATE OF state ON contracts_invoice
    FOR EACH ROW EXECUTE FUNCTION invoice_moves_with_its_facts();
"""
# A difference is explained, and a levy is the percentage of what was declared; a return is declared by its declaration; of a note no
# more is paid than it asks, and nothing of a credit.
RETURNS = """
CREATE FUNCTION declared_line_says_what_it_is() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM contracts_returnline l
                WHERE l.id = NEW.line_id
                  AND (NEW.declared_gbp <> l.charges_gbp AND NEW.explanation = ''
                       OR NEW.levy_gbp <> round(NEW.declared_gbp * l.levy_percent / 100, 2)
                       OR NEW.settlement_gbp <> 0 AND NOT l.is_last)) THEN
        RAISE EXCEPTION 'a difference is explained, and a levy is its percentage' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER declared_line_says_what_it_is BEFORE INSERT ON contracts_declaredline
    FOR EACH ROW EXECUTE FUNCTION declared_line_says_what_it_is();
CREATE FUNCTION return_is_declared_whole() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state = 'declared' AND (
        NOT EXISTS (SELECT 1 FROM contracts_declaration d WHERE d.return_of_id = NEW.id)
        OR EXISTS (SELECT 1 FROM contracts_returnline l LEFT JOIN contracts_declaredline d ON d.line_id = l.id
                    WHERE l.return_of_id = NEW.id AND d.id IS NULL)) THEN
        RAISE EXCEPTION 'a return is declared line by line' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER return_is_declared_whole BEFORE UPDATE OF state ON contracts_managementreturn
    FOR EACH ROW EXECUTE FUNCTION return_is_declared_whole();
CREATE FUNCTION levy_payment_is_of_what_is_left() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contracts_levynote n
                    WHERE n.id = NEW.note_id AND n.kind <> 'credit'
                      AND n.amount_gbp >= NEW.amount_gbp + (SELECT coalesce(sum(p.amount_gbp), 0) FROM contracts_levypayment p
                                                             WHERE p.note_id = n.id)) THEN
        RAISE EXCEPTION 'a payment of the levy is of no more than is left of its note' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER levy_payment_is_of_what_is_left BEFORE INSERT ON contracts_levypayment
    FOR EACH ROW EXECUTE FUNCTION levy_payment_is_of_what_is_left();
"""
NO_INVOICES = """
DROP FUNCTION invoice_is_decided_by_others() CASCADE; DROP FUNCTION payment_is_of_what_is_approved() CASCADE;
DROP FUNCTION invoice_moves_with_its_facts() CASCADE;
"""
NO_RETURNS = """
DROP FUNCTION declared_line_says_what_it_is() CASCADE; DROP FUNCTION return_is_declared_whole() CASCADE;
DROP FUNCTION levy_payment_is_of_what_is_left() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_rules"), ("contracts", "0009_frozen_rows_stay"), ("documents", "0002_rules")]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name='Invoice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('reference', models.CharField(max_length=60)),
                    ('month', models.DateField()),
                    ('invoiced_on', models.DateField()),
                    ('received_on', models.DateField()),
                    ('net_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('vat_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('gross_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('filename', models.CharField(max_length=120)),
                    ('content_type', models.CharField(max_length=100)),
                    ('length', models.PositiveIntegerField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('content_hash', models.CharField(max_length=64)),
                    ('recorded_by', models.UUIDField()),
                    ('recorded_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('recorded_at', models.DateTimeField()),
                    ('state', django_fsm.FSMField(choices=[('received', 'received'), ('matched', 'matched'), ('queried', 'queried'), ('approved', 'approved'), ('paid', 'paid'), ('rejected', 'rejected')], default='received', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='contracts.contract')),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('contract', 'number'), name='one_invoice_a_number'), models.UniqueConstraint(models.F('contract'), django.db.models.functions.text.Upper('reference'), condition=models.Q(('state', 'rejected'), _negated=True), name='one_invoice_a_reference'), models.CheckConstraint(condition=models.Q(('state__in', ['received', 'matched', 'queried', 'approved', 'paid', 'rejected'])), name='invoice_state_is_known'), models.CheckConstraint(condition=models.Q(('gross_gbp', django.db.models.expressions.CombinedExpression(models.F('net_gbp'), '+', models.F('vat_gbp'))), ('gross_gbp__lte', Decimal('999999999999.99')), ('net_gbp__gt', 0), ('net_gbp__lte', Decimal('999999999999.99')), ('vat_gbp__gte', 0), ('vat_gbp__lte', Decimal('999999999999.99'))), name='invoice_is_money'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='invoice_is_of_a_month'), models.CheckConstraint(condition=models.Q(('received_on__gte', models.F('invoiced_on'))), name='invoice_is_received_once_it_is_made'), models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$'), ('sha256__regex', '^[0-9a-f]{64}$'), models.Q(('reference', ''), _negated=True)), name='invoice_has_its_file')],
                },
            ),
            migrations.CreateModel(
                name='InvoiceCheck',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('services_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('milestones_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('delay_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('credits_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('billed_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('net_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('vat_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                    ('vat_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('checked_at', models.DateTimeField()),
                    ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='contracts.invoice')),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('invoice', 'number'), name='one_invoice_check_a_number'), models.CheckConstraint(condition=models.Q(('billed_gbp__gte', 0), ('billed_gbp__lte', Decimal('999999999999.99')), ('credits_gbp__gte', 0), ('credits_gbp__lte', Decimal('999999999999.99')), ('delay_gbp__gte', 0), ('delay_gbp__lte', models.F('milestones_gbp')), ('milestones_gbp__gte', 0), ('milestones_gbp__lte', Decimal('999999999999.99')), ('services_gbp__gte', 0), ('services_gbp__lte', Decimal('999999999999.99')), ('vat_percent__gte', 0), ('vat_percent__lte', 100)), name='invoice_check_is_money'), models.CheckConstraint(condition=models.Q(('net_gbp', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('services_gbp'), '+', models.F('milestones_gbp')), '-', models.F('delay_gbp')), '-', models.F('credits_gbp')), '-', models.F('billed_gbp'))), ('vat_gbp', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('net_gbp'), '*', models.F('vat_percent')), '/', models.Value(100)), precision=2))), name='invoice_check_is_a_sum')],
                },
            ),
            migrations.CreateModel(
                name='InvoiceAct',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('approved', 'approved for payment'), ('disputed', 'disputed'), ('settled', 'settled: taken as it is'), ('rejected', 'rejected')], max_length=12)),
                    ('words', models.TextField(blank=True)),
                    ('shown_hash', models.CharField(blank=True, max_length=64)),
                    ('person_id', models.UUIDField()),
                    ('person_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('at', models.DateTimeField()),
                    ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='contracts.invoice')),
                    ('check_made', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='contracts.invoicecheck')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['approved', 'disputed', 'settled', 'rejected'])), name='invoice_act_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'approved'), models.Q(('shown_hash', ''), _negated=True)), models.Q(('kind__in', ['disputed', 'settled', 'rejected']), models.Q(('words', ''), _negated=True)), _connector='OR'), name='an_invoice_act_says_why'), models.CheckConstraint(condition=models.Q(('kind', 'rejected'), ('check_made__isnull', False), _connector='OR'), name='an_invoice_act_is_on_a_comparison'), models.UniqueConstraint(condition=models.Q(('kind', 'approved')), fields=('invoice',), name='an_invoice_is_approved_once'), models.UniqueConstraint(condition=models.Q(('kind', 'rejected')), fields=('invoice',), name='an_invoice_is_rejected_once')],
                },
            ),
            migrations.CreateModel(
                name='InvoicePayment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('paid_on', models.DateField()),
                    ('reference', models.CharField(blank=True, max_length=60)),
                    ('recorded_by', models.UUIDField()),
                    ('recorded_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('recorded_at', models.DateTimeField()),
                    ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='contracts.invoice')),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('invoice', 'number'), name='one_invoice_payment_a_number'), models.CheckConstraint(condition=models.Q(('amount_gbp__gt', 0), ('amount_gbp__lte', Decimal('999999999999.99'))), name='invoice_payment_is_money')],
                },
            ),
            migrations.CreateModel(
                name='LevyNote',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('return_of', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='note', to='contracts.managementreturn')),
                    ('number', models.CharField(max_length=20, unique=True)),
                    ('kind', models.CharField(choices=[('levy', 'levy'), ('additional', 'additional levy'), ('credit', 'credit note')], max_length=12)),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('made_at', models.DateTimeField()),
                    ('due_on', models.DateField()),
                    ('corrects', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='contracts.levynote')),
                ],
                options={
                    'ordering': ['id'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['levy', 'additional', 'credit'])), name='levy_note_is_known'), models.CheckConstraint(condition=models.Q(('amount_gbp__gt', 0), ('amount_gbp__lte', Decimal('999999999999.99'))), name='levy_note_is_money')],
                },
            ),
            migrations.CreateModel(
                name='LevyPayment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveSmallIntegerField()),
                    ('amount_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('paid_on', models.DateField()),
                    ('reference', models.CharField(blank=True, max_length=60)),
                    ('recorded_by', models.UUIDField()),
                    ('recorded_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('recorded_at', models.DateTimeField()),
                    ('note', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='contracts.levynote')),
                ],
                options={
                    'ordering': ['number'],
                    'constraints': [models.UniqueConstraint(fields=('note', 'number'), name='one_levy_payment_a_number'), models.CheckConstraint(condition=models.Q(('amount_gbp__gt', 0), ('amount_gbp__lte', Decimal('999999999999.99'))), name='levy_payment_is_money')],
                },
            ),
            migrations.CreateModel(
                name='ManagementReturn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('month', models.DateField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('due_on', models.DateField()),
                    ('made_at', models.DateTimeField()),
                    ('state', django_fsm.FSMField(choices=[('open', 'to be confirmed'), ('declared', 'declared')], default='open', max_length=50, protected=True)),
                    ('state_since', models.DateTimeField()),
                    ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='contracts.managementreturn')),
                    ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='catalogue.framework')),
                    ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='catalogue.organisation')),
                ],
                options={
                    'ordering': ['month', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('framework', 'supplier', 'month', 'number'), name='one_return_a_month_and_number'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('framework', 'supplier', 'month'), name='one_open_return_a_month'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='return_is_of_a_month'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'declared'])), name='return_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', True), ('number', 1)), models.Q(('corrects__isnull', False), ('number__gt', 1)), _connector='OR'), name='a_later_return_corrects_one')],
                },
            ),
            migrations.CreateModel(
                name='Declaration',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('words', models.TextField(blank=True)),
                    ('shown_hash', models.CharField(max_length=64)),
                    ('declared_by', models.UUIDField()),
                    ('declared_by_name', models.CharField(max_length=120)),
                    ('principal_id', models.UUIDField(blank=True, null=True)),
                    ('acting_for', models.CharField(blank=True, max_length=120)),
                    ('declared_at', models.DateTimeField()),
                    ('return_of', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='declaration', to='contracts.managementreturn')),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('shown_hash__regex', '^[0-9a-f]{64}$')), name='declaration_has_its_hash')],
                },
            ),
            migrations.CreateModel(
                name='ReturnLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('charges_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('levy_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                    ('is_last', models.BooleanField()),
                    ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_lines', to='contracts.contract')),
                    ('return_of', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='contracts.managementreturn')),
                ],
                options={
                    'ordering': ['contract__number'],
                    'constraints': [models.UniqueConstraint(fields=('return_of', 'contract'), name='one_return_line_a_contract'), models.CheckConstraint(condition=models.Q(('charges_gbp__gte', Decimal('-999999999999.99')), ('charges_gbp__lte', Decimal('999999999999.99')), ('levy_percent__gte', 0), ('levy_percent__lte', 100)), name='return_line_is_money')],
                },
            ),
            migrations.CreateModel(
                name='DeclaredLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('declared_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('explanation', models.TextField(blank=True)),
                    ('levy_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                    ('settlement_gbp', models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                    ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='declared', to='contracts.returnline')),
                ],
                options={
                    'ordering': ['line__contract__number'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('declared_gbp__gte', Decimal('-999999999999.99')), ('declared_gbp__lte', Decimal('999999999999.99')), ('levy_gbp__gte', Decimal('-999999999999.99')), ('levy_gbp__lte', Decimal('999999999999.99')), ('settlement_gbp__gte', Decimal('-999999999999.99')), ('settlement_gbp__lte', Decimal('999999999999.99'))), name='declared_line_is_money')],
                },
            ),

        ]),
        SetEdges("invoice", INVOICE),
        GuardStates("contracts_invoice", "invoice"),
        SetEdges("management_return", RETURN),
        GuardStates("contracts_managementreturn", "management_return"),
        *[AppendOnly(f"contracts_{table}") for table in FACTS],
        migrations.RunSQL(INVOICES, NO_INVOICES),
        migrations.RunSQL(RETURNS, NO_RETURNS),
    ]
