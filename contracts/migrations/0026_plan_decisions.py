"""What the department decides on rectification plans: facts."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0025_invoice_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlanDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('approves', models.BooleanField()),
                ('words', models.TextField(blank=True)),
                ('person_id', models.UUIDField()),
                ('person_name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('at', models.DateTimeField()),
                ('plan', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='decision', to='contracts.rectificationplan')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('approves', True), models.Q(('words', ''), _negated=True), _connector='OR'), name='a_refused_plan_says_why')],
            },
        ),
        AppendOnly("contracts_plandecision"),
    ]
