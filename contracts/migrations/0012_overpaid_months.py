"""What was overpaid for other months is a part of an invoice's comparison; of those made before it was nothing."""

import django.db.models.expressions
import django.db.models.functions.math
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0011_endings'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='invoicecheck',
            name='invoice_check_is_money',
        ),
        migrations.RemoveConstraint(
            model_name='invoicecheck',
            name='invoice_check_is_a_sum',
        ),
        migrations.AddField(
            model_name='invoicecheck',
            name='overpaid_gbp',
            field=models.DecimalField(decimal_places=2, default=0, max_digits=14),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name='invoicecheck',
            constraint=models.CheckConstraint(condition=models.Q(('billed_gbp__gte', Decimal('-999999999999.99')), ('billed_gbp__lte', Decimal('999999999999.99')), ('credits_gbp__gte', 0), ('credits_gbp__lte', Decimal('999999999999.99')), ('delay_gbp__gte', 0), ('delay_gbp__lte', models.F('milestones_gbp')), ('milestones_gbp__gte', 0), ('milestones_gbp__lte', Decimal('999999999999.99')), ('overpaid_gbp__gte', Decimal('-999999999999.99')), ('overpaid_gbp__lte', Decimal('999999999999.99')), ('services_gbp__gte', 0), ('services_gbp__lte', Decimal('999999999999.99')), ('vat_percent__gte', 0), ('vat_percent__lte', 100)), name='invoice_check_is_money'),
        ),
        migrations.AddConstraint(
            model_name='invoicecheck',
            constraint=models.CheckConstraint(condition=models.Q(('net_gbp', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('services_gbp'), '+', models.F('milestones_gbp')), '-', models.F('delay_gbp')), '-', models.F('credits_gbp')), '-', models.F('billed_gbp')), '-', models.F('overpaid_gbp'))), ('vat_gbp', django.db.models.functions.math.Round(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('net_gbp'), '*', models.F('vat_percent')), '/', models.Value(100)), precision=2))), name='invoice_check_is_a_sum'),
        ),
    ]
