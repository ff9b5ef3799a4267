"""What the department weighed is frozen with the revision; who has a conflict of interest keeps out of an order."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

from documents.dbrules import AppendOnly

RECUSED = """
CREATE FUNCTION decider_is_not_recused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procurement_recusal c JOIN procurement_calloffrevision r ON r.call_off_id = c.call_off_id
                WHERE r.id = NEW.revision_id AND c.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not decide' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decider_is_not_recused BEFORE INSERT ON procurement_decision
    FOR EACH ROW EXECUTE FUNCTION decider_is_not_recused();
"""
UNRECUSED = "DROP FUNCTION decider_is_not_recused() CASCADE;"


def amount():
    return models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)


class Migration(migrations.Migration):
    dependencies = [("procurement", "0003_search_and_decline")]

    operations = [
        migrations.AlterField(
            model_name="calloff",
            name="state",
            field=django_fsm.FSMField(
                choices=[
                    ("draft", "draft"),
                    ("department_approval", "with the department's approvers"),
                    ("authority_approval", "with the purchasing authority"),
                    ("returned", "returned for amendment"),
                    ("with_supplier", "with the supplier"),
                    ("confirmed", "accepted, contract not yet complete"),
                    ("contracted", "contracted"),
                    ("rejected", "rejected"),
                    ("declined", "declined by the supplier"),
                    ("withdrawn", "withdrawn"),
                    ("lapsed", "lapsed"),
                ],
                default="draft",
                max_length=50,
                protected=True,
            ),
        ),
        migrations.AddField("calloffrevision", "baseline_gbp_per_user_year", amount()),
        migrations.AddField("calloffrevision", "saving_percent", amount()),
        migrations.AddField("calloffrevision", "saving_net_of_transition_gbp", amount()),
        migrations.AddField(
            "calloffrevision",
            "carbon_not_assessed",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40), blank=True, default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="Recusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("reason", models.TextField()),
                ("declared_at", models.DateTimeField()),
                (
                    "call_off",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recusals", to="procurement.calloff"
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recusals",
                        to="procurement.approvalstep",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("call_off", "person_id"), name="one_recusal_a_person"),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="recusal_has_a_reason"),
                ],
            },
        ),
        AppendOnly("procurement_recusal"),
        migrations.RunSQL(RECUSED, UNRECUSED),
    ]
