"""A termination that waits for its second person, a contact that was proposed and an application that was asked for are
reminded of: a reminder can be about a framework, and what waits on the way to join has its moment."""

import django.db.models.deletion
from django.db import migrations, models

# What waited before counts from when the body came into its state: later than that nothing was proposed first.
SINCE_THEN = """
UPDATE procurement_accession SET contact_proposed_at = state_since WHERE contact_proposed_by IS NOT NULL;
UPDATE procurement_accession SET invited_at = state_since
 WHERE state = 'engaged' AND contact_email <> '' AND (contact_proposed_by IS NULL OR contact_confirmed_by IS NOT NULL);
"""
THINGS = ("accession", "call_off", "framework", "release")


class Migration(migrations.Migration):
    dependencies = [("procurement", "0004_lot_of_a_framework"), ("catalogue", "0002_rules")]

    operations = [
        migrations.AddField("accession", "contact_proposed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("accession", "invited_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunSQL(SINCE_THEN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "accession",
            models.CheckConstraint(
                condition=models.Q(("contact_proposed_at__isnull", True), ("contact_proposed_by__isnull", True))
                | models.Q(("contact_proposed_at__isnull", False), ("contact_proposed_by__isnull", False)),
                name="proposed_contact_has_its_moment",
            ),
        ),
        migrations.AddField(
            "reminder", "framework",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reminders",
                to="catalogue.framework",
            ),
        ),
        migrations.RemoveConstraint("reminder", "reminder_is_about_one_thing"),
        migrations.AddConstraint(
            "reminder",
            models.CheckConstraint(
                condition=models.Q(
                    *(models.Q(*((f"{name}__isnull", name != about) for name in THINGS))
                      for about in ("call_off", "accession", "release", "framework")),
                    _connector="OR",
                ),
                name="reminder_is_about_one_thing",
            ),
        ),
    ]  # fmt: skip
