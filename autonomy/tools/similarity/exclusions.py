"""What does not count: bibliographies, headings, and phrases that are everybody's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autonomy.core.word_key import key
from autonomy.library.quotations import Span
from autonomy.library.reference_headings import is_like_references_heading
from autonomy.tools.similarity.stock_phrases import PHRASES

PHRASE_WORDS = 14
"""A longer match is nobody's common phrase, however many texts have it."""
OWN_WORDS = 8
"""A match that holds stock phrases needs so many other words, however long it is."""
CONTENT_WORDS = 4
"""A short match with fewer different words than this, function words aside, says too little."""
NAME_WORDS = 3
"""One with fewer than this that are not capitalised, function words aside, is a name."""
PHRASE_TEXTS = 4
"""Found in so many texts besides, a short match is a common phrase."""

_HEADING = re.compile(r"^(?P<rank>#{1,6})[ \t]+(?P<title>[^\n]*)$", re.MULTILINE)
_TITLE_CHARS = 60


def headings(text: str) -> list[Span]:
    """Lines that are headings of Markdown: they name and do not say."""
    return [found.span() for found in _HEADING.finditer(text)]


def bibliographies(text: str) -> list[Span]:
    """Spans of lists of references: from under their heading to the next heading of its rank, or
    to the end. A plain line of that name counts where headings are not marked."""
    marked = list(_HEADING.finditer(text))
    spans: list[Span] = []
    for number, found in enumerate(marked):
        if is_like_references_heading(found["title"]):
            rank = len(found["rank"])
            after = (m.start() for m in marked[number + 1 :] if len(m["rank"]) <= rank)
            spans.append((found.start(), next(after, len(text))))
    if spans:
        return spans
    start, last = 0, -1
    for line in text.splitlines(keepends=True):
        if len(line) <= _TITLE_CHARS and is_like_references_heading(line):
            last = start
        start += len(line)
    # The last one, and late: a table of contents names it before.
    return [(last, len(text))] if last > len(text) / 2 else []


def stock_words(keys: Sequence[str]) -> list[bool]:
    """For each word whether it belongs to a stock phrase."""
    marked = [False] * len(keys)
    by_first = _by_first()
    for place, word in enumerate(keys):
        for phrase in by_first.get(word, ()):
            end = place + len(phrase)
            if tuple(keys[place:end]) == phrase:
                marked[place:end] = [True] * len(phrase)
    return marked


_table: dict[str, list[tuple[str, ...]]] = {}


def _by_first() -> dict[str, list[tuple[str, ...]]]:
    if not _table:
        for line in PHRASES:
            phrase = tuple(key(word) for word in line.split())
            _table.setdefault(phrase[0], []).append(phrase)
    return _table
