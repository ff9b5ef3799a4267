"""A membership ends by notice: what a party told the other, and whether it took that back."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("procurement", "0014_taken_back_before_it_began")]

    operations = [
        migrations.CreateModel(
            name="MembershipNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.CharField(choices=[("department", "department"), ("authority", "purchasing authority")], max_length=10)),
                ("reason", models.CharField(max_length=1500)),
                ("last_day", models.DateField()),
                ("given_by", models.UUIDField()),
                ("given_by_name", models.CharField(max_length=120)),
                ("given_for", models.UUIDField(blank=True, null=True)),
                ("given_at", models.DateTimeField()),
                ("taken_back_by", models.UUIDField(blank=True, null=True)),
                ("taken_back_by_name", models.CharField(blank=True, max_length=120)),
                ("taken_back_for", models.UUIDField(blank=True, null=True)),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                ("accession", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="procurement.accession")),
            ],
            options={
                "ordering": ["given_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["accession"], condition=Q(taken_back_at__isnull=True), name="one_standing_notice_a_membership"
                    ),
                    models.CheckConstraint(
                        condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True, taken_back_for__isnull=True)
                        | Q(taken_back_by__isnull=False, taken_back_at__gte=F("given_at")),
                        name="notice_is_taken_back_whole",
                    ),
                    models.CheckConstraint(condition=Q(side__in=["department", "authority"]), name="notice_is_of_a_party"),
                    models.CheckConstraint(condition=~Q(reason=""), name="notice_has_a_reason"),
                ],
            },
        ),
    ]  # fmt: skip
