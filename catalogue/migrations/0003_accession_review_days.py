"""How many working days the review of an application to join may take."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='framework',
            name='accession_review_working_days',
            field=models.PositiveSmallIntegerField(default=20),
        ),
    ]
