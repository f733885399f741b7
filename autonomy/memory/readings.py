"""Readings of files, kept by the digest of their bytes: what was parsed once is not parsed again,
whoever brings the bytes, whatever became of the passages, and wherever a worker died."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from django.db import transaction
from pydantic import TypeAdapter

from autonomy.library.bibliography import title_from_name
from autonomy.library.parsed import ParsedDocument, ParsedPage
from autonomy.library.version import parser_version
from autonomy.models import FileReading, FileReadingPages, Source

_PAGES = TypeAdapter(tuple[ParsedPage, ...])
_UNNAMED = "A file without a name"
"""Stands for the file's name while it is read: a reading is shared, and a name is its owner's."""


def ending_of(file_name: str) -> str:
    """What of a name decides how bytes are read."""
    return PurePosixPath(file_name).suffix.lower()[:20]


class Reading:
    """What has been read of some bytes so far. One worker at a time adds to it."""

    def __init__(self, row: FileReading) -> None:
        self._row = row

    @classmethod
    def of(cls, sha256: str, file_name: str) -> Reading:
        row, _ = FileReading.objects.get_or_create(
            sha256=sha256, ending=ending_of(file_name), parser=parser_version()
        )
        return cls(row)

    @property
    def unnamed(self) -> str:
        """The name to read it by."""
        return f"{_UNNAMED}{self._row.ending}"

    @property
    def pages(self) -> int | None:
        """How many there are, where it is known."""
        return self._row.pages

    @property
    def pages_read(self) -> int:
        return self._row.pages_read

    @property
    def next_page(self) -> int:
        """Number of the first page that is missing, from 1; 1 for formats without pages."""
        last = next(iter(self._last()), None)
        return 1 if last is None or last.number is None else last.number + 1

    def _last(self) -> Sequence[ParsedPage]:
        row = self._row.batches.order_by("-first").first()
        return _PAGES.validate_json(zlib.decompress(row.body))[-1:] if row else ()

    def kept(self, first: int = 0) -> Iterator[tuple[ParsedPage, ...]]:
        """The pages that are kept, from place `first` (from 0) on, in batches."""
        for row in self._row.batches.order_by("first").iterator(chunk_size=8):
            if row.first + row.count > first:
                pages = _PAGES.validate_json(zlib.decompress(row.body))
                yield pages[max(first - row.first, 0) :]

    def append(self, pages: Sequence[ParsedPage], total: int | None) -> None:
        """Keep the next pages; `total` is how many there are in all, where it is known."""
        if not pages:
            return
        body = zlib.compress(_PAGES.dump_json(tuple(pages)), 3)
        with transaction.atomic():
            FileReadingPages.objects.create(
                reading=self._row, first=self._row.pages_read, count=len(pages), body=body
            )
            self._row.pages_read += len(pages)
            self._row.pages = total
            self._row.save(update_fields=["pages_read", "pages"])

    def complete(self, document: ParsedDocument) -> None:
        """Keep what is to be said of the whole; all pages have been appended."""
        about = document.model_copy(update={"pages": ()})
        self._row.summary = zlib.compress(about.model_dump_json().encode(), 3)
        self._row.pages = document.page_count
        # `update` rather than `save`: the last file with these bytes may be deleted meanwhile.
        FileReading.objects.filter(pk=self._row.pk).update(
            summary=self._row.summary, pages=self._row.pages
        )

    def document(self, file_name: str) -> ParsedDocument | None:
        """The whole without its pages, titled after `file_name` where the file says no title; None
        while pages are missing."""
        if self._row.summary is None:
            return None
        document = ParsedDocument.model_validate_json(zlib.decompress(self._row.summary))
        csl = dict(document.metadata.csl)
        if csl.get("title") == title_from_name(self.unnamed):
            csl["title"] = title_from_name(file_name)
        metadata = document.metadata.model_copy(update={"csl": csl})
        return document.model_copy(update={"metadata": metadata})


def drop_unused_readings(*, sha256: str | None = None) -> int:
    """Remove readings whose bytes no source has, and those of older readers; how many.

    Args:
        sha256: look at the readings of these bytes only, and leave older readers to upkeep.
    """
    rows = FileReading.objects.all()
    used = Source.objects.exclude(sha256="").values("sha256")
    if sha256 is not None:
        rows = rows.filter(sha256=sha256).exclude(sha256__in=used)
    else:
        rows = rows.exclude(sha256__in=used) | rows.exclude(parser=parser_version())
    keys = list(rows.values_list("pk", flat=True))
    FileReadingPages.objects.filter(reading__in=keys).delete()
    return FileReading.objects.filter(pk__in=keys).delete()[0]
