"""Each list is read along an index: what it filters by, then what it is sorted by; searches by trigrams."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_release_drafts'),
        ('contracts', '0002_rules'),
        ('documents', '0004_one_signature_a_person'),
        ('procurement', '0017_segregated_accessions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(fields=['department', 'state', '-formed_at', '-id'], name='contract_department_state'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(fields=['framework', 'state', '-formed_at', '-id'], name='contract_framework_state'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(fields=['supplier', 'state', '-formed_at', '-id'], name='contract_supplier_state'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_text'], name='contract_search', opclasses=['gin_trgm_ops']),
        ),
    ]
