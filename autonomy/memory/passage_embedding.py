"""The embeddings of a source's passages, filled in batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from autonomy.library.embed import Embedder, Vectors
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.memory.file_claims import Superseded, progress
from autonomy.memory.spaces import as_text
from autonomy.memory.still_there import sources_still_there
from autonomy.models import Passage, Source

BATCH = 32
EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)

_FILL = """
UPDATE autonomy_passages passage SET embedding = given.embedding::vector
FROM unnest(%(ids)s::uuid[], %(vectors)s::text[]) AS given(id, embedding)
WHERE passage.id = given.id
"""
# The text decides: the same bytes may have been cut by another version of the reader.
_COPY = """
UPDATE autonomy_passages passage SET embedding = twin.embedding
FROM autonomy_passages twin
WHERE passage.source_id = %(source)s AND passage.embedding IS NULL
  AND passage.kind = ANY(%(kinds)s)
  AND twin.source_id = (
      SELECT id FROM autonomy_sources
      WHERE sha256 = %(sha256)s AND id <> %(source)s AND embedded_count > 0
      ORDER BY embedded_count DESC LIMIT 1)
  AND twin.ordinal = passage.ordinal AND twin.text = passage.text
  AND twin.heading = passage.heading
  AND twin.embedding IS NOT NULL
"""


def embedded_text(heading: str, text: str) -> str:
    """What is embedded of a passage: its heading path says what the text itself takes as said."""
    return f"{heading}\n{text}" if heading else text


class PassageEmbedding:
    """Fills in what a source's passages lack."""

    def __init__(self, source: Source, embedder: Embedder) -> None:
        self._source = source
        self._embedder = embedder
        self._copied = not source.sha256
        self._last = -1

    def some(self) -> int:
        """Embed the next passages in reading order; how many. 0 when none is left for now.

        Raises:
            Superseded: another attempt holds the source.
        """
        rows = list(self._missing()[:BATCH])
        if not rows:
            return 0
        if not self._copied:
            self._copied = True
            if copied := self._copy():
                return copied
        vectors = self._embedder.encode([embedded_text(row.heading, row.text) for row in rows])
        with transaction.atomic():
            progress(self._source, embedded_count=F("embedded_count") + len(rows))
            fill_embeddings([row.id for row in rows], vectors)
        self._last = rows[-1].ordinal
        return len(rows)

    def _missing(self) -> Any:
        rows = Passage.objects.filter(
            source=self._source,
            embedding__isnull=True,
            kind__in=EVIDENCE,
            ordinal__gt=self._last,
        )
        return rows.only("id", "heading", "text", "ordinal").order_by("ordinal")

    def _copy(self) -> int:
        """Take the vectors of the same bytes from where they are already."""
        with transaction.atomic(), connection.cursor() as cursor:
            # The source before its passages, as whoever deletes it; others may still write to it.
            if not sources_still_there([self._source.id]):
                raise Superseded
            cursor.execute(
                _COPY,
                {
                    "source": str(self._source.id),
                    "sha256": self._source.sha256,
                    "kinds": EVIDENCE,
                },
            )
            copied = int(cursor.rowcount)
            if copied:
                progress(self._source, embedded_count=F("embedded_count") + copied)
        return copied


def fill_embeddings(ids: Sequence[Any], vectors: Vectors) -> None:
    """Store one vector per passage, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"ids": list(ids), "vectors": [as_text(v) for v in vectors]})
