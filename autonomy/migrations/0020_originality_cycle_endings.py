import autonomy.core.types
from django.conf import settings
from django.db import migrations, models

ENDED = """
UPDATE autonomy_turnitin_cycles cycle SET status = 'closed', closed_at = now()
FROM autonomy_runs run
WHERE run.id = cycle.run_id AND run.status IN ('succeeded', 'failed', 'cancelled')
  AND cycle.status IN ('awaiting_report', 'report_ready');
UPDATE autonomy_turnitin_cycles SET closed_at = now()
WHERE status IN ('accepted', 'rejected') AND closed_at IS NULL;
UPDATE autonomy_turnitin_cycles SET closed_at = NULL
WHERE status IN ('awaiting_report', 'report_ready') AND closed_at IS NOT NULL
"""
# Cycles whose run had ended stayed open for good.


class Migration(migrations.Migration):

    dependencies = [
        ('autonomy', '0019_document_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='turnitincycle',
            name='cycle_status_known',
        ),
        migrations.RemoveConstraint(
            model_name='turnitincycle',
            name='cycle_reported_when_ready',
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='expires_at',
            field=models.DateTimeField(blank=True, help_text='When the wait for the report ends; null for never.', null=True),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='local_similarity',
            field=models.FloatField(blank=True, help_text="Per cent, by the product's own engine.", null=True),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='observed_below',
            field=models.BooleanField(default=False, help_text='The report says “less than” the observed figure.'),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='remind_at',
            field=models.DateTimeField(blank=True, help_text='When the next reminder is due; null for none.', null=True),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='reminders',
            field=models.PositiveSmallIntegerField(default=0, help_text='Sent so far.'),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='report_read',
            field=models.JSONField(blank=True, help_text="What could be read of the report's file (`ReadReport`).", null=True),
        ),
        migrations.AlterField(
            model_name='run',
            name='stop_reason',
            field=models.CharField(blank=True, choices=[('completed', 'completed'), ('gates_unmet', 'gates unmet'), ('report_expired', 'report expired'), ('no_evidence', 'no evidence'), ('budget_tokens', 'budget tokens'), ('budget_seconds', 'budget seconds'), ('budget_usd', 'budget usd'), ('quota', 'quota'), ('loop_limit', 'loop limit'), ('cancelled', 'cancelled'), ('poisoned', 'poisoned'), ('error', 'error')], max_length=20),
        ),
        migrations.AlterField(
            model_name='turnitincycle',
            name='status',
            field=models.CharField(choices=[('awaiting_report', 'awaiting report'), ('report_ready', 'report ready'), ('accepted', 'accepted'), ('rejected', 'rejected'), ('expired', 'expired'), ('closed', 'closed')], default=autonomy.core.types.CycleStatus['AWAITING_REPORT'], max_length=16),
        ),
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='turnitincycle',
            index=models.Index(condition=models.Q(('status', 'awaiting_report')), fields=['remind_at'], name='cycle_to_remind'),
        ),
        migrations.AddIndex(
            model_name='turnitincycle',
            index=models.Index(condition=models.Q(('status', 'awaiting_report')), fields=['expires_at'], name='cycle_to_expire'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['accepted', 'awaiting_report', 'closed', 'expired', 'rejected', 'report_ready'])), name='cycle_status_known'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(('local_similarity__isnull', True), models.Q(('local_similarity__gte', 0), ('local_similarity__lte', 100)), _connector='OR'), name='cycle_local_similarity_is_per_cent'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['awaiting_report', 'expired']), ('status', 'closed'), ('reported_at__isnull', False), _connector='OR'), name='cycle_reported_when_ready'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['awaiting_report', 'expired']), _negated=True), ('reported_at__isnull', True), _connector='OR'), name='cycle_waits_without_report'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'accepted'), _negated=True), ('observed_similarity__isnull', False), ('verdict', 'accepted'), _connector='OR'), name='cycle_accepted_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['awaiting_report', 'report_ready']), ('closed_at__isnull', True)), models.Q(models.Q(('status__in', ['awaiting_report', 'report_ready']), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='cycle_closed_when_over'),
        ),
    ]
