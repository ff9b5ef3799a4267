"""Who does not sign a contract stands with its document, where one trigger asks for it whatever the document is of; and no
contract gets a document without all of them."""

from django.db import migrations

# Of documents made before: those of their order.
BARS = """
INSERT INTO procurement_signingbar (document_id, person_id, why)
SELECT DISTINCT k.document_id, who.person_id, 'asked'
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  JOIN procurement_approval a ON a.id = r.approval_id
  CROSS JOIN LATERAL (VALUES (a.requester_id), (a.submitted_by), (a.submitted_for)) who(person_id)
 WHERE k.document_id IS NOT NULL AND who.person_id IS NOT NULL
UNION
SELECT k.document_id, d.person_id, 'recused'
  FROM contracts_contract k
  JOIN procurement_calloffrevision r ON r.id = k.revision_id
  JOIN procurement_approval a ON a.id = r.approval_id
  JOIN procurement_recusal d ON (d.subject, d.subject_id) = (a.subject, a.subject_id)
 WHERE k.document_id IS NOT NULL
 ORDER BY 1, 3, 2;
"""

COMPLETE = """
CREATE FUNCTION contract_bars_who_may_not_sign() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1
          FROM procurement_calloffrevision r
          JOIN procurement_approval a ON a.id = r.approval_id
          CROSS JOIN LATERAL (
                VALUES (a.requester_id, 'asked'), (a.submitted_by, 'asked'), (a.submitted_for, 'asked')
                UNION SELECT d.person_id, 'recused' FROM procurement_recusal d
                       WHERE (d.subject, d.subject_id) = (a.subject, a.subject_id)) who(person_id, why)
         WHERE r.id = NEW.revision_id AND who.person_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM procurement_signingbar b
                            WHERE (b.document_id, b.person_id, b.why) = (NEW.document_id, who.person_id, who.why))) THEN
        RAISE EXCEPTION 'the document of a contract bars who asked for the order or keeps out of it' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_bars_who_may_not_sign BEFORE UPDATE ON contracts_contract
    FOR EACH ROW WHEN (NEW.document_id IS NOT NULL AND OLD.document_id IS DISTINCT FROM NEW.document_id)
    EXECUTE FUNCTION contract_bars_who_may_not_sign();
CREATE TRIGGER contract_bars_who_may_not_sign_from_the_first BEFORE INSERT ON contracts_contract
    FOR EACH ROW WHEN (NEW.document_id IS NOT NULL) EXECUTE FUNCTION contract_bars_who_may_not_sign();
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0005_milestones"), ("procurement", "0008_approval")]

    operations = [
        migrations.RunSQL(BARS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "DROP FUNCTION contract_is_signed_by_others() CASCADE; DROP FUNCTION signatory_is_not_recused() CASCADE;",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(COMPLETE, "DROP FUNCTION contract_bars_who_may_not_sign() CASCADE;"),
    ]
