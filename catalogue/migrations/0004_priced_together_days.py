"""For how many days a department's orders for the same services are priced together for their approval route."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_accession_review_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='framework',
            name='priced_together_days',
            field=models.PositiveSmallIntegerField(default=30),
        ),
    ]
