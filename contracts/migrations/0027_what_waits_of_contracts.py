"""What waits for somebody is found by an index, however much has been done: the clock asks twice a minute."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0026_plan_decisions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='calculatedlevel',
            index=models.Index(condition=Q(('plan_due_on__isnull', False)), fields=['plan_due_on'], name='level_owes_a_plan'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=Q(('state__in', ['received', 'matched', 'queried', 'approved'])), fields=['id'], name='invoice_that_waits'),
        ),
        migrations.AddIndex(
            model_name='milestone',
            index=models.Index(condition=Q(('state', 'submitted')), fields=['id'], name='milestone_that_waits'),
        ),
        migrations.AddIndex(
            model_name='servicecredit',
            index=models.Index(condition=Q(('state__in', ['calculated', 'notified', 'disputed', 'agreed'])), fields=['id'], name='credit_that_waits'),
        ),
    ]
