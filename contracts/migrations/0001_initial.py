"""Contracts, with what they say from which day on."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django_fsm
import uuid
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [  # beside the old 0001_initial and 0002_rules, whose names go on
        ('contracts', '0003_list_indexes'),
        ('contracts', '0004_signed_by_others'),
    ]

    dependencies = [
        ('catalogue', '0001_initial'),
        ('documents', '0001_initial'),
        ('procurement', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('call_off', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='procurement.calloff')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='procurement.calloffrevision')),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts', to='catalogue.framework')),
                ('department', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts_as_department', to='catalogue.organisation')),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contracts_as_supplier', to='catalogue.organisation')),
                ('parties', models.JSONField()),
                ('title', models.CharField(max_length=120)),
                ('state', django_fsm.FSMField(choices=[('preparing', 'being made'), ('awaiting_signatures', 'awaiting signatures'), ('executed', 'executed'), ('terminated', 'terminated'), ('expired', 'expired'), ('closed', 'closed'), ('void', 'void')], default='preparing', max_length=50, protected=True)),
                ('state_since', models.DateTimeField()),
                ('formed_at', models.DateTimeField()),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('original_value_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('levy_forecast_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('document', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
                ('signed_on', models.DateField(blank=True, null=True)),
                ('executed_at', models.DateTimeField(blank=True, null=True)),
                ('void_reason', models.CharField(blank=True, max_length=2000)),
                ('search_text', models.TextField(blank=True)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['department', '-formed_at', '-id'], name='contract_by_department'),
                    models.Index(fields=['framework', '-formed_at', '-id'], name='contract_by_framework'),
                    models.Index(fields=['supplier', '-formed_at', '-id'], name='contract_by_supplier'),
                    models.Index(fields=['department', 'state', '-formed_at', '-id'], name='contract_department_state'),
                    models.Index(fields=['framework', 'state', '-formed_at', '-id'], name='contract_framework_state'),
                    models.Index(fields=['supplier', 'state', '-formed_at', '-id'], name='contract_supplier_state'),
                    django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='contract_search', opclasses=['gin_trgm_ops']),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'void'), _negated=True), fields=('call_off',), name='one_contract_a_call_off'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['preparing', 'awaiting_signatures', 'executed', 'terminated', 'expired', 'closed', 'void'])), name='contract_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('levy_forecast_gbp__gte', 0), ('levy_forecast_gbp__lte', Decimal('999999999999.99')), ('original_value_gbp__gt', 0), ('original_value_gbp__lte', Decimal('999999999999.99'))), name='contract_value_is_money'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['executed', 'terminated', 'expired', 'closed']), _negated=True), models.Q(('document__isnull', False), ('executed_at__isnull', False), ('signed_on__isnull', False)), _connector='OR'), name='executed_contract_is_signed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ContractVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='contracts.contract')),
                ('number', models.PositiveIntegerField()),
                ('effective_from', models.DateField()),
                ('caused_by', models.CharField(max_length=40)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='documents.document')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('contract', 'number'), name='one_version_a_number'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ContractLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='contracts.contractversion')),
                ('number', models.PositiveIntegerField()),
                ('phase', models.CharField(max_length=8)),
                ('service_code', models.CharField(max_length=20)),
                ('service_name', models.CharField(max_length=200)),
                ('unit', models.CharField(max_length=40)),
                ('site', models.CharField(blank=True, max_length=80)),
                ('quantity', models.PositiveIntegerField()),
                ('unit_price_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('monthly_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('total_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('version', 'number'), name='one_contract_line_a_number'),
                    models.CheckConstraint(condition=models.Q(('total_gbp__gte', 0), ('total_gbp__lte', Decimal('999999999999.99')), ('unit_price_gbp__gte', 0), ('unit_price_gbp__lte', Decimal('999999999999.99'))), name='contract_line_is_money'),
                ],
            },
        ),
    ]
