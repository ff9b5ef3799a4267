"""Releases drafted, approved and scheduled in the register: whose they are, their drafts, and what the database refuses."""

import uuid

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models

# Until now there was only the release that the operator had loaded: it is the authority's, since the load.
LOADED = """
UPDATE catalogue_cataloguerelease r SET public_id = gen_random_uuid(), title = 'First release',
       organisation_id = (SELECT authority_id FROM catalogue_framework f WHERE f.id = r.framework_id),
       state_since = coalesce((SELECT min(at) FROM documents_auditevent e
                                WHERE e.verb = 'catalogue_release.loaded' AND e.subject_id = r.id::text), now());
SET CONSTRAINTS ALL IMMEDIATE;
"""

# A draft is written while its release is one. The share lock keeps the release from being submitted meanwhile.
DRAFTS = """
CREATE FUNCTION release_draft_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_in text;
BEGIN
    SELECT state INTO now_in FROM catalogue_cataloguerelease WHERE id = NEW.release_id FOR SHARE;
    IF now_in <> 'draft' THEN
        RAISE EXCEPTION 'release % is %: its draft is settled', NEW.release_id, now_in USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER draft_is_open BEFORE INSERT OR UPDATE ON catalogue_releasedraft
    FOR EACH ROW EXECUTE FUNCTION release_draft_is_open();
CREATE FUNCTION release_is_approved_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (
        SELECT 1 FROM catalogue_releasedraft d
         WHERE d.release_id = NEW.id
           AND (d.hands ? NEW.approver_person_id::text OR d.hands ? NEW.approver_principal_id::text)) THEN
        RAISE EXCEPTION 'nobody approves a release they have written in' USING ERRCODE = '23514';
    END IF;
    IF OLD.number IS DISTINCT FROM NEW.number AND OLD.number IS NOT NULL THEN
        RAISE EXCEPTION 'a release keeps its number' USING ERRCODE = '23514';
    END IF;
    IF OLD.state = 'superseded' AND NEW.valid IS DISTINCT FROM OLD.valid
       OR OLD.state = 'live' AND lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid) THEN
        RAISE EXCEPTION 'what was in force on a day stays so' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER release_is_approved_by_another BEFORE UPDATE ON catalogue_cataloguerelease
    FOR EACH ROW EXECUTE FUNCTION release_is_approved_by_another();
"""
NO_DRAFTS = """
DROP TRIGGER release_is_approved_by_another ON catalogue_cataloguerelease;
DROP FUNCTION release_is_approved_by_another();
DROP TRIGGER draft_is_open ON catalogue_releasedraft;
DROP FUNCTION release_draft_is_open();
"""
IN_FORCE = ["scheduled", "live", "superseded"]
UNAPPROVED = ["draft", "submitted", "rejected", "withdrawn"]


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_framework_time"), ("documents", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="ReleaseDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sheets", models.JSONField()),
                ("hands", models.JSONField(default=list)),
                ("edits", models.PositiveIntegerField(default=0)),
                ("release", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="draft", to="catalogue.cataloguerelease")),
            ],
            options={"abstract": False},
        ),
        migrations.RemoveConstraint(model_name="cataloguerelease", name="release_is_valid_for_a_day"),
        migrations.AddField("cataloguerelease", "approver_principal_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField("cataloguerelease", "content_hash", models.CharField(blank=True, max_length=64, default=""), preserve_default=False),
        migrations.AddField("cataloguerelease", "ended_words", models.CharField(blank=True, max_length=2000, default=""), preserve_default=False),
        migrations.AddField("cataloguerelease", "organisation", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="catalogue.organisation")),
        migrations.AddField("cataloguerelease", "public_id", models.UUIDField(null=True)),
        migrations.AddField("cataloguerelease", "state_since", models.DateTimeField(null=True)),
        migrations.AddField("cataloguerelease", "submitted_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("cataloguerelease", "title", models.CharField(max_length=100, default=""), preserve_default=False),
        migrations.RunSQL(LOADED, migrations.RunSQL.noop),
        migrations.AlterField("cataloguerelease", "organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="releases", to="catalogue.organisation")),
        migrations.AlterField("cataloguerelease", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.AlterField("cataloguerelease", "state_since", models.DateTimeField()),
        migrations.AlterField("cataloguerelease", "number", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AlterField("cataloguerelease", "valid", django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True)),
        migrations.AddConstraint("cataloguerelease", models.CheckConstraint(
            condition=models.Q(("valid__isnull", True), ("valid__isempty", False), _connector="OR"), name="release_is_valid_for_a_day")),
        migrations.AddConstraint("cataloguerelease", models.CheckConstraint(
            condition=models.Q(models.Q(("state__in", IN_FORCE), _negated=True), ("valid__isnull", False), _connector="OR"), name="release_in_force_has_its_days")),
        migrations.AddConstraint("cataloguerelease", models.CheckConstraint(
            condition=models.Q(("state__in", UNAPPROVED), ("number__isnull", False), _connector="OR"), name="approved_release_has_a_number")),
        migrations.AddConstraint("cataloguerelease", models.CheckConstraint(
            condition=models.Q(models.Q(("content_hash", ""), ("submitted_at__isnull", True)), models.Q(("submitted_at__isnull", False), models.Q(("content_hash", ""), _negated=True)), _connector="OR"), name="submitted_release_has_its_hash")),
        migrations.RunSQL(DRAFTS, NO_DRAFTS),
    ]
