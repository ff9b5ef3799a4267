"""The letter that gives a delegation is kept with it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0007_clarifications'),
    ]

    operations = [
        migrations.AddField(
            model_name='delegation',
            name='letter_filename',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='delegation',
            name='letter_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
