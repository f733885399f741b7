"""Two indexes whose entries share what they have in common take the place of the postings' key.

The key took as much room as the rows. `memory.postings` keeps it: what was counted of a part is
removed before it is counted again, in the transaction that stores the part's passages, whose own
key (source and ordinal) lets nobody store the same part beside it.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('autonomy', '0016_one_index_per_space'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='posting',
            index=models.Index(fields=['owner_id', 'term'], name='posting_owner_term'),
        ),
        migrations.AddIndex(
            model_name='posting',
            index=models.Index(fields=['source', 'first'], name='posting_part'),
        ),
        migrations.AlterField(
            model_name='posting',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='postings', to='autonomy.source'),
        ),
        migrations.RunSQL(
            'ALTER TABLE autonomy_postings DROP CONSTRAINT autonomy_postings_pkey',
            'ALTER TABLE autonomy_postings ADD PRIMARY KEY (owner_id, term, source_id, first)',
        ),
    ]
