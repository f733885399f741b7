"""Cutting a document into passages that can stand as evidence.

A passage is a run of whole sentences of one page and one section, so that it reads on its own and
its offsets lead straight back to the page.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autonomy.library.parsed import (
    HEADING_SEPARATOR,
    Block,
    BlockKind,
    LineBox,
    ParsedDocument,
    ParsedPage,
)
from autonomy.library.sections import is_notice
from autonomy.library.sentences import sentences

_BRACKET_REACH = 200
_BRACKETS = re.compile(r"\([^()\n]{1,200}\)|\[[^\[\]\n]{1,200}\]")
Rectangle = tuple[float, float, float, float]

_TOKEN_MARKUP = re.compile(r"<(?:EOS|BOS|PAD|UNK|SEP|CLS|MASK|s|/s|eos|bos|pad|unk)>")
_TERMINAL = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*$")
_KINDS = {
    BlockKind.BODY: BlockKind.BODY,
    BlockKind.NOTE: BlockKind.BODY,
    BlockKind.ABSTRACT: BlockKind.ABSTRACT,
    BlockKind.REFERENCES: BlockKind.REFERENCES,
    BlockKind.FRONT: BlockKind.FRONT,
    BlockKind.CAPTION: BlockKind.CAPTION,
    BlockKind.TABLE: BlockKind.TABLE,
}
# Passages below this share of the limit join a neighbour when they can.
_SMALL = 0.3
# A passage may exceed the limit by this much when that saves a stub.
_STRETCH = 1.25
_MIN_CHARS = 25
_MIN_TABLE_CHARS = 8
# The widest space within a line, as a share of the page; columns stand further apart.
_WORD_SPACE = 0.035


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored. `page_text[char_start:char_end] == text`."""

    text: str
    page: int | None
    page_index: int
    """Position of its page in `ParsedDocument.pages`."""
    char_start: int
    char_end: int
    heading: str
    ordinal: int
    kind: BlockKind
    boxes: tuple[Rectangle, ...] = ()
    """Its lines on the page: left, top, width, height as fractions of the page."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence (or a part of an endless one) with its place on the page."""

    start: int
    end: int
    tokens: int


@dataclass(slots=True)
class _Run:
    """Neighbouring pieces of one kind under one heading."""

    kind: BlockKind
    heading: str
    pieces: list[_Piece]
    block_ends: set[int]
    """Positions at which a paragraph ends."""


def chunk(
    document: ParsedDocument, count_tokens: Callable[[str], int], max_tokens: int = 200
) -> list[Chunk]:
    """Passages of `document` in reading order.

    A passage holds at most `max_tokens` by `count_tokens` (a quarter more where that avoids a
    stub), never crosses a page, and never splits a sentence that could fit. A table gives passages
    of its own: whole rows under the header that their block carries. Lone numbers, drawing labels
    and rights notices yield none. Passages that are no evidence (references, front matter) are kept
    with their `kind`.
    """
    return chunk_pages(document.pages, count_tokens, max_tokens)


def chunk_pages(
    pages: Sequence[ParsedPage],
    count_tokens: Callable[[str], int],
    max_tokens: int = 200,
    *,
    before: ParsedPage | None = None,
    after: ParsedPage | None = None,
    first_index: int = 0,
    first_ordinal: int = 0,
) -> list[Chunk]:
    """As `chunk`, for pages that come in batches.

    `before` and `after` are the pages on either side of the batch: a sentence that runs over a
    page's border is told by both. `first_index` and `first_ordinal` go on counting where the batch
    before ended. Batches cut so have the passages that the whole document has.
    """
    chunks: list[Chunk] = []
    for index, page in enumerate(pages):
        following = pages[index + 1] if index + 1 < len(pages) else after
        previous = pages[index - 1] if index else before
        for run in _runs(page, previous, following, count_tokens, max_tokens):
            for start, end in _pack(run, max_tokens):
                chunks.append(
                    Chunk(
                        text=page.text[start:end],
                        page=page.number,
                        page_index=first_index + index,
                        char_start=start,
                        char_end=end,
                        heading=run.heading,
                        ordinal=first_ordinal + len(chunks),
                        kind=run.kind,
                        boxes=_boxes(page, start, end),
                    )
                )
    return chunks


