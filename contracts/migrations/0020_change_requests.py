"""Change requests: joiners and leavers inside the tolerance of a contract's quantities."""

import django.db.models.deletion
import django_fsm
import uuid
from decimal import Decimal
from django.db import migrations, models

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges


EDGES = [("", "asked"), ("asked", "accepted"), ("asked", "refused"), ("asked", "withdrawn"), ("asked", "lapsed")]

# What was answered, and by whom, stays.
ANSWERED = """
CREATE FUNCTION change_request_answer_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'asked' THEN
        RAISE EXCEPTION 'the answer to a change request stays' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER change_request_answer_stays BEFORE UPDATE ON contracts_changerequest
    FOR EACH ROW EXECUTE FUNCTION change_request_answer_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0019_audit_files'),
        ('documents', '0004_longer_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('effective_on', models.DateField()),
                ('reason', models.TextField()),
                ('value_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('share_percent', models.DecimalField(decimal_places=2, max_digits=9)),
                ('cumulative_percent', models.DecimalField(decimal_places=2, max_digits=9)),
                ('content', models.TextField()),
                ('content_hash', models.CharField(max_length=64)),
                ('state', django_fsm.FSMField(choices=[('asked', 'asked'), ('accepted', 'accepted'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('lapsed', 'lapsed')], default='asked', max_length=50, protected=True)),
                ('state_since', models.DateTimeField()),
                ('asked_by', models.UUIDField()),
                ('asked_by_name', models.CharField(max_length=120)),
                ('asked_for', models.UUIDField(blank=True, null=True)),
                ('asked_for_name', models.CharField(blank=True, max_length=120)),
                ('asked_at', models.DateTimeField()),
                ('answered_by', models.UUIDField(blank=True, null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=120)),
                ('answered_for', models.UUIDField(blank=True, null=True)),
                ('answered_for_name', models.CharField(blank=True, max_length=120)),
                ('answer', models.CharField(blank=True, max_length=2000)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='RequestedChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('service_code', models.CharField(max_length=20)),
                ('site', models.CharField(blank=True, max_length=80)),
                ('quantity_change', models.IntegerField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='contractversion',
            name='version_kind_is_known',
        ),
        migrations.AlterField(
            model_name='contractversion',
            name='kind',
            field=models.CharField(choices=[('contract', 'the contract'), ('rerating', 'notice of new prices'), ('milestone', 'milestone certificate'), ('variation', 'variation'), ('termination', 'notice of termination'), ('running_on', 'services that run on after the term'), ('change_request', 'accepted change request')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='contractversion',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contract', 'rerating', 'milestone', 'variation', 'termination', 'running_on', 'change_request'])), name='version_kind_is_known'),
        ),
        migrations.AddField(
            model_name='changerequest',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='change_requests', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='requestedchange',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='contracts.changerequest'),
        ),
        migrations.AddIndex(
            model_name='changerequest',
            index=models.Index(fields=['contract', 'state'], name='change_request_by_contract'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='one_change_request_a_number'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['asked', 'accepted', 'refused', 'withdrawn', 'lapsed'])), name='change_request_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='change_request_says_why'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='change_request_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(('cumulative_percent__gte', models.F('share_percent')), ('share_percent__gte', 0), ('value_gbp__gte', Decimal('-999999999999.99')), ('value_gbp__lte', Decimal('999999999999.99'))), name='change_request_is_of_money'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), ('answered_by__isnull', False), _connector='OR'), name='accepted_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), models.Q(models.Q(('answered_by', models.F('asked_by')), _negated=True), models.Q(('answered_by', models.F('asked_for')), _negated=True), models.Q(('answered_for', models.F('asked_by')), _negated=True), models.Q(('answered_for', models.F('asked_for')), _negated=True)), _connector='OR'), name='accepted_by_another_than_asked'),
        ),
        migrations.AddConstraint(
            model_name='changerequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['refused', 'withdrawn', 'lapsed']), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='change_request_ends_in_words'),
        ),
        migrations.AddConstraint(
            model_name='requestedchange',
            constraint=models.UniqueConstraint(fields=('request', 'number'), name='one_requested_change_a_number'),
        ),
        migrations.AddConstraint(
            model_name='requestedchange',
            constraint=models.UniqueConstraint(fields=('request', 'service_code', 'site'), name='one_requested_change_a_service_and_site'),
        ),
        migrations.AddConstraint(
            model_name='requestedchange',
            constraint=models.CheckConstraint(condition=models.Q(('quantity_change', 0), _negated=True), name='requested_change_changes_something'),
        ),
        SetEdges("change_request", EDGES),
        GuardStates("contracts_changerequest", "change_request"),
        AppendOnly("contracts_requestedchange"),
        migrations.RunSQL(
            ANSWERED, "DROP TRIGGER change_request_answer_stays ON contracts_changerequest; DROP FUNCTION change_request_answer_stays();"
        ),
    ]
