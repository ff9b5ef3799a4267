"""The clock reminds of a release that waits to be approved or for its first day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0006_release_drafts'),
        ('procurement', '0026_ready_to_come_into_force'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reminder',
            name='reminder_is_about_one_thing',
        ),
        migrations.AddField(
            model_name='reminder',
            name='release',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='catalogue.cataloguerelease'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accession__isnull', True), ('call_off__isnull', False), ('release__isnull', True)), models.Q(('accession__isnull', False), ('call_off__isnull', True), ('release__isnull', True)), models.Q(('accession__isnull', True), ('call_off__isnull', True), ('release__isnull', False)), _connector='OR'), name='reminder_is_about_one_thing'),
        ),
    ]