def _boxes(page: ParsedPage, start: int, end: int) -> tuple[Rectangle, ...]:
    """One rectangle for each line of `page.text[start:end]`; what its neighbours share is cut off."""
    found: list[Rectangle] = []
    for index in range(bisect_right(page.boxes, start, key=_char_end), len(page.boxes)):
        box = page.boxes[index]
        if box.char_start >= end:
            break
        place = _cut(box, start, end)
        if found and _side_by_side(found[-1], place):
            found[-1] = _union(found[-1], place)
        else:
            found.append(place)
    return tuple(found)


def _char_end(box: LineBox) -> int:
    return box.char_end


def _cut(box: LineBox, start: int, end: int) -> Rectangle:
    """The part of a box that holds the characters from `start` to `end`.

    Parsers cut boxes where sentences end, so this is rarely needed; letters then count alike.
    """
    left, top, width, height = box[2:]
    before = max(start - box.char_start, 0) / (box.char_end - box.char_start)
    after = max(box.char_end - end, 0) / (box.char_end - box.char_start)
    if height <= width:
        return left + width * before, top, width * (1 - before - after), height
    return left, top + height * before, width, height * (1 - before - after)


def _side_by_side(one: Rectangle, two: Rectangle) -> bool:
    """Whether neighbouring pieces of text stand on one line, which may run up or down the page."""
    for along, across in ((0, 1), (1, 0)):
        if one[across] == two[across] and one[across + 2] == two[across + 2]:
            first, second = sorted((one, two), key=lambda place: place[along])
            return second[along] - first[along] - first[along + 2] < _WORD_SPACE
    return False


def _union(one: Rectangle, two: Rectangle) -> Rectangle:
    left, top = min(one[0], two[0]), min(one[1], two[1])
    right, bottom = max(one[0] + one[2], two[0] + two[2]), max(one[1] + one[3], two[1] + two[3])
    return left, top, right - left, bottom - top


def _runs(
    page: ParsedPage,
    previous: ParsedPage | None,
    following: ParsedPage | None,
    count_tokens: Callable[[str], int],
    max_tokens: int,
) -> Iterator[_Run]:
    run: _Run | None = None
    head, tail = _broken_head(page, previous), _broken_tail(page, following)
    for block in page.blocks:
        kind = _KINDS.get(block.kind)
        if kind is None or not _is_useful(block):
            if run is not None and block.kind is not BlockKind.HEADING:
                yield run
                run = None
            continue
        heading = HEADING_SEPARATOR.join(block.heading_path)
        if run is not None and (
            run.kind is not kind or run.heading != heading or kind is BlockKind.TABLE
        ):
            yield run
            run = None
        if run is None:
            run = _Run(kind, heading, [], set())
        if kind is BlockKind.TABLE:
            run.pieces = list(_rows(block, count_tokens, max_tokens))
            yield run
            run = None
            continue
        spans = sentences(block.text)
        if block is head and len(spans) > 1:
            spans = spans[1:]
        if block is tail and len(spans) > 1:
            spans = spans[:-1]
        for start, end in spans:
            for a, b in _pieces(block.text, start, end, count_tokens, max_tokens):
                tokens = count_tokens(block.text[a:b])
                run.pieces.append(_Piece(block.char_start + a, block.char_start + b, tokens))
        if run.pieces:
            run.block_ends.add(run.pieces[-1].end)
        if kind is BlockKind.CAPTION:
            yield run
            run = None
    if run is not None:
        yield run


def _rows(block: Block, count_tokens: Callable[[str], int], max_tokens: int) -> Iterator[_Piece]:
    """The rows of a table's block, the first with the header above it."""
    start, end = 0, block.text.find("\n", block.text.find("\n") + 1)
    while start < len(block.text):
        end = end if end > 0 else len(block.text)
        for a, b in _pieces(block.text, start, end, count_tokens, max_tokens):
            yield _Piece(block.char_start + a, block.char_start + b, count_tokens(block.text[a:b]))
        start = end + 1
        end = block.text.find("\n", start)


