"""Until when a counter-proposal is to be answered stands on its order alone, where a suspension moves it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0022_requesting_side'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='counterproposal',
            name='due_at',
        ),
    ]
