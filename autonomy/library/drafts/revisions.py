"""Changes of words written into `word/document.xml`: as tracked changes, or as if they had always
been so. Every byte that no change touches stays."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from autonomy.library.drafts.draft import SHOWN_MARKS, BadChange, HeldKind
from autonomy.library.drafts.markup import Item, Paragraph, Piece, read_markup

_RAW_NAME = re.compile(rb"<([^\s/>]+)")
_FORMER_PROPERTIES = re.compile(rb"<(\w+:)?rPrChange\b.*?</\1rPrChange>", re.DOTALL)
_ID = re.compile(rb"\bid=[\"'](\d{1,9})[\"']")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Edit:
    """`text[start:end]` of a paragraph becomes `after`."""

    start: int
    end: int
    after: str
    tracked: bool = True
    """For its reader to accept or reject; otherwise it is simply made."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who is named for tracked changes, and when."""

    author: str
    date: str
    """ISO 8601, UTC, whole seconds: `2026-05-01T09:30:00Z`."""


def revise(part: bytes, edits: Mapping[int, Sequence[Edit]], signature: Signature) -> bytes:
    """The part with the edits of each paragraph (by its number) made.

    Raises:
        Unreadable: the part is no document.
        BadChange: an edit would touch what must stay, or does not fit; nothing is written.
    """
    paragraphs = {p.number: p for p in read_markup(part)} if edits else {}
    numbers = _Numbers(part)
    replaced: list[tuple[int, int, bytes]] = []
    for number, wanted in edits.items():
        paragraph = paragraphs.get(number)
        if paragraph is None:
            raise BadChange(f"the document has no paragraph {number}")
        if wanted:
            replaced += _Revision(part, paragraph, wanted, signature, numbers).replacements()
    out: list[bytes] = []
    at = 0
    for start, end, content in sorted(replaced):
        out += [part[at:start], content]
        at = end
    return b"".join([*out, part[at:]])


class _Numbers:
    """Ids of annotations, each used once in the part."""

    def __init__(self, part: bytes) -> None:
        self._last = max((int(match[1]) for match in _ID.finditer(part)), default=0)

    def next(self) -> int:
        self._last += 1
        return self._last


class _New(NamedTuple):
    """Text that comes at a place, and how it looks."""

    place: int
    text: str
    tracked: bool
    properties: bytes


@dataclass(slots=True)
class _Work:
    """What is done within one run."""

    gone: list[tuple[int, int, bool]] = field(default_factory=list)
    """Stretches of the paragraph's text that go, and whether that is tracked."""
    new: list[_New] = field(default_factory=list)


