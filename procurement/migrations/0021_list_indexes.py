"""Each list is read along an index: what it filters by, then what it is sorted by; searches by trigrams."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_release_drafts'),
        ('procurement', '0020_second_person_and_stop'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='volumeentry',
            name='volume_by_framework',
        ),
        migrations.AddIndex(
            model_name='volumeentry',
            index=models.Index(fields=['framework', 'volume', 'effective_from'], include=['quantity'], name='volume_by_framework'),
        ),
        migrations.RemoveIndex(
            model_name='approvalstep',
            name='open_steps_by_post',
        ),
        migrations.RemoveIndex(
            model_name='calloff',
            name='call_off_by_state',
        ),
        migrations.AddIndex(
            model_name='approvalstep',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['organisation', 'post', 'opened_at', 'id'], name='open_steps_by_post'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(fields=['department', 'state', '-created_at', '-id'], name='call_off_department_state'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(fields=['framework', 'state', '-created_at', '-id'], name='call_off_framework_state'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(fields=['supplier', 'state', '-created_at', '-id'], name='call_off_supplier_state'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(condition=models.Q(('authority_revision__isnull', False)), fields=['framework', 'state'], name='call_off_reached'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(condition=models.Q(('state', 'department_approval')), fields=['framework'], include=('revision', 'whole_life_gbp'), name='call_off_unreserved'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(condition=models.Q(('state__in', ['draft', 'returned', 'department_approval', 'authority_approval', 'with_supplier', 'counter_proposed', 'confirmed'])), fields=['department', 'state_since', 'id'], name='call_off_under_way'),
        ),
        migrations.AddIndex(
            model_name='calloff',
            index=models.Index(condition=models.Q(('state', 'with_supplier')), fields=['supplier', 'answer_due_at', 'id'], name='call_off_to_answer'),
        ),
        migrations.AddIndex(
            model_name='capacityentry',
            index=models.Index(condition=models.Q(('kind', 'open')), fields=['account'], name='opening_commitments'),
        ),
        migrations.AddIndex(
            model_name='particulars',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('purchase_order'), name='gin_trgm_ops'), name='purchase_order_search'),
        ),
    ]
