"""What a change request counts by in shares is kept beside what it adds, as of a variation; of those asked before, the amount either
way."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import F, Q

# What was answered stays: while the amount is added its trigger stands aside.
BEFORE = """
ALTER TABLE contracts_changerequest DISABLE TRIGGER change_request_answer_stays;
UPDATE contracts_changerequest SET counted_gbp = abs(value_gbp);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE contracts_changerequest ENABLE TRIGGER change_request_answer_stays;
"""
LARGEST_GBP = Decimal("999999999999.99")


class Migration(migrations.Migration):
    dependencies = [("contracts", "0022_transfers")]

    operations = [
        migrations.AddField(
            "changerequest", "counted_gbp", models.DecimalField(decimal_places=2, default=Decimal("0.00"), max_digits=14), preserve_default=False
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "changerequest",
            models.CheckConstraint(
                condition=Q(counted_gbp__gte=F("value_gbp"), counted_gbp__lte=LARGEST_GBP) & Q(counted_gbp__gte=-1 * F("value_gbp")),
                name="change_request_counts_what_it_moves",
            ),
        ),
    ]