class _Revision:
    """The edits of one paragraph."""

    def __init__(
        self,
        part: bytes,
        paragraph: Paragraph,
        edits: Sequence[Edit],
        signature: Signature,
        numbers: _Numbers,
    ) -> None:
        self._part = part
        self._paragraph = paragraph
        self._signature = signature
        self._numbers = numbers
        self._prefix = f"{paragraph.prefix}:" if paragraph.prefix else ""
        self._starts: list[int] = []
        at = 0
        for piece in paragraph.pieces:
            self._starts.append(at)
            at += len(piece.text)
        self._length = at
        self._work: dict[int, _Work] = {}
        place = 0
        for edit in sorted(edits, key=lambda one: (one.start, one.end)):
            if not place <= edit.start <= edit.end <= self._length:
                raise BadChange("edits of one paragraph overlap, or go beyond it")
            place = edit.end
            self._plan(edit)

    def replacements(self) -> list[tuple[int, int, bytes]]:
        """(start, end, content) in bytes of the part, one for each run that is touched."""
        found = []
        for index, work in self._work.items():
            piece = self._paragraph.pieces[index]
            found.append((piece.start, piece.end, self._rewritten(index, piece, work)))
        return found

    # ------------------------------------------------------------------ planning

    def _plan(self, edit: Edit) -> None:
        after = _CONTROL.sub("", edit.after)
        touched = self._touched(edit.start, edit.end)
        for index, start, end in touched:
            self._of(index).gone.append((start, end, edit.tracked))
        if not after:
            return
        if touched:
            # It stands behind the last run that loses text, and looks like the one that loses most.
            index, at = touched[-1][0], edit.end
            like = max(touched, key=lambda one: one[2] - one[1])[0]
        else:
            index, at = self._beside(edit.start)
            like = index
        properties = _FORMER_PROPERTIES.sub(b"", self._paragraph.pieces[like].properties)
        self._of(index).new.append(_New(at, after, edit.tracked, properties))

    def _of(self, index: int) -> _Work:
        return self._work.setdefault(index, _Work())

    def _touched(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """(piece, start, end) of the runs that hold `text[start:end]`, which must be plain."""
        found = []
        for index, piece in enumerate(self._paragraph.pieces):
            first = self._starts[index]
            last = first + len(piece.text)
            at = first
            for item in piece.items:
                behind = at + len(item.text)
                if item.text and at < end and start < behind and isinstance(item.kind, HeldKind):
                    raise BadChange(f"“{item.text}” must stay as it is")
                if not item.text and start < at < end and item.kind in SHOWN_MARKS:
                    raise BadChange("a note or an image stands between these words")
                at = behind
            if piece.text and first < end and start < last:
                found.append((index, max(start, first), min(end, last)))
        return found

    def _beside(self, place: int) -> tuple[int, int]:
        """The plain run that text is added to at `place`: the one before, else the one behind."""
        pieces = self._paragraph.pieces
        for offset in (place - 1, place):
            if 0 <= offset < self._length:
                index = self._piece_at(offset)
                if pieces[index].plain and self._item_at(index, offset).kind is None:
                    return index, place
        raise BadChange("there is no text beside which words could be added")

    def _piece_at(self, offset: int) -> int:
        index = bisect_right(self._starts, offset) - 1
        while not self._paragraph.pieces[index].text:
            index -= 1
        return index

    def _item_at(self, index: int, offset: int) -> Item:
        at = self._starts[index]
        for item in self._paragraph.pieces[index].items:
            at += len(item.text)
            if offset < at:
                return item
        raise BadChange("a change goes beyond its paragraph")

    # ------------------------------------------------------------------ writing

    def _rewritten(self, index: int, piece: Piece, work: _Work) -> bytes:
        """The run as several: what stays, what goes and what comes, in order."""
        out: list[bytes] = []
        kept: list[bytes] = []

        def flush() -> None:
            if kept:
                out.append(self._run(piece, b"".join(kept)))
                kept.clear()

        new = sorted(work.new, key=lambda one: one.place)
        at = self._starts[index]
        for item in piece.items:
            behind = at + len(item.text)
            while new and new[0].place <= at:
                flush()
                out.append(self._inserted(new.pop(0)))
            if item.kind is not None or not item.text:
                kept.append(self._part[item.start : item.end])
                at = behind
                continue
            for start, end, gone in self._cuts(at, behind, work.gone, new):
                text = item.text[start - at : end - at]
                if gone is None:
                    whole = (start, end) == (at, behind)
                    kept.append(
                        self._part[item.start : item.end] if whole else self._text("t", text)
                    )
                else:
                    flush()
                    if gone:
                        out.append(self._deleted(piece, text))
                while new and new[0].place <= end:
                    flush()
                    out.append(self._inserted(new.pop(0)))
            at = behind
        flush()
        out += [self._inserted(one) for one in new]
        return b"".join(out)

    @staticmethod
    def _cuts(
        start: int,
        end: int,
        gone: Sequence[tuple[int, int, bool]],
        new: Sequence[_New],
    ) -> list[tuple[int, int, bool | None]]:
        """`start` to `end` in stretches that stay (None) or go (whether tracked)."""
        borders = {start, end}
        borders |= {border for a, b, _ in gone for border in (a, b) if start < border < end}
        borders |= {one.place for one in new if start < one.place < end}
        ordered = sorted(borders)
        found: list[tuple[int, int, bool | None]] = []
        for first, last in pairwise(ordered):
            state = next((tracked for a, b, tracked in gone if a <= first < b), None)
            found.append((first, last, state))
        return found

    def _run(self, piece: Piece, content: bytes) -> bytes:
        name = _RAW_NAME.match(piece.open_tag)
        assert name is not None  # noqa: S101 - a tag begins with its name
        return b"".join([piece.open_tag, piece.properties, content, b"</", name[1], b">"])

    def _text(self, name: str, text: str) -> bytes:
        tag = f"{self._prefix}{name}"
        return f'<{tag} xml:space="preserve">{escape(text)}</{tag}>'.encode()

    def _deleted(self, piece: Piece, text: str) -> bytes:
        return self._annotated("del", self._run(piece, self._text("delText", text)))

    def _inserted(self, new: _New) -> bytes:
        tag = f"{self._prefix}r"
        run = f"<{tag}>".encode() + new.properties + self._text("t", new.text)
        run += f"</{tag}>".encode()
        return self._annotated("ins", run) if new.tracked else run

    def _annotated(self, name: str, run: bytes) -> bytes:
        # Attributes are of a namespace only by a prefix, which a default namespace does not give.
        prefix = self._prefix or "w:"
        declared = "" if self._prefix else f" xmlns:w={quoteattr(self._paragraph.namespace)}"
        author = quoteattr(_CONTROL.sub("", self._signature.author))
        tag = f"{self._prefix}{name}"
        opened = (
            f'<{tag}{declared} {prefix}id="{self._numbers.next()}" {prefix}author={author} '
            f"{prefix}date={quoteattr(self._signature.date)}>"
        )
        return opened.encode() + run + f"</{tag}>".encode()
