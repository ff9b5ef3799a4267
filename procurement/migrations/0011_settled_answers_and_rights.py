"""What was answered stays as it was answered; a right that was given an end is never made longer again."""

from django.db import migrations

SHORTER = """
CREATE FUNCTION right_only_shortens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ends_on IS DISTINCT FROM OLD.ends_on
       AND (NEW.ends_on IS NULL OR (OLD.ends_on IS NOT NULL AND NEW.ends_on > OLD.ends_on)) THEN
        RAISE EXCEPTION '% of row % is not made longer: a new row is written', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
SETTLED = """
CREATE FUNCTION answer_is_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL
       AND (NEW.answer, NEW.answered_by, NEW.answered_by_name, NEW.answered_at)
           IS DISTINCT FROM (OLD.answer, OLD.answered_by, OLD.answered_by_name, OLD.answered_at) THEN
        RAISE EXCEPTION '% row % is answered: the answer stays', TG_TABLE_NAME, OLD.id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
RIGHTS = ("delegation", "postholding", "actingfor")
ANSWERS = ("clarification", "accessionquestion", "query")


def on(table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {function} BEFORE UPDATE ON procurement_{table} FOR EACH ROW EXECUTE FUNCTION {function}();"
    )


class Migration(migrations.Migration):
    dependencies = [("procurement", "0010_who_named_a_deputy")]

    operations = [
        migrations.RunSQL(SHORTER, "DROP FUNCTION right_only_shortens() CASCADE;"),
        migrations.RunSQL(SETTLED, "DROP FUNCTION answer_is_settled() CASCADE;"),
        *[migrations.RunSQL(on(table, "right_only_shortens"), migrations.RunSQL.noop) for table in RIGHTS],
        *[migrations.RunSQL(on(table, "answer_is_settled"), migrations.RunSQL.noop) for table in ANSWERS],
    ]
