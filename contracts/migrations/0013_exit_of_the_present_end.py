"""What is done at the exit is done for the end that the contract was to have then: if it ends later after all, it is done anew.

What was recorded before this is taken as done for whatever end came."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models

# A contract is closed once nothing of its exit is left to do.
CLOSED = """
CREATE OR REPLACE FUNCTION contract_is_closed_after_its_exit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM contracts_exit x WHERE x.contract_id = NEW.id
                    AND (x.document_id IS NOT NULL
                         OR EXISTS (SELECT 1 FROM contracts_exititem i JOIN contracts_exitact a ON a.item_id = i.id
                                     WHERE i.exit_id = x.id AND i.code = 'data_return' AND a.kind = 'not_needed'
                                       AND a.ends_on >= NEW.ends_on)))
       OR EXISTS (SELECT 1 FROM contracts_exit x JOIN contracts_exititem i ON i.exit_id = x.id
                   WHERE x.contract_id = NEW.id
                     AND NOT EXISTS (SELECT 1 FROM contracts_exitact a WHERE a.item_id = i.id AND a.ends_on >= NEW.ends_on))
       OR EXISTS (SELECT 1 FROM contracts_runningon o WHERE o.contract_id = NEW.id AND o.state = 'running') THEN
        RAISE EXCEPTION 'a contract is closed after its exit' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
WHATEVER_END = date(9999, 12, 31)


class Migration(migrations.Migration):
    dependencies = [("contracts", "0012_overpaid_months")]

    operations = [
        migrations.AddField("exitact", "ends_on", models.DateField(default=WHATEVER_END), preserve_default=False),
        migrations.AlterField(
            "exitact", "item",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="acts", to="contracts.exititem"),
        ),
        migrations.AddConstraint(
            "exitact", models.UniqueConstraint(fields=("item", "ends_on"), name="one_exit_act_an_end")
        ),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
    ]  # fmt: skip
