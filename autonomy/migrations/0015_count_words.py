from django.db import migrations


def count_words(apps, schema_editor):
    """Make the postings of passages that are stored already.

    Source by source, each in a transaction of its own: a large library takes minutes, which must
    not be lost, nor hold locks, when they are broken off. Counting a source again changes nothing.
    """
    # The words are those that today's search asks for, whenever this runs.
    from autonomy.library.parsed import EVIDENCE_KINDS
    from autonomy.memory.postings import store_postings

    kinds = [kind.value for kind in EVIDENCE_KINDS]
    Passage = apps.get_model("autonomy", "Passage")
    for source in apps.get_model("autonomy", "Source").objects.only("id", "owner_id").iterator():
        rows = Passage.objects.filter(source=source, kind__in=kinds)
        store_postings(source, list(rows.order_by("ordinal").values_list("ordinal", "heading", "text")))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('autonomy', '0014_postings'),
    ]

    operations = [
        migrations.RunPython(count_words, migrations.RunPython.noop, elidable=True),
    ]
