"""The terms of a contract as what each document changes about its lines, no longer as whole lists of lines."""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly

# Until now a contract had one version, itself: its lines are those of the revision that was accepted.
LINES = """
INSERT INTO contracts_contractline (contract_id, number, phase, service_id, site)
SELECT v.contract_id, l.number, l.phase, l.service_id, coalesce(s.name, '')
  FROM contracts_contractversion v
  JOIN contracts_contract k ON k.id = v.contract_id
  JOIN procurement_calloffline l ON l.revision_id = k.revision_id
  LEFT JOIN procurement_revisionsite s ON s.id = l.site_id
 ORDER BY v.id, l.number;
INSERT INTO contracts_linechange (version_id, line_id, quantity_change, unit_price_gbp, starts_on, ends_on)
SELECT v.id, n.id, l.quantity, l.unit_price_gbp, l.starts_on, (l.starts_on + make_interval(months => l.months))::date - 1
  FROM contracts_contractversion v
  JOIN contracts_contract k ON k.id = v.contract_id
  JOIN procurement_calloffline l ON l.revision_id = k.revision_id
  JOIN contracts_contractline n ON n.contract_id = v.contract_id AND n.number = l.number
 ORDER BY v.id, l.number;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

# The table holds facts: while the moment is added its trigger stands aside.
MADE_AT = """
ALTER TABLE contracts_contractversion DISABLE TRIGGER facts_stay;
UPDATE contracts_contractversion v SET made_at = k.executed_at FROM contracts_contract k WHERE k.id = v.contract_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE contracts_contractversion ENABLE TRIGGER facts_stay;
"""

FOLLOWS = """
CREATE FUNCTION version_follows_the_contract() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.effective_from < (SELECT starts_on FROM contracts_contract WHERE id = NEW.contract_id) THEN
        RAISE EXCEPTION 'no terms take effect before the contract does' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_follows_the_contract BEFORE INSERT ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION version_follows_the_contract();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0002_rules"), ("procurement", "0002_rules"), ("catalogue", "0002_rules")]

    operations = [
        migrations.DeleteModel("ContractLine"),
        migrations.AddField(
            "contractversion", "kind",
            models.CharField(choices=[("contract", "the contract"), ("rerating", "notice of new prices")], default="contract", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField("contractversion", "made_at", models.DateTimeField(null=True)),
        migrations.RunSQL(MADE_AT, migrations.RunSQL.noop),
        migrations.AlterField("contractversion", "made_at", models.DateTimeField()),
        migrations.AddConstraint(
            "contractversion",
            models.CheckConstraint(condition=models.Q(("kind__in", ["contract", "rerating"])), name="version_kind_is_known"),
        ),
        migrations.AddConstraint(
            "contractversion",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "contract"), ("number", 1)),
                    models.Q(models.Q(("kind", "contract"), _negated=True), ("number__gt", 1)),
                    _connector="OR",
                ),
                name="the_contract_is_its_first_version",
            ),
        ),
        migrations.CreateModel(
            name="ContractLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("phase", models.CharField(choices=[("interim", "interim managed service"), ("one_off", "one-off"), ("shared", "shared service"), ("usage", "usage, not to exceed")], max_length=8)),
                ("site", models.CharField(blank=True, max_length=80)),
                ("contract", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="contracts.contract")),
                ("service", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.serviceversion")),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("contract", "number"), name="one_contract_line_a_number"),
                    models.CheckConstraint(condition=models.Q(("phase__in", ["interim", "one_off", "shared", "usage"])), name="contract_line_phase_is_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LineChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity_change", models.IntegerField(default=0)),
                ("unit_price_gbp", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("line", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="contracts.contractline")),
                ("version", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="contracts.contractversion")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "line"), name="one_change_a_line"),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price_gbp__isnull", True), models.Q(("unit_price_gbp__gte", 0), ("unit_price_gbp__lte", Decimal("999999999999.99"))), _connector="OR"),
                        name="contract_price_is_money",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("quantity_change", 0), _negated=True), ("unit_price_gbp__isnull", False), ("starts_on__isnull", False), ("ends_on__isnull", False), _connector="OR"),
                        name="line_change_changes_something",
                    ),
                ],
            },
        ),
        migrations.RunSQL(LINES, migrations.RunSQL.noop),
        AppendOnly("contracts_contractline"),
        AppendOnly("contracts_linechange"),
        migrations.RunSQL(FOLLOWS, "DROP FUNCTION version_follows_the_contract() CASCADE;"),
    ]
