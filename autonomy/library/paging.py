"""Laying blocks out as the text of a page, and following headings while doing so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from autonomy.library.parsed import Block, BlockKind, LineBox, ParsedPage

BLOCK_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block before it has a place. `level` is the heading depth from 1 (0 for other kinds)."""

    text: str
    kind: BlockKind = BlockKind.BODY
    level: int = 0
    boxes: tuple[LineBox, ...] = ()
    """Where its lines stand; offsets count in `text`, which then has no space at its ends."""


@dataclass(slots=True)
class HeadingTrail:
    """The headings that are open at this point of the document."""

    _open: list[tuple[int, str]] = field(default_factory=list)

    def enter(self, level: int, text: str) -> None:
        self._open = [item for item in self._open if item[0] < level]
        self._open.append((level, text))

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._open)


def lay_out(number: int | None, blocks: Iterable[RawBlock], trail: HeadingTrail) -> ParsedPage:
    """Join `blocks` into a page, with their offsets; headings found on the way move `trail`."""
    placed: list[Block] = []
    parts: list[str] = []
    boxes: list[LineBox] = []
    position = 0
    for block in blocks:
        text = block.text.strip()
        if not text:
            continue
        if block.kind is BlockKind.HEADING:
            trail.enter(max(block.level, 1), " ".join(text.split())[:200])
        if parts:
            parts.append(BLOCK_GAP)
            position += len(BLOCK_GAP)
        placed.append(
            Block(
                text=text,
                kind=block.kind,
                heading_path=trail.path,
                char_start=position,
                char_end=position + len(text),
            )
        )
        boxes.extend(
            LineBox(position + start, position + end, *place) for start, end, *place in block.boxes
        )
        parts.append(text)
        position += len(text)
    return ParsedPage(number=number, text="".join(parts), blocks=tuple(placed), boxes=tuple(boxes))
