"""What the shelf does to the tables: find, make, store text, store an abstract. All synchronous."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from autonomy import models
from autonomy.core.csl import first_family, folded_title, year_of
from autonomy.core.types import (
    FileStatus,
    Reading,
    ReferenceVerdict,
    Source,
    SourceOrigin,
)
from autonomy.core.works import Fetched, Work
from autonomy.library.chunk import chunk
from autonomy.library.embed import Embedder
from autonomy.library.parsed import Bibliography, Block, BlockKind, ParsedDocument, ParsedPage
from autonomy.memory import storage
from autonomy.memory.passage_embedding import embedded_text
from autonomy.memory.passage_store import store_passages
from autonomy.memory.stored_files import remove_unnamed
from autonomy.models import described
from autonomy.tools.literature.sameness import identifiers_of, key_of

_FOUND = (SourceOrigin.SCHOLARLY, SourceOrigin.WEB)
_IN_WORK = (FileStatus.QUEUED, FileStatus.PARSING, FileStatus.EMBEDDING)
ABSTRACT_ONLY = "Only its abstract could be had."
NO_TEXT = "Neither an abstract nor a free full text could be had: it can be listed, not cited."
NAME_CHARS = 255
TELLING_WORDS = 5
"""Of a title that names a work without its author; “Introduction” does not."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as the shelf left it."""

    id: str
    wants_text: bool = False
    wants_abstract: bool = False
    waiting: bool = False
    """A worker has to be woken for it."""


def find(owner_id: int, work: Work) -> Source | None:
    row = _find(owner_id, work)
    return None if row is None else as_source(row)


def _find(owner_id: int, work: Work) -> models.Source | None:
    """By identifier first; else by title, first author and year (a preprint and its published
    version may be a year or two apart)."""
    mine = models.Source.objects.filter(owner_id=owner_id)
    known = identifiers_of(work.csl, work.identifiers)
    wanted = Q(pk__in=())
    if doi := known.get("doi"):
        wanted |= Q(doi=doi) | Q(csl__DOI__iexact=doi) | Q(record__identifiers__doi=doi)
    if arxiv := known.get("arxiv"):
        wanted |= Q(record__identifiers__arxiv=arxiv) | Q(doi=f"10.48550/arxiv.{arxiv}")
    if work.csl.get("type") == "webpage" and work.url:
        wanted |= Q(url=work.url) | Q(record__url=work.url)
    if (row := _best(mine.filter(wanted))) is not None:
        return row
    title, author, year = folded_title(work.csl), first_family(work.csl), year_of(work.csl)
    if not title or work.csl.get("type") == "webpage":
        return None
    # One word is enough to make the list short; the rest is compared as it is meant.
    words = [word for word in title.split() if word.isascii()]
    near = mine.filter(csl__title__icontains=max(words, key=len)) if words else mine
    for row in near.order_by("created_at")[:500]:
        if folded_title(row.csl) != title:
            continue
        theirs, then = first_family(row.csl), year_of(row.csl)
        same_author = not author or not theirs or author == theirs
        same_year = year is None or then is None or abs(year - then) <= 2
        told_apart = (author and theirs) or len(title.split()) >= TELLING_WORDS
        if same_author and same_year and told_apart:
            return row
    return None


def _best(found: QuerySet[models.Source]) -> models.Source | None:
    """What a person gave comes before what a search found."""
    rows = list(found.order_by("created_at")[:10])
    return min(rows, key=lambda row: row.origin in _FOUND, default=None)


def find_or_make(owner_id: int, work: Work, said: dict[str, Any]) -> Kept:
    """The library's source for `work`, made if need be, and what text it still wants."""
    with transaction.atomic():
        _lock(owner_id)
        row = _find(owner_id, work)
        if row is None:
            row = _made(owner_id, work, said)
        elif row.origin in _FOUND:
            # It may be deleted at this moment, and a worker that has just read it adds to its record.
            held = models.Source.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
            row = _made(owner_id, work, said) if held is None else _renewed(held, work, said)
    return _kept(row)


