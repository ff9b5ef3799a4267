"""The supplier's word on a variation that was assessed: facts."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0014_what_counts_of_a_variation'),
    ]

    operations = [
        migrations.CreateModel(
            name='VariationReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('can_deliver', models.BooleanField()),
                ('words', models.TextField(blank=True)),
                ('person_id', models.UUIDField()),
                ('person_name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('post', models.CharField(choices=[('requester', 'requester'), ('budget_holder', 'budget holder'), ('technology_officer', 'technology officer'), ('finance_director', 'finance director'), ('accounting_officer', 'accounting officer'), ('signatory', 'signatory'), ('contract_manager', 'contract manager'), ('administrator', 'administrator'), ('framework_manager', 'framework manager'), ('catalogue_manager', 'catalogue manager'), ('accession_lead', 'accession lead'), ('accession_approver', 'accession approver'), ('category_manager', 'category manager'), ('commercial_lead', 'commercial lead'), ('finance_lead', 'finance lead'), ('deputy_director', 'deputy director'), ('authority_signatory', 'authority signatory'), ('auditor', 'auditor'), ('account_manager', 'account manager'), ('order_desk', 'order desk'), ('supplier_signatory', 'supplier signatory'), ('service_manager', 'service manager')], max_length=30)),
                ('at', models.DateTimeField()),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='contracts.variationrevision')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('can_deliver', True), models.Q(('words', ''), _negated=True), _connector='OR'), name='what_cannot_be_delivered_is_said')],
            },
        ),
        AppendOnly("contracts_variationreply"),
    ]
