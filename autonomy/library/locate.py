"""Where words that somebody saw in a file of a document stand in the document's sections.

A reader of a DOCX or PDF sees rendered citations, typographic quotes and no Markdown; a section
has markers, straight quotes and markup. Both become words with offsets, and the words are aligned:
what only the file shows (a citation in brackets) and what only the section has (a marker, emphasis)
costs nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

from autonomy.core.markers import HIDDEN, MARKER
from autonomy.core.word_key import key
from autonomy.export.draft_text import Placed

LEAST_COVERED = 0.8
"""Share of the words that were seen, without citations, that must stand in the section."""
LEAST_MATCHED = 0.3
"""The same with what passes for citations."""
WHOLE_UP_TO = 3
"""So few words must all be there, side by side."""
CITATION_WORDS = 16
"""So many words of what was seen may be the citation that a marker stands for."""
_SLACK = 24
"""Words that only one side may have within a passage: citations, mostly."""
_STRAY = 6
"""A word or two this many words further away from the rest than in what was seen are no part of it."""
_CANDIDATES = 12
_CONTEXT_WORDS = 6

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_ENDING = ".!?…,;:”\"’'»)]"
_OPENING = "“\"‘'«(["
_BEHIND = re.compile(rf"(?:\s*{HIDDEN.pattern}|[*_`]+|[{re.escape(_ENDING)}])+")
_BEFORE = re.compile(rf"[*_`{re.escape(_OPENING)}]+$")
_EMPHASIS_BEFORE = re.compile(r"[*_`]+$")
_EMPHASIS_BEHIND = re.compile(r"[*_`]+")


class _Word(NamedTuple):
    text: str
    section: int
    start: int
    end: int


class _Block(NamedTuple):
    """Words that are the same on both sides."""

    seen: int
    """Of the words that were seen, the first."""
    there: int
    """Of the document's words, the first."""
    size: int


class _Found(NamedTuple):
    first: int
    last: int
    """Of the document's words, both inclusive."""
    covered: float
    beside: int
    """Words next to the passage that stand next to it in what was seen too."""


