"""The register finds by an index which contracts end when, in the order of their ends; the clock which end, and in
which months any ran."""

from django.db import migrations, models

BY_END = ["ends_on", "-formed_at", "-id"]


def by_end(side: str) -> migrations.AddIndex:
    return migrations.AddIndex("contract", models.Index(fields=[side, *BY_END], name=f"contract_{side}_ends"))


class Migration(migrations.Migration):
    dependencies = [("contracts", "0016_savings_kept")]

    operations = [
        by_end("department"),
        by_end("framework"),
        by_end("supplier"),
        migrations.AddIndex(
            "contract", models.Index(fields=["ends_on"], name="contract_in_force_ends", condition=models.Q(state="executed"))
        ),
        migrations.AddIndex(
            "contract",
            models.Index(
                fields=["framework", "supplier", "starts_on", "ends_on"], name="contract_spans",
                condition=models.Q(state__in=["executed", "terminated", "expired", "closed"]),
            ),
        ),
    ]  # fmt: skip
