"""What is committed for a contract can grow while it is in force: by a shared service that begins earlier than planned."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurement", "0006_signed_framework_agreement")]

    operations = [
        migrations.RemoveConstraint("capacityentry", "capacity_kind_is_known"),
        migrations.AlterField(
            "capacityentry", "kind",
            models.CharField(choices=[("open", "opening commitment"), ("reserve", "reserve"), ("commit", "commit"), ("release", "release"), ("adjust", "adjust")], max_length=8),
        ),
        migrations.AddConstraint(
            "capacityentry",
            models.CheckConstraint(condition=models.Q(("kind__in", ["open", "reserve", "commit", "release", "adjust"])), name="capacity_kind_is_known"),
        ),
    ]