def _kept(row: models.Source) -> Kept:
    in_work = row.status in _IN_WORK
    failed = row.status == FileStatus.FAILED and row.origin in _FOUND
    bare = failed or (not in_work and row.passage_count == 0 and not row.file)
    return Kept(
        id=str(row.pk),
        wants_text=bare or (row.reading == Reading.ABSTRACT and not in_work),
        wants_abstract=bare,
    )


def _lock(owner_id: int) -> None:
    """One at a time: two runs of one person may find the same work at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"shelf:{owner_id}"])


def _record(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    return {
        **said,
        "key": key_of(work),
        "providers": list(work.providers),
        "identifiers": identifiers_of(work.csl, work.identifiers),
        "url": work.url,
        "copies": [copy.model_dump(mode="json") for copy in work.copies],
        "licence": next((copy.licence for copy in work.copies if copy.licence), ""),
        "references": list(work.references),
        "cited_by": work.cited_by,
        "notices": [notice.model_dump(mode="json") for notice in work.notices],
        "abstract": work.abstract,
    }


def _made(owner_id: int, work: Work, said: dict[str, Any]) -> models.Source:
    page = work.csl.get("type") == "webpage"
    return models.Source.objects.create(
        owner_id=owner_id,
        csl=_storable(work.csl),
        origin=SourceOrigin.WEB if page else SourceOrigin.SCHOLARLY,
        reading=Reading.NOTHING,
        doi=described({"DOI": identifiers_of(work.csl, work.identifiers).get("doi")})["doi"],
        url=work.url,
        record=_storable(_record(work, said)),
        remarks=[NO_TEXT],
        retracted=work.retracted,
        status=FileStatus.READY,
        ready_at=timezone.now(),
    )


def _renewed(row: models.Source, work: Work, said: dict[str, Any]) -> models.Source:
    """Later findings add what earlier ones did not know; nothing that is known is lost."""
    fresh = _storable(_record(work, said))
    row.record = {**row.record, **{key: value for key, value in fresh.items() if value}}
    row.retracted = row.retracted or work.retracted
    row.save(update_fields=["record", "retracted"])
    return row


def _storable(value: Any) -> Any:
    """`value` without what PostgreSQL cannot store as JSON text."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {str(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


def store_text(source_id: str, fetched: Fetched, most_bytes: int) -> Kept | None:
    """Store the bytes and put the source in line to be read; None when it was deleted meanwhile. When
    the library has a source of the same bytes, that is the source."""
    rows = models.Source.objects.filter(pk=source_id)
    found = rows.first()
    if found is None:
        return None
    try:
        stored = storage.keep([fetched.body], most_bytes)
    except (storage.TooManyBytes, storage.NoBytes):
        return Kept(source_id)
    with transaction.atomic():
        _lock(found.owner_id)
        storage.hold(stored.sha256)
        if not default_storage.exists(stored.name):
            return Kept(source_id)  # the last to use these bytes removed them at this moment
        row = rows.select_for_update().first()
        if row is None or not _kept(row).wants_text:  # deleted, or given text by somebody else
            transaction.on_commit(lambda: remove_unnamed(stored.name), robust=True)
            return None if row is None else Kept(source_id, waiting=row.status in _IN_WORK)
        same = (
            models.Source.objects.filter(owner_id=row.owner_id, sha256=stored.sha256)
            .exclude(pk=row.pk)
            .first()
        )
        if same is not None:
            if row.passage_count == 0 and not row.file:
                row.delete()
            return Kept(str(same.pk))
        models.Source.objects.filter(pk=row.pk).update(
            file=stored.name,
            file_name=_file_name(fetched),
            media_type=fetched.media_type[:120],
            size_bytes=stored.size,
            sha256=stored.sha256,
            url=fetched.url,
            status=FileStatus.QUEUED,
            reading=Reading.FULL_TEXT,
            remarks=[],
            error="",
            error_code="",
            parser="",
            pages_read=0,
            claims_without_progress=0,
            passage_count=0,
            embedded_count=0,
        )
        store_passages(row, ())
        return Kept(source_id, waiting=True)


