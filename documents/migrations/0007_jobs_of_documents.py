"""The jobs of documents have one name for all kinds."""

from django.db import migrations

# What was asked for before goes on: the subject of a job is that of its document.
ONE_NAME = """
UPDATE documents_job j SET task = 'documents.sign'
 WHERE j.task IN ('contracts.apply_signature', 'procurement.apply_signature');
UPDATE documents_job j
   SET task = CASE WHEN j.task IN ('contracts.make_document', 'procurement.make_agreement')
                   THEN 'documents.make' ELSE 'documents.close' END,
       payload = jsonb_build_object('document', d.id)
  FROM documents_document d
 WHERE d.subject = j.subject AND j.task IN ('contracts.make_document', 'procurement.make_agreement',
                                            'contracts.close_document', 'procurement.close_agreement');
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0006_sealed_documents")]

    operations = [migrations.RunSQL(ONE_NAME, migrations.RunSQL.noop)]
