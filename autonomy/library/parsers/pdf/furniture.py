"""Running headers, footers and page numbers: what repeats at the edges of pages."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from autonomy.library.parsers.pdf.lines import Line
from autonomy.library.parsers.pdf.page_text import PageText

_EDGE = 0.11
_EDGE_ROWS = 3
_MIN_LINE_NUMBERS = 5
_PAGE_NUMBER = re.compile(
    r"^\W*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von)\s*\d{1,4})?\W*$", re.I
)


class Furniture:
    """What repeats at the edges of the pages that were seen so far."""

    def __init__(self, page_count: int) -> None:
        self._seen: Counter[tuple[str, int]] = Counter()
        self._enough = 3 if page_count > 4 else 2

    def learn(self, page: PageText) -> None:
        """Note what stands at the page's edges; once for each page."""
        self._seen.update({_key(line) for line in _edge_lines(page)})

    def without(self, page: PageText) -> list[Line]:
        """The page's lines save those that repeat at the same height, and page numbers."""
        drop = {
            id(line)
            for line in _edge_lines(page)
            if _repeats(self._seen, line, self._enough) or _is_page_number(line, page)
        }
        lines = [line for line in page.lines if id(line) not in drop]
        return _without_line_numbers(lines)


def _edge_lines(page: PageText) -> list[Line]:
    """Lines at the top and the foot that white space sets off from the text."""
    by_height = sorted(page.lines, key=lambda line: line.y)
    top = _set_off(by_height, page.height * _EDGE)
    foot = _set_off(by_height[::-1], page.height * _EDGE, page.height)
    return top + [line for line in foot if line not in top]


def _set_off(inward: list[Line], reach: float, edge: float = 0.0) -> list[Line]:
    """The outermost rows within `reach` of `edge`, up to the first gap wider than a line's; none
    when more than a few rows stand together, for then they are the text itself."""
    found: list[Line] = []
    rows = 1
    for line in inward:
        gap = abs(line.y - found[-1].y) if found else 0.0
        if gap > 1.7 * line.size:
            break
        if gap > 0.4 * line.size:
            rows += 1
        if rows > _EDGE_ROWS or abs(line.y - edge) > reach:
            return [line for line in found if _PAGE_NUMBER.match(line.text)][:1]
        found.append(line)
    return found


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


def _without_line_numbers(lines: list[Line]) -> list[Line]:
    """The lines without the numbers that drafts and court papers carry in a margin.

    They count up by a steady step, stand in one column left of all text, each beside a line.
    """
    numbers = [line for line in lines if line.text.isdigit() and len(line.text) <= 4]
    if len(numbers) < _MIN_LINE_NUMBERS:
        return lines
    edge = min(line.x0 for line in numbers)
    column = sorted(
        (line for line in numbers if line.x0 - edge < 3 * line.size), key=lambda line: line.y
    )
    counted = [int(line.text) for line in column]
    steps = {second - first for first, second in pairwise(counted)}
    others = [line for line in lines if line not in column]
    if len(column) < _MIN_LINE_NUMBERS or len(steps) != 1 or not steps & {1, 5} or not others:
        return lines
    right = max(line.x1 for line in column)
    beside = sum(line.x0 > right for line in others)
    return others if beside >= 0.95 * len(others) else lines
