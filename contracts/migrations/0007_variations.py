"""Variations of a contract: what each asks for, and what of it is frozen once it is assessed."""

import django.db.models.deletion
import django_fsm
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges


VARIATION = [
    ("", "draft"),
    ("draft", "assessed"),
    ("assessed", "draft"),
    ("assessed", "in_approval"),
    ("in_approval", "draft"),
    ("in_approval", "awaiting_signatures"),
    ("in_approval", "rejected"),
    ("awaiting_signatures", "executed"),
    ("awaiting_signatures", "rejected"),
    ("executed", "applied"),
    ("draft", "withdrawn"),
    ("assessed", "withdrawn"),
    ("in_approval", "withdrawn"),
    ("draft", "lapsed"),
    ("assessed", "lapsed"),
    ("in_approval", "lapsed"),
    ("awaiting_signatures", "lapsed"),
]

# What has been assessed, and everything under it, never changes.
FROZEN = """
CREATE FUNCTION refuse_change_of_assessed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    frozen boolean;
BEGIN
    IF TG_TABLE_NAME = 'contracts_variationrevision' THEN
        frozen := OLD.assessed_at IS NOT NULL;
    ELSE
        SELECT assessed_at IS NOT NULL INTO frozen FROM contracts_variationrevision
         WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.revision_id ELSE NEW.revision_id END;
    END IF;
    IF frozen THEN
        RAISE EXCEPTION 'an assessed variation never changes (%)', TG_TABLE_NAME USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON contracts_variationrevision
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_assessed();
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON contracts_linevariation
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_assessed();
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON contracts_correction
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_assessed();
"""

