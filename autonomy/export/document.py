"""The one document model: what the writer makes, storage keeps and every export format starts from.

Text is Markdown (CommonMark plus pipe tables). Claims are bound to passages by the markers of
`autonomy.core.markers`; adjacent parenthetical ones form one citation group.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from autonomy.core.analysis import Provenance
from autonomy.core.markers import MARKER
from autonomy.core.rewriting import DraftText
from autonomy.core.types import Author, Passage, Source
from autonomy.core.value import Value
from autonomy.export.appendix import Appendix
from autonomy.export.exhibits import PLACED, Exhibit


def words_of(markdown: str) -> int:
    """Words of a section's text; markers, tables and figures of data aside."""
    return len(PLACED.sub(" ", MARKER.sub(" ", markdown)).split())


class Section(Value):
    id: str
    heading: str
    level: int = Field(default=1, ge=1, le=4)
    markdown: str
    author: Author = Author.RULE
    simulated: bool = False
    """Its text is a simulated model's."""
    computed: bool = False
    """It tells what was computed from a person's data; every number in it is a computed one."""


class Document(Value):
    """One version of a deliverable. Everything needed to render it is inside."""

    title: str
    style: str = "harvard"
    """A style name or CSL id, see `autonomy.tools.citations`."""
    author: str = Field(default="", exclude=True)
    """Who hands it in, for the title page. Said when it is exported, and never stored here."""
    course: str = Field(default="", exclude=True)
    """Course, department or the like, for the title page; as `author`."""
    contents: bool = Field(default=False, exclude=True)
    """Whether a table of contents is wanted; as `author`."""
    csl: str = Field(default="", exclude=True, repr=False)
    """Text of the style when it is somebody's own. Never stored here: whoever renders puts it in."""
    language: str = "en"
    date: str = ""
    """ISO date of this version."""
    notice: str = ""
    """Shown on the first page, e.g. that no language model took part."""
    simulated: bool = False
    """A simulated model had a part in it; every format says so beside the notice."""
    sections: tuple[Section, ...] = ()
    sources: tuple[Source, ...] = ()
    """Exactly the sources that the sections cite."""
    passages: tuple[Passage, ...] = ()
    """Exactly the passages that the sections cite."""
    exhibits: tuple[Exhibit, ...] = ()
    """Computed tables and figures, in reading order."""
    analyses: tuple[str, ...] = ()
    """Artifact ids of the analyses that its computed sections tell of."""
    provenance: tuple[Provenance, ...] = Field(default=(), exclude=True)
    """How they were computed, for the appendix of an export. Never stored here."""
    draft: DraftText | None = None
    """Of which draft this is a version, where it was not written here."""
    appendix: Appendix | None = Field(default=None, exclude=True)
    """What an export lists as in doubt; made for the export and never stored."""

    def cited_passage_ids(self) -> list[str]:
        """Ids in order of first appearance, without repeats."""
        seen: dict[str, Any] = {}
        for section in self.sections:
            for match in MARKER.finditer(section.markdown):
                seen.setdefault(match["id"], None)
        return list(seen)

    def words(self) -> int:
        """Words of the body, without headings, markers, tables and figures of data, and references."""
        return sum(words_of(section.markdown) for section in self.sections)
