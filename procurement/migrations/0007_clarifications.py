"""The supplier asks while an order is with it, the department answers, and its clock stands meanwhile."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_accession_review_days'),
        ('procurement', '0006_joining'),
    ]

    operations = [
        migrations.CreateModel(
            name='Clarification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('text', models.TextField()),
                ('asked_by', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.UUIDField(blank=True, null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=120)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='calloff',
            name='call_off_with_supplier_has_a_due_date',
        ),
        migrations.AddField(
            model_name='calloff',
            name='answer_days_left',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='calloff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'with_supplier'), _negated=True), models.Q(('answer_days_left__isnull', True), ('answer_due_at__isnull', False)), models.Q(('answer_days_left__isnull', False), ('answer_due_at__isnull', True)), _connector='OR'), name='call_off_with_supplier_has_a_clock'),
        ),
        migrations.AddField(
            model_name='clarification',
            name='call_off',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clarifications', to='procurement.calloff'),
        ),
        migrations.AddField(
            model_name='clarification',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clarifications', to='procurement.calloffrevision'),
        ),
        migrations.AddConstraint(
            model_name='clarification',
            constraint=models.UniqueConstraint(fields=('revision', 'number'), name='one_clarification_a_number'),
        ),
        migrations.AddConstraint(
            model_name='clarification',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('revision',), name='one_open_clarification_a_revision'),
        ),
        migrations.AddConstraint(
            model_name='clarification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answered_at__gte', models.F('asked_at')), ('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='clarification_answer_has_its_moment'),
        ),
    ]
