"""Passages that a checker marked in a Word file, found in the document it was made of."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autonomy.core.originality import FlaggedPassage, MatchGroup, Teller
from autonomy.models import Artifact
from autonomy.services.errors import Invalid, TooLarge
from handywriterz.env import env

if TYPE_CHECKING:
    from autonomy.export.document import Document
    from autonomy.library.highlights import Highlights


def read_marks(chunks: Iterable[bytes], name: str) -> Highlights:
    """What is marked in an uploaded file, read in a confined process.

    Raises:
        Invalid: it cannot be read, with the reader's code.
        TooLarge: it has more bytes than are accepted.
    """
    from autonomy.library.highlights import Highlights
    from autonomy.library.isolated import read_in_subprocess
    from autonomy.library.parsed import ParseFailure, ParseLimits

    limits = ParseLimits(
        max_chars=env().parse_max_chars,
        max_highlights=env().checker_max_passages,
        timeout_seconds=env().parse_timeout_seconds,
    )
    with tempfile.NamedTemporaryFile(prefix="hw-marked-", suffix=".docx") as copy:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > env().upload_max_bytes:
                raise TooLarge(
                    f"The file is larger than {env().upload_max_bytes / 1e6:,.0f} MB, the most "
                    "accepted."
                )
            copy.write(chunk)
        copy.flush()
        try:
            return read_in_subprocess("highlights", Highlights, Path(copy.name), name, limits)
        except ParseFailure as failure:
            raise Invalid(failure.message, code=failure.code) from failure


def is_of(artifact: Artifact, marks: Highlights) -> bool:
    """Whether some paragraph of the marked file stands in the document."""
    from autonomy.export.document import Document
    from autonomy.library.locate import Locator

    document = Document.model_validate(artifact.body)
    locator = Locator([(section.id, section.markdown) for section in document.sections])
    return any(locator.find(text) for text in marks.sample)


def located(artifact: Artifact, marks: Highlights) -> list[FlaggedPassage]:
    """The marked passages where they stand in the document's sections, one per section."""
    from autonomy.export.document import Document
    from autonomy.library.locate import Locator

    document = Document.model_validate(artifact.body)
    locator = Locator([(section.id, section.markdown) for section in document.sections])
    found: list[FlaggedPassage] = []
    last = None
    for one in marks.passages:
        common = {"told_by": Teller.CHECKER.value, "note": one.note, "colour": one.colour}
        places = locator.find(one.text, before=one.before, after=one.after, not_before=last)
        if not places:
            nowhere = {"section_id": "", "start": 0, "end": 0, "text": one.text}
            found.append(FlaggedPassage(group=MatchGroup.NOT_CITED_OR_QUOTED, **nowhere, **common))
            continue
        last = places[-1]
        found += [_flagged(document, *place, common) for place in places]
    return found


def _flagged(
    document: Document, section_id: str, start: int, end: int, common: dict[str, str]
) -> FlaggedPassage:
    from autonomy.core.markers import MARKER
    from autonomy.library.credit import group_of

    markdown = next(s.markdown for s in document.sections if s.id == section_id)
    cited = {match["id"] for match in MARKER.finditer(markdown, start, end)}
    sources = {p.source_id for p in document.passages if p.id in cited}
    source = next((s for s in document.sources if {s.id} == sources), None)
    return FlaggedPassage(
        section_id=section_id,
        start=start,
        end=end,
        text=markdown[start:end],
        source_id=source.id if source else "",
        source_title=str(source.csl.get("title") or source.file_name) if source else "",
        group=group_of(markdown, start, end),
        **common,
    )
