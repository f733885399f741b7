"""What search by words counts: the passages of a source in which a term stands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from autonomy.models.evidence import Source


class Posting(models.Model):
    """One term in passages that were stored together (a part of a source).

    The owner leads the index, so a person's search reads that person's rows only, however much
    others have, and how rare a word is comes out the same. `autonomy.memory.postings` packs the
    hits, and keeps the key: as an index it would be as large as the table, while entries of the two
    that there are share what they have in common.
    """

    pk = models.CompositePrimaryKey("owner_id", "term", "source", "first")
    owner_id = models.IntegerField(help_text="The source's owner.")
    term = models.TextField(help_text="As autonomy.library.terms makes it.")
    source = models.ForeignKey(Source, models.CASCADE, related_name="postings", db_index=False)
    first = models.PositiveIntegerField(help_text="Ordinal of the first passage of the part.")
    hits = ArrayField(
        models.IntegerField(), help_text="Ordinal within the part, frequency and passage length."
    )

    class Meta:
        db_table = "autonomy_postings"
        indexes = [
            models.Index(fields=["owner_id", "term"], name="posting_owner_term"),
            models.Index(fields=["source", "first"], name="posting_part"),
        ]

    def __str__(self) -> str:
        return f"{self.term} in {self.source_id}"
