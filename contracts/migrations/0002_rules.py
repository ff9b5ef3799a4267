"""Known state changes of a contract, its versions as facts, and who does not sign it."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

CONTRACT = [
    ("", "preparing"),
    ("preparing", "awaiting_signatures"),
    ("awaiting_signatures", "executed"),
    ("preparing", "void"),
    ("awaiting_signatures", "void"),
]

# No contract is signed by who requested or submitted its order, by whom a deputy submitted it for, or for one of them.
# For whom a signatory signs is whose delegation they sign under.
OTHERS = """
CREATE FUNCTION contract_is_signed_by_others() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1
          FROM contracts_contract k
          JOIN procurement_calloffrevision r ON r.id = k.revision_id
          JOIN procurement_calloff c ON c.id = k.call_off_id
          JOIN procurement_user requester ON requester.id = c.requester_id
          LEFT JOIN procurement_delegation d ON d.id = (NEW.act ->> 'delegation')::bigint
          LEFT JOIN procurement_postholding h ON h.id = d.holding_id
          LEFT JOIN procurement_user principal ON principal.id = h.user_id
          CROSS JOIN LATERAL (VALUES ((NEW.act ->> 'person_id')::uuid), (principal.person_id)) who(person_id)
         WHERE k.document_id = NEW.document_id
           AND who.person_id IN (requester.person_id, r.submitted_by, r.submitted_for)) THEN
        RAISE EXCEPTION 'nobody signs the contract of an order that they requested or submitted' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_is_signed_by_others BEFORE INSERT ON documents_signingintent
    FOR EACH ROW EXECUTE FUNCTION contract_is_signed_by_others();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("documents", "0002_rules")]

    operations = [
        SetEdges("contract", CONTRACT),
        GuardStates("contracts_contract", "contract"),
        AppendOnly("contracts_contractversion"),
        AppendOnly("contracts_contractline"),
        migrations.RunSQL(OTHERS, "DROP FUNCTION contract_is_signed_by_others() CASCADE;"),
    ]