def _broken_tail(page: ParsedPage, following: ParsedPage | None) -> Block | None:
    """The last paragraph when its last sentence runs on over the page: half of it is no evidence."""
    last = next((b for b in reversed(page.blocks) if b.kind is BlockKind.BODY), None)
    if last is None or following is None or _TERMINAL.search(last.text):
        return None
    return last


def _broken_head(page: ParsedPage, previous: ParsedPage | None) -> Block | None:
    """The first paragraph when it begins with the rest of a sentence of the page before."""
    if previous is None or _broken_tail(previous, page) is None:
        return None
    first = next((b for b in page.blocks if b.kind is BlockKind.BODY), None)
    return first if first is not None and not _starts_afresh(first.text) else None


def _starts_afresh(text: str) -> bool:
    return text[:1] in "•▪◦‣–"


def _is_useful(block: Block) -> bool:
    text = block.text
    if block.kind is BlockKind.TABLE:
        return len(text) >= _MIN_TABLE_CHARS and any(map(str.isalpha, text))
    if len(text) < _MIN_CHARS or sum(map(str.isalpha, text)) < 0.5 * len(text.replace(" ", "")):
        return False
    if len(_TOKEN_MARKUP.findall(text)) > 1:
        return False
    return not (
        len(text) < 600 and is_notice(text) and block.kind in (BlockKind.FRONT, BlockKind.NOTE)
    )


def _pieces(
    text: str, start: int, end: int, count_tokens: Callable[[str], int], max_tokens: int
) -> Iterator[tuple[int, int]]:
    """The sentence whole if it may be; an endless one at its clauses, words, or anywhere at last."""
    # No token is longer than the text, so short sentences need no count.
    if end - start <= max_tokens or (
        end - start < 20 * max_tokens and count_tokens(text[start:end]) <= max_tokens * _STRETCH
    ):
        yield start, end
        return
    limit = max_tokens * 4
    while end - start > limit:
        cut = _clause_end(text, start, start + limit)
        yield start, cut
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _clause_end(text: str, start: int, limit: int) -> int:
    """Where to cut an endless sentence before `limit`: never within brackets, which may cite."""
    half = start + (limit - start) // 2
    closed = [match.span() for match in _BRACKETS.finditer(text, start, limit + _BRACKET_REACH)]
    for pattern in (r" \| ", r"[;:]\s", r",\s", r"[、，；]", r"\s"):
        found = [
            match.end()
            for match in re.finditer(pattern, text[half:limit])
            if not any(a < half + match.end() < b for a, b in closed)
        ]
        if found:
            position = half + found[-1]
            while position > start and text[position - 1].isspace():
                position -= 1
            return position
    return next((a if a > start else b for a, b in closed if a < limit < b), limit)


def _pack(run: _Run, max_tokens: int) -> list[tuple[int, int]]:
    """Fill passages up to the limit, preferring to end where a paragraph ends."""
    groups: list[list[_Piece]] = []
    for piece in run.pieces:
        size = sum(p.tokens for p in groups[-1]) if groups else 0
        full = size + piece.tokens > max_tokens
        # Three quarters full and at a paragraph's end is a better place than mid-paragraph.
        settled = bool(groups) and size > 0.75 * max_tokens and groups[-1][-1].end in run.block_ends
        if not groups or full or settled:
            groups.append([piece])
        else:
            groups[-1].append(piece)
    merged: list[list[_Piece]] = []
    for group in groups:
        size = sum(p.tokens for p in group)
        before = sum(p.tokens for p in merged[-1]) if merged else 0
        stub = min(size, before) < _SMALL * max_tokens
        if merged and stub and size + before <= _STRETCH * max_tokens:
            merged[-1].extend(group)
        else:
            merged.append(group)
    spans = [(group[0].start, group[-1].end) for group in merged]
    least = _MIN_TABLE_CHARS if run.kind is BlockKind.TABLE else _MIN_CHARS
    return [(start, end) for start, end in spans if end - start >= least]
