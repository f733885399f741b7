"""What the evidence does not hold, as far as that can be counted: silent sections, lone voices,
words of the topic that no passage has, sources that gave nothing, reference data that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autonomy.agents.outline import short_author
from autonomy.agents.phrasing import count
from autonomy.core.csl import year_of
from autonomy.core.phrases import series
from autonomy.core.types import Passage, Reading, Source
from autonomy.core.words import content_words, stem, stems


@dataclass(frozen=True, slots=True)
class SectionSummary:
    """What introduction and conclusion may say of a section that was written."""

    heading: str
    quotes: int
    sources: int


def gaps(
    topic: str,
    sections: Sequence[SectionSummary],
    passages: Sequence[Passage],
    cited: Mapping[str, Source],
    available: Sequence[Source],
) -> list[str]:
    """Sentences on what is thin or missing, each a plain count.

    Args:
        passages: everything that was found for the document, used or not.
        cited: the sources that the document quotes, by id.
        available: the sources that could have been.
    """
    said: list[str] = []
    alone = lone_voices(sections)
    if alone and len(cited) > 1:
        said.append(alone)
    elif len(cited) == 1 and sections:
        said.append("Everything here rests on a single source and stands uncorroborated.")
    silent = [f"“{s.heading}”" for s in sections if not s.quotes]
    if silent:
        said.append(f"On {series(silent)} the sources are silent.")
    if missing := unmentioned(topic, passages):
        words = series([f"“{word}”" for word in missing])
        said.append(f"No passage that was found has the {_word(missing)} {words}.")
    idle = [s for s in available if s.id not in cited and s.passages]
    if idle and cited:
        names = series([short_author(s) for s in idle[:4]])
        more = f" and {len(idle) - 4} more" if len(idle) > 4 else ""
        said.append(f"Searched but not quoted: {names}{more}; nothing there fitted better.")
    if brief := [s for s in cited.values() if s.reading is Reading.ABSTRACT]:
        said.append(
            f"Of {series([short_author(s) for s in brief[:4]])} only the abstract could be read."
        )
    undated = [short_author(s) for s in cited.values() if year_of(s.csl) is None]
    if undated:
        said.append(f"No year is known for {series(undated[:4])}; add it before you hand this in.")
    if withdrawn := [short_author(s) for s in cited.values() if s.retracted]:
        said.append(f"Retracted by its publisher: {series(withdrawn)}.")
    return said


def lone_voices(sections: Sequence[SectionSummary]) -> str:
    """Which sections rest on one source, as a sentence; empty where none does."""
    alone = [f"“{s.heading}”" for s in sections if s.quotes and s.sources == 1]
    if not alone:
        return ""
    return (
        f"Only one source speaks on {series(alone)}, so what is said there stands uncorroborated."
    )


def unmentioned(topic: str, passages: Sequence[Passage]) -> list[str]:
    """Words of the topic that stand in no passage, in any form."""
    have = stems(" ".join(f"{p.heading} {p.text}" for p in passages))
    words = dict.fromkeys(content_words(topic))
    return [word for word in words if stem(word) not in have][:4] if passages else []


def span_of_years(sources: Sequence[Source]) -> str:
    """“published between 2017 and 2025”; empty when a year is unknown or all are the same."""
    years = [year_of(source.csl) for source in sources]
    known = [year for year in years if year is not None]
    if len(known) < max(2, len(years)):
        return ""
    first, last = min(known), max(known)
    return f"published between {first} and {last}" if first != last else f"published in {first}"


def coverage(sections: Sequence[SectionSummary]) -> str:
    """Where the evidence is fullest, when one section clearly is."""
    filled = [s for s in sections if s.quotes]
    if not filled:
        return ""
    fullest = max(filled, key=lambda s: (s.sources, s.quotes))
    if sum((s.sources, s.quotes) == (fullest.sources, fullest.quotes) for s in filled) != 1:
        return ""
    return (
        f"The evidence is fullest on “{fullest.heading}”, with {count(fullest.quotes, 'quotation')} "
        f"from {count(fullest.sources, 'source')}."
    )


def _word(words: Sequence[str]) -> str:
    return "word" if len(words) == 1 else "words"
