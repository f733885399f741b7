"""Make a source's metadata safe and complete enough for every CSL processor.

Metadata comes from files and registries: a single value of the wrong type would make the
processor refuse the whole list of references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from autonomy.core.csl import normal_doi, without_accents

Reference = dict[str, Any]
"""One CSL-JSON item with `id`."""

_TYPE_WORDS = """
    article article-journal article-magazine article-newspaper bill book broadcast chapter
    classic collection dataset document entry entry-dictionary entry-encyclopedia event figure
    graphic hearing interview legal_case legislation manuscript map motion_picture musical_score
    pamphlet paper-conference patent performance periodical personal_communication post
    post-weblog regulation report review review-book software song speech standard thesis treaty
    webpage
"""
TYPES = frozenset(_TYPE_WORDS.split())
_NAMES_WORDS = """
    author editor translator collection-editor container-author director editorial-director
    illustrator interviewer original-author recipient reviewed-author composer
"""
_NAMES = frozenset(_NAMES_WORDS.split())
_DATES = frozenset({"issued", "accessed", "original-date", "event-date", "submitted"})
_TEXTS_WORDS = """
    title title-short container-title container-title-short collection-title collection-number
    publisher publisher-place volume issue number number-of-pages number-of-volumes page page-first
    edition chapter-number DOI ISBN ISSN URL PMID PMCID archive archive_location archive-place
    event-title event-place genre medium language version status section source abstract
    original-title original-publisher original-publisher-place scale dimensions call-number
    authority jurisdiction references annote note keyword
"""
_TEXTS = frozenset(_TEXTS_WORDS.split())
_NAME_PARTS = ("family", "given", "suffix", "non-dropping-particle", "dropping-particle", "literal")
_DROPPED_FROM_STYLES = frozenset({"annote", "note", "keyword", "abstract"})
"""Some styles print these; they are notes to oneself, not part of a reference."""


def clean_reference(
    csl: Mapping[str, Any], key: str, *, fallback_title: str = "", notes: bool = False
) -> Reference:
    """A CSL-JSON item with `id` = `key` that holds only well-typed values of known variables.

    A work with neither title nor author gets `fallback_title`, so that it can be found at all.

    Args:
        notes: keep abstract, keywords and notes too; no style may print them.
    """
    dropped = frozenset[str]() if notes else _DROPPED_FROM_STYLES
    kind = csl.get("type")
    item: Reference = {"id": key, "type": kind if kind in TYPES else "document"}
    for name, value in csl.items():
        if name in _NAMES and (people := _people(value)):
            item[name] = people
        elif name in _DATES and (date := _date(value)):
            item[name] = date
        elif name in _TEXTS - dropped and (words := _text(value, _longest(name))):
            item[name] = words
    if "URL" in item and not re.match(r"(?i)https?://\S+$", item["URL"]):
        del item["URL"]
    if "DOI" in item and (doi := normal_doi(item["DOI"])):
        item["DOI"] = doi
    if "title" not in item and "author" not in item:
        item["title"] = fallback_title.strip() or "Untitled source"
    return item


_MOST_NAMES = 5_000
"""Of one role; the longest list of authors so far has a few thousand."""


def _longest(name: str) -> int:
    return 20_000 if name == "abstract" else 2_000


def _text(value: object, longest: int = 2_000) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in str(value))
    return " ".join(printable.split())[:longest]


def _people(value: object) -> list[dict[str, str]]:
    people: list[dict[str, str]] = []
    for person in value[:_MOST_NAMES] if isinstance(value, list) else [value]:
        known = person if isinstance(person, Mapping) else {"literal": person}
        parts = {part: words for part in _NAME_PARTS if (words := _text(known.get(part)))}
        if "literal" in parts or "family" in parts:
            people.append(parts)
        elif alone := parts.get("given") or _text(known.get("name")):
            people.append({"literal": alone})
    return people


def _date(value: object) -> dict[str, Any]:
    if isinstance(value, str | int):
        value = {"raw": str(value)}
    if not isinstance(value, Mapping):
        return {}
    parts = value.get("date-parts")
    if isinstance(parts, list) and parts:
        rows = [_numbers(row) for row in parts[:2] if isinstance(row, list)]
        if rows and all(rows):
            return {"date-parts": rows}
    raw = _text(value.get("raw")) or _text(value.get("literal"))
    match = re.match(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?(?!\d)", raw)
    if match:
        return {"date-parts": [[int(part) for part in match.groups() if part]]}
    return {"literal": raw} if raw else {}


def _numbers(row: list[object]) -> list[int]:
    numbers: list[int] = []
    limits = ((-9999, 9999), (1, 12), (1, 31))
    for part, (low, high) in zip(row, limits, strict=False):
        match = re.fullmatch(r"-?\d{1,4}", str(part).strip())
        if not match or not low <= int(match[0]) <= high:
            break
        numbers.append(int(match[0]))
    return numbers


# --------------------------------------------------------------------------------- keys

_SKIPPED_WORDS = "a an the of on in and for to with from by le la les der die das el"
_SKIPPED = frozenset(_SKIPPED_WORDS.split())


def ascii_words(value: str) -> list[str]:
    """Lower-case ASCII words of `value`; letters that have no Latin form are left out."""
    return re.findall(r"[a-z0-9]+", without_accents(value))


def citation_key(reference: Mapping[str, Any], taken: Iterable[str]) -> str:
    """A readable key (`vaswani2017`, then `vaswani2017b`) that is not in `taken`."""
    base = (_key_name(reference) + _key_year(reference))[:40] or "source"
    used = set(taken)
    key, number = base, 1
    while key in used:
        number += 1
        key = f"{base}{_suffix(number)}"
    return key


def _suffix(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(97 + rest) + letters
    return letters


def _key_name(reference: Mapping[str, Any]) -> str:
    for role in ("author", "editor"):
        people = reference.get(role)
        if people:
            first = people[0]
            words = ascii_words(str(first.get("family") or ""))
            if words:
                return "".join(words)
            words = [w for w in ascii_words(str(first.get("literal") or "")) if w not in _SKIPPED]
            if words:
                return "".join(words[:1]) if len(words) < 3 else "".join(w[0] for w in words)
    words = [w for w in ascii_words(str(reference.get("title") or "")) if w not in _SKIPPED]
    return "".join(words[:2]) if words else "source"


def _key_year(reference: Mapping[str, Any]) -> str:
    parts = (reference.get("issued") or {}).get("date-parts") or [[]]
    return str(parts[0][0]) if parts[0] else ""
