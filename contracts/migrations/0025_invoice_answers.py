"""The supplier's answer on an invoice that is queried: facts."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0024_duties_of_earlier_contracts'),
    ]

    operations = [
        migrations.CreateModel(
            name='InvoiceAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('person_id', models.UUIDField()),
                ('person_name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('at', models.DateTimeField()),
                ('check_made', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='contracts.invoicecheck')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='contracts.invoice')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='an_invoice_answer_says_something')],
            },
        ),
        AppendOnly("contracts_invoiceanswer"),
    ]
