"""A record of a deputy's act says by id for whom it was done; those from before say it by name alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_rules")]

    operations = [
        migrations.AddField("auditevent", "acting_for_id", models.UUIDField(blank=True, null=True)),
    ]
