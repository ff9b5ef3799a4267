"""A framework is extended by months it may be extended by, and says when who does not answer is reminded."""

from django.db import migrations, models
from django.db.models import F, Q

# The last day moves only together with the months used, so that no path around the action makes the term longer.
TERM = """
CREATE FUNCTION framework_term_moves_by_extension() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.ends_on, NEW.extended_months) IS DISTINCT FROM (OLD.ends_on, OLD.extended_months)
       AND (NEW.extended_months <= OLD.extended_months
            OR NEW.ends_on <> (OLD.ends_on + make_interval(months => NEW.extended_months - OLD.extended_months))::date
            OR OLD.state NOT IN ('live', 'suspended')) THEN
        RAISE EXCEPTION 'the term of framework % moves only by an extension while it runs', NEW.reference
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER term_moves_by_extension BEFORE UPDATE OF ends_on, extended_months ON catalogue_framework
    FOR EACH ROW EXECUTE FUNCTION framework_term_moves_by_extension();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_priced_together_days")]

    operations = [
        migrations.AddField("framework", "extended_months", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("framework", "reminder_working_days", models.PositiveSmallIntegerField(default=2)),
        migrations.AddField("framework", "escalation_working_days", models.PositiveSmallIntegerField(default=4)),
        migrations.AddConstraint(
            "framework",
            models.CheckConstraint(
                condition=Q(extended_months__lte=F("extension_months")), name="framework_is_extended_as_it_may_be"
            ),
        ),
        migrations.AddConstraint(
            "framework",
            models.CheckConstraint(
                condition=Q(reminder_working_days__gte=1, escalation_working_days__gt=F("reminder_working_days")),
                name="framework_reminds_before_it_escalates",
            ),
        ),
        migrations.RunSQL(
            TERM,
            "DROP TRIGGER term_moves_by_extension ON catalogue_framework;"
            "DROP FUNCTION framework_term_moves_by_extension();",
        ),
    ]
