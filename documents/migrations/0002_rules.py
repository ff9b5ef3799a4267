"""The generic triggers: facts that stay, and changes of state that follow the published edges and are recorded."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

FACT = """
CREATE FUNCTION refuse_change_of_fact() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% holds facts: it is added to, never changed', TG_TABLE_NAME USING ERRCODE = '23514';
END $$;
"""

# A change of state must be a published edge; the trigger itself writes the StateChange fact, so that a change
# without a record in the same transaction can be found (invariants.sql, 14). SECURITY DEFINER lets the owner write it.
EDGE = """
CREATE FUNCTION check_state_edge() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    was text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state END;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = NEW.state THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM documents_stateedge e
                    WHERE e.machine = TG_ARGV[0] AND e.source = was AND e.target = NEW.state) THEN
        RAISE EXCEPTION '%: % does not become %', TG_ARGV[0], coalesce(nullif(was, ''), 'nothing'), NEW.state
            USING ERRCODE = '23514';
    END IF;
    INSERT INTO documents_statechange (machine, row_id, source, target, txid)
    VALUES (TG_ARGV[0], NEW.id, was, NEW.state, txid_current());
    RETURN NEW;
END $$;
"""

# A document that nobody signs is complete after its seal.
DOCUMENT = [
    ("", "queued"),
    ("queued", "drafted"),
    ("drafted", "sealed"),
    ("sealed", "signing"),
    ("signing", "signing"),
    ("signing", "complete"),
    ("sealed", "complete"),
    ("queued", "void"),
    ("drafted", "void"),
    ("sealed", "void"),
    ("signing", "void"),
]
# Which of the two ways from the seal a document goes is fixed with its signers.
WAY = """
CREATE FUNCTION document_goes_its_way() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'document % has % signers: it does not become %',
        NEW.number, jsonb_array_length(NEW.expected_signers), NEW.state USING ERRCODE = '23514';
END $$;
CREATE TRIGGER document_goes_its_way BEFORE UPDATE ON documents_document FOR EACH ROW
    WHEN (OLD.state = 'sealed' AND (NEW.state = 'complete' AND NEW.expected_signers <> '[]'
                                    OR NEW.state = 'signing' AND NEW.expected_signers = '[]'))
    EXECUTE FUNCTION document_goes_its_way();
"""
FACTS = ("auditevent", "statechange", "documentrevision", "signingintent", "signature")


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        migrations.RunSQL(FACT, "DROP FUNCTION refuse_change_of_fact() CASCADE;"),
        migrations.RunSQL(EDGE, "DROP FUNCTION check_state_edge() CASCADE;"),
        SetEdges("document", DOCUMENT),
        GuardStates("documents_document", "document"),
        migrations.RunSQL(WAY, "DROP FUNCTION document_goes_its_way() CASCADE;"),
        *[AppendOnly(f"documents_{table}") for table in FACTS],
    ]
