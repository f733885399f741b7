"""Whether a report is of this document. A report of another one would send a run after passages that
it does not have, so it is refused with both figures."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from pydantic import Field
from rapidfuzz import fuzz

from autonomy.core.originality import ReadReport
from autonomy.core.value import Value

Verdict = Literal["fits", "does_not_fit", "cannot_tell"]

_SAME_TITLE, _OTHER_TITLE = 70.0, 45.0
"""Likeness of two titles, per cent, from which they are one, and up to which they are two."""
_NEAR_SHARE, _NEAR_WORDS = 0.03, 60
"""Word counts that are no further apart speak for one document whatever it is called."""
_TELLING = 3
"""So many passages must be marked for their absence to say something."""
_FEW, _MOST = 0.3, 0.6
_FILE_NAME = re.compile(r"_|\.(?:docx?|pdf|odt|rtf|txt|tex|pages)$", re.I)
_WORD = re.compile(r"[^\W\d_]{4,}")
_NEXT = "Hand in the report of this draft, or give the percentage without a file."


class FitLimits(Value):
    """How far the word count of a report may be from the draft's: a title page and references are
    counted too, and no two programs count alike."""

    fewer_percent: float = Field(default=15.0, ge=0, le=100)
    more_percent: float = Field(default=35.0, ge=0)
    words: int = Field(default=150, ge=0)
    """Besides, in either direction."""

    def span(self, words: int) -> tuple[int, int]:
        """Fewest and most words of a report of a draft with `words`."""
        fewest = words * (1 - self.fewer_percent / 100) - self.words
        return max(0, round(fewest)), round(words * (1 + self.more_percent / 100) + self.words)


@dataclass(frozen=True, slots=True)
class Fit:
    verdict: Verdict
    reason: str
    """One or two sentences for the person who brought it."""


def fits(
    report: ReadReport,
    *,
    title: str,
    words: int,
    found: tuple[int, int] | None = None,
    limits: FitLimits | None = None,
) -> Fit:
    """Whether `report` is of the draft called `title` with `words` words.

    Args:
        words: of the draft as it is handed over, its references included.
        found: how many of the passages that the report marks stand in the draft, and how many it
            marks.
    """
    least, most = (limits or FitLimits()).span(words)
    counted = report.word_count
    if counted is not None and not least <= counted <= most:
        return Fit(
            "does_not_fit",
            f"The report is of a document with {counted:,} words, and this draft has {words:,} "
            f"({least:,} to {most:,} would fit). {_NEXT}",
        )
    marked = found is not None and found[1] >= _TELLING
    share = found[0] / found[1] if found and found[1] else 0.0
    if marked and found and share < _FEW:
        return Fit(
            "does_not_fit",
            f"Of the {found[1]} passages that the report marks, {found[0]} stand in this draft. {_NEXT}",
        )
    same = _same_title(report.title, title)
    if marked and share >= _MOST and found:
        return Fit(
            "fits", f"{found[0]} of the {found[1]} passages that it marks stand in the draft."
        )
    if same is False:
        near = counted is not None and abs(counted - words) <= max(_NEAR_WORDS, _NEAR_SHARE * words)
        shown = "it does not show its words" if counted is None else f"it has {counted:,} words"
        said = f"The report is of “{_short(report.title)}” ({shown}), and this draft is “{_short(title)}” ({words:,} words)."
        if near:
            return Fit("cannot_tell", f"{said} The word counts are alike, the titles are not.")
        return Fit("does_not_fit", f"{said} {_NEXT}")
    if counted is not None:
        return Fit("fits", f"It counts {counted:,} words, the draft {words:,}.")
    if same:
        return Fit("fits", "Its title is the draft's; its word count cannot be read.")
    return Fit(
        "cannot_tell", "Neither its word count nor its title tells whether it is of this draft."
    )


def _same_title(one: str | None, other: str) -> bool | None:
    """None when they do not tell: a file's name, a title of one word, or neither like nor unlike."""
    if not one:
        return None
    first, second = _folded(one), _folded(other)
    likeness = fuzz.token_set_ratio(" ".join(first), " ".join(second))
    if first and second and likeness >= _SAME_TITLE:
        return True
    telling = len(first) >= 2 and len(second) >= 2 and not _FILE_NAME.search(one.strip())
    return False if telling and likeness <= _OTHER_TITLE else None


def _folded(title: str) -> list[str]:
    """The longer words, without case and accents; a file's name falls into its words."""
    plain = unicodedata.normalize("NFKD", _FILE_NAME.sub(" ", title.casefold()))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _WORD.findall(plain)


def _short(title: str | None) -> str:
    text = title or ""
    return text if len(text) <= 80 else f"{text[:79]}…"
