"""Pieces of CSL-JSON: people's names, identifiers and years as files spell them."""

from __future__ import annotations

import re
from typing import Any

from autonomy.library.normalise import one_line

DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>{}|\\^`]+)", re.I)
ARXIV = re.compile(
    r"\barxiv[:\s/.]*(?:abs/|pdf/)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(v\d+)?", re.I
)
YEAR = re.compile(r"(?<![\d.])(1[6-9]\d\d|20\d\d)(?![\d.]\d|\d)")
_PARTICLES = frozenset(
    "van von der den de da di del della dos du la le ten ter bin ibn al el".split()
)
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
_TITLES = re.compile(r"^(?:dr|prof|professor|mr|mrs|ms|sir|dame)\.?\s+", re.I)
_DEGREES = re.compile(r",?\s+(?:ph\.?\s?d|m\.?d|m\.?sc|b\.?sc|mba|frcp|r\.?n)\.?(?=$|,|\s)", re.I)
_JUNK_TITLE = re.compile(
    r"^(?:untitled|microsoft word\b|document\d*$|\S+\.(?:docx?|pdf|tex|dvi|indd|qxd|rtf|txt|html?)$|title$|"
    r"paper\d*$|no title|slide \d+|powerpoint presentation|layout \d|arxiv:|doi:)",
    re.I,
)


def person(name: str) -> dict[str, str] | None:
    """`name` as a CSL name, from "Given Family" or "Family, Given"; None for what is no name."""
    name = (
        one_line(name).strip(" ,;.*†‡§¶∗0123456789")
        if not name.strip().endswith(".")
        else one_line(name).strip(" ,;*†‡§¶∗")
    )
    name = _DEGREES.sub("", _TITLES.sub("", name)).strip(" ,")
    if not name or len(name) > 100 or not any(map(str.isalpha, name)):
        return None
    if "," in name:
        family, given = (part.strip() for part in name.split(",", 1))
        if given.lower() in _SUFFIXES:
            plain = person(family)
            return {**plain, "suffix": given} if plain else None
        return (
            {"family": family, "given": given} if family and given else {"family": family or given}
        )
    parts = name.split()
    suffix = parts.pop() if len(parts) > 2 and parts[-1].lower() in _SUFFIXES else None
    if len(parts) == 1:
        return {"family": parts[0]}
    at = len(parts) - 1
    while at > 1 and parts[at - 1].lower() in _PARTICLES and parts[at - 1].islower():
        at -= 1
    result = {"family": " ".join(parts[at:]), "given": " ".join(parts[:at])}
    if suffix:
        result["suffix"] = suffix
    return result


def people(field: str) -> list[dict[str, str]]:
    """Every person of a metadata field such as "A. Lee; B. Kim" or "Ada Lee, Bo Kim and Cy Wu"."""
    field = one_line(field)
    if ";" in field:
        parts = field.split(";")
    else:
        parts = re.split(r"\s*(?:,?\s+and\s+|,?\s*&\s*)\s*", field)
        commas = [part for piece in parts for part in piece.split(",")]
        # "Lee, Ada" is one person; "Ada Lee, Bo Kim" are two.
        if all(len(part.split()) >= 2 for part in commas if part.strip()):
            parts = commas
    return [found for part in parts if (found := person(part)) is not None]


def sane_title(text: str | None) -> str | None:
    """`text` as a title, or None for what software writes when nobody gave one."""
    title = one_line(text or "")
    if not 4 <= len(title) <= 400 or _JUNK_TITLE.match(title) or sum(map(str.isalpha, title)) < 4:
        return None
    return title


def issued(year: int | str, month: int | None = None, day: int | None = None) -> dict[str, Any]:
    parts = [int(year), *([month] if month else []), *([day] if month and day else [])]
    return {"date-parts": [parts]}


def issued_from(date: str) -> dict[str, Any] | None:
    """CSL date of "2021", "2021-05-03", "2021/05/03" or a date in words with a year in it."""
    match = re.match(r"\s*(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?", date)
    if match and 1500 <= int(match[1]) <= 2100:
        month = int(match[2]) if match[2] and 1 <= int(match[2]) <= 12 else None
        day = int(match[3]) if match[3] and 1 <= int(match[3]) <= 31 else None
        return issued(match[1], month, day)
    found = YEAR.search(date)
    return issued(found[1]) if found else None


def find_doi(text: str) -> str | None:
    match = DOI.search(text)
    if match is None:
        return None
    doi = match[1].rstrip(".,;:")
    while doi.endswith(")") and doi.count("(") < doi.count(")"):
        doi = doi[:-1]
    return doi


def title_from_name(file_name: str) -> str:
    """A readable title from a file's name, when the file itself has none."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", one_line(file_name).rsplit("/", 1)[-1])
    words = re.sub(r"[_\s]+|(?<=[^\W\d_])-(?=[^\W_])", " ", stem).strip()
    return words or "Untitled document"
