"""No contract is signed by who requested or submitted its order, by whom a deputy submitted it for, or for one of them."""

from django.db import migrations

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
BY_ANYBODY = "DROP FUNCTION contract_is_signed_by_others() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0003_list_indexes"), ("documents", "0002_rules"), ("procurement", "0022_requesting_side"),
    ]  # fmt: skip

    operations = [migrations.RunSQL(OTHERS, BY_ANYBODY)]
