"""Running headers, footers and page numbers: what repeats at the edges of pages."""

from __future__ import annotations

import re
from collections import Counter

from autonomy.library.parsers.pdf.glyphs import Line, PageText

_EDGE = 0.11
_EDGE_LINES = 3
_PAGE_NUMBER = re.compile(
    r"^\W*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von)\s*\d{1,4})?\W*$", re.I
)


def remove_furniture(pages: list[PageText]) -> None:
    """Take lines that repeat at the same height across pages, and page numbers, off the pages."""
    seen: Counter[tuple[str, int]] = Counter()
    edges = [_edge_lines(page) for page in pages]
    for candidates in edges:
        seen.update({_key(line) for line in candidates})
    enough = 3 if len(pages) > 4 else 2
    for page, candidates in zip(pages, edges, strict=True):
        drop = {
            id(line)
            for line in candidates
            if _repeats(seen, line, enough) or _is_page_number(line, page)
        }
        page.lines = [line for line in page.lines if id(line) not in drop]


def _edge_lines(page: PageText) -> list[Line]:
    by_height = sorted(page.lines, key=lambda line: line.y)
    top = [line for line in by_height[: 2 * _EDGE_LINES] if line.y < page.height * _EDGE]
    bottom = [line for line in by_height[-2 * _EDGE_LINES :] if line.y > page.height * (1 - _EDGE)]
    return top + [line for line in bottom if line not in top]


def _key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text.lower()), round(line.y / 6)


def _repeats(seen: Counter[tuple[str, int]], line: Line, enough: int) -> bool:
    text, height = _key(line)
    return sum(seen[(text, height + step)] for step in (-1, 0, 1)) >= enough


def _is_page_number(line: Line, page: PageText) -> bool:
    if not _PAGE_NUMBER.match(line.text):
        return False
    heights = [other.y for other in page.lines if other is not line]
    return not heights or line.y >= max(heights) - 1 or line.y <= min(heights) + 1
