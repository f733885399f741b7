"""Sources, citations and passages of a run as the API shows them."""

from __future__ import annotations

from typing import Any

from autonomy.api.schemas import evidence as schemas
from autonomy.core.types import (
    CitationVerdict,
    Reading,
    SourceOrigin,
)
from autonomy.library.sniff import PDF
from autonomy.models import (
    Citation,
    Passage,
    RunSource,
)
from autonomy.services.source_pages import place_of


def run_source(row: RunSource) -> schemas.SourceOut:
    found: dict[str, Any] = {
        "query": row.query,
        "provider": row.provider,
        "kept": row.kept,
        "reason": row.reason,
    }
    source = row.source
    if source is None:
        return schemas.SourceOut(
            id=None, csl=row.csl, url=row.url, doi=str(row.csl.get("DOI") or ""), **found
        )
    return schemas.SourceOut(
        id=source.id,
        csl=source.csl,
        file_name=source.file_name,
        verification=source.verification,
        passages_count=source.passage_count,
        origin=SourceOrigin(source.origin),
        reading=Reading(source.reading),
        doi=source.doi,
        url=source.url,
        verification_reason=str(source.verification_detail.get("reason", "")),
        differences=source.verification_detail.get("differences", []),
        retracted=source.retracted,
        standing=source.record.get("standing") or {},
        **found,
    )


def citation(row: Citation) -> schemas.CitationOut:
    return schemas.CitationOut(
        marker=row.marker,
        claim=row.claim,
        passage_id=row.passage_id,
        source_id=row.source_id,
        page=row.page,
        text=row.text,
        verdict=CitationVerdict(row.verdict),
        author=row.author,
        reason=row.reason,
        findings=row.findings,
        judgements=row.judgements,
        artifact_id=row.artifact_id,
    )


def passage_text(row: Passage) -> schemas.PassageText:
    return schemas.PassageText(
        id=row.id, text=row.text, page=row.page, heading=row.heading, ordinal=row.ordinal
    )


def passage(row: Passage, around: list[Passage]) -> schemas.PassageOut:
    """`around` holds passages of the same source, in any order."""
    ordered = sorted(around, key=lambda other: other.ordinal)
    return schemas.PassageOut(
        **passage_text(row).model_dump(),
        char_start=row.char_start,
        char_end=row.char_end,
        boxes=row.boxes,
        source_id=row.source_id,
        file_name=row.source.file_name,
        csl=row.source.csl,
        viewable=bool(row.source.file) and row.source.media_type == PDF,
        place=place_of(row),
        before=[passage_text(p) for p in ordered if p.ordinal < row.ordinal],
        after=[passage_text(p) for p in ordered if p.ordinal > row.ordinal],
    )
