"""Statutory notices as duties with their days, what was published, and the ratings of key performance indicators."""

import django.db.models.deletion
from django.db import migrations, models

from documents.dbrules import AppendOnly


FACTS = ("noticepublication", "kpiround", "kpirating", "kpiconfirmation", "kpicomment")

# Ratings are confirmed by nobody who gave them, nor for whom they were given, and by nobody who keeps out of the order; a notice has
# one confirmed round, its last.
CONFIRMED = """
CREATE FUNCTION ratings_are_confirmed_by_another() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    made contracts_kpiround;
BEGIN
    SELECT * INTO made FROM contracts_kpiround WHERE id = NEW.round_id;
    IF NEW.confirmed_by IN (made.rated_by, made.rated_for) OR NEW.confirmed_for IN (made.rated_by, made.rated_for) THEN
        RAISE EXCEPTION 'nobody confirms ratings that they gave' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (
        SELECT 1 FROM contracts_kpiround o LEFT JOIN contracts_kpiconfirmation c ON c.round_id = o.id
         WHERE o.notice_id = made.notice_id AND o.id <> made.id AND (o.number > made.number OR c.id IS NOT NULL)) THEN
        RAISE EXCEPTION 'the last ratings of a notice are confirmed, once' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (
        SELECT 1
          FROM contracts_statutorynotice n
          JOIN contracts_contract k ON k.id = n.contract_id
          JOIN procurement_calloffrevision r ON r.id = k.revision_id
          JOIN procurement_approval a ON a.id = r.approval_id
          JOIN procurement_recusal d ON (d.subject, d.subject_id) = (a.subject, a.subject_id)
         WHERE n.id = made.notice_id AND d.person_id IN (NEW.confirmed_by, NEW.confirmed_for)) THEN
        RAISE EXCEPTION 'whoever keeps out of the order confirms no ratings of its contract' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ratings_are_confirmed_by_another BEFORE INSERT ON contracts_kpiconfirmation
    FOR EACH ROW EXECUTE FUNCTION ratings_are_confirmed_by_another();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_rules'),
        ('contracts', '0020_change_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='KpiRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('months_from', models.DateField(blank=True, null=True)),
                ('months_to', models.DateField(blank=True, null=True)),
                ('content_hash', models.CharField(max_length=64)),
                ('rated_by', models.UUIDField()),
                ('rated_by_name', models.CharField(max_length=120)),
                ('rated_for', models.UUIDField(blank=True, null=True)),
                ('rated_for_name', models.CharField(blank=True, max_length=120)),
                ('rated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='KpiConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('confirmed_by', models.UUIDField()),
                ('confirmed_by_name', models.CharField(max_length=120)),
                ('confirmed_for', models.UUIDField(blank=True, null=True)),
                ('confirmed_for_name', models.CharField(blank=True, max_length=120)),
                ('confirmed_at', models.DateTimeField()),
                ('round', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='confirmation', to='contracts.kpiround')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StatutoryNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('kind', models.CharField(choices=[('award', 'contract award notice (s.50)'), ('details', 'contract details notice (s.53)'), ('performance', 'contract performance notice (s.71)'), ('change', 'contract change notice (s.75)'), ('termination', 'contract termination notice (s.80)')], max_length=12)),
                ('period_from', models.DateField(blank=True, null=True)),
                ('period_to', models.DateField(blank=True, null=True)),
                ('is_last', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField()),
                ('due_on', models.DateField()),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statutory_notices', to='contracts.contract')),
                ('variation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='statutory_notice', to='contracts.variation')),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='NoticePublication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=60)),
                ('published_on', models.DateField()),
                ('content', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('recorded_by', models.UUIDField()),
                ('recorded_by_name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('recorded_at', models.DateTimeField()),
                ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='publication', to='contracts.statutorynotice')),
            ],
        ),
        migrations.AddField(
            model_name='kpiround',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rounds', to='contracts.statutorynotice'),
        ),
        migrations.CreateModel(
            name='KpiComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('person_id', models.UUIDField()),
                ('person_name', models.CharField(max_length=120)),
                ('principal_id', models.UUIDField(blank=True, null=True)),
                ('acting_for', models.CharField(blank=True, max_length=120)),
                ('at', models.DateTimeField()),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='contracts.statutorynotice')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='KpiRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rating', models.CharField(choices=[('good', 'Good'), ('approaching_target', 'Approaching target'), ('requires_improvement', 'Requires improvement'), ('inadequate', 'Inadequate'), ('other', 'Other')], max_length=20)),
                ('suggested', models.CharField(choices=[('good', 'Good'), ('approaching_target', 'Approaching target'), ('requires_improvement', 'Requires improvement'), ('inadequate', 'Inadequate'), ('other', 'Other')], max_length=20)),
                ('words', models.TextField(blank=True)),
                ('met', models.PositiveSmallIntegerField()),
                ('below_target', models.PositiveSmallIntegerField()),
                ('below_minimum', models.PositiveSmallIntegerField()),
                ('below_critical', models.PositiveSmallIntegerField()),
                ('relieved', models.PositiveSmallIntegerField()),
                ('measure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.servicelevelmeasure')),
                ('round', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='contracts.kpiround')),
            ],
            options={
                'ordering': ['measure__position'],
                'constraints': [models.UniqueConstraint(fields=('round', 'measure'), name='one_kpi_rating_a_measure'), models.CheckConstraint(condition=models.Q(('rating__in', ['good', 'approaching_target', 'requires_improvement', 'inadequate', 'other']), ('suggested__in', ['good', 'approaching_target', 'requires_improvement', 'inadequate', 'other'])), name='kpi_rating_is_of_the_scale'), models.CheckConstraint(condition=models.Q(models.Q(('rating', models.F('suggested')), models.Q(('rating', 'other'), _negated=True)), models.Q(('words', ''), _negated=True), _connector='OR'), name='kpi_rating_says_why')],
            },
        ),
        migrations.AddIndex(
            model_name='statutorynotice',
            index=models.Index(fields=['due_on'], name='statutory_notice_by_day'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='one_statutory_notice_a_number'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['award', 'details', 'termination'])), fields=('contract', 'kind'), name='one_statutory_notice_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.UniqueConstraint(fields=('contract', 'period_from', 'is_last'), name='one_performance_notice_a_year'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['award', 'details', 'performance', 'change', 'termination'])), name='statutory_notice_is_known'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'change'), ('variation__isnull', False)), models.Q(models.Q(('kind', 'change'), _negated=True), ('variation__isnull', True)), _connector='OR'), name='a_change_notice_is_of_a_variation'),
        ),
        migrations.AddConstraint(
            model_name='statutorynotice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'performance'), ('period_from__isnull', False), ('period_to__gte', models.F('period_from'))), models.Q(models.Q(('kind', 'performance'), _negated=True), ('is_last', False), ('period_from__isnull', True), ('period_to__isnull', True)), _connector='OR'), name='a_performance_notice_is_of_a_period'),
        ),
        migrations.AddConstraint(
            model_name='noticepublication',
            constraint=models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='a_publication_has_its_reference'),
        ),
        migrations.AddConstraint(
            model_name='noticepublication',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='a_publication_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='kpiround',
            constraint=models.UniqueConstraint(fields=('notice', 'number'), name='one_kpi_round_a_number'),
        ),
        migrations.AddConstraint(
            model_name='kpiround',
            constraint=models.CheckConstraint(condition=models.Q(('content_hash__regex', '^[0-9a-f]{64}$')), name='kpi_round_has_its_hash'),
        ),
        migrations.AddConstraint(
            model_name='kpiround',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('months_from__isnull', True), ('months_to__isnull', True)), models.Q(('months_from__day', 1), ('months_to__day', 1)), _connector='OR'), name='kpi_round_is_of_months'),
        ),
        migrations.AddConstraint(
            model_name='kpicomment',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='a_kpi_comment_says_something'),
        ),
        *(AppendOnly(f"contracts_{table}") for table in FACTS),
        migrations.RunSQL(
            CONFIRMED,
            "DROP TRIGGER ratings_are_confirmed_by_another ON contracts_kpiconfirmation; DROP FUNCTION ratings_are_confirmed_by_another();",
        ),
    ]
