"""Whoever declared a conflict of interest in an order does not sign its contract, as they do not decide on it."""

from django.db import migrations

RECUSED = """
CREATE FUNCTION signatory_is_not_recused() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM contracts_contract k JOIN procurement_recusal c ON c.call_off_id = k.call_off_id
                WHERE k.document_id = NEW.document_id AND c.person_id = (NEW.act ->> 'person_id')::uuid) THEN
        RAISE EXCEPTION 'whoever declared a conflict of interest does not sign' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signatory_is_not_recused BEFORE INSERT ON documents_signingintent
    FOR EACH ROW EXECUTE FUNCTION signatory_is_not_recused();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0003_terms_as_changes"), ("procurement", "0002_rules")]

    operations = [migrations.RunSQL(RECUSED, "DROP FUNCTION signatory_is_not_recused() CASCADE;")]
