"""PDF: text in reading order with headings, pages and boxes, by PDFium.

Pages become final in batches, so that reading on can begin before a long document is read: what
repeats at the edges and how the text is usually set are told from a sample of pages first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from autonomy.library.bibliography import title_from_name
from autonomy.library.language import detect
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    Bibliography,
    BlockKind,
    OnPages,
    ParsedDocument,
    ParsedPage,
    ParseLimits,
)
from autonomy.library.parsers.pdf.blocks import TextBlock, Typography, group
from autonomy.library.parsers.pdf.boxes import line_boxes
from autonomy.library.parsers.pdf.furniture import Furniture
from autonomy.library.parsers.pdf.lines import Line
from autonomy.library.parsers.pdf.order import reading_order
from autonomy.library.parsers.pdf.page_text import PageText
from autonomy.library.parsers.pdf.source import PageSource
from autonomy.library.parsers.pdf.title_page import read_title_page
from autonomy.library.reference_list import references_of
from autonomy.library.sections import Sections, is_abstract_heading, is_section_word
from autonomy.library.sniff import PDF

_OPENING_PAGES, _SPREAD_PAGES = 16, 8
_BATCH = 8


def parse(
    path: Path,
    file_name: str,
    limits: ParseLimits,
    on_pages: OnPages | None = None,
    first_page: int = 1,
) -> ParsedDocument:
    """The text and metadata of a PDF; `on_pages` and `first_page` as for `parse.parse`.

    Raises:
        ParseFailure: `encrypted`, `truncated`, `damaged`, `scanned`, `empty` or `too_large`.
    """
    source = PageSource(path, limits, first_page)
    try:
        flow = _Flow(source)
        csl = read_title_page(flow.opening, flow.style.body, source.info)
        csl.setdefault("title", title_from_name(file_name))
        pages: list[ParsedPage] = []
        listed: list[ParsedPage] = []
        for batch in flow.batches(str(csl["title"])):
            wanted = [page for page in batch if (page.number or 0) >= first_page]
            pages.extend(wanted)
            listed += [page for page in batch if _has_references(page)]
            if on_pages is not None and wanted:
                on_pages(wanted, source.count)
        source.refuse_without_text(source.count)
        remarks = source.remarks
    finally:
        source.close()
    language = detect(flow.sample_text)
    if language:
        csl["language"] = language
    return ParsedDocument(
        media_type=PDF,
        pages=tuple(pages),
        metadata=Bibliography(csl=csl),
        page_count=source.count,
        language=language,
        references=references_of(listed),
        remarks=tuple(remarks),
    )


class _Flow:
    """Turns the pages of a source into final pages, front to back."""

    def __init__(self, source: PageSource) -> None:
        self._source = source
        self._furniture = Furniture(source.count)
        opening = range(min(source.count, _OPENING_PAGES))
        sample = sorted({*opening, *_spread(source.count)})
        seen = {index: source.peek(index) for index in sample}
        texts = {index: text for index, text in seen.items() if text is not None}
        source.refuse_unmapped()
        self.opening = texts.get(0) or PageText(1.0, 1.0)
        self._learnt = set(texts)
        for text in texts.values():
            self._furniture.learn(text)
        ordered = {index: self._ordered(text) for index, text in texts.items()}
        self.style = Typography.of(list(ordered.values()))
        for lines in ordered.values():
            self.style.learn(lines)
        blocks = {index: group(lines, self.style) for index, lines in ordered.items()}
        self._labels_are_text = _are_slides(blocks.values())
        self._grouped = {index: blocks[index] for index in opening if index in blocks}
        self.sample_text = " ".join(b.text for found in blocks.values() for b in found)[:40_000]

    def batches(self, title: str) -> Iterator[list[ParsedPage]]:
        """Final pages, a few at a time. The document's `title` is no heading of its sections."""
        sections, trail, numbering = Sections(), HeadingTrail(), _Numbering()
        for start in range(0, self._source.count, _BATCH):
            numbers = range(start, min(start + _BATCH, self._source.count))
            texts = [self._source.read(index) for index in numbers]
            for index, text in zip(numbers, texts, strict=True):
                if index not in self._learnt:
                    self._furniture.learn(text)
            batch: list[ParsedPage] = []
            for index, text in zip(numbers, texts, strict=True):
                blocks = self._blocks(index, text)
                if index == 0:
                    _demote_title(blocks, title)
                numbering.demote_strays(blocks)
                front_end = _front_end(blocks) if index == 0 else 0
                settled = sections.settle(self._raw(blocks, text), front_end)
                if index == 0:
                    # Notes under the first page tell of the authors and the venue.
                    settled = [
                        replace(b, kind=BlockKind.FRONT) if b.kind is BlockKind.NOTE else b
                        for b in settled
                    ]
                batch.append(lay_out(index + 1, settled, trail))
            yield batch

    def _blocks(self, index: int, text: PageText) -> list[TextBlock]:
        known = self._grouped.pop(index, None)
        if known is not None:
            return known
        lines = self._ordered(text)
        if index not in self._learnt:
            self.style.learn(lines)
        return group(lines, self.style)

    def _ordered(self, text: PageText) -> list[Line]:
        return reading_order(self._furniture.without(text))

    def _raw(self, blocks: list[TextBlock], text: PageText) -> list[RawBlock]:
        return [
            RawBlock(block.text, self._kind(block.kind), block.level, line_boxes(block, text.frame))
            for block in blocks
        ]

    def _kind(self, kind: BlockKind) -> BlockKind:
        if kind is BlockKind.FIGURE and self._labels_are_text:
            return BlockKind.BODY
        # Figures in rows that only their place on the page tells apart: no table to quote from.
        return BlockKind.FIGURE if kind is BlockKind.TABLE else kind


