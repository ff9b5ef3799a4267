"""What a department adds to the approval matrix for its own orders."""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_release_drafts'),
        ('procurement', '0024_invoice_contact'),
    ]

    operations = [
        migrations.CreateModel(
            name='AddedStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('post', models.CharField(choices=[('budget_holder', 'budget holder'), ('technology_officer', 'technology officer'), ('finance_director', 'finance director'), ('accounting_officer', 'accounting officer')], max_length=40)),
                ('from_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='added_steps', to='catalogue.organisation')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='added_step_ends_after_it_starts'), models.UniqueConstraint(condition=models.Q(('ends_on__isnull', True)), fields=('organisation', 'post'), name='one_lasting_step_a_post'), models.CheckConstraint(condition=models.Q(('post__in', ('budget_holder', 'technology_officer', 'finance_director', 'accounting_officer'))), name='added_step_is_of_an_approving_post'), models.CheckConstraint(condition=models.Q(('from_gbp__gte', 0), ('from_gbp__lte', Decimal('999999999999.99'))), name='added_step_value_is_money')],
            },
        ),
    ]
