"""A variation is numbered within its contract: CON-2007-000001 VAR-01."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0003_acting_for_whom'),
    ]

    operations = [
        migrations.AlterField(
            model_name='document',
            name='number',
            field=models.CharField(max_length=40, unique=True),
        ),
    ]