def _file_name(fetched: Fetched) -> str:
    name = PurePosixPath(fetched.file_name.replace("\\", "/")).name
    name = "".join(c for c in name if c.isprintable()).strip(" .")
    return name[:NAME_CHARS] or "full-text"


def give_up_text(source_id: str) -> bool:
    """Put a source whose text failed, or that no worker has begun, back to be without text; False
    when a worker has it in hand."""
    with transaction.atomic():
        row = models.Source.objects.select_for_update().filter(pk=source_id).first()
        if row is None:
            return True
        if row.status not in (FileStatus.QUEUED, FileStatus.FAILED) or row.origin not in (
            *_FOUND,
            SourceOrigin.IMPORT,
        ):
            return row.status == FileStatus.FAILED
        why = row.error or "It was not read in time."
        name = row.file
        row.file = row.file_name = row.media_type = row.sha256 = row.error = row.error_code = ""
        row.parser = ""
        row.size_bytes = row.pages_read = row.passage_count = row.embedded_count = 0
        row.pages, row.worked_at = None, None
        row.status, row.reading = FileStatus.READY, Reading.NOTHING
        row.remarks = [f"Its full text could not be read: {why}"]
        row.save()
        store_passages(row, ())
        if name:
            transaction.on_commit(lambda: remove_unnamed(name))
    return True


def store_abstract(source_id: str, abstract: str, embedder: Embedder) -> None:
    """Make the abstract the source's text: searchable at once, on no page."""
    row = models.Source.objects.filter(pk=source_id).first()
    text = " ".join(_storable(abstract).split())
    if row is None or row.passage_count or not text:
        return
    block = Block(
        text=text,
        kind=BlockKind.ABSTRACT,
        heading_path=("Abstract",),
        char_end=len(text),
        char_start=0,
    )
    document = ParsedDocument(
        media_type="text/plain",
        pages=(ParsedPage(number=None, text=text, blocks=(block,)),),
        metadata=Bibliography(csl={}),
        page_count=None,
    )
    chunks = chunk(document, embedder.count_tokens)
    if not chunks:
        return
    vectors = embedder.encode([embedded_text(piece.heading, piece.text) for piece in chunks])
    with transaction.atomic():
        locked = models.Source.objects.select_for_update().filter(pk=source_id, passage_count=0)
        if (row := locked.first()) is None:
            return
        evidence = store_passages(row, chunks, vectors)
        row.passage_count = row.embedded_count = evidence
        row.reading = Reading.ABSTRACT
        row.status, row.ready_at = FileStatus.READY, timezone.now()
        row.remarks = [*(r for r in row.remarks if r != NO_TEXT), ABSTRACT_ONLY]
        row.save()


def status(source_id: str) -> str:
    found = models.Source.objects.filter(pk=source_id).values_list("status", flat=True).first()
    return str(found or FileStatus.FAILED)


def source(source_id: str) -> Source | None:
    """The source as it stands; None when it was deleted meanwhile."""
    row = models.Source.objects.filter(pk=source_id).first()
    return None if row is None else as_source(row)


def as_source(row: models.Source) -> Source:
    return Source(
        id=str(row.pk),
        csl=row.csl,
        file_name=row.file_name,
        passages=row.passage_count if row.status == FileStatus.READY else 0,
        origin=SourceOrigin(row.origin),
        reading=Reading(row.reading),
        verification=ReferenceVerdict(row.verification) if row.verification else None,
        retracted=row.retracted,
    )


def work_of(owner_id: int, source_id: str) -> Work | None:
    """What registries said of the source, as it was recorded."""
    try:
        key = uuid.UUID(source_id)
    except ValueError:
        return None
    row = models.Source.objects.filter(pk=key, owner_id=owner_id).first()
    if row is None:
        return None
    known = identifiers_of(row.csl, {**row.record.get("identifiers", {})})
    if row.doi:
        known["doi"] = row.doi
    if not known:
        return None
    return Work(
        csl=row.csl,
        identifiers=known,
        providers=tuple(row.record.get("providers") or ()),
        abstract=str(row.record.get("abstract") or ""),
        url=row.url,
        cited_by=row.record.get("cited_by"),
        references=tuple(row.record.get("references") or ())[:300],
    )
