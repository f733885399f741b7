"""References without text, and the files that turn out to be the same works."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from autonomy.core.csl import folded_title, normal_doi
from autonomy.core.types import Reading, SourceOrigin
from autonomy.models import Source, described
from autonomy.tools.csl.same_work import likely_same_work

_COLUMNS = ("id", "csl", "csl_edited", "doi", "origin", "file_name")


class Known:
    """The works of a library by DOI and by title."""

    def __init__(self, rows: QuerySet[Source]) -> None:
        self._by_doi: dict[str, Source] = {}
        self._by_title: dict[str, list[Source]] = defaultdict(list)
        for row in rows.only(*_COLUMNS).order_by("created_at").iterator(chunk_size=1_000):
            self.add(row)

    def add(self, row: Source) -> None:
        if doi := row.doi or normal_doi(row.csl.get("DOI")):
            self._by_doi.setdefault(doi, row)
        if title := folded_title(row.csl):
            self._by_title[title].append(row)

    def find(self, csl: dict[str, Any]) -> Source | None:
        """The source that is this work, or None."""
        by_doi = self._by_doi.get(normal_doi(csl.get("DOI")))
        if by_doi is not None:
            return by_doi
        same_title = self._by_title.get(folded_title(csl), [])
        return next((row for row in same_title if likely_same_work(row.csl, csl)), None)


def takes(row: Source, csl: dict[str, Any]) -> bool:
    """Whether the metadata of an imported reference would change the source's. What a person
    corrected or a registry gave stays."""
    open_to_it = not row.csl_edited and row.origin in (SourceOrigin.UPLOAD, SourceOrigin.IMPORT)
    return open_to_it and {**row.csl, **csl} != row.csl


def take_metadata(row: Source, csl: dict[str, Any]) -> bool:
    """Let a stored source, which the caller has locked, take the metadata of an imported reference;
    whether anything changed.

    An upload's counts as corrected from then on, so that reading its file again does not undo it.
    """
    if not takes(row, csl):
        return False
    merged = {**row.csl, **csl}
    for column, value in described(merged).items():
        setattr(row, column, value)
    row.url = row.url or str(merged.get("URL", ""))
    row.csl_edited = row.origin == SourceOrigin.UPLOAD
    # What registries said was of other words.
    row.verification = ""
    row.verification_detail = {}
    row.verified_at = None
    row.save(
        update_fields=[
            "csl",
            "doi",
            "url",
            "csl_edited",
            "verification",
            "verification_detail",
            "verified_at",
        ]
    )
    return True


@transaction.atomic
def adopt_reference(source_id: UUID) -> bool:
    """Give a file that was just read the metadata of an imported reference to the same work, and
    remove that reference unless something points to it. Whether there was one.

    A file whose metadata a person corrected keeps it.
    """
    source = Source.objects.select_for_update().filter(pk=source_id, csl_edited=False).first()
    if source is None or source.origin != SourceOrigin.UPLOAD:
        return False
    waiting = Source.objects.filter(
        owner_id=source.owner_id, origin=SourceOrigin.IMPORT, reading=Reading.NOTHING
    )
    found = Known(waiting).find(source.csl)
    if found is None:
        return False
    # Held before anybody looks who points to it, so that nobody begins to meanwhile.
    reference = waiting.select_for_update().filter(pk=found.pk).first()
    if reference is None:
        return False
    take_metadata(source, reference.csl)
    source.record = {**reference.record, **source.record}
    source.save(update_fields=["record"])
    if not reference.citations.exists() and not reference.run_sources.exists():
        reference.delete()
    return True
