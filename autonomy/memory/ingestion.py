"""An uploaded file becomes passages: queued → parsing → embedding → ready, or failed and why.

Every step is a conditional update on the attempt that claimed the source, so duplicates of the
message are harmless and a worker that was thought dead cannot write over its successor. A claim
whose worker stopped giving signs is taken up again where it was.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import DateTimeField, F, Func, Q
from django.utils import timezone

from autonomy.core.types import FileStatus
from autonomy.library.chunk import chunk
from autonomy.library.embed import Embedder
from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parsed import EVIDENCE_KINDS, ParsedDocument, ParseFailure, ParseLimits
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.passage_store import store_passages
from autonomy.models import Passage, Source
from handywriterz.env import env

_log = logging.getLogger(__name__)
_STALE = timedelta(seconds=30)
_SIGN_SECONDS = 5.0
_MAX_ATTEMPTS = 3
_EMBED_BATCH = 32
_GONE = "gone"
_SERVER_STARTED = Func(function="pg_postmaster_start_time", output_field=DateTimeField())
_IN_WORK = (FileStatus.PARSING, FileStatus.EMBEDDING)


def ingest_file(source_id: uuid.UUID | str, embedder: Embedder | None = None) -> str:
    """Bring the source as far as it goes; its status afterwards (`gone` if it was deleted).

    Does nothing when it is ready, failed, or in the hands of a living worker.
    """
    key = uuid.UUID(str(source_id))
    claimed = _claim(key)
    if claimed is None:
        return _status(key)
    source, was = claimed
    embedder = embedder or shared_embedder()
    with _signs_of_life(source):
        try:
            if was != FileStatus.EMBEDDING:
                _parse(source, embedder)
            _embed(source, embedder)
        except ParseFailure as failure:
            _fail(source, failure.code, failure.message)
        except _Superseded:
            _log.info("source %s was taken over or deleted", key)
    return _status(key)


def sources_to_ingest(limit: int = 100) -> list[uuid.UUID]:
    """Sources that wait for a worker, or whose worker died, for a sweeper to ring for."""
    now = timezone.now()
    waiting = Q(status=FileStatus.QUEUED, created_at__lt=now - timedelta(seconds=5))
    dead = Q(status__in=_IN_WORK, worked_at__lt=now - _STALE)
    rows = Source.objects.filter(waiting | dead).order_by("created_at")
    return list(rows.values_list("id", flat=True)[:limit])


class _Superseded(Exception):
    """This attempt no longer holds the source."""


def _claim(key: uuid.UUID) -> tuple[Source, str] | None:
    """Take the source if nobody alive holds it, with the status it was found in."""
    stale = Q(worked_at__lt=timezone.now() - _STALE) | Q(worked_at__isnull=True)
    with transaction.atomic():
        free = Q(status=FileStatus.QUEUED) | (Q(status__in=_IN_WORK) & stale)
        source = (
            Source.objects.select_for_update()
            .filter(free, id=key)
            .annotate(server_restarted=Q(worked_at__lt=_SERVER_STARTED))
            .first()
        )
        if source is None:
            return None
        was = source.status
        source.attempts += 1
        source.worked_at = timezone.now()
        if was == FileStatus.QUEUED:
            source.status = FileStatus.PARSING
        source.save(update_fields=["attempts", "worked_at", "status"])
    # When PostgreSQL went away under the last attempt, that was no fault of the file.
    if source.attempts > _MAX_ATTEMPTS and not source.server_restarted:
        _fail(
            source,
            "damaged",
            f"Reading this file broke off {_MAX_ATTEMPTS} times, so it was given up. "
            "Save it again from the program that made it and upload that.",
        )
        return None
    return source, was


def _held(source: Source) -> Any:
    return Source.objects.filter(id=source.id, attempts=source.attempts, status__in=_IN_WORK)


def _update(source: Source, **fields: Any) -> None:
    """Write while this attempt still holds the source.

    Raises:
        _Superseded: it does not.
    """
    if not _held(source).update(worked_at=timezone.now(), **fields):
        raise _Superseded


def _fail(source: Source, code: str, message: str) -> None:
    if _held(source).update(status=FileStatus.FAILED, error_code=code, error=message):
        _log.info("source %s failed: %s", source.id, code)


def _status(key: uuid.UUID) -> str:
    status = Source.objects.filter(id=key).values_list("status", flat=True).first()
    return _GONE if status is None else str(status)


def _parse(source: Source, embedder: Embedder) -> None:
    limits = ParseLimits(
        max_pages=env().parse_max_pages,
        max_chars=env().parse_max_chars,
        timeout_seconds=env().parse_timeout_seconds,
    )
    with _local_file(source) as path:
        document = parse_in_subprocess(path, source.file_name or path.name, limits)
    chunks = chunk(document, embedder.count_tokens)
    if not any(piece.kind in EVIDENCE_KINDS for piece in chunks):
        raise ParseFailure("empty", "This file holds too little text to quote from.")
    with transaction.atomic():
        # Lock first: a successor must not find our passages mixed with its own.
        if not _held(source).select_for_update().exists():
            raise _Superseded
        evidence = store_passages(source, chunks)
        _update(
            source,
            status=FileStatus.EMBEDDING,
            passage_count=evidence,
            embedded_count=0,
            media_type=document.media_type,
            pages=document.page_count,
        )
        _describe(source, document)


def _describe(source: Source, document: ParsedDocument) -> None:
    """Keep what the file says of itself, unless a person knows better."""
    Source.objects.filter(id=source.id, csl_edited=False).update(csl=document.metadata.csl)


def _embed(source: Source, embedder: Embedder) -> None:
    """Fill in the embeddings that are missing, batch by batch, then declare the source ready."""
    missing = Passage.objects.filter(
        source=source, embedding__isnull=True, kind__in=[kind.value for kind in EVIDENCE_KINDS]
    ).order_by("ordinal")
    while batch := list(missing.only("id", "text")[:_EMBED_BATCH]):
        vectors = embedder.encode([passage.text for passage in batch])
        for passage, vector in zip(batch, vectors, strict=True):
            passage.embedding = vector
        with transaction.atomic():
            _update(source, embedded_count=F("embedded_count") + len(batch))
            Passage.objects.bulk_update(batch, ["embedding"])
    _update(source, status=FileStatus.READY, ready_at=timezone.now(), error="", error_code="")


@contextmanager
def _local_file(source: Source) -> Iterator[Path]:
    """The source's bytes as a file on this machine."""
    try:
        stored = default_storage.open(source.file, "rb")
    except FileNotFoundError as error:
        raise ParseFailure(
            "damaged", "The stored file is gone from this server. Please upload it again."
        ) from error
    with stored, tempfile.NamedTemporaryFile(prefix="source-") as copy:
        shutil.copyfileobj(stored, copy, 1 << 20)
        copy.flush()
        yield Path(copy.name)


@contextmanager
def _signs_of_life(source: Source) -> Iterator[None]:
    """Renew the claim while its work goes on, from a thread with a connection of its own."""
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(_SIGN_SECONDS):
                try:
                    _held(source).update(worked_at=timezone.now())
                except (DatabaseError, InterfaceError) as error:
                    _log.info("source %s: no sign of life this time (%s)", source.id, error)
                    connection.close()  # the next one gets a new session
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"ingest-{source.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