class Locator:
    """The words of a document, to find passages in."""

    def __init__(self, sections: Sequence[tuple[str, str]]) -> None:
        """
        Args:
            sections: id and Markdown of each, in the document's order.
        """
        self._sections = list(sections)
        self._words: list[_Word] = []
        for number, (_, markdown) in enumerate(sections):
            shown = HIDDEN.sub(lambda match: " " * len(match[0]), markdown)
            self._words += [
                _Word(key(match[0]), number, match.start(), match.end())
                for match in _WORD.finditer(shown)
            ]
        self._markers = self._count_markers()
        self._at: dict[str, list[int]] = defaultdict(list)
        self._pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, word in enumerate(self._words):
            self._at[word.text].append(position)
        for position, (word, following) in enumerate(pairwise(self._words)):
            self._pairs[word.text, following.text].append(position)

    def find(
        self, text: str, *, before: str = "", after: str = "", not_before: Placed | None = None
    ) -> list[Placed]:
        """Where `text` stands, one stretch per section that it runs through; empty when it does not.

        Args:
            before, after: what stands beside it, as far as that was seen. Of several places the one
                with these neighbours is meant.
            not_before: where the passage before it was found: of equal places the next one counts.
        """
        keys = [key(match[0]) for match in _WORD.finditer(text)]
        start_at = self._position(not_before) if not_before else 0
        found = [
            match
            for offset in self._offsets(keys)
            if (match := self._align(keys, offset, _keys(before), _keys(after))) is not None
        ]
        if not found:
            return []
        best = max(
            found, key=lambda m: (m.beside, round(m.covered, 2), m.first >= start_at, -m.first)
        )
        return self._placed(text, best)

    def _offsets(self, keys: Sequence[str]) -> list[int]:
        """Where the passage would begin, in words, by how many of its pairs of words say so."""
        votes: Counter[int] = Counter()
        if len(keys) <= WHOLE_UP_TO:
            for index, word in enumerate(keys):
                votes.update(position - index for position in self._at.get(word, ()))
        for index, pair in enumerate(pairwise(keys)):
            votes.update(position - index for position in self._pairs.get(pair, ()))
        chosen: list[int] = []
        for offset, _ in sorted(votes.items(), key=lambda item: (-item[1], item[0])):
            # Places a citation apart are one place.
            near = min(_SLACK, len(keys) // 2)
            if all(abs(offset - other) > near for other in chosen):
                chosen.append(offset)
            if len(chosen) == (len(votes) if len(keys) <= WHOLE_UP_TO else _CANDIDATES):
                break
        return chosen

    def _align(
        self, keys: Sequence[str], offset: int, before: Sequence[str], after: Sequence[str]
    ) -> _Found | None:
        slack = 0 if len(keys) <= WHOLE_UP_TO else _SLACK
        low, high = max(0, offset - slack), min(len(self._words), offset + len(keys) + slack)
        low, high = self._closest(keys, low, high)
        blocks = _without_strays(
            [
                _Block(block.src_start, low + block.dest_start, block.src_end - block.src_start)
                for block in LCSseq.opcodes(keys, [word.text for word in self._words[low:high]])
                if block.tag == "equal"
            ]
        )
        if not blocks:
            return None
        matched = sum(block.size for block in blocks)
        covered = matched / (len(keys) - self._cited(keys, blocks))
        whole = len(keys) <= WHOLE_UP_TO
        if covered < (1.0 if whole else LEAST_COVERED) or matched < LEAST_MATCHED * len(keys):
            return None
        first, last = blocks[0].there, blocks[-1].there + blocks[-1].size - 1
        beside = _alike(
            reversed(before), (word.text for word in reversed(self._words[:first][-20:]))
        ) + _alike(after, (word.text for word in self._words[last + 1 : last + 21]))
        return _Found(first, last, covered, beside)

    def _cited(self, keys: Sequence[str], blocks: Sequence[_Block]) -> int:
        """How many of the words that were seen and are not there pass for rendered citations: they
        stand where the section has markers."""
        count = 0
        edges = [_Block(0, blocks[0].there, 0), *blocks, _Block(len(keys), 0, 0)]
        for left, right in pairwise(edges):
            gap = right.seen - left.seen - left.size
            begin = left.there + left.size - 1
            stop = right.there if right.size else begin + 1
            markers = sum(self._markers.get(at, 0) for at in range(begin, stop))
            count += min(gap, markers * CITATION_WORDS)
        return count

    def _count_markers(self) -> dict[int, int]:
        """Number of the word before it to how many markers follow that word."""
        ends = [(word.section, word.end) for word in self._words]
        return Counter(
            bisect_right(ends, (number, match.start())) - 1
            for number, (_, markdown) in enumerate(self._sections)
            for match in MARKER.finditer(markdown)
        )

    def _closest(self, keys: Sequence[str], low: int, high: int) -> tuple[int, int]:
        """The shortest stretch that ends soonest and has as many of the words in order."""
        there = [word.text for word in self._words[low:high]]
        most = LCSseq.similarity(keys, there)
        end = bisect_left(
            range(len(there)), most, key=lambda at: LCSseq.similarity(keys, there[: at + 1])
        )
        there = there[: end + 1]
        # Negative, because the number of words falls the later the stretch begins.
        begin = bisect_right(
            range(len(there)), -most, key=lambda at: -LCSseq.similarity(keys, there[at:])
        )
        return low + max(0, begin - 1), low + end + 1

    def _position(self, place: Placed) -> int:
        """Number of the first word behind `place`."""
        numbers = {section_id: number for number, (section_id, _) in enumerate(self._sections)}
        behind = (numbers.get(place.section_id, 0), place.end)
        return next(
            (at for at, word in enumerate(self._words) if (word.section, word.start) >= behind), 0
        )

    def _placed(self, text: str, found: _Found) -> list[Placed]:
        stretches: dict[int, tuple[int, int]] = {}
        for word in self._words[found.first : found.last + 1]:
            start, _ = stretches.get(word.section, (word.start, 0))
            stretches[word.section] = start, word.end
        first, last = self._words[found.first].section, self._words[found.last].section
        placed = []
        for number, (start, end) in stretches.items():
            section_id, markdown = self._sections[number]
            opens = number != first or text.lstrip()[0] in _OPENING
            closes = number != last or text.rstrip()[-1] in _ENDING
            before = (_BEFORE if opens else _EMPHASIS_BEFORE).search(markdown, 0, start)
            behind = (_BEHIND if closes else _EMPHASIS_BEHIND).match(markdown, end)
            placed.append(
                Placed(
                    section_id,
                    before.start() if before else start,
                    behind.end() if behind else end,
                )
            )
        return placed


def _keys(text: str) -> list[str]:
    return [key(match[0]) for match in _WORD.finditer(text)][:200]


def _without_strays(blocks: Sequence[_Block]) -> list[_Block]:
    """The matching stretches without single words at either end that only happen to be alike."""
    kept = list(blocks)
    while len(kept) > 1 and _stray(kept[0], kept[0], kept[1]):
        kept.pop(0)
    while len(kept) > 1 and _stray(kept[-1], kept[-2], kept[-1]):
        kept.pop()
    return kept


def _stray(block: _Block, left: _Block, right: _Block) -> bool:
    gap_seen = right.seen - left.seen - left.size
    gap_there = right.there - left.there - left.size
    return block.size < WHOLE_UP_TO and gap_there - gap_seen > _STRAY


def _alike(seen: Iterable[str], there: Iterable[str]) -> int:
    """How many neighbouring words, from the passage outwards, are the same."""
    count = 0
    for mine, other in zip(seen, there, strict=False):
        if mine != other or count == _CONTEXT_WORDS:
            break
        count += 1
    return count
