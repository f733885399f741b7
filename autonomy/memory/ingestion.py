"""An uploaded file becomes passages: queued → parsing → embedding → ready, or failed and why.

Pages are kept as the parser hands them out, cut into passages as soon as their neighbours are
known, and embedded while the parser goes on; what is embedded can be found at once. All of it is
stored as it happens, so a worker that dies is followed by one that goes on at the same page.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from autonomy.core.types import FileStatus, SourceOrigin
from autonomy.library.embed import Embedder
from autonomy.library.parsed import ParsedDocument, ParseFailure, ParseLimits
from autonomy.library.version import parser_version
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.file_claims import (
    Superseded,
    claim,
    claim_next,
    fail,
    held,
    signs_of_life,
    update,
)
from autonomy.memory.imported import adopt_reference
from autonomy.memory.page_cutter import PageCutter
from autonomy.memory.page_stream import PageStream
from autonomy.memory.passage_embedding import PassageEmbedding
from autonomy.memory.postings import drop_postings
from autonomy.memory.readings import Reading
from autonomy.models import Passage, Source, described
from handywriterz.env import env

_log = logging.getLogger(__name__)
_GONE = "gone"
REMARKS_MAX = 20
REFERENCES_MAX = 500
REFERENCE_CHARS = 600


def ingest_file(source_id: uuid.UUID | str, embedder: Embedder | None = None) -> str:
    """Bring this source as far as it goes; its status afterwards (`gone` if it was deleted).

    Does nothing when it is ready, failed, or in the hands of a living worker.
    """
    key = uuid.UUID(str(source_id))
    source = claim(key)
    if source is not None:
        _ingest(source, embedder or shared_embedder())
    return _status(key)


def ingest_next(
    embedder: Embedder | None = None, *, before_ready: Callable[[uuid.UUID], None] | None = None
) -> uuid.UUID | None:
    """Bring the source whose turn it is as far as it goes; None where none waits.

    Args:
        before_ready: called with its id when all of it is embedded.
    """
    source = claim_next()
    if source is None:
        return None
    _ingest(source, embedder or shared_embedder(), before_ready)
    return source.id


def _status(key: uuid.UUID) -> str:
    status = Source.objects.filter(id=key).values_list("status", flat=True).first()
    return _GONE if status is None else str(status)


def _ingest(
    source: Source,
    embedder: Embedder,
    before_ready: Callable[[uuid.UUID], None] | None = None,
) -> None:
    with signs_of_life(source):
        try:
            _read(source, embedder)
            if before_ready is not None:
                before_ready(source.id)
            update(
                source, status=FileStatus.READY, ready_at=timezone.now(), error="", error_code=""
            )
        except ParseFailure as failure:
            fail(source, failure.code, failure.message)
        except Superseded:
            _log.info("source %s was taken over or deleted", source.id)


def _start_over(source: Source) -> None:
    """Forget the passages: they are of another version of the reader, or what they were cut from
    is gone."""
    with transaction.atomic():
        fresh: dict[str, Any] = {
            "parser": parser_version(),
            "pages_read": 0,
            "passage_count": 0,
            "embedded_count": 0,
        }
        # In full, so that nobody comes to name a passage that goes.
        if not held(source).select_for_update().exists():
            raise Superseded
        update(source, status=FileStatus.PARSING, **fresh)
        Passage.objects.filter(source=source).delete()
        drop_postings([source.id])
    for name, value in fresh.items():
        setattr(source, name, value)


def _read(source: Source, embedder: Embedder) -> None:
    with _bytes_of(source) as (path, sha256):
        reading = Reading.of(sha256, source.file_name or path.name)
        if source.parser != parser_version() or source.pages_read > reading.pages_read:
            _start_over(source)
        cutter = PageCutter(source, reading, embedder.count_tokens)
        embedding = PassageEmbedding(source, embedder)
        cutter.take_kept()
        document = reading.document(source.file_name or path.name)
        if document is None:
            document = _parse(source, path, reading, cutter, embedding)
    cutter.finish()
    _describe(source, document)
    if not cutter.evidence:
        raise ParseFailure("empty", "This file holds too little text to quote from.")
    while embedding.some():
        pass


def _parse(
    source: Source,
    path: Path,
    reading: Reading,
    cutter: PageCutter,
    embedding: PassageEmbedding,
) -> ParsedDocument:
    """Parse what is missing of the file and embed meanwhile."""
    limits = ParseLimits(
        max_pages=env().parse_max_pages,
        max_chars=env().parse_max_chars,
        max_table_rows=env().parse_max_rows,
        ocr_languages=env().parse_ocr_languages,
        ocr_seconds=env().parse_ocr_seconds,
        timeout_seconds=env().parse_timeout_seconds,
    )
    with PageStream(path, reading.unnamed, limits, first_page=reading.next_page) as stream:
        idle = False
        while not stream.over:
            batch = stream.take(wait=idle)
            if batch is not None:
                cutter.take(batch.pages, batch.total)
                idle = False
            elif not stream.over:
                idle = not embedding.some()
        whole = stream.document()
    reading.complete(whole)
    name = source.file_name or path.name
    return reading.document(name) or whole


def _describe(source: Source, document: ParsedDocument) -> None:
    """Keep what the file says of itself, unless a person knows better."""
    with transaction.atomic():
        row = held(source).select_for_update().first()
        if row is None:
            raise Superseded
        record = dict(row.record)
        if document.references:
            record["references_listed"] = [
                entry.model_dump(exclude_defaults=True) | {"text": entry.text[:REFERENCE_CHARS]}
                for entry in document.references[:REFERENCES_MAX]
            ]
        stated = _stated(row, document)
        about: dict[str, Any] = {} if stated is None else described(stated)
        update(
            source,
            status=FileStatus.EMBEDDING,
            media_type=document.media_type,
            pages=document.page_count,
            remarks=list(document.remarks[:REMARKS_MAX]),
            record=record,
            **about,
        )
    adopt_reference(source.id)


def _stated(row: Source, document: ParsedDocument) -> dict[str, Any] | None:
    """The metadata that the file's reading gives the source; None where others know better: a
    person, their reference manager, or a registry."""
    if row.csl_edited or row.origin in (SourceOrigin.SCHOLARLY, SourceOrigin.IMPORT):
        return None
    if row.origin != SourceOrigin.WEB:
        return document.metadata.csl
    # A page is a page whatever its mark-up says, and search engines shorten titles.
    kept = {key: row.csl[key] for key in ("type", "URL", "accessed") if key in row.csl}
    return {**row.csl, **document.metadata.csl, **kept}


@contextmanager
def _bytes_of(source: Source) -> Iterator[tuple[Path, str]]:
    """The source's bytes as a file on this machine, and their digest."""
    try:
        stored = default_storage.open(source.file, "rb")
    except FileNotFoundError as error:
        raise ParseFailure(
            "damaged", "The stored file is gone from this server. Please upload it again."
        ) from error
    with stored, tempfile.NamedTemporaryFile(prefix="source-") as copy:
        shutil.copyfileobj(stored, copy, 1 << 20)
        copy.flush()
        copy.seek(0)
        yield Path(copy.name), source.sha256 or hashlib.file_digest(copy, "sha256").hexdigest()
