"""What contracts save is kept by month, of each and of each department, so that many can be added up.

What is to be computed anew is marked here, by the change itself: a version of the terms, a milestone that moves or is accepted,
a notice that is given or withdrawn, a contract whose state or department changes. An action cannot forget it."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import CreateTogether

LARGEST = Decimal("999999999999.99")

MARKED = """
CREATE FUNCTION savings_are_due() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO contracts_contractsavings (contract_id, framework_id, department_id, is_due)
    SELECT c.id, c.framework_id, c.department_id, true FROM contracts_contract c WHERE c.id = NEW.contract_id
        ON CONFLICT (contract_id) DO UPDATE SET is_due = true;
    RETURN NULL;
END $$;
CREATE FUNCTION savings_of_known_contract_are_due() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'contracts_contract' THEN
        UPDATE contracts_contractsavings SET is_due = true WHERE contract_id = NEW.id AND NOT is_due;
    ELSE
        UPDATE contracts_contractsavings SET is_due = true WHERE contract_id = NEW.contract_id AND NOT is_due;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER savings_are_due AFTER INSERT ON contracts_contractversion
    FOR EACH ROW EXECUTE FUNCTION savings_are_due();
CREATE TRIGGER savings_are_due AFTER UPDATE OF state, due_on ON contracts_milestone
    FOR EACH ROW EXECUTE FUNCTION savings_of_known_contract_are_due();
CREATE TRIGGER savings_are_due AFTER INSERT OR UPDATE OF state ON contracts_termination
    FOR EACH ROW EXECUTE FUNCTION savings_of_known_contract_are_due();
CREATE TRIGGER savings_are_due AFTER UPDATE OF state, department_id ON contracts_contract
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.department_id <> NEW.department_id)
    EXECUTE FUNCTION savings_of_known_contract_are_due();
"""
UNMARKED = """
DROP FUNCTION savings_are_due() CASCADE;
DROP FUNCTION savings_of_known_contract_are_due() CASCADE;
"""
STOOD = """
INSERT INTO contracts_contractsavings (contract_id, framework_id, department_id, is_due)
SELECT c.id, c.framework_id, c.department_id, true FROM contracts_contract c
 WHERE EXISTS (SELECT 1 FROM contracts_contractversion v WHERE v.contract_id = c.id);
"""


def row_id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def points_to(model: str, kind=models.ForeignKey, name: str = "+", **more):
    return kind(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, **more)


def amount(**more) -> models.DecimalField:
    return models.DecimalField(decimal_places=2, max_digits=14, **more)


def kept() -> list[tuple[str, models.Field]]:
    return [
        ("id", row_id()),
        ("month", models.DateField()),
        ("seat_days", models.BigIntegerField()),
        ("charges_gbp", amount()),
        ("unassessed_gbp", amount()),
        ("fallen_gbp", amount()),
        ("kg_before", amount()),
        ("kg", amount()),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_rules"),
        ("contracts", "0015_supplier_replies"),
        ("procurement", "0012_baseline_is_its_own"),
    ]

    operations = [
        CreateTogether([
            migrations.CreateModel(
                name="ContractSavings",
                fields=[
                    ("id", row_id()),
                    ("is_due", models.BooleanField(default=True)),
                    ("again_on", models.DateField(blank=True, null=True)),
                    ("kept_at", models.DateTimeField(blank=True, null=True)),
                    ("contract", points_to("contracts.contract", models.OneToOneField, "savings")),
                    ("department", points_to("catalogue.organisation")),
                    ("framework", points_to("catalogue.framework")),
                ],
                options={
                    "indexes": [
                        models.Index(condition=models.Q(("is_due", True)), fields=["id"], name="contract_savings_due"),
                        models.Index(
                            condition=models.Q(("again_on__isnull", False)), fields=["again_on"], name="contract_savings_again"
                        ),
                    ]
                },
            ),
            migrations.CreateModel(
                name="DepartmentSavings",
                fields=[
                    ("id", row_id()),
                    ("contracts", models.PositiveIntegerField(default=0)),
                    ("is_due", models.BooleanField(default=True)),
                    ("kept_at", models.DateTimeField(blank=True, null=True)),
                    ("baseline", points_to("procurement.baseline", blank=True, null=True)),
                    ("department", points_to("catalogue.organisation", name="department_savings")),
                    ("framework", points_to("catalogue.framework")),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("framework", "department"), name="one_savings_a_department_and_framework")
                    ]
                },
            ),
            migrations.CreateModel(
                name="MonthSavings",
                fields=[
                    *kept(),
                    ("days", models.PositiveSmallIntegerField()),
                    ("of", points_to("contracts.contractsavings", name="months")),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("of", "month"), name="one_month_of_a_contracts_savings"),
                        models.CheckConstraint(
                            condition=models.Q(("days__gte", 28), ("days__lte", 31), ("seat_days__gte", 0)),
                            name="days_of_savings_are_a_months",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("charges_gbp__gte", 0), ("charges_gbp__lte", LARGEST), ("unassessed_gbp__gte", 0),
                                ("unassessed_gbp__lte", models.F("charges_gbp")),
                            ),
                            name="charges_of_savings_are_money",
                        ),
                    ]
                },
            ),
            migrations.CreateModel(
                name="DepartmentMonth",
                fields=[
                    *kept(),
                    ("baseline_gbp", amount(blank=True, null=True)),
                    ("of", points_to("contracts.departmentsavings", name="months")),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("of", "month"), name="one_month_of_a_departments_savings")
                    ]
                },
            ),
        ]),
        migrations.RunSQL(MARKED, UNMARKED),
        migrations.RunSQL(STOOD, migrations.RunSQL.noop),
    ]  # fmt: skip
