"""What text without pages comes to: one page, a title, a language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.language import detect
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import Bibliography, BlockKind, ParsedDocument
from autonomy.library.sections import classify


def unpaged(
    media_type: str,
    blocks: Sequence[RawBlock],
    csl: dict[str, Any],
    file_name: str,
    language: str | None = None,
) -> ParsedDocument:
    """The document of these blocks.

    Args:
        csl: what the file says of itself; where it names no title, its first main heading does, or
            its name.
        language: as the file declares it; None looks at the text.
    """
    heading = next((b.text for b in blocks if b.kind is BlockKind.HEADING and b.level == 1), None)
    csl.setdefault("title", sane_title(heading) or title_from_name(file_name))
    page = lay_out(None, classify(blocks), HeadingTrail())
    language = language or detect(page.text)
    if language:
        csl.setdefault("language", language)
    return ParsedDocument(
        media_type=media_type,
        pages=(page,),
        metadata=Bibliography(csl=csl),
        page_count=None,
        language=language,
    )
