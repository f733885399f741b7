"""Sentences of a draft as a model is shown them, and its answer as edits of the block's text.

What must stay is shown between ⟦ and ⟧ with a number: fields and links with their words, notes and
images by their name. An answer has each of them once and in order, or it is no answer; what stands
between two of them is compared word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from autonomy.core.rewriting import TextEdit
from autonomy.export.word_diff import Change, changes
from autonomy.library.drafts.draft import SHOWN_MARKS, DraftBlock, HeldKind
from autonomy.library.sentences import sentences

OPEN, CLOSE = "⟦", "⟧"
_KEPT = re.compile(rf"{OPEN}\s*(\d+)\s*(?::[^{OPEN}{CLOSE}]*)?{CLOSE}")
_SIGNS = str.maketrans({OPEN: "[", CLOSE: "]"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A stretch of the block's text that stays; empty where a note or an image stands."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One sentence of a block's prose."""

    block: str
    start: int
    end: int
    text: str
    kept: tuple[Kept, ...] = ()

    @property
    def shown(self) -> str:
        """The sentence on one line, with what must stay between its signs."""
        parts: list[str] = []
        at = self.start
        for number, one in enumerate(self.kept, 1):
            parts.append(self._between(at, one.start))
            name = " ".join(one.name.translate(_SIGNS).split())
            parts.append(f"{OPEN}{number}: {name}{CLOSE}" if name else f"{OPEN}{number}{CLOSE}")
            at = one.end
        parts.append(self._between(at, self.end))
        return " ".join("".join(parts).split())

    def _between(self, start: int, end: int) -> str:
        return self.text[start - self.start : end - self.start].translate(_SIGNS)


class BadAnswer(ValueError):
    """An answer in which something that must stay is missing, doubled or out of its order."""


def units(block: DraftBlock) -> list[Unit]:
    """The sentences of a block that may be changed. One that a field goes beyond is joined with
    the next."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(block.text):
        crossing = spans and any(h.start < spans[-1][1] < h.end for h in block.held)
        # A line or a tab that stands alone cuts prose too: what is beside it is no sentence of it.
        if crossing:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [
        Unit(block.id, a, b, block.text[a:b], tuple(_kept(block, a, b)))
        for start, end in spans
        for a, b in _lines(block, start, end)
        if any(map(str.isalpha, block.text[a:b]))
    ]


def _lines(block: DraftBlock, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch cut at line breaks and tabs of the layout."""
    at = start
    for held in block.held:
        layout = held.kind is HeldKind.BREAK and block.text[held.start : held.end] in ("\n", "\t")
        if layout and start <= held.start < end:
            if at < held.start:
                yield _trimmed(block.text, at, held.start)
            at = held.end
    if at < end:
        yield _trimmed(block.text, at, end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _kept(block: DraftBlock, start: int, end: int) -> Iterator[Kept]:
    found = [
        Kept(max(h.start, start), min(h.end, end), block.text[h.start : h.end])
        for h in block.held
        if h.start < end and start < h.end
    ]
    found += [
        Kept(m.at, m.at, f"{m.kind.value} {m.label}".strip())
        for m in block.marks
        if m.kind in SHOWN_MARKS and start < m.at < end
    ]
    # One that stands within another is kept with it.
    ordered = sorted(found, key=lambda one: (one.start, one.end))
    at = -1
    for one in ordered:
        if one.start >= at:
            yield one
            at = max(at, one.end)


def edits_of(unit: Unit, answer: str) -> tuple[str, list[TextEdit]]:
    """The sentence as the answer has it, without signs, and the edits that make it so.

    Raises:
        BadAnswer: see there.
    """
    answer = " ".join(answer.split())
    numbers = [int(match[1]) for match in _KEPT.finditer(answer)]
    if numbers != list(range(1, len(unit.kept) + 1)) or OPEN in _KEPT.sub("", answer):
        raise BadAnswer("what stands between ⟦ and ⟧ was not kept as it was")
    said = _KEPT.split(answer)[::2]
    found: list[TextEdit] = []
    after: list[str] = []
    at = unit.start
    for given, one in zip(said, (*unit.kept, None), strict=True):
        end = one.start if one is not None else unit.end
        before = unit.text[at - unit.start : end - unit.start]
        words = _spaced(before, given)
        if words and not before:
            raise BadAnswer("words were put where two things stand side by side")
        after.append(words)
        found += [
            TextEdit(at + start, at + end, text)
            for start, end, text in map(partial(_anchored, before), changes(before, words))
        ]
        if one is not None:
            after.append(unit.text[one.start - unit.start : one.end - unit.start])
            at = one.end
    return "".join(after), found


def _anchored(before: str, change: Change) -> tuple[int, int, str]:
    """A change that only adds words at an end of its stretch takes the letter beside it along: at
    the bare place nobody could tell on which side of a note they belong."""
    start, end, text = change.start, change.end, change.text
    if start == end == 0:
        return 0, 1, text + before[0]
    if start == end == len(before):
        return end - 1, end, before[-1] + text
    return start, end, text


_CLOSING = frozenset(",.;:!?)]}”’»…")
_OPENING = frozenset("([{“‘«")


def _spaced(before: str, words: str) -> str:
    """`words` with the white space that the draft has at both ends, where nothing else asks for
    another: models write one space where a draft has two, a line break, or none before a note."""
    core = words.strip()
    lead = before[: len(before) - len(before.lstrip())]
    trail = before[len(before.rstrip()) :]
    if core.split() == before.split():
        return before
    if not core:
        return lead or trail
    if not before.strip():
        return f"{lead}{core}{trail}" if before else words
    if core[0] in _CLOSING:
        lead = ""
    elif not lead and before[0] in _CLOSING and words[:1].isspace():
        lead = " "
    if core[-1] in _OPENING:
        trail = ""
    return f"{lead}{core}{trail}"


def kept_texts(unit: Unit) -> Sequence[str]:
    """What of the sentence must stand in it letter for letter."""
    return [
        unit.text[k.start - unit.start : k.end - unit.start] for k in unit.kept if k.end > k.start
    ]
