"""Contracts that were formed before there were statutory notices have the duties that the law has asked for since: the award, the
details of those that were executed, the end of those that are over. Whoever has published one records its reference and its day.

They have no ratings, which are asked for from the signature on; and a variation that was assessed before has its change notice on
its own row."""

from django.db import migrations

OF_EARLIER_CONTRACTS = """
INSERT INTO contracts_statutorynotice (contract_id, number, kind, is_last, made_at, due_on)
SELECT k.id, (SELECT count(*) FROM contracts_statutorynotice n WHERE n.contract_id = k.id) + row_number() OVER (PARTITION BY k.id ORDER BY d.place),
       d.kind, false, d.made_at, d.due_on
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
 CROSS JOIN LATERAL (VALUES
       (1, 'award', k.formed_at, greatest((k.formed_at AT TIME ZONE 'Europe/London')::date, k.starts_on - 1), true),
       (2, 'details', k.executed_at, k.signed_on + 29, k.executed_at IS NOT NULL),
       (3, 'termination', k.state_since, k.ends_on + 29, k.state IN ('terminated', 'expired', 'closed'))) d(place, kind, made_at, due_on, is_asked)
 WHERE nullif(r.content, '')::jsonb #>> '{framework,regime}' = 'PA2023' AND k.state <> 'void' AND d.is_asked
   AND NOT EXISTS (SELECT 1 FROM contracts_statutorynotice n WHERE n.contract_id = k.id AND n.kind = d.kind)
 ORDER BY k.id, d.place;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0023_what_counts_of_a_change_request")]

    operations = [migrations.RunSQL(OF_EARLIER_CONTRACTS, migrations.RunSQL.noop)]
