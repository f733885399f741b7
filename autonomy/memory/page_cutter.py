"""Pages that come in batches become stored passages, as the whole document would have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Max

from autonomy.library.chunk import chunk_pages
from autonomy.library.parsed import ParsedPage
from autonomy.memory.file_claims import Superseded, held, progress
from autonomy.memory.passage_store import append_passages
from autonomy.memory.readings import Reading
from autonomy.models import Passage, Source


class PageCutter:
    """Cuts a source's pages, from the first whose passages are not stored yet.

    The last page of each batch waits for the next one: where its last sentence ends is told by the
    page that follows.
    """

    def __init__(
        self, source: Source, reading: Reading, count_tokens: Callable[[str], int]
    ) -> None:
        self._source = source
        self._reading = reading
        self._count_tokens = count_tokens
        self._done = source.pages_read
        last = Passage.objects.filter(source=source).aggregate(last=Max("ordinal"))["last"]
        self._ordinal = -1 if last is None else last
        self._before: ParsedPage | None = None
        self._waiting: list[ParsedPage] = []
        self.evidence = source.passage_count
        """Passages that can be quoted from, so far."""

    def take_kept(self) -> None:
        """Cut the pages that were read earlier and not cut."""
        for pages in self._reading.kept(max(self._done - 1, 0)):
            fresh = list(pages)
            if self._done and self._before is None:
                self._before = fresh.pop(0)
            self._cut(fresh)

    def take(self, pages: Sequence[ParsedPage], total: int | None) -> None:
        """Keep and cut pages that were just read.

        Raises:
            Superseded: another attempt holds the source.
        """
        self._cut(pages, lambda: self._reading.append(pages, total))

    def finish(self) -> None:
        """Cut the last page: nothing follows it."""
        self._cut([], last=True)

    def _cut(
        self,
        pages: Sequence[ParsedPage],
        keep: Callable[[], None] | None = None,
        *,
        last: bool = False,
    ) -> None:
        waiting = [*self._waiting, *pages]
        ready = waiting if last else waiting[:-1]
        chunks = chunk_pages(
            ready,
            self._count_tokens,
            before=self._before,
            after=None if last or not waiting else waiting[-1],
            first_index=self._done,
            first_ordinal=self._ordinal + 1,
        )
        with transaction.atomic():
            # Lock first: a successor must not find our passages mixed with its own.
            if not held(self._source).select_for_update().exists():
                raise Superseded
            if keep is not None:
                keep()
            evidence = self.evidence + append_passages(self._source, chunks)
            done = self._done + len(ready)
            if ready:
                pages_there = {} if self._reading.pages is None else {"pages": self._reading.pages}
                progress(self._source, passage_count=evidence, pages_read=done, **pages_there)
        self._waiting = waiting[len(ready) :]
        self._before = ready[-1] if ready else self._before
        self._done, self.evidence = done, evidence
        if chunks:
            self._ordinal = chunks[-1].ordinal
