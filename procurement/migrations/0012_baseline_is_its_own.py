"""An accession's baseline stands in its own table now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("procurement", "0011_baselines")]

    operations = [
        migrations.RemoveConstraint("accession", "accession_baseline_is_money"),
        migrations.RemoveField("accession", "baseline_gbp_per_user_year"),
    ]
