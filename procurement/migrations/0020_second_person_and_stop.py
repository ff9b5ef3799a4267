"""A termination is confirmed by nobody for whom it was proposed; what was settled stays; a right can be stopped at once."""

from django.db import migrations, models
from django.db.models import F, Q

SETTLED = """
CREATE FUNCTION what_is_settled_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF coalesce(to_jsonb(OLD) ->> TG_ARGV[0], '') <> '' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION '% row % is settled', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER what_is_settled_stays BEFORE UPDATE ON procurement_termination
    FOR EACH ROW EXECUTE FUNCTION what_is_settled_stays('outcome');
CREATE TRIGGER what_is_settled_stays BEFORE UPDATE ON procurement_suspension
    FOR EACH ROW EXECUTE FUNCTION what_is_settled_stays('ended_at');
"""
NOT_SETTLED = "DROP FUNCTION what_is_settled_stays() CASCADE;"

# The row's lock: whoever decides in the same moment does so before it, or not at all.
STOPPED = """
CREATE FUNCTION who_was_stopped_decides_no_more() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM procurement_postholding WHERE id = NEW.holding_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM procurement_postholding WHERE id = NEW.holding_id AND stopped_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the post of the decider was ended at once' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION stop_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.stopped_at IS NOT NULL AND (NEW.stopped_at, NEW.ends_on) IS DISTINCT FROM (OLD.stopped_at, OLD.ends_on) THEN
        RAISE EXCEPTION '% row % was ended at once: a new row is written', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
RUNNING = "DROP FUNCTION who_was_stopped_decides_no_more() CASCADE; DROP FUNCTION stop_is_final() CASCADE;"
STOPPABLE = {"postholding": "holding", "organisationgrant": "organisation_grant", "frameworkgrant": "framework_grant"}


def on(table: str, function: str, event: str) -> str:
    return f"CREATE TRIGGER {function} BEFORE {event} ON procurement_{table} FOR EACH ROW EXECUTE FUNCTION {function}();"


class Migration(migrations.Migration):
    dependencies = [("procurement", "0017_segregated_accessions")]

    operations = [
        migrations.AddField("termination", "proposed_for", models.UUIDField(blank=True, null=True)),
        migrations.AddField("termination", "decided_for", models.UUIDField(blank=True, null=True)),
        migrations.RemoveConstraint("termination", "termination_needs_two_people"),
        migrations.AddConstraint("termination", models.CheckConstraint(
            condition=~Q(outcome="confirmed") | Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))
            & ~Q(decided_by=F("proposed_for")) & ~Q(decided_for=F("proposed_by")) & ~Q(decided_for=F("proposed_for")),
            name="termination_needs_two_people",
        )),
        migrations.RunSQL(SETTLED, NOT_SETTLED),
        *[migrations.AddField(table, "stopped_at", models.DateTimeField(blank=True, null=True)) for table in STOPPABLE],
        *[
            migrations.AddConstraint(table, models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(ends_on__isnull=False), name=f"{name}_stopped_has_ended"
            ))
            for table, name in STOPPABLE.items()
        ],
        migrations.RunSQL(STOPPED, RUNNING),
        *[migrations.RunSQL(on(table, "stop_is_final", "UPDATE"), migrations.RunSQL.noop) for table in STOPPABLE],
        *[
            migrations.RunSQL(on(table, "who_was_stopped_decides_no_more", "INSERT"), migrations.RunSQL.noop)
            for table in ("decision", "exceptiondecision")
        ],
    ]  # fmt: skip
