"""Citations and quotations in running text, as people write them by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[^\W\d_a-zß-öø-ÿ][\w’'-]+"
_YEAR = r"(?:(?:1[5-9]|20)\d\d[a-z]?|n\.\s?d\.|in press|forthcoming)"
_NARRATIVE = re.compile(
    rf"(?P<names>{_NAME}(?:(?:,? (?:and|&) |, ){_NAME}){{0,3}}(?:,? et al\.?)?(?:’s|'s)?)\s?"
    rf"\((?P<inside>{_YEAR}(?:\s?[,;:]\s?[^()]{{1,60}})?)\)"
)
_ROUND = re.compile(r"\((?P<inside>(?:[^()]|\([^()]{0,60}\)){1,400})\)")
_NUMERIC = re.compile(r"\[(?P<inside>\d{1,3}(?:\s?[-–,;]\s?\d{1,3}){0,20}(?:, pp?\. ?[\d–-]+)?)\]")
_KEYED = re.compile(r"\[-?@[^\]\n]+\]|(?<![\w.])@[\w:.#$%&+?<>~/-]+\w")
_DATED = re.compile(rf"\b{_YEAR}(?!\w)")
_NAMED = re.compile(_NAME)
_PLACED = re.compile(r"^(?:ibid\.?|op\. cit\.?|loc\. cit\.?|pp?\. ?\d)", re.IGNORECASE)
_CALENDAR = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)

_PAIRS = {"“": "”", "„": "“”", "«": "»", "‹": "›", "「": "」", "『": "』"}
_SINGLE = re.compile(r"(?<!\w)‘(?P<inside>[^‘\n]{2,400}?)’(?!\w)")


@dataclass(frozen=True, slots=True)
class InText:
    """A citation as it stands in the text."""

    start: int
    end: int
    text: str
    keys: tuple[tuple[str, str], ...] = ()
    """(family name, year) of each work that it names; empty for other forms."""
    numbers: tuple[int, ...] = ()
    """Of a numbered list."""


def citations(text: str) -> list[InText]:
    """Citations in the order of the text: author and year, numbered, keyed, and places (“p. 4”)."""
    found: list[InText] = []
    for match in _NARRATIVE.finditer(text):
        family = _first_family(match["names"])
        if family and not _CALENDAR.fullmatch(family):
            year = _DATED.search(match["inside"])
            keys: tuple[tuple[str, str], ...] = ((family, year[0]),) if year else ()
            found.append(InText(match.start(), match.end(), match[0], keys))
    for match in _ROUND.finditer(text):
        if _inside(match, found):
            continue
        keys = _keys(match["inside"])
        if keys or _PLACED.match(match["inside"]):
            found.append(InText(match.start(), match.end(), match[0], keys))
    for match in _NUMERIC.finditer(text):
        found.append(
            InText(match.start(), match.end(), match[0], numbers=_numbers(match["inside"]))
        )
    found += [InText(m.start(), m.end(), m[0]) for m in _KEYED.finditer(text)]
    return sorted(found, key=lambda one: one.start)


def _inside(match: re.Match[str], found: list[InText]) -> bool:
    return any(one.start <= match.start() and match.end() <= one.end for one in found)


def _first_family(names: str) -> str:
    found = _NAMED.search(names)
    return re.sub(r"['’]s$", "", found[0]) if found else ""


def _keys(inside: str) -> tuple[tuple[str, str], ...]:
    """The works of a parenthesis: each with a name before its year."""
    keys: list[tuple[str, str]] = []
    family = ""
    for part in re.split(r";", inside):
        year = _DATED.search(part)
        if year is None:
            continue
        named = [n for n in _NAMED.findall(part[: year.start()]) if not _CALENDAR.fullmatch(n)]
        family = named[0] if named else family
        if family:
            keys += [(family, each[0]) for each in _DATED.finditer(part)]
    return tuple(keys)


def _numbers(inside: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in re.split(r"\s?[,;]\s?", inside.partition(", p")[0]):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 50:
            numbers += range(ends[0], ends[1] + 1)
        else:
            numbers += ends
    return tuple(numbers)


def quotations(text: str) -> list[tuple[int, int]]:
    """(start, end) of what stands between quotation marks, the marks left out."""
    found: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for at, sign in enumerate(text):
        if opened is None:
            if sign in _PAIRS:
                opened = (at, _PAIRS[sign])
            elif sign == '"' and not text[at - 1 : at].isdigit():
                opened = (at, '"”')
        elif sign in opened[1]:
            if at > opened[0] + 1:
                found.append((opened[0] + 1, at))
            opened = None
        elif sign == "\n" and text[at : at + 2] == "\n\n":
            opened = None
    for match in _SINGLE.finditer(text):
        start, end = match.span("inside")
        if " " in match["inside"] and not any(a <= start < b for a, b in found):
            found.append((start, end))
    return sorted(found)