# No variation gets a document without all whom it bars: who asked for it or keeps out of it, and who keeps out of the order.
BARS = """
CREATE FUNCTION variation_bars_who_may_not_sign() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1
          FROM procurement_approval a
          CROSS JOIN LATERAL (
                VALUES (a.requester_id, 'asked'), (a.submitted_by, 'asked'), (a.submitted_for, 'asked')
                UNION SELECT d.person_id, 'recused' FROM procurement_recusal d
                       WHERE (d.subject, d.subject_id) = (a.subject, a.subject_id)
                UNION SELECT d.person_id, 'recused'
                        FROM contracts_contract k
                        JOIN procurement_calloffrevision r ON r.id = k.revision_id
                        JOIN procurement_approval o ON o.id = r.approval_id
                        JOIN procurement_recusal d ON (d.subject, d.subject_id) = (o.subject, o.subject_id)
                       WHERE k.id = NEW.contract_id) who(person_id, why)
         WHERE a.id = NEW.approval_id AND who.person_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM procurement_signingbar b
                            WHERE (b.document_id, b.person_id, b.why) = (NEW.document_id, who.person_id, who.why))) THEN
        RAISE EXCEPTION 'the document of a variation bars who asked for it or keeps out of it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER variation_bars_who_may_not_sign BEFORE UPDATE ON contracts_variation
    FOR EACH ROW WHEN (NEW.document_id IS NOT NULL AND OLD.document_id IS DISTINCT FROM NEW.document_id)
    EXECUTE FUNCTION variation_bars_who_may_not_sign();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_rules'),
        ('contracts', '0006_bars_of_documents'),
        ('documents', '0003_acting_for_whom'),
        ('procurement', '0008_approval'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('place', models.CharField(max_length=160)),
                ('was', models.TextField()),
                ('reads', models.TextField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='LineVariation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('phase', models.CharField(choices=[('interim', 'interim managed service'), ('one_off', 'one-off'), ('shared', 'shared service'), ('usage', 'usage, not to exceed')], max_length=8)),
                ('service_code', models.CharField(max_length=20)),
                ('site', models.CharField(blank=True, max_length=80)),
                ('quantity_change', models.IntegerField()),
                ('unit_price_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Variation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('quantity', 'quantities: more or fewer of what the contract has'), ('site', 'sites: one is added, moved or given up'), ('service', 'services: one is added, exchanged or given up'), ('term', 'term: an extension option is used'), ('correction', 'correction: words of the contract that say what nobody meant')], max_length=12)),
                ('title', models.CharField(max_length=120)),
                ('state', django_fsm.FSMField(choices=[('draft', 'draft'), ('assessed', 'assessed'), ('in_approval', 'in approval'), ('awaiting_signatures', 'awaiting signatures'), ('executed', 'executed'), ('applied', 'in effect'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn'), ('lapsed', 'lapsed')], default='draft', max_length=50, protected=True)),
                ('state_since', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('change_notice', models.CharField(blank=True, max_length=60)),
                ('change_notice_on', models.DateField(blank=True, null=True)),
                ('signed_on', models.DateField(blank=True, null=True)),
                ('executed_at', models.DateTimeField(blank=True, null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=2000)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='VariationHand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.UUIDField()),
                ('name', models.CharField(max_length=120)),
                ('first_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='VariationRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
                ('edits', models.PositiveIntegerField(default=0)),
                ('reason', models.TextField(blank=True)),
                ('effective_on', models.DateField(blank=True, null=True)),
                ('extension_months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('gateway', models.CharField(blank=True, choices=[('permitted', 'permitted modification (Schedule 8)'), ('not_substantial', 'not a substantial modification (s.74(3))'), ('below_threshold', 'below-threshold modification (s.74(4))')], max_length=16)),
                ('paragraph', models.CharField(blank=True, max_length=4)),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('assessed_at', models.DateTimeField(blank=True, null=True)),
                ('assessed_by', models.UUIDField(blank=True, null=True)),
                ('assessed_by_name', models.CharField(blank=True, max_length=120)),
                ('assessed_for', models.UUIDField(blank=True, null=True)),
                ('value_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('gross_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('share_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True)),
                ('cumulative_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('cumulative_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True)),
                ('notice_first', models.BooleanField(blank=True, null=True)),
                ('content', models.TextField(blank=True)),
                ('content_hash', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='contractversion',
            name='version_kind_is_known',
        ),
        migrations.AlterField(
            model_name='contractversion',
            name='kind',
            field=models.CharField(choices=[('contract', 'the contract'), ('rerating', 'notice of new prices'), ('milestone', 'milestone certificate'), ('variation', 'variation')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contract', 'rerating', 'milestone', 'variation'])), name='version_kind_is_known'),
        ),
        migrations.AddField(
            model_name='linevariation',
            name='service',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.serviceversion'),
        ),
        migrations.AddField(
            model_name='variation',
            name='approval',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='variation', to='procurement.approval'),
        ),
        migrations.AddField(
            model_name='variation',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variations', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='variation',
            name='document',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document'),
        ),
        migrations.AddField(
            model_name='variation',
            name='requester',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='variationrevision',
            name='variation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='contracts.variation'),
        ),
        migrations.AddField(
            model_name='variationhand',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hands', to='contracts.variationrevision'),
        ),
        migrations.AddField(
            model_name='variation',
            name='revision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.variationrevision'),
        ),
        migrations.AddField(
            model_name='linevariation',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='contracts.variationrevision'),
        ),
        migrations.AddField(
            model_name='correction',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='contracts.variationrevision'),
        ),
        migrations.AddConstraint(
            model_name='variationrevision',
            constraint=models.UniqueConstraint(fields=('variation', 'number'), name='one_variation_revision_a_number'),
        ),
        migrations.AddConstraint(
            model_name='variationrevision',
            constraint=models.UniqueConstraint(condition=models.Q(('assessed_at__isnull', True)), fields=('variation',), name='one_variation_draft_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='variationrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assessed_at__isnull', True), ('assessed_by__isnull', True), ('content_hash', '')), models.Q(('assessed_at__isnull', False), ('assessed_by__isnull', False), ('content_hash__regex', '^[0-9a-f]{64}$'), ('cumulative_gbp__gte', 0), ('cumulative_gbp__lte', Decimal('999999999999.99')), ('cumulative_percent__gte', models.F('share_percent')), ('effective_on__isnull', False), ('gateway__in', ['permitted', 'not_substantial', 'below_threshold']), ('gross_gbp__isnull', False), ('notice_first__isnull', False), ('share_percent__gte', 0), ('value_gbp__gte', Decimal('-999999999999.99')), ('value_gbp__lte', Decimal('999999999999.99')), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='assessed_variation_is_complete'),
        ),
        migrations.AddConstraint(
            model_name='variationrevision',
            constraint=models.CheckConstraint(condition=models.Q(('assessed_for__isnull', True), models.Q(('assessed_for', models.F('assessed_by')), _negated=True), _connector='OR'), name='assessed_for_somebody_else'),
        ),
        migrations.AddConstraint(
            model_name='variationhand',
            constraint=models.UniqueConstraint(fields=('revision', 'person_id'), name='one_variation_hand_a_person'),
        ),
        migrations.AddIndex(
            model_name='variation',
            index=models.Index(fields=['contract', 'state'], name='variation_by_contract'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='one_variation_a_number'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'assessed', 'in_approval', 'awaiting_signatures', 'executed', 'applied', 'rejected', 'withdrawn', 'lapsed'])), name='variation_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['quantity', 'site', 'service', 'term', 'correction'])), name='variation_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['executed', 'applied']), _negated=True), models.Q(('document__isnull', False), ('executed_at__isnull', False), ('signed_on__isnull', False)), _connector='OR'), name='executed_variation_is_signed'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('change_notice', ''), ('change_notice_on__isnull', True)), models.Q(models.Q(('change_notice', ''), _negated=True), ('change_notice_on__isnull', False)), _connector='OR'), name='change_notice_has_its_day'),
        ),
        migrations.AddConstraint(
            model_name='variation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'assessed', 'withdrawn', 'lapsed']), ('approval__isnull', False), _connector='OR'), name='variation_in_approval_has_its_round'),
        ),
        migrations.AddConstraint(
            model_name='linevariation',
            constraint=models.UniqueConstraint(fields=('revision', 'number'), name='one_line_variation_a_number'),
        ),
        migrations.AddConstraint(
            model_name='linevariation',
            constraint=models.CheckConstraint(condition=models.Q(('unit_price_gbp__isnull', True), models.Q(('unit_price_gbp__gte', 0), ('unit_price_gbp__lte', Decimal('999999999999.99'))), _connector='OR'), name='line_variation_price_is_money'),
        ),
        migrations.AddConstraint(
            model_name='linevariation',
            constraint=models.UniqueConstraint(fields=('revision', 'phase', 'service_code', 'site'), name='one_line_variation_a_service_and_site'),
        ),
        migrations.AddConstraint(
            model_name='linevariation',
            constraint=models.CheckConstraint(condition=models.Q(('quantity_change', 0), _negated=True), name='line_variation_changes_something'),
        ),
        migrations.AddConstraint(
            model_name='linevariation',
            constraint=models.CheckConstraint(condition=models.Q(('phase__in', ['shared', 'usage'])), name='line_variation_phase_is_open'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('revision', 'number'), name='one_correction_a_number'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(('was', models.F('reads')), _negated=True), name='correction_corrects_something'),
        ),
        SetEdges("variation", VARIATION),
        GuardStates("contracts_variation", "variation"),
        AppendOnly("contracts_variationhand"),
        migrations.RunSQL(BARS, "DROP FUNCTION variation_bars_who_may_not_sign() CASCADE;"),
        migrations.RunSQL(FROZEN, "DROP FUNCTION refuse_change_of_assessed() CASCADE;"),
    ]
