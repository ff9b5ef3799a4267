"""The auditor's file of a contract: asked for, made, kept for some days."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0018_published_copies'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('side', models.CharField(choices=[('supplier', 'the supplier'), ('department', 'the department'), ('authority', 'the purchasing authority')], max_length=12)),
                ('stamp', models.CharField(blank=True, max_length=80)),
                ('asked_by', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('made_at', models.DateTimeField(blank=True, null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('length', models.PositiveBigIntegerField(default=0)),
                ('files', models.PositiveIntegerField(default=0)),
                ('dropped_at', models.DateTimeField(blank=True, null=True)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='audit_files', to='contracts.contract')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('made_at__isnull', True)), fields=('contract', 'side'), name='one_audit_file_in_the_making'), models.CheckConstraint(condition=models.Q(models.Q(('dropped_at__isnull', True), ('files', 0), ('length', 0), ('made_at__isnull', True), ('sha256', '')), models.Q(('files__gt', 0), ('length__gt', 0), ('made_at__isnull', False), ('sha256__regex', '^[0-9a-f]{64}$'), models.Q(('stamp', ''), _negated=True)), _connector='OR'), name='made_audit_file_is_whole'), models.CheckConstraint(condition=models.Q(('side__in', ['supplier', 'department', 'authority'])), name='audit_file_is_of_a_side')],
            },
        ),
    ]
