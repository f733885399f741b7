"""A worker that has a file in hand."""

from __future__ import annotations

from autonomy.library.parsed import Block, ParsedPage
from autonomy.memory.file_claims import claim
from autonomy.memory.page_cutter import PageCutter
from autonomy.memory.readings import Reading
from autonomy.models import Source

TEXT = "Ink fades in the sun, and paper yellows in the shade of the shelves. " * 10


class Reader:
    """Has claimed the source, and two pages of it that are not stored yet."""

    def __init__(self, source: Source) -> None:
        held = claim(source.pk)
        assert held is not None
        self._cutter = PageCutter(held, Reading.of(held.sha256, held.file_name), len)

    def cut(self) -> None:
        """Store the passages of the first page."""
        self._cutter.take([_page(1), _page(2)], 2)


def _page(number: int) -> ParsedPage:
    block = Block(text=TEXT, char_start=0, char_end=len(TEXT))
    return ParsedPage(number=number, text=TEXT, blocks=(block,))
