"""An act keeps under which sign-in it was done."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0007_jobs_of_documents")]

    operations = [
        migrations.AddField("auditevent", "signed_in_at", models.DateTimeField(blank=True, null=True)),
    ]
