"""What each reader searches is frozen with the revision; a decline keeps its code apart from its words."""

import django.contrib.postgres.indexes
from django.db import migrations, models

# Revisions that were submitted before are given the words of their order, where no later draft has changed those.
FILL = """
ALTER TABLE procurement_calloffrevision DISABLE TRIGGER frozen;
UPDATE procurement_calloffrevision r SET search_text = c.search_text
  FROM procurement_calloff c WHERE c.revision_id = r.id AND r.submitted_at IS NOT NULL;
ALTER TABLE procurement_calloffrevision ENABLE TRIGGER frozen;
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_rules"), ("procurement", "0002_rules")]

    operations = [
        migrations.AddField(
            model_name="calloff",
            name="decline_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("capacity", "We cannot deliver in this time"),
                    ("terms", "A special term is not acceptable"),
                    ("scope", "The order is outside the framework's scope"),
                    ("other", "Another reason"),
                ],
                default="",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="calloffrevision",
            name="search_text",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="calloffrevision",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search_text"], name="revision_search", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="calloff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decline_code", ""),
                    models.Q(("decline_code__in", ["capacity", "terms", "scope", "other"]), ("state", "declined")),
                    _connector="OR",
                ),
                name="only_a_declined_order_has_a_decline_code",
            ),
        ),
    ]
