"""Works of the library as the API shows them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autonomy.api.schemas import sources as schemas
from autonomy.core.types import FileStatus, Reading, SourceOrigin
from autonomy.library.sniff import PDF
from autonomy.models import Passage, Source
from autonomy.services.registries import Proposal
from autonomy.services.source_pages import TextPage
from autonomy.services.source_words import record_in_words, verification_in_words
from autonomy.services.sources import CitedIn


def row(source: Source) -> schemas.LibrarySource:
    return schemas.LibrarySource(**_fields(source))


def detail(source: Source, cited: list[CitedIn]) -> schemas.SourceDetail:
    fields = _fields(source) | {"runs_citing": len({place.run_id for place in cited})}
    return schemas.SourceDetail(
        **fields,
        record=source.record,
        record_words=record_in_words(source),
        verification_detail=source.verification_detail,
        verification_words=verification_in_words(source),
        verified_at=source.verified_at,
        abstract=str(source.csl.get("abstract") or ""),
        cited_in=[
            schemas.CitedInOut(
                run_id=place.run_id,
                conversation_id=place.conversation_id,
                artifact_id=place.artifact_id,
                title=place.title,
                citations=place.citations,
            )
            for place in cited
        ],
    )


def progress(source: Source) -> float:
    """0 to 1 within the present status."""
    status = FileStatus(source.status)
    if status is FileStatus.READY:
        return 1.0
    done, of = 0, 0
    if status is FileStatus.PARSING:
        done, of = source.pages_read, source.pages or 0
    elif status is FileStatus.EMBEDDING:
        done, of = source.embedded_count, source.passage_count
    return round(min(done / of, 1.0), 3) if of else 0.0


def text_page(source: Source, page: TextPage) -> schemas.SourcePageOut:
    return schemas.SourcePageOut(
        source_id=source.pk,
        number=page.number,
        of=page.of,
        paged=page.paged,
        passages=[passage(one) for one in page.passages],
    )


def proposal(found: Proposal) -> schemas.ProposalOut:
    return schemas.ProposalOut(
        message=found.message,
        candidates=[schemas.CandidateOut(**asdict(one)) for one in found.candidates],
        answers=[
            schemas.ProviderAnswerOut(
                provider=one.provider, answer=one.answer.value, message=one.message
            )
            for one in found.answers
        ],
    )


def passage(one: Passage) -> schemas.PagePassage:
    return schemas.PagePassage(
        id=one.pk,
        ordinal=one.ordinal,
        kind=one.kind,
        heading=one.heading,
        text=one.text,
        page=one.page,
        char_start=one.char_start,
        char_end=one.char_end,
        boxes=one.boxes,
    )


def _fields(source: Source) -> dict[str, Any]:
    return {
        "id": source.pk,
        "title": str(source.csl.get("title") or source.file_name or "Untitled source"),
        "csl": source.csl,
        "metadata_edited": source.csl_edited,
        "origin": SourceOrigin(source.origin),
        "reading": Reading(source.reading),
        "doi": source.doi or str(source.csl.get("DOI") or ""),
        "url": source.url,
        "file_name": source.file_name,
        "media_type": source.media_type,
        "size_bytes": source.size_bytes,
        "has_file": bool(source.file),
        "viewable": bool(source.file) and source.media_type == PDF,
        "status": FileStatus(source.status),
        "error": source.error,
        "error_code": source.error_code,
        "progress": progress(source),
        "pages": source.pages,
        "pages_read": source.pages_read,
        "passages_count": source.passage_count,
        "embedded_count": source.embedded_count,
        "remarks": [str(remark) for remark in source.remarks],
        "verification": source.verification,
        "retracted": source.retracted,
        "runs_citing": getattr(source, "runs_citing", 0),
        "created_at": source.created_at,
        "ready_at": source.ready_at,
    }
