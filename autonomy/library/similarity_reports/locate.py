"""Where in the document the passages are that a report points out.

A report shows what a word processor made of the document: markers have become citations, lines are
broken and hyphenated, quotation marks and ligatures are others. So letters and digits alone are
compared, first as they are, then by alignment near stretches that they share.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from autonomy.core.originality import (
    FlaggedPassage,
    MatchGroup,
    ReportedPassage,
    ReportedSource,
)

LEAST_LIKENESS = 80.0
"""Per cent, of a passage whose letters are not all those of the document."""
SHORTEST = 12
"""Letters of a passage that can be told from others like it."""
_SEED = 10
_SEEDS_TRIED = 400
_COMMON = 200
"""A stretch that stands in more places tells none of them."""
_BAND = 64
"""Letters by which stretches of one passage may be shifted against one another."""
_MARKER = re.compile(r"\[\[[pn]:[^\]]{0,80}\]\]", re.I)
_SILENT = re.compile(
    r"\[\[[pn]:[^\]]{0,80}\]\]"  # citation markers
    r"|\[\^[^\]]{0,80}\]"  # notes
    r"|!\[[^\]]{0,300}\]\([^)]{0,300}\)"  # pictures
    r"|(?<=\])\([^)\s]{0,300}(?:\s[^)]{0,300})?\)"  # addresses of links
    r"|<!--.{0,500}?-->",
    re.I | re.S,
)
_CITATION = re.compile(r"\([^()]{0,200}\b(?:1[5-9]|20)\d\d[a-z]?[^()]{0,60}\)|\[\d[\d,;\s–-]*\]")
_OPENING, _CLOSING = "“„«‹‘\"'", "”“»›’\"'"
_SPACE_OR_MARKUP = " \t*_~`"


@dataclass(frozen=True, slots=True)
class NotFound:
    passage: ReportedPassage
    reason: str


@dataclass(frozen=True, slots=True)
class Located:
    found: tuple[FlaggedPassage, ...]
    """In the order in which the report has them; one that goes over the end of a section is there
    for each section."""
    missing: tuple[NotFound, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """How many of the passages were found, and how many there are."""
        return self._found, self._found + len(self.missing)

    _found: int = 0


def locate(
    passages: Iterable[ReportedPassage],
    sections: Sequence[tuple[str, str]],
    sources: Iterable[ReportedSource] = (),
) -> Located:
    """Find `passages` in the document.

    Args:
        sections: id and Markdown of each section, in the document's order.
        sources: of the report, for the titles of what each passage is like.
    """
    text = _Text(sections)
    titles = {source.number: source.title for source in sources}
    found: list[FlaggedPassage] = []
    missing: list[NotFound] = []
    cursor = count = 0
    for passage in passages:
        span = text.find(passage.text, cursor)
        if isinstance(span, str):
            missing.append(NotFound(passage, span))
            continue
        cursor = span[1]
        count += 1
        title = titles.get(passage.source_number or 0, "")
        for section_id, markdown, start, end in text.pieces(*span):
            found.append(
                FlaggedPassage(
                    section_id=section_id,
                    text=markdown[start:end],
                    start=start,
                    end=end,
                    source_title=title,
                    group=passage.group or group_of(markdown, start, end),
                    told_by="report",
                )
            )
    return Located(tuple(found), tuple(missing), count)


def group_of(markdown: str, start: int, end: int) -> MatchGroup:
    """What is missing at a passage, by the document's own signs: whether it stands between
    quotation marks or in a block quotation, and whether its sentence names a source."""
    before = markdown[:start].rstrip(_SPACE_OR_MARKUP)
    behind = markdown[end:].lstrip(_SPACE_OR_MARKUP + ".,;")
    line = markdown[markdown.rfind("\n", 0, start) + 1 : start]
    quoted = line.lstrip().startswith(">") or (
        (before[-1:] in _OPENING and before[-1:] != "")
        or (markdown[start : start + 1] in _OPENING and markdown[start : start + 1] != "")
    )
    if quoted and not line.lstrip().startswith(">"):
        quoted = markdown[end - 1 : end] in _CLOSING or behind[:1] in tuple(_CLOSING)
    rest = markdown[end:]
    stop = re.search(r"[.!?](?=\s|$)|\n\s*\n", rest)
    # A citation may stand behind the sentence's own full stop.
    tail = rest[: stop.end()] if stop else rest
    tail += rest[len(tail) : len(tail) + 80] if _MARKER.match(rest[len(tail) :].lstrip()) else ""
    cited = bool(_MARKER.search(markdown[start:end] + tail) or _CITATION.search(tail))
    if quoted:
        return MatchGroup.CITED_AND_QUOTED if cited else MatchGroup.MISSING_CITATION
    return MatchGroup.MISSING_QUOTATION if cited else MatchGroup.NOT_CITED_OR_QUOTED


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits of `text`, as they are compared, and where each stands in it."""
    hidden = bytearray(len(text))
    for match in _SILENT.finditer(text):
        hidden[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
    letters: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        if hidden[index]:
            continue
        if char.isascii():
            if char.isalnum():
                letters.append(char.lower())
                places.append(index)
            continue
        for part in unicodedata.normalize("NFKD", char.casefold()):
            if part.isalnum():
                letters.append(part)
                places.append(index)
    return "".join(letters), places


def _whole_words(text: str, first: int, last: int) -> tuple[int, int]:
    """Offsets of the words that the characters `first` to `last` begin and end in."""
    start, end = first, last + 1
    while start > 0 and first - start < SHORTEST and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and end - last <= SHORTEST and text[end].isalnum():
        end += 1
    return start, end


class _Text:
    """The whole document as letters, which know their sections."""

    def __init__(self, sections: Sequence[tuple[str, str]]) -> None:
        self._sections = sections
        self._places: list[list[int]] = []
        self._starts: list[int] = []
        parts: list[str] = []
        length = 0
        for _, markdown in sections:
            letters, places = _letters(markdown)
            self._starts.append(length)
            self._places.append(places)
            parts.append(letters)
            length += len(letters)
        self._all = "".join(parts)
        self._index: dict[str, list[int]] | None = None

    def find(self, passage: str, after: int) -> tuple[int, int] | str:
        """Where its letters begin and end; or why they are not found. Of several places the next
        one behind `after` is taken."""
        forms = dict.fromkeys((_letters(passage)[0], _letters(_CITATION.sub(" ", passage))[0]))
        if not any(forms):
            return "it has no letters that could be looked for"
        for form in forms:
            if form:
                at = self._all.find(form, after)
                at = at if at >= 0 else self._all.find(form)
                if at >= 0 and len(form) < SHORTEST and self._all.count(form) > 1:
                    return "it is too short to be told from other places like it"
                if at >= 0:
                    return at, at + len(form)
        best: tuple[float, int, int] | None = None
        for form in forms:
            near = self._near(form, after) if len(form) >= SHORTEST else None
            if near is not None and (best is None or near[0] > best[0]):
                best = near
        if best is None:
            return "no place in the draft is near enough to it"
        return best[1], best[2]

    def pieces(self, start: int, end: int) -> Iterable[tuple[str, str, int, int]]:
        """Section id, its Markdown and the offsets in it, for each section that is touched by more
        than a few letters."""
        index = bisect_right(self._starts, start) - 1
        while index < len(self._starts) and self._starts[index] < end:
            section_id, markdown = self._sections[index]
            places = self._places[index]
            first = max(start - self._starts[index], 0)
            last = min(end - self._starts[index], len(places))
            whole = first == start - self._starts[index] and last == end - self._starts[index]
            if last > first and (whole or last - first >= SHORTEST):
                yield section_id, markdown, *_whole_words(markdown, places[first], places[last - 1])
            index += 1

    def _near(self, letters: str, after: int) -> tuple[float, int, int] | None:
        """The place that shares most stretches with `letters`, aligned; None when it is not like."""
        index = self._stretches()
        votes: Counter[int] = Counter()
        step = max(1, (len(letters) - _SEED) // _SEEDS_TRIED)
        for at in range(0, len(letters) - _SEED + 1, step):
            places = index.get(letters[at : at + _SEED], ())
            for place in places if len(places) <= _COMMON else ():
                votes[(place - at) // _BAND] += 1
        if not votes:
            return None
        most = max(votes.values())
        bands = [band for band, count in votes.items() if count == most]
        band = min(bands, key=lambda b: (b * _BAND + _BAND < after, b))
        margin = _BAND + len(letters) // 4
        low = max(0, band * _BAND - margin)
        high = min(len(self._all), band * _BAND + _BAND + len(letters) + margin)
        window = self._all[low:high]
        found = fuzz.partial_ratio_alignment(letters, window, score_cutoff=LEAST_LIKENESS)
        if found is None:
            return None
        if len(window) < len(letters):
            return found.score, low, high
        return found.score, low + found.dest_start, low + found.dest_end

    def _stretches(self) -> dict[str, list[int]]:
        if self._index is None:
            index: defaultdict[str, list[int]] = defaultdict(list)
            for at in range(len(self._all) - _SEED + 1):
                index[self._all[at : at + _SEED]].append(at)
            self._index = dict(index)
        return self._index
