"""Large figures with a label under each: the scores of a classic report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from autonomy.core.originality import Percent
from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.labels import Voices, meaning
from autonomy.library.similarity_reports.pdf_page import Box, Word
from autonomy.library.similarity_reports.rows import Row, row_of, rows_of

NAMES = ("similarity_index", "internet", "publication", "student_paper")
_FIGURE = re.compile(r"[<＜]?\d{0,3}(?:[.,٫]\d{1,4})?[%٪]?")
_MOST_WORDS = 40
"""Of one row of labels."""
_LINE = 1.2
"""Between the lines of a label, in heights of its letters."""


class Score(NamedTuple):
    value: Percent
    box: Box


def scores_in(
    words: Sequence[Word], page: int, voices: Voices
) -> tuple[dict[str, Percent], set[str]]:
    """The percentage above each label that is known, by the label's name; and which labels there
    are, whether or not a figure stands above them."""
    scores, used = _figures(words)
    labels = _labels([word for word in words if word.start not in used], page)
    found: dict[str, Percent] = {}
    seen: set[str] = set()
    for label in labels:
        name = voices.hear(meaning(label.text, NAMES))
        if not name:
            continue
        seen.add(name)
        above = [s for s in scores if _stands_above(s.box, label, labels)]
        if above and name not in found:
            found[name] = max(above, key=lambda s: s.box.bottom).value
    return found, seen


def _figures(words: Sequence[Word]) -> tuple[list[Score], set[int]]:
    """Percentages, whose sign and bound may be set apart and smaller; and the words they are of."""
    scores: list[Score] = []
    used: set[int] = set()
    parts = [word for word in words if _FIGURE.fullmatch(word.text)]
    for word in parts:
        if word.start in used or not any(map(str.isdigit, word.text)):
            continue
        together = [word]
        for other in parts:
            if other.start != word.start and not any(map(str.isdigit, other.text)):
                gap = max(other.box.x0 - word.box.x1, word.box.x0 - other.box.x1)
                level = min(word.box.bottom, other.box.bottom) - max(word.box.top, other.box.top)
                if gap < word.box.height and level > 0:
                    together.append(other)
        together.sort(key=lambda w: w.box.x0)
        value = figures.percent("".join(w.text for w in together))
        if value is not None:
            scores.append(Score(value, row_of(together, 0).box))
            used.update(w.start for w in together)
    return scores, used


def _labels(words: Sequence[Word], page: int) -> list[Row]:
    """What stands together under a figure, on one line or on several."""
    found: list[Row] = []
    for row in rows_of(words, page):
        for part in chain.from_iterable(map(_told_apart, row.parts())):
            above = next(
                (
                    one
                    for one in reversed(found)
                    if abs(one.box.x0 - part.box.x0) < part.box.height
                    and 0 <= part.box.middle - one.box.bottom < _LINE * part.box.height
                ),
                None,
            )
            if above is None:
                found.append(part)
            else:
                words_of_both = (*above.words, *part.words)
                box = row_of(words_of_both, page).box
                found[found.index(above)] = Row(words_of_both, box, page)
    return found


def _told_apart(part: Row) -> list[Row]:
    """Labels that stand so close that they read on, told apart by what they mean: the longest
    known one first. What is no label stays with what stands before it."""
    if meaning(part.text, NAMES) is not None or len(part.words) > _MOST_WORDS:
        return [part]
    found: list[list[Word]] = []
    start = 0
    while start < len(part.words):
        ends = range(len(part.words), start, -1)
        end = next(
            (
                end
                for near in (False, True)
                for end in ends
                if meaning(" ".join(w.text for w in part.words[start:end]), NAMES, near=near)
            ),
            None,
        )
        if end is not None:
            found.append(list(part.words[start:end]))
            start = end
        else:
            if not found:
                return [part]
            found[-1].append(part.words[start])
            start += 1
    return [row_of(words, part.page) for words in found]


def _stands_above(figure: Box, label: Row, labels: Sequence[Row]) -> bool:
    """Whether `label` is the nearest one under `figure`."""
    if figure.middle > label.box.middle:
        return False

    def aside(other: Row) -> float:
        # Figures begin where their labels begin, or stand over their middles.
        return min(abs(other.box.x0 - figure.x0), abs(other.box.centre - figure.centre))

    beneath = [other for other in labels if other.box.middle > figure.middle]
    nearest = min(beneath, key=aside)
    return nearest is label and aside(label) < max(label.box.width, 4 * figure.height)
