"""Frameworks, the organisations in them, and catalogues in releases."""

import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django_fsm
import uuid
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [  # beside the old 0001_initial and 0002_rules, whose names go on
        ('catalogue', '0003_accession_review_days'),
        ('catalogue', '0004_priced_together_days'),
        ('catalogue', '0005_framework_time'),
        ('catalogue', '0006_release_drafts'),
    ]

    dependencies = [
        ('documents', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=160)),
                ('identifier', models.CharField(max_length=60, unique=True)),
                ('address', models.CharField(blank=True, max_length=300)),
                ('crown', models.BooleanField(default=False)),
                ('exists_from', models.DateField(blank=True, null=True)),
                ('exists_to', models.DateField(blank=True, null=True)),
                ('succeeded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.organisation')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('exists_from__isnull', True), ('exists_to__isnull', True), ('exists_to__gte', models.F('exists_from')), _connector='OR'), name='organisation_ends_after_it_begins'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Framework',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('title', models.CharField(max_length=120)),
                ('authority', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='frameworks', to='catalogue.organisation')),
                ('state', django_fsm.FSMField(choices=[('draft', 'draft'), ('live', 'live'), ('suspended', 'suspended'), ('expired', 'expired'), ('terminated', 'terminated'), ('closed', 'closed'), ('abandoned', 'abandoned')], default='draft', max_length=50, protected=True)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('term_justification', models.TextField(blank=True)),
                ('extension_months', models.PositiveSmallIntegerField(default=0)),
                ('extended_months', models.PositiveSmallIntegerField(default=0)),
                ('scope', models.TextField()),
                ('selection_method', models.TextField()),
                ('price_mechanism', models.TextField()),
                ('open_framework', models.BooleanField(default=False)),
                ('regime', models.CharField(max_length=20)),
                ('estimated_value_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('ceiling_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('levy_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                ('call_off_max_months', models.PositiveSmallIntegerField()),
                ('call_off_may_outlive_framework_months', models.PositiveSmallIntegerField()),
                ('supplier_response_working_days', models.PositiveSmallIntegerField()),
                ('accession_review_working_days', models.PositiveSmallIntegerField(default=20)),
                ('priced_together_days', models.PositiveSmallIntegerField(default=30)),
                ('reminder_working_days', models.PositiveSmallIntegerField(default=2)),
                ('escalation_working_days', models.PositiveSmallIntegerField(default=4)),
                ('price_hold_days', models.PositiveSmallIntegerField()),
                ('service_credit_cap_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                ('variation_control_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                ('modification_threshold_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('quantity_tolerance_percent', models.DecimalField(decimal_places=3, max_digits=6)),
                ('upward_rerating', models.BooleanField(default=False)),
                ('indexation', models.CharField(default='none', max_length=200)),
                ('spend_control_reference_from_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('signing_order', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), size=None)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'live', 'suspended', 'expired', 'terminated', 'closed', 'abandoned'])), name='framework_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='framework_ends_after_it_starts'),
                    models.CheckConstraint(condition=models.Q(('ends_on__lt', django.db.models.expressions.CombinedExpression(models.F('starts_on'), '+', models.Value(datetime.timedelta(days=1461)))), models.Q(('term_justification', ''), _negated=True), _connector='OR'), name='framework_justifies_more_than_four_years'),
                    models.CheckConstraint(condition=models.Q(('extended_months__lte', models.F('extension_months'))), name='framework_is_extended_as_it_may_be'),
                    models.CheckConstraint(condition=models.Q(('escalation_working_days__gt', models.F('reminder_working_days')), ('reminder_working_days__gte', 1)), name='framework_reminds_before_it_escalates'),
                    models.CheckConstraint(condition=models.Q(('ceiling_gbp__gte', 0), ('ceiling_gbp__lte', Decimal('999999999999.99')), ('estimated_value_gbp__gte', 0), ('estimated_value_gbp__lte', Decimal('999999999999.99')), ('ceiling_gbp__gt', 0), ('estimated_value_gbp__gt', 0)), name='framework_value_is_money'),
                    models.CheckConstraint(condition=models.Q(('modification_threshold_gbp__gte', 0), ('modification_threshold_gbp__lte', Decimal('999999999999.99')), models.Q(('spend_control_reference_from_gbp__isnull', True), models.Q(('spend_control_reference_from_gbp__gte', 0), ('spend_control_reference_from_gbp__lte', Decimal('999999999999.99'))), _connector='OR')), name='framework_thresholds_are_money'),
                    models.CheckConstraint(condition=models.Q(('levy_percent__gte', 0), ('levy_percent__lte', 100), ('quantity_tolerance_percent__gte', 0), ('quantity_tolerance_percent__lte', 100), ('service_credit_cap_percent__gte', 0), ('service_credit_cap_percent__lte', 100), ('variation_control_percent__gte', 0), ('variation_control_percent__lte', 100)), name='framework_percentages_are_percentages'),
                    models.CheckConstraint(condition=models.Q(('signing_order__contains', ['supplier', 'department', 'authority']), ('signing_order__len', 3)), name='framework_is_signed_by_three'),
                    models.CheckConstraint(condition=models.Q(models.Q(('selection_method', ''), _negated=True), models.Q(('scope', ''), _negated=True), models.Q(('price_mechanism', ''), _negated=True)), name='framework_says_scope_price_and_selection'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CatalogueRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='catalogue.framework')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='catalogue.organisation')),
                ('title', models.CharField(max_length=100)),
                ('number', models.PositiveIntegerField(blank=True, null=True)),
                ('state', django_fsm.FSMField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('approved', 'approved'), ('scheduled', 'scheduled'), ('live', 'live'), ('superseded', 'superseded'), ('withdrawn', 'withdrawn'), ('rejected', 'rejected')], default='draft', max_length=50, protected=True)),
                ('state_since', models.DateTimeField()),
                ('valid', django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True)),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('content_hash', models.CharField(blank=True, max_length=64)),
                ('ended_words', models.CharField(blank=True, max_length=2000)),
                ('author_person_id', models.UUIDField(null=True)),
                ('author_name', models.CharField(max_length=120)),
                ('approver_person_id', models.UUIDField(null=True)),
                ('approver_name', models.CharField(blank=True, max_length=120)),
                ('approver_principal_id', models.UUIDField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('framework', 'number'), name='one_release_a_number'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'approved', 'scheduled', 'live', 'superseded', 'withdrawn', 'rejected'])), name='release_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('author_person_id__isnull', True), ('approver_person_id__isnull', True), models.Q(('author_person_id', models.F('approver_person_id')), _negated=True), _connector='OR'), name='release_author_does_not_approve'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'rejected', 'withdrawn']), ('author_person_id__isnull', True), ('approver_person_id__isnull', False), _connector='OR'), name='release_is_approved_by_somebody'),
                    models.CheckConstraint(condition=models.Q(('valid__isnull', True), ('valid__isempty', False), _connector='OR'), name='release_is_valid_for_a_day'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['scheduled', 'live', 'superseded']), _negated=True), ('valid__isnull', False), _connector='OR'), name='release_in_force_has_its_days'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'rejected', 'withdrawn']), ('number__isnull', False), _connector='OR'), name='approved_release_has_a_number'),
                    models.CheckConstraint(condition=models.Q(models.Q(('content_hash', ''), ('submitted_at__isnull', True)), models.Q(('submitted_at__isnull', False), models.Q(('content_hash', ''), _negated=True)), _connector='OR'), name='submitted_release_has_its_hash'),
                    django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['scheduled', 'live', 'superseded'])), expressions=[('framework', '='), ('valid', '&&')], name='releases_never_overlap'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BandTable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='band_tables', to='catalogue.cataloguerelease')),
                ('code', models.CharField(max_length=20)),
                ('scope', models.CharField(max_length=10)),
                ('method', models.CharField(max_length=10)),
            ],
            options={
                'ordering': ['code'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'code'), name='one_band_table_a_code'),
                    models.CheckConstraint(condition=models.Q(('method__in', ['slab', 'graduated']), ('scope__in', ['framework', 'call_off'])), name='band_table_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CatalogueRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='catalogue.cataloguerelease')),
                ('position', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(max_length=30)),
                ('parameters', models.JSONField()),
                ('text', models.CharField(max_length=300)),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='catalogue.framework')),
                ('number', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=120)),
                ('route', models.CharField(default='direct_award', max_length=20)),
                ('needs_lot', models.PositiveSmallIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('framework', 'number'), name='one_lot_a_number'),
                    models.CheckConstraint(condition=models.Q(('needs_lot', models.F('number')), _negated=True), name='lot_needs_another_lot'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FrameworkSupplier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='framework_suppliers', to='catalogue.framework')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='framework_places', to='catalogue.organisation')),
                ('excluded_from', models.DateField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('framework', 'supplier'), name='one_place_a_supplier'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PriceBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bands', to='catalogue.bandtable')),
                ('from_quantity', models.PositiveIntegerField()),
                ('discount_percent', models.DecimalField(decimal_places=3, max_digits=6)),
            ],
            options={
                'ordering': ['from_quantity'],
                'constraints': [
                    models.UniqueConstraint(fields=('table', 'from_quantity'), name='one_band_from_a_quantity'),
                    models.CheckConstraint(condition=models.Q(('from_quantity__gte', 1)), name='band_starts_at_one_or_more'),
                    models.CheckConstraint(condition=models.Q(('discount_percent__gte', 0), ('discount_percent__lt', 100)), name='discount_is_a_discount'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReleaseDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='catalogue.cataloguerelease')),
                ('sheets', models.JSONField()),
                ('hands', models.JSONField(default=list)),
                ('edits', models.PositiveIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ServiceLevelMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measures', to='catalogue.cataloguerelease')),
                ('position', models.PositiveSmallIntegerField()),
                ('service_level', models.CharField(max_length=20)),
                ('measure_code', models.CharField(max_length=30)),
                ('measure', models.CharField(max_length=160)),
                ('unit', models.CharField(max_length=20)),
                ('target', models.CharField(max_length=20)),
                ('minimum', models.CharField(blank=True, max_length=20)),
                ('critical', models.CharField(blank=True, max_length=20)),
                ('credit_applies_to', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['position'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'measure_code'), name='one_measure_a_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ServiceVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='catalogue.cataloguerelease')),
                ('position', models.PositiveIntegerField()),
                ('code', models.CharField(max_length=20)),
                ('lot', models.PositiveSmallIntegerField()),
                ('category', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=160)),
                ('unit', models.CharField(max_length=40)),
                ('charge_type', models.CharField(choices=[('recurring', 'recurring'), ('fixed', 'fixed price'), ('one-off', 'one-off'), ('usage', 'usage')], max_length=10)),
                ('list_price_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('band_table', models.CharField(blank=True, max_length=20)),
                ('adds_to_volume', models.CharField(blank=True, max_length=20)),
                ('service_level', models.CharField(blank=True, max_length=20)),
                ('kgco2e', models.DecimalField(decimal_places=2, max_digits=10)),
                ('baseline_kgco2e', models.DecimalField(decimal_places=2, max_digits=10)),
            ],
            options={
                'ordering': ['position'],
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(fields=['name'], name='service_search', opclasses=['gin_trgm_ops']),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'code'), name='one_service_a_code'),
                    models.CheckConstraint(condition=models.Q(('list_price_gbp__gte', 0), ('list_price_gbp__lte', Decimal('999999999999.99'))), name='service_price_is_money'),
                    models.CheckConstraint(condition=models.Q(('baseline_kgco2e__gte', 0), ('baseline_kgco2e__lte', Decimal('999999999999.99')), ('kgco2e__gte', 0), ('kgco2e__lte', Decimal('999999999999.99'))), name='service_factors_are_finite'),
                    models.CheckConstraint(condition=models.Q(('charge_type__in', ['recurring', 'fixed', 'one-off', 'usage'])), name='charge_type_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='catalogue.organisation')),
                ('name', models.CharField(max_length=80)),
                ('seats', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('organisation', 'name'), name='one_known_site_a_name'),
                ],
            },
        ),
        migrations.CreateModel(
            name='VatRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(unique=True)),
                ('percent', models.DecimalField(decimal_places=3, max_digits=6)),
            ],
            options={
                'ordering': ['starts_on'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('percent__gte', 0), ('percent__lte', 100)), name='vat_rate_is_a_percentage'),
                ],
            },
        ),
    ]
