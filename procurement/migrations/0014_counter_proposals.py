"""The order desk counter-proposes: its state, its edges, and a counter-proposal that is answered once."""

import django.db.models.deletion
import django_fsm
from decimal import Decimal
from django.db import migrations, models


from documents.machines import SetEdges

# Every edge of the call-off, as in procurement.models.call_off.
CALL_OFF = [
    ("", "draft"),
    ("draft", "department_approval"),
    ("returned", "department_approval"),
    ("department_approval", "returned"),
    ("department_approval", "authority_approval"),
    ("authority_approval", "with_supplier"),
    ("authority_approval", "returned"),
    ("department_approval", "rejected"),
    ("authority_approval", "rejected"),
    ("with_supplier", "counter_proposed"),
    ("counter_proposed", "department_approval"),
    ("counter_proposed", "with_supplier"),
    ("with_supplier", "confirmed"),
    ("with_supplier", "declined"),
    ("confirmed", "contracted"),
    ("confirmed", "returned"),
    ("confirmed", "declined"),
    ("draft", "withdrawn"),
    ("returned", "withdrawn"),
    ("department_approval", "withdrawn"),
    ("authority_approval", "withdrawn"),
    ("with_supplier", "withdrawn"),
    ("counter_proposed", "withdrawn"),
    ("draft", "lapsed"),
    ("returned", "lapsed"),
    ("department_approval", "lapsed"),
    ("authority_approval", "lapsed"),
    ("with_supplier", "lapsed"),
    ("counter_proposed", "lapsed"),
]

# What was proposed is a fact; its answer is written once. What it became is the next revision of the one it was made of.
ANSWERED_ONCE = """
CREATE FUNCTION counter_proposal_is_answered_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION 'a counter-proposal is answered once' USING ERRCODE = '23514';
    END IF;
    IF NEW.became_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM procurement_calloffrevision r
         WHERE r.id = NEW.became_id AND r.previous_id = NEW.revision_id AND r.call_off_id = NEW.call_off_id
           AND r.submitted_by = NEW.answered_by
    ) THEN
        RAISE EXCEPTION 'an accepted counter-proposal becomes the next revision, submitted by who accepts it'
              USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER answered_once BEFORE UPDATE ON procurement_counterproposal
    FOR EACH ROW EXECUTE FUNCTION counter_proposal_is_answered_once();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_accession_review_days'),
        ('procurement', '0013_priced_together'),
    ]

    operations = [
        migrations.CreateModel(
            name='CounterProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('changes', models.JSONField()),
                ('reason', models.TextField()),
                ('content', models.TextField()),
                ('content_hash', models.CharField(max_length=64)),
                ('whole_life_gbp', models.DecimalField(decimal_places=2, max_digits=14)),
                ('proposed_by', models.UUIDField()),
                ('proposed_by_name', models.CharField(max_length=120)),
                ('proposed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'accepted'), ('refused', 'refused'), ('taken_back', 'taken back by the supplier'), ('ended', 'ended with the order')], max_length=10)),
                ('answer_reason', models.TextField(blank=True)),
                ('answered_by', models.UUIDField(blank=True, null=True)),
                ('answered_by_name', models.CharField(blank=True, max_length=120)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='calloff',
            name='call_off_state_is_known',
        ),
        migrations.AlterField(
            model_name='calloff',
            name='state',
            field=django_fsm.FSMField(choices=[('draft', 'draft'), ('department_approval', "with the department's approvers"), ('authority_approval', 'with the purchasing authority'), ('returned', 'back for amendment'), ('with_supplier', 'with the supplier'), ('counter_proposed', 'counter-proposed by the supplier'), ('confirmed', 'accepted, contract not yet complete'), ('contracted', 'contracted'), ('rejected', 'rejected'), ('declined', 'declined by the supplier'), ('withdrawn', 'withdrawn'), ('lapsed', 'lapsed')], default='draft', max_length=50, protected=True),
        ),
        migrations.AddConstraint(
            model_name='calloff',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'department_approval', 'authority_approval', 'returned', 'with_supplier', 'counter_proposed', 'confirmed', 'contracted', 'rejected', 'declined', 'withdrawn', 'lapsed'])), name='call_off_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='calloff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'counter_proposed'), _negated=True), models.Q(('answer_days_left__isnull', False), ('answer_due_at__isnull', False)), _connector='OR'), name='counter_proposed_call_off_has_both_clocks'),
        ),
        migrations.AddField(
            model_name='counterproposal',
            name='became',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accepted_counter', to='procurement.calloffrevision'),
        ),
        migrations.AddField(
            model_name='counterproposal',
            name='call_off',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counter_proposals', to='procurement.calloff'),
        ),
        migrations.AddField(
            model_name='counterproposal',
            name='release',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.cataloguerelease'),
        ),
        migrations.AddField(
            model_name='counterproposal',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='counter_proposals', to='procurement.calloffrevision'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.UniqueConstraint(fields=('call_off', 'number'), name='one_counter_proposal_a_number'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('call_off',), name='one_open_counter_proposal_a_call_off'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['', 'accepted', 'refused', 'taken_back', 'ended'])), name='counter_answer_is_known'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answer', 'ended'), ('answered_at__gte', models.F('proposed_at'))), models.Q(('answer__in', ['accepted', 'refused', 'taken_back']), ('answered_at__gte', models.F('proposed_at')), ('answered_by__isnull', False)), _connector='OR'), name='counter_answer_has_its_moment'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', 'accepted'), ('became__isnull', False)), models.Q(models.Q(('answer', 'accepted'), _negated=True), ('became__isnull', True)), _connector='OR'), name='accepted_counter_became_a_revision'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', 'refused'), _negated=True), models.Q(('answer_reason', ''), _negated=True), _connector='OR'), name='refused_counter_says_why'),
        ),
        migrations.AddConstraint(
            model_name='counterproposal',
            constraint=models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$'), ('whole_life_gbp__gt', 0), ('whole_life_gbp__lte', Decimal('999999999999.99')), models.Q(('reason', ''), _negated=True)), name='counter_proposal_is_complete'),
        ),
        SetEdges("call_off", CALL_OFF),
        migrations.RunSQL(ANSWERED_ONCE, "DROP FUNCTION counter_proposal_is_answered_once() CASCADE;"),
    ]