def _has_references(page: ParsedPage) -> bool:
    return any(block.kind is BlockKind.REFERENCES for block in page.blocks)


def _spread(count: int) -> list[int]:
    """Pages of the middle and the end, which chapters' own headers and numbers show on."""
    step = max(1, count // _SPREAD_PAGES)
    return list(range(step - 1, count, step))[-_SPREAD_PAGES:]


def _are_slides(pages: Iterable[list[TextBlock]]) -> bool:
    """Whether short lines are what the pages say (slides, forms), not debris of drawings."""
    size: Counter[BlockKind] = Counter()
    for block in (block for blocks in pages for block in blocks):
        size[block.kind] += len(block.text)
    return size[BlockKind.FIGURE] > size[BlockKind.BODY]


def _demote_title(blocks: list[TextBlock], title: str) -> None:
    """The title is front matter, not a heading that every passage hangs under."""
    wanted = "".join(title.split()).lower()
    for block in blocks:
        text = "".join(block.text.split()).lower()
        if block.kind is BlockKind.HEADING and text and (text in wanted or wanted in text):
            block.kind, block.level = BlockKind.BODY, 0


class _Numbering:
    """Follows the numbers of sections."""

    def __init__(self) -> None:
        self._reached = 0

    def demote_strays(self, blocks: list[TextBlock]) -> None:
        """Sections count up; a line such as "16 GPUs" that does not is no heading."""
        for block in blocks:
            match = re.match(r"\d+", block.text) if block.kind is BlockKind.HEADING else None
            if match is None:
                continue
            number = int(match[0])
            if number > self._reached + 2:
                block.kind, block.level = BlockKind.FIGURE, 0
            else:
                self._reached = max(self._reached, number)


def _is_text(block: TextBlock) -> bool:
    return block.kind in (BlockKind.BODY, BlockKind.NOTE) and len(block.text) > 200


def _front_end(blocks: list[TextBlock]) -> int:
    """How many blocks of the first page come before its first section heading."""
    for index, block in enumerate(blocks):
        if is_abstract_heading(block.text):
            return index
        if block.kind is BlockKind.HEADING and block.level == 1:
            # Names set large read as headings; a real one has text of its own below.
            below = blocks[index + 1 : index + 3]
            if is_section_word(block.text) or any(_is_text(b) for b in below):
                return index
    return 0
