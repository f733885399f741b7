"""Which of the person's own sources a report names. A wrong source would be cited, so it is named only
where one source alone fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autonomy.core.markers import MARKER
from autonomy.core.originality import FlaggedPassage
from autonomy.export.document import Document
from autonomy.library.similarity_reports.labels import fold

_LETTERS = 16
"""Of a title that tells a work; “Introduction” stands in many."""


def named_source(reported: str, sources: Mapping[str, Mapping[str, Any]]) -> str:
    """Id of the one source (CSL-JSON by id) whose DOI, address or whole title stands in what the
    report calls its own; empty when none or several do."""
    said = fold(reported)
    found = {
        source_id
        for source_id, csl in sources.items()
        if any(len(sign) >= _LETTERS and sign in said for sign in _signs(csl))
    }
    return found.pop() if len(found) == 1 else ""


def _signs(csl: Mapping[str, Any]) -> list[str]:
    address = str(csl.get("URL") or "").partition("://")[2]
    return [fold(str(csl.get(name) or "")) for name in ("DOI", "title")] + [fold(address)]


def with_own_sources(
    passages: Sequence[FlaggedPassage], document: Document
) -> tuple[FlaggedPassage, ...]:
    """The passages with the source of the document that each is like: the one that the report names,
    or else the only one that the passage itself cites."""
    known = {source.id: source.csl for source in document.sources}
    of_passage = {passage.id: passage.source_id for passage in document.passages}
    found = []
    for one in passages:
        source = named_source(one.source_title, known)
        if not source:
            cited = {of_passage.get(match["id"], "") for match in MARKER.finditer(one.text)}
            source = cited.pop() if len(cited) == 1 else ""
        found.append(one.model_copy(update={"source_id": source}) if source else one)
    return tuple(found)
