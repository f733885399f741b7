import autonomy.core.types
import autonomy.models.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('autonomy', '0021_checks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PassageChange',
            fields=[
                ('id', models.UUIDField(default=autonomy.models.fields.new_id, editable=False, primary_key=True, serialize=False)),
                ('ordinal', models.PositiveIntegerField(help_text="In the document's order, from 0.")),
                ('section_id', models.CharField(max_length=120)),
                ('heading', models.TextField(blank=True)),
                ('before', models.TextField(help_text="Whole sentences of the section's Markdown.")),
                ('after', models.TextField(blank=True, help_text='In their place; empty when they were cut.')),
                ('remedy', models.CharField(choices=[('quote', 'quote'), ('cite', 'cite'), ('rephrase', 'rephrase'), ('shorten', 'shorten'), ('cut', 'cut'), ('keep', 'keep')], max_length=8)),
                ('reason', models.TextField(help_text='Fit for the person who reads it.')),
                ('told_by', models.CharField(choices=[('engine', 'engine'), ('report', 'report'), ('checker', 'checker')], max_length=8)),
                ('group', models.CharField(choices=[('not_cited_or_quoted', 'not cited or quoted'), ('missing_quotation', 'missing quotation'), ('missing_citation', 'missing citation'), ('cited_and_quoted', 'cited and quoted')], max_length=20)),
                ('note', models.TextField(blank=True, help_text='What a checker wrote about it.')),
                ('source_title', models.TextField(blank=True)),
                ('author', models.CharField(choices=[('model', 'model'), ('rule', 'rule'), ('human', 'human')], default=autonomy.core.types.Author['RULE'], max_length=5)),
                ('verdict', models.CharField(choices=[('settled', 'settled'), ('open', 'open'), ('gone', 'gone'), ('kept', 'kept'), ('unchecked', 'unchecked')], max_length=9)),
            ],
            options={
                'db_table': 'autonomy_passage_changes',
                'ordering': ['cycle', 'ordinal'],
            },
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='local_quoted',
            field=models.FloatField(blank=True, help_text='Per cent, quoted and cited; not in the figure before.', null=True),
        ),
        migrations.AddField(
            model_name='turnitincycle',
            name='revised',
            field=models.ForeignKey(blank=True, help_text='The version that was made because of the report.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='autonomy.artifact'),
        ),
        migrations.AddConstraint(
            model_name='turnitincycle',
            constraint=models.CheckConstraint(condition=models.Q(('local_quoted__isnull', True), models.Q(('local_quoted__gte', 0), ('local_quoted__lte', 100)), _connector='OR'), name='cycle_local_quoted_is_per_cent'),
        ),
        migrations.AddField(
            model_name='passagechange',
            name='cycle',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='autonomy.turnitincycle'),
        ),
        migrations.AddField(
            model_name='passagechange',
            name='source',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='autonomy.source'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('remedy__in', ['cite', 'cut', 'keep', 'quote', 'rephrase', 'shorten'])), name='change_remedy_known'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('told_by__in', ['checker', 'engine', 'report'])), name='change_teller_known'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('group__in', ['cited_and_quoted', 'missing_citation', 'missing_quotation', 'not_cited_or_quoted'])), name='change_group_known'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('author__in', ['human', 'model', 'rule'])), name='change_author_known'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['gone', 'kept', 'open', 'settled', 'unchecked'])), name='change_verdict_known'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.UniqueConstraint(fields=('cycle', 'ordinal'), name='change_ordinal_once'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='change_says_why'),
        ),
        migrations.AddConstraint(
            model_name='passagechange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('remedy', 'keep'), _negated=True), ('after', models.F('before')), _connector='OR'), name='change_kept_is_the_same'),
        ),
    ]
