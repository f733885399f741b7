"""A document as the draft that is compared, and matches back in its sections."""

from __future__ import annotations

from autonomy.core.originality import (
    ComparedKind,
    FlaggedPassage,
    MatchGroup,
    MatchKind,
    Similarity,
)
from autonomy.export.document import Document
from autonomy.export.draft_text import BETWEEN, place
from autonomy.library.quotations import Span
from autonomy.library.reference_headings import is_like_references_heading

_HINT = "It may say the same as the source in other words: see whether the source has to be named."


def listed(document: Document) -> list[Span]:
    """Sections of `draft_text` that are lists of references, by their heading."""
    spans: list[Span] = []
    at = 0
    for section in document.sections:
        end = at + len(section.markdown)
        if is_like_references_heading(section.heading):
            spans.append((at, end))
        at = end + len(BETWEEN)
    return spans


def flagged_passages(document: Document, similarity: Similarity) -> list[FlaggedPassage]:
    """The matches that want a remedy, in the document's order: those that count, and paraphrases
    that name no source. One that runs over several sections is one passage in each."""
    markdown = {section.id: section.markdown for section in document.sections}
    by_id = {each.text_id: each for each in similarity.texts}
    flagged = []
    for match in similarity.matches:
        if match.excluded or match.group is MatchGroup.CITED_AND_QUOTED:
            continue
        like = by_id.get(match.text_id)
        for placed in place(document, match.start, match.end):
            words = markdown[placed.section_id][placed.start : placed.end]
            if not words.strip():
                continue
            flagged.append(
                FlaggedPassage(
                    section_id=placed.section_id,
                    text=words,
                    start=placed.start,
                    end=placed.end,
                    source_id=match.text_id
                    if like and like.kind is not ComparedKind.EARLIER_DOCUMENT
                    else "",
                    source_title=like.title if like else "",
                    group=match.group,
                    kind=match.kind,
                    note=_HINT if match.kind is MatchKind.PARAPHRASE else "",
                )
            )
    return flagged
