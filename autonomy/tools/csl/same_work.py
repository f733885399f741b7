"""Do two descriptions mean one work?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.core.csl import first_family, folded_title, normal_doi, year_of
from autonomy.tools.csl.reference import Reference, clean_reference

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
    if not _same_title(a, b) or len(folded_title(a).split()) < _TELLING_WORDS:
        return False
    years = {_year(item) for item in (a, b) if "issued" in item}
    return len(years) < 2 and _authors_agree(a, b)


def _same_title(a: Reference, b: Reference) -> bool:
    return bool(folded_title(a)) and folded_title(a) == folded_title(b)


def _year(item: Reference) -> object:
    """The year, or what stands in its place ("in press")."""
    return year_of(item) or item["issued"].get("literal")


def _authors_agree(a: Reference, b: Reference) -> bool:
    one, other = first_family(a), first_family(b)
    return not one or not other or one == other
