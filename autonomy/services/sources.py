"""Works of a person's library: metadata corrected, reading tried again, removed, where cited."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import Count

from autonomy.core.types import FileStatus
from autonomy.models import Artifact, Citation, Source, described
from autonomy.runtime.couriers import ring_file
from autonomy.services.errors import Conflict, NotFound
from autonomy.services.files import delete_file
from autonomy.services.source_fields import merged

logger = logging.getLogger(__name__)

UNCHECKED: dict[str, Any] = {"verification": "", "verification_detail": {}, "verified_at": None}


@dataclass(frozen=True, slots=True)
class CitedIn:
    """A document that cites a source."""

    run_id: UUID
    conversation_id: UUID | None
    artifact_id: UUID
    """Its newest version."""
    title: str
    citations: int
    """In that version."""


def edit_metadata(source: Source, changes: Mapping[str, Any]) -> Source:
    """Correct the CSL-JSON of a source: each field that is named is set, or removed by null or
    emptiness; others stay. From then on neither file nor registry overrides it, and what was
    verified of the old metadata no longer counts.

    Raises:
        BadField: a value that no citation style could print; `csl.<name>`.
        NotFound: the source has been deleted.
    """
    return describe_anew(source, lambda csl: merged(csl, changes))


@transaction.atomic
def describe_anew(source: Source, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Source:
    """As `edit_metadata`: the CSL-JSON becomes what `change` makes of it as it is now.

    Raises:
        NotFound: the source has been deleted.
    """
    row = _held(source)
    csl = change(row.csl)
    if csl == row.csl and row.csl_edited:
        return row
    fields: dict[str, Any] = {**described(csl), "csl_edited": True, **UNCHECKED}
    if fields["doi"] != row.doi:
        fields["retracted"] = False  # a notice is about a DOI
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    return row


def read_again(source: Source) -> Source:
    """Try a file once more whose reading failed. One that is being read is left alone.

    Raises:
        Conflict: it was read, or there is no file.
        NotFound: the source has been deleted.
    """
    if not source.file:
        raise Conflict("This source has no file to read; add one by uploading it.", "no_file")
    with transaction.atomic():
        row = _held(source)
        if row.status == FileStatus.READY:
            raise Conflict("This file has been read already.", "already_read")
        if row.status == FileStatus.FAILED:
            row.status, row.error, row.error_code = FileStatus.QUEUED, "", ""
            row.claims_without_progress = 0
            row.save(update_fields=["status", "error", "error_code", "claims_without_progress"])
            transaction.on_commit(lambda: ring_file(row.pk))
    return row


def _held(source: Source) -> Source:
    row = Source.objects.select_for_update(no_key=True).filter(pk=source.pk).first()
    if row is None:
        raise NotFound("The source has been deleted.")
    return row


def delete_sources(owner: User, ids: Sequence[UUID]) -> int:
    """Remove these sources of `owner` with their files and passages; how many went. What is gone or
    somebody else's is passed over, and so is one that fails where others go."""
    removed = 0
    failure: DatabaseError | None = None
    for row in Source.objects.filter(owner=owner, id__in=ids):
        try:
            removed += delete_file(row)
        except DatabaseError as error:
            logger.exception("source %s could not be removed", row.pk)
            failure = error
    if failure is not None and not removed:
        raise failure
    return removed


def where_cited(source: Source) -> list[CitedIn]:
    """Documents of its owner that cite the source, the newest first; of each its last version."""
    citing = Citation.objects.filter(source=source, run__owner_id=source.owner_id)
    versions = (
        citing.values("artifact_id", "artifact__run_id", "artifact__version")
        .annotate(citations=Count("id"))
        .order_by("-artifact__run_id", "-artifact__version")
    )
    newest = {row["artifact__run_id"]: row for row in reversed(versions)}
    artifacts = (
        Artifact.objects.filter(id__in=[row["artifact_id"] for row in newest.values()])
        .select_related("run")
        .defer("body")
    )
    return [
        CitedIn(
            run_id=artifact.run_id,
            conversation_id=artifact.run.conversation_id,
            artifact_id=artifact.pk,
            title=artifact.title or artifact.run.title,
            citations=newest[artifact.run_id]["citations"],
        )
        for artifact in artifacts.order_by("-run_id")
    ]
