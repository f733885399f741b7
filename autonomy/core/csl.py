"""What code reads out of CSL-JSON, in the one form in which works are compared.

Descriptions come from files, registries and people: a value of the wrong type counts as missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_LONGEST_DOI = 500
_MARK_UP = re.compile(r"</?[A-Za-z][^<>]{0,40}>")
# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
_PARTICLES = frozenset("van von der den de da di du la le del dos ter ten al el bin ibn".split())


def normal_doi(value: object) -> str:
    """The bare DOI in lower case, out of any spelling of it (`https://doi.org/…`, `doi:…`,
    percent-encoded); an empty string when `value` is none, or would climb out of a registry's path:
    as an address, `10.1000/../x` is another work's.

    >>> normal_doi("https://doi.org/10.1000/ABC.1")
    '10.1000/abc.1'
    """
    said = str(value or "")
    if len(said) > _LONGEST_DOI:
        return ""
    match = re.search(r"10\.\d{4,9}/\S+", unquote(said) if "%" in said else said)
    if not match:
        return ""
    doi = match[0].rstrip(".,;")
    # "(10.1000/x)" is a DOI in brackets; "10.1000/x(1)" has its own.
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;")
    return "" if {".", ".."} & set(doi.split("/")) else doi.lower()


def without_accents(text: str) -> str:
    """`text` in lower case, its letters without accents and those of Latin alphabets as A to Z."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in folded if not unicodedata.combining(c))


def folded(text: str) -> str:
    """Letters and digits of `text`, of any script, as `without_accents`, words one space apart;
    mark-up (`<i>`) is left out.

    >>> folded("Über <i>Ragnarök</i>: re-read")
    'uber ragnarok re read'
    """
    return " ".join(re.findall(r"[^\W_]+", without_accents(_MARK_UP.sub("", text))))


def folded_title(csl: Mapping[str, Any]) -> str:
    """The title as it is compared; empty when there is none."""
    title = csl.get("title")
    return folded(title) if isinstance(title, str) else ""


def folded_family(name: str) -> str:
    """A family name as it is compared: "van der Berg", "Van Der Berg, J." and "Berg" are one."""
    words = folded(name.partition(",")[0]).split()
    return " ".join([word for word in words if word not in _PARTICLES] or words)


def first_family(csl: Mapping[str, Any]) -> str:
    """Family name (or the group's name) of the first author, else of the first editor, as it is
    compared; empty when there is none."""
    names = families(csl) or families(csl, "editor")
    return folded_family(names[0]) if names else ""


def families(csl: Mapping[str, Any], role: str = "author") -> list[str]:
    """Family names, or groups' names, as written and in order."""
    people = csl.get(role)
    found = [
        person.get("family") or person.get("literal")
        for person in (people if isinstance(people, list | tuple) else ())
        if isinstance(person, Mapping)
    ]
    return [" ".join(name.split()) for name in found if isinstance(name, str) and name.strip()]


def in_short(names: list[str]) -> str:
    """`Lee`, `Lee and Kim`, `Lee et al.`; empty without names."""
    return " and ".join(names) if len(names) < 3 else f"{names[0]} et al."


def year_of(csl: Mapping[str, Any]) -> int | None:
    """Year of publication; None when it is not stated."""
    issued = csl.get("issued")
    if not isinstance(issued, Mapping):
        return None
    parts = issued.get("date-parts")
    try:
        if parts:
            return int(parts[0][0])
        match = re.match(r"\s*(\d{4})(?!\d)", str(issued.get("literal") or issued["raw"]))
        return int(match[1]) if match else None
    except (KeyError, IndexError, TypeError, ValueError):
        return None
