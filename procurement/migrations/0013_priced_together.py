"""Orders of one department for the same services are priced together for the route, and so for the limit of who commits."""

import django.db.models.expressions
from django.db import migrations, models

from documents.dbrules import LARGEST_GBP

COVERED = """
CREATE FUNCTION commit_covers_what_is_counted_together() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome = 'committed' AND EXISTS (
        SELECT 1 FROM procurement_calloffrevision r, procurement_delegation d
         WHERE r.id = NEW.revision_id AND d.id = NEW.delegation_id
           AND NOT d.unlimited AND d.limit_gbp < r.route_gbp
    ) THEN
        RAISE EXCEPTION 'the delegation does not cover the orders counted together' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER commit_covers_what_is_counted_together BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION commit_covers_what_is_counted_together();
"""
NOT_COVERED = "DROP FUNCTION commit_covers_what_is_counted_together() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('procurement', '0012_exceptions'),
        ('catalogue', '0004_priced_together_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='calloffrevision',
            name='route_gbp',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
        ),
        migrations.AddField(
            model_name='calloffrevision',
            name='counted_with',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddConstraint(
            model_name='calloffrevision',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ('route_gbp__isnull', True),
                    models.Q(('route_gbp__gte', django.db.models.expressions.F('whole_life_gbp')), ('route_gbp__lte', LARGEST_GBP), ('submitted_at__isnull', False)),
                    _connector='OR',
                ),
                name='route_value_holds_the_whole_life',
            ),
        ),
        migrations.RunSQL(COVERED, NOT_COVERED),
    ]
