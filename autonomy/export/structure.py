"""Is every marker bound, every source cited, every work listed once?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from autonomy.core.markers import MARKER
from autonomy.core.types import Passage, Source
from autonomy.export.document import Document
from autonomy.tools.csl.reference import clean_reference
from autonomy.tools.csl.same_work import same_work

_LOOKS_LIKE_MARKER = re.compile(r"\[\[\s*[pPnN]\s*:[^\]\n]{0,200}\]\]?")


class DanglingCitation(ValueError):
    """The text cites passages that the document does not hold; `ids` lists them in order."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__(f"The text cites passages that are not in the document: {', '.join(ids)}.")
        self.ids = ids


@dataclass(frozen=True, slots=True)
class Problem:
    """One structural fault of a document."""

    kind: Literal["dangling", "malformed", "uncited", "duplicate"]
    """`dangling`: a marker without passage or source. `malformed`: text that was meant as a
    marker. `uncited`: a source or passage that no marker uses. `duplicate`: one work held as
    several sources (the rendered list of references prints it once)."""
    ids: tuple[str, ...]
    message: str


def check_structure(document: Document) -> list[Problem]:
    """All structural faults, worst first; an empty list means a sound document."""
    problems: list[Problem] = []
    if dangling := dangling_ids(document):
        problems.append(
            Problem("dangling", dangling, f"{len(dangling)} cited passage(s) cannot be found.")
        )
    if malformed := _malformed(document):
        problems.append(
            Problem("malformed", malformed, f"{len(malformed)} citation marker(s) cannot be read.")
        )
    problems.extend(_uncited(document))
    for same in duplicates(document.sources):
        title = clean_reference(same[0].csl, "").get("title", "Untitled source")
        problems.append(
            Problem(
                "duplicate",
                tuple(source.id for source in same),
                f"“{title}” is held {len(same)} times.",
            )
        )
    return problems


def bindings(document: Document) -> dict[str, tuple[Passage, Source]]:
    """Passage id to passage and source, for those that resolve."""
    sources = {source.id: source for source in document.sources}
    return {
        passage.id: (passage, sources[passage.source_id])
        for passage in document.passages
        if passage.source_id in sources
    }


def dangling_ids(document: Document) -> tuple[str, ...]:
    """Cited passage ids that do not resolve to a passage and its source."""
    bound = bindings(document)
    return tuple(i for i in document.cited_passage_ids() if i not in bound)


def _malformed(document: Document) -> tuple[str, ...]:
    return tuple(
        match[0]
        for section in document.sections
        for match in _LOOKS_LIKE_MARKER.finditer(MARKER.sub("", section.markdown))
    )


def _uncited(document: Document) -> list[Problem]:
    cited = set(document.cited_passage_ids())
    used = {p.source_id for p in document.passages if p.id in cited}
    sources = tuple(s.id for s in document.sources if s.id not in used)
    passages = tuple(p.id for p in document.passages if p.id not in cited)
    problems: list[Problem] = []
    if sources:
        problems.append(Problem("uncited", sources, f"{len(sources)} source(s) are never cited."))
    if passages:
        problems.append(
            Problem("uncited", passages, f"{len(passages)} passage(s) are never cited.")
        )
    return problems


def duplicates(sources: tuple[Source, ...]) -> list[list[Source]]:
    """Groups of two or more sources that are the same work, in order of first appearance.

    The same work means the same DOI, or the same title and year with authors that do not differ.
    """
    groups: list[list[Source]] = []
    for source in sources:
        for group in groups:
            if same_work(group[0].csl, source.csl):
                group.append(source)
                break
        else:
            groups.append([source])
    return [group for group in groups if len(group) > 1]
