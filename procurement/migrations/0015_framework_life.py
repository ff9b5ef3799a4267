"""A framework's life with its reasons: suspended, modified, terminated by two; and who was told that something waits."""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly

# A framework changes its state with the row that says why, whoever writes it; and nothing new is submitted under one
# that is not live, whatever page or program asks.
REASONS = """
CREATE FUNCTION framework_moves_with_its_reason() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    suspended boolean := EXISTS (SELECT 1 FROM procurement_suspension s
                                  WHERE s.framework_id = NEW.id AND s.ended_at IS NULL);
BEGIN
    IF (NEW.state = 'suspended') <> suspended THEN
        RAISE EXCEPTION 'framework % is suspended exactly while a suspension says why', NEW.reference
            USING ERRCODE = '23514';
    END IF;
    IF NEW.state = 'terminated' AND NOT EXISTS (SELECT 1 FROM procurement_termination t
                                                 WHERE t.framework_id = NEW.id AND t.outcome = 'confirmed') THEN
        RAISE EXCEPTION 'framework % is terminated by two people', NEW.reference USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves_with_its_reason BEFORE UPDATE OF state ON catalogue_framework
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION framework_moves_with_its_reason();

CREATE FUNCTION submission_needs_a_live_framework() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM catalogue_framework f WHERE f.id = NEW.framework_id AND f.state = 'live') THEN
        RAISE EXCEPTION 'nothing is submitted under a framework that is not live' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submission_needs_a_live_framework BEFORE UPDATE OF state ON procurement_calloff
    FOR EACH ROW WHEN (OLD.state IN ('draft', 'returned', 'counter_proposed') AND NEW.state = 'department_approval')
    EXECUTE FUNCTION submission_needs_a_live_framework();
"""
NO_REASONS = """
DROP TRIGGER submission_needs_a_live_framework ON procurement_calloff;
DROP FUNCTION submission_needs_a_live_framework();
DROP TRIGGER moves_with_its_reason ON catalogue_framework;
DROP FUNCTION framework_moves_with_its_reason();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0005_framework_time'),
        ('procurement', '0014_counter_proposals'),
    ]

    operations = [
        migrations.CreateModel(
            name='Modification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('term', 'term extended'), ('ceiling', 'ceiling changed')], max_length=7)),
                ('months', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('ends_on_before', models.DateField(blank=True, null=True)),
                ('ends_on_after', models.DateField(blank=True, null=True)),
                ('ceiling_before_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('ceiling_after_gbp', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('reason', models.CharField(max_length=2000)),
                ('notice', models.CharField(blank=True, max_length=120)),
                ('made_by', models.UUIDField()),
                ('made_by_name', models.CharField(max_length=120)),
                ('made_at', models.DateTimeField()),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='modifications', to='catalogue.framework')),
            ],
            options={
                'ordering': ['made_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ceiling_after_gbp__isnull', True), ('ends_on_after__gt', models.F('ends_on_before')), ('kind', 'term'), ('months__gte', 1), models.Q(('notice', ''), _negated=True)), models.Q(('ceiling_after_gbp__gt', 0), ('ceiling_after_gbp__lte', Decimal('999999999999.99')), ('ceiling_before_gbp__gt', 0), ('kind', 'ceiling'), ('months__isnull', True)), _connector='OR'), name='modification_says_before_and_after'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='modification_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=40)),
                ('level', models.CharField(choices=[('reminded', 'reminded'), ('deputy', 'the deputy was told'), ('senior', 'the next in line was told')], max_length=8)),
                ('told', models.CharField(blank=True, max_length=2000)),
                ('at', models.DateTimeField()),
                ('accession', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='procurement.accession')),
                ('call_off', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='procurement.calloff')),
            ],
            options={
                'ordering': ['at', 'id'],
                'constraints': [models.UniqueConstraint(fields=('subject', 'level'), name='one_reminder_a_level'), models.CheckConstraint(condition=models.Q(('call_off__isnull', True), ('accession__isnull', True), _connector='XOR'), name='reminder_is_about_one_thing'), models.CheckConstraint(condition=models.Q(('level__in', ['reminded', 'deputy', 'senior'])), name='reminder_level_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=2000)),
                ('suspended_by', models.UUIDField()),
                ('suspended_by_name', models.CharField(max_length=120)),
                ('suspended_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.UUIDField(blank=True, null=True)),
                ('ended_by_name', models.CharField(blank=True, max_length=120)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='catalogue.framework')),
            ],
            options={
                'ordering': ['suspended_at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('framework',), name='one_open_suspension_a_framework'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), ('ended_at__gte', models.F('suspended_at')), _connector='OR'), name='suspension_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='suspension_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='Termination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=2000)),
                ('proposed_by', models.UUIDField()),
                ('proposed_by_name', models.CharField(max_length=120)),
                ('proposed_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('confirmed', 'confirmed'), ('dropped', 'dropped')], max_length=9)),
                ('decided_by', models.UUIDField(blank=True, null=True)),
                ('decided_by_name', models.CharField(blank=True, max_length=120)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('words', models.CharField(blank=True, max_length=2000)),
                ('framework', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='terminations', to='catalogue.framework')),
            ],
            options={
                'ordering': ['proposed_at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('outcome__in', ['', 'confirmed'])), fields=('framework',), name='one_standing_termination_a_framework'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('outcome', '')), models.Q(('decided_at__gte', models.F('proposed_at')), ('outcome__in', ['confirmed', 'dropped'])), _connector='OR'), name='termination_is_decided_whole'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'confirmed'), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='termination_needs_two_people'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='termination_has_a_reason')],
            },
        ),
        AppendOnly("procurement_modification"),
        AppendOnly("procurement_reminder"),
        migrations.RunSQL(REASONS, NO_REASONS),
    ]
