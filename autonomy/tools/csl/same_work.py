"""Do two descriptions mean one work?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.tools.csl.reference import Reference, ascii_words, clean_reference, normal_doi

_TELLING_WORDS = 4
"""A title of so many words is that of one work, even where a year is missing."""


def same_work(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The same DOI, or the same title and year with authors that do not differ. Two DOIs that
    differ are two works, whatever they are called."""
    a, b = clean_reference(one, ""), clean_reference(other, "")
    doi_a, doi_b = normal_doi(a.get("DOI")), normal_doi(b.get("DOI"))
    if doi_a and doi_b:
        return doi_a == doi_b
    if not _same_title(a, b) or a.get("issued") is None or b.get("issued") is None:
        return False
    return _year(a) == _year(b) and _authors_agree(a, b)


def likely_same_work(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """As `same_work`, and also a title of four words or more with authors and years that do not
    contradict: what a file says of itself is often incomplete."""
    if same_work(one, other):
        return True
    a, b = clean_reference(one, ""), clean_reference(other, "")
    if normal_doi(a.get("DOI")) and normal_doi(b.get("DOI")):
        return False
    if not _same_title(a, b) or len(title_key(a).split()) < _TELLING_WORDS:
        return False
    years = {_year(item) for item in (a, b) if "issued" in item}
    return len(years) < 2 and _authors_agree(a, b)


def title_key(item: Mapping[str, Any]) -> str:
    """The title as lower-case words without accents and punctuation; equal titles, equal keys."""
    title = str(item.get("title", ""))
    return " ".join(ascii_words(title)) or title.casefold().strip()


def _same_title(a: Reference, b: Reference) -> bool:
    return bool(title_key(a)) and title_key(a) == title_key(b)


def _year(item: Reference) -> object:
    issued = item["issued"]
    return issued["date-parts"][0][0] if "date-parts" in issued else issued.get("literal")


def _authors_agree(a: Reference, b: Reference) -> bool:
    one, other = _first_author(a), _first_author(b)
    return not one or not other or one == other


def _first_author(item: Reference) -> str:
    people = item.get("author") or [{}]
    name = people[0].get("family") or people[0].get("literal") or ""
    return " ".join(ascii_words(name)) or str(name).casefold()
