"""A document that nobody signs is complete after its seal."""

from django.db import migrations

from documents.machines import SetEdges

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


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_dropped_messages")]

    operations = [
        SetEdges("document", DOCUMENT),
        migrations.RunSQL(WAY, "DROP FUNCTION document_goes_its_way() CASCADE;"),
    ]
