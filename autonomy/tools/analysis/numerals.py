"""Numbers of a text, held against the cells of a result: none may stand in it that was not computed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autonomy.core.analysis import AnalysisResult

_NUMERAL = re.compile(r"[-−–]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_MOST_NAMES = 5_000
"""Names of groups with figures in them that are known of one result."""
_MENTION = re.compile(
    r"\b(?:Tables?|Figures?)\s+\d+(?:(?:,\s+|\s+and\s+|\s*[–-]\s*|,\s+and\s+)\d+)*", re.IGNORECASE
)
_WORDS = re.compile(
    r"\b(?:(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety)(?:[- ]\w+)?|half|hundreds?|thousands?|millions?|billions?|"
    r"doubl\w+|tripl\w+|twice|thrice|a\s+third|a\s+quarter|dozens?)\b",
    re.IGNORECASE,
)
_BOUNDED = r"(?<!\w)(?<!\d[.,]){}(?!\w)(?![.,]\d)"
"""A name by itself, and no piece of a longer name or number."""
_CAUSE = re.compile(
    r"\b(?:caus(?:e|es|ed|ing)|because(?:\s+of)?|due\s+to|leads?\s+to|led\s+to|results?\s+in|resulted\s+in|"
    r"drives?|driven\s+by|brings?\s+about|explains?\s+why|owing\s+to|thanks\s+to|effects?\s+(?:of|on)|impacts?\s+(?:of|on))\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|no|nor|never|nothing|neither|without|cannot)\b", re.IGNORECASE)


def plain(numeral: str) -> str:
    """One form for one number: no separators of thousands, no sign, no zeros at the end.

    >>> plain("1,234.50"), plain("−3.0")
    ('1234.5', '3')
    """
    text = numeral.lstrip("-−–").lower()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", text):
        text = text.rstrip("0").rstrip(".")
    return text


def numerals(text: str) -> list[str]:
    """Every number of a text as it stands there."""
    return [match[0] for match in _NUMERAL.finditer(text)]


class Computed:
    """What a result allows a text to say in figures."""

    def __init__(self, *results: AnalysisResult) -> None:
        self._numbers: set[str] = set()
        names: set[str] = set()
        for result in results:
            for table in result.tables:
                names.update(column.name for column in table.columns)
                for row in table.rows:
                    for cell in row:
                        if isinstance(cell.value, str) and not _NUMERAL.fullmatch(cell.shown):
                            names.add(cell.shown)
                        else:
                            self._numbers.update(map(plain, numerals(cell.shown)))
        self._names = sorted(filter(_DIGIT.search, names), key=len, reverse=True)[:_MOST_NAMES]

    def strangers(self, text: str, known: Iterable[str] = ()) -> list[str]:
        """Numbers of `text` that are in no cell, names of columns and groups aside, and numbers
        written as words. `known`: further names that may hold figures, such as the file's."""
        rest = _MENTION.sub(" ", text)
        # Longest first, so that a name is not left half by another that it holds.
        lowered = rest.lower()
        names = {n for n in (*filter(_DIGIT.search, known), *self._names) if n.lower() in lowered}
        for name in sorted(names, key=lambda name: (-len(name), name)):
            # A heading begins with a capital, whatever the column's name does.
            rest = re.sub(_BOUNDED.format(re.escape(name)), " ", rest, flags=re.IGNORECASE)
        return [n for n in numerals(rest) if plain(n) not in self._numbers]


def spelled(text: str) -> list[str]:
    """Amounts written as words, which no cell can be found for."""
    return [match[0] for match in _WORDS.finditer(text)]


def causes(text: str) -> list[str]:
    """Words by which a text claims a cause; a sentence that denies one is none."""
    found = []
    for sentence in re.split(r"(?<=[.!?;])\s+", text):
        if _DENIED.search(sentence):
            continue
        found += [match[0] for match in _CAUSE.finditer(sentence)]
    return found
