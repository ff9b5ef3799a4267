"""What a variation's approval and share go by is kept beside what it adds; of those assessed before, the amount either way."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import Q

# What was assessed are facts: while the amounts are added their trigger stands aside.
BEFORE = """
ALTER TABLE contracts_variationrevision DISABLE TRIGGER frozen;
UPDATE contracts_variationrevision SET counted_gbp = abs(value_gbp), counted_gross_gbp = abs(gross_gbp)
 WHERE assessed_at IS NOT NULL;
UPDATE contracts_variationrevision r SET counted_gbp = 0, counted_gross_gbp = 0
  FROM contracts_variation v WHERE v.id = r.variation_id AND v.kind = 'correction' AND r.assessed_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE contracts_variationrevision ENABLE TRIGGER frozen;
"""
LARGEST_GBP = Decimal("999999999999.99")
GATEWAYS = ["permitted", "not_substantial", "below_threshold"]


class Migration(migrations.Migration):
    dependencies = [("contracts", "0013_exit_of_the_present_end")]

    operations = [
        migrations.RemoveConstraint("variationrevision", "assessed_variation_is_complete"),
        migrations.AddField("variationrevision", "counted_gbp", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
        migrations.AddField("variationrevision", "counted_gross_gbp", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "variationrevision",
            models.CheckConstraint(
                condition=Q(assessed_at__isnull=True, assessed_by__isnull=True, content_hash="")
                | Q(
                    assessed_at__isnull=False, assessed_by__isnull=False, content_hash__regex=r"^[0-9a-f]{64}$",
                    effective_on__isnull=False, value_gbp__gte=-LARGEST_GBP, value_gbp__lte=LARGEST_GBP,
                    gross_gbp__isnull=False, counted_gbp__gte=0, counted_gross_gbp__gte=0, counted_gbp__lte=models.F("cumulative_gbp"),
                    cumulative_gbp__gte=0, cumulative_gbp__lte=LARGEST_GBP,
                    share_percent__gte=0, cumulative_percent__gte=models.F("share_percent"), notice_first__isnull=False,
                    gateway__in=GATEWAYS,
                ) & ~Q(reason=""),
                name="assessed_variation_is_complete",
            ),
        ),
    ]  # fmt: skip
