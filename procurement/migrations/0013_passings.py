"""What passes from one department to another when the machinery of government changes: the fact of it, and the triggers that let
the department of an order, and of what is approved of it, change by such a fact alone. What continues what is kept too: a
membership, a delegation."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly

# The newest fact of the thing says from which department to which. The triggers of contracts ask the same.
DEPARTMENT = """
CREATE FUNCTION department_passes_by_its_fact() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM (SELECT p.outgoing_id, p.receiving_id FROM procurement_passing p
                        WHERE (p.subject, p.subject_id) = (TG_ARGV[0], NEW.public_id::text) ORDER BY p.id DESC LIMIT 1) last
         WHERE (last.outgoing_id, last.receiving_id) = (OLD.department_id, NEW.department_id)) THEN
        RAISE EXCEPTION 'the department of % % passes by its fact alone', TG_ARGV[0], NEW.public_id USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER department_passes_by_its_fact BEFORE UPDATE ON procurement_calloff
    FOR EACH ROW WHEN (NEW.department_id <> OLD.department_id) EXECUTE FUNCTION department_passes_by_its_fact('procurement.calloff');
"""
DEPARTMENT_BACK = "DROP FUNCTION department_passes_by_its_fact() CASCADE;"

# A round stays as it was submitted; only its department follows its subject.
ROUND = """
CREATE FUNCTION approval_passes_with_its_subject() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'department_id' IS DISTINCT FROM to_jsonb(OLD) - 'department_id' THEN
        RAISE EXCEPTION 'a round of approval never changes' USING ERRCODE = '23514';
    END IF;
    IF NEW.department_id <> OLD.department_id AND NOT EXISTS (
        SELECT 1 FROM (SELECT p.receiving_id FROM procurement_passing p
                        WHERE (p.subject, p.subject_id) = (NEW.subject, NEW.subject_id) ORDER BY p.id DESC LIMIT 1) last
         WHERE last.receiving_id = NEW.department_id) THEN
        RAISE EXCEPTION 'the department of a round passes with its subject' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER facts_stay ON procurement_approval;
CREATE TRIGGER rounds_stay BEFORE DELETE ON procurement_approval FOR EACH ROW EXECUTE FUNCTION refuse_change_of_fact();
CREATE TRIGGER approval_passes_with_its_subject BEFORE UPDATE ON procurement_approval
    FOR EACH ROW EXECUTE FUNCTION approval_passes_with_its_subject();
"""
ROUND_BACK = """
DROP FUNCTION approval_passes_with_its_subject() CASCADE;
DROP TRIGGER rounds_stay ON procurement_approval;
CREATE TRIGGER facts_stay BEFORE UPDATE OR DELETE ON procurement_approval FOR EACH ROW EXECUTE FUNCTION refuse_change_of_fact();
"""

# A step that nobody has decided is the department's whose round it has become.
STEP = """
CREATE FUNCTION undecided_step_passes_with_its_round() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.side <> 'department' OR OLD.state NOT IN ('waiting', 'open') OR NEW.state <> OLD.state OR NOT EXISTS (
        SELECT 1 FROM procurement_approval a
          CROSS JOIN LATERAL (SELECT p.outgoing_id, p.receiving_id FROM procurement_passing p
                               WHERE (p.subject, p.subject_id) = (a.subject, a.subject_id) ORDER BY p.id DESC LIMIT 1) last
         WHERE a.id = NEW.approval_id AND a.department_id = NEW.organisation_id
           AND (last.outgoing_id, last.receiving_id) = (OLD.organisation_id, NEW.organisation_id)) THEN
        RAISE EXCEPTION 'a step passes with its round, before anybody has decided it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER undecided_step_passes_with_its_round BEFORE UPDATE ON procurement_approvalstep
    FOR EACH ROW WHEN (NEW.organisation_id <> OLD.organisation_id) EXECUTE FUNCTION undecided_step_passes_with_its_round();
"""
STEP_BACK = "DROP FUNCTION undecided_step_passes_with_its_round() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_rules"),
        ("documents", "0004_longer_numbers"),
        ("procurement", "0012_baseline_is_its_own"),
    ]

    operations = [
        migrations.AddField(
            "accession", "carried_from",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="carried_to", to="procurement.accession"),
        ),
        migrations.AddField(
            "delegation", "carried_from",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="procurement.delegation"),
        ),
        migrations.CreateModel(
            name="Passing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=60)),
                ("subject_id", models.CharField(max_length=60)),
                ("effective_on", models.DateField()),
                ("transfer", models.CharField(max_length=20)),
                ("words", models.CharField(max_length=300)),
                ("made_at", models.DateTimeField()),
                ("document", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="documents.document")),
                ("outgoing", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.organisation")),
                ("receiving", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.organisation")),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["transfer", "subject"], name="passing_by_transfer")],
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "subject_id", "transfer"), name="one_passing_a_thing_and_transfer"),
                    models.CheckConstraint(condition=models.Q(("outgoing", models.F("receiving")), _negated=True), name="passing_is_to_another"),
                    models.CheckConstraint(condition=models.Q(("words", ""), _negated=True), name="passing_says_by_what"),
                ],
            },
        ),
        AppendOnly("procurement_passing"),
        migrations.RunSQL(DEPARTMENT, DEPARTMENT_BACK),
        migrations.RunSQL(ROUND, ROUND_BACK),
        migrations.RunSQL(STEP, STEP_BACK),
    ]  # fmt: skip
