"""Which stretches of a draft cite which text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from autonomy.core.markers import MARKER, PARENTHETICAL
from autonomy.core.word_key import key
from autonomy.library.quotations import Span
from autonomy.library.sentences import sentences
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens

_LEADING = re.compile(
    rf"(?:{PARENTHETICAL}[ \t]*)+"
    r"|\([^()\n]{0,200}\b\d{4}[a-z]?\b[^()\n]{0,60}\)"
)
"""A citation that stands behind the stop of the sentence that it is for."""
NAME_REACH = 12
"""Words after an author's name within which the year has to stand, as in “Lee and others (2020)”."""


class Citations:
    """Where a draft cites, by markers and by plain names and years."""

    def __init__(self, draft: Tokens, quoted: Sequence[Span]) -> None:
        self._draft = draft
        text = draft.text
        self._markers = [(found.start(), found["id"]) for found in MARKER.finditer(text)]
        self._at = [place for place, _ in self._markers]
        found = _with_markers(text, sentences(text))
        self._starts = [start for start, _ in found]
        self._ends = [end for _, end in found]
        self._quoted = quoted
        self._words: dict[str, list[int]] = {}
        for number, word in enumerate(draft.keys):
            self._words.setdefault(word, []).append(number)

    def cite(self, text: ComparedText, start: int, end: int) -> bool:
        """Whether the sentences that hold these characters of the draft (a quotation's to its end,
        and the one that introduces it with a colon) cite `text`."""
        start, end = self._reach(start, end)
        low, high = bisect_left(self._at, start), bisect_left(self._at, end)
        if any(self._markers[number][1] in text.markers for number in range(low, high)):
            return True
        return self._named(text, start, end)

    def _reach(self, start: int, end: int) -> Span:
        number = bisect_right(self._quoted, (start, len(self._draft.text))) - 1
        if number >= 0 and self._quoted[number][1] > start:
            end = max(end, self._quoted[number][1])
            start = min(start, self._quoted[number][0])
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = max(bisect_left(self._starts, end) - 1, 0)
        if first and self._introduces(first - 1):
            first -= 1
        if not self._starts:
            return start, end
        return min(start, self._starts[first]), max(end, self._ends[last])

    def _introduces(self, number: int) -> bool:
        text = self._draft.text
        between = text[self._ends[number] : self._starts[number + 1]]
        ends = text[max(self._ends[number] - 3, 0) : self._ends[number]]
        return ":" in ends and between.count("\n") <= 2

    def _named(self, text: ComparedText, start: int, end: int) -> bool:
        if not text.names or not text.year:
            return False
        low = bisect_left(self._draft.starts, start)
        high = bisect_left(self._draft.starts, end)
        years = self._between(text.year, low, high)
        if not years:
            return False
        # A name of several words ("van der Berg") is known by its last.
        name = key(text.names[0].split()[-1]) if text.names[0].split() else ""
        return any(
            0 < year - place <= NAME_REACH
            for place in self._between(name, low, high)
            for year in years[:20]
        )

    def _between(self, word: str, low: int, high: int) -> list[int]:
        places = self._words.get(word, [])
        return places[bisect_left(places, low) : bisect_left(places, high)]


def _with_markers(text: str, spans: Sequence[Span]) -> list[Span]:
    """Sentences, with the markers that follow a sentence's stop put to it."""
    moved: list[Span] = []
    for start, end in spans:
        found = _LEADING.match(text, start, end)
        begins = start
        if found and moved and "\n\n" not in text[moved[-1][1] : start]:
            begins = found.end()
            moved[-1] = moved[-1][0], begins
        if begins < end:
            moved.append((begins, end))
    return moved
