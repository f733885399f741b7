"""What identifies a work in CSL-JSON, in the form in which it is compared."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autonomy.core.csl import folded, folded_family, normal_doi, year_of

_RETRACTED = re.compile(
    r"^\s*\W{0,2}(?:retracted(?: article| paper)?|retraction(?: note| notice)?|withdrawn)\b\s*[:\]\-–]\s*(?:to:?\s*)?",
    re.IGNORECASE,
)
_OTHERS = frozenset({"et al", "et al.", "others", "and others", "..."})
_PREPRINT_DOIS = ("10.48550/", "10.1101/", "10.2139/", "10.26434/", "10.31234/", "10.20944/")
_NO_REGISTRY = frozenset(
    "webpage post post-weblog personal_communication interview broadcast motion_picture song "
    "graphic map manuscript speech hearing legal_case legislation bill treaty".split()
)
"""Types that scholarly registries do not set out to know."""


@dataclass(frozen=True, slots=True)
class Described:
    """A work as one side describes it."""

    title: str
    """As written, without markup."""
    plain_title: str
    """Folded, for comparison."""
    families: tuple[str, ...]
    """Family names, folded, in order."""
    people: tuple[str, ...]
    """The same as written."""
    others: bool
    """The list of authors says that there are more."""
    year: int | None
    doi: str
    venue: str
    kind: str
    marked_retracted: bool
    """Its title says so."""

    @property
    def preprint(self) -> bool:
        return self.kind == "article" or self.doi.startswith(_PREPRINT_DOIS)

    @property
    def expected(self) -> bool:
        """Whether a registry may be expected to know it: of data, those that somebody published."""
        own_data = self.kind == "dataset" and not self.people
        known = self.kind not in _NO_REGISTRY and not own_data
        return bool(self.doi) or (bool(self.plain_title) and known)


def described(csl: Mapping[str, Any]) -> Described:
    """What identifies the work of `csl`; fields of the wrong type count as missing."""
    title = _text(csl.get("title"))
    shown = _RETRACTED.sub("", title)
    people, others = _people(csl.get("author"))
    return Described(
        title=shown,
        plain_title=folded(shown),
        families=tuple(folded_family(name) for name in people),
        people=people,
        others=others,
        year=year_of(csl),
        doi=normal_doi(csl.get("DOI")),
        venue=_text(csl.get("container-title")),
        kind=_text(csl.get("type")),
        marked_retracted=shown != title,
    )


def fingerprint(csl: Mapping[str, Any]) -> str:
    """Changes whenever something that is compared does."""
    work = described(csl)
    said = [work.title, work.people, work.others, work.year, work.doi, work.venue, work.kind]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, str):
        return ""
    return " ".join(re.sub(r"</?[A-Za-z][^<>]{0,40}>", "", value[:2_000]).split())


def _people(value: Any) -> tuple[tuple[str, ...], bool]:
    people, others = [], False
    for person in value if isinstance(value, list) else []:
        if not isinstance(person, dict):
            continue
        name = _text(person.get("family")) or _text(person.get("literal"))
        if name.lower().strip(" .") in _OTHERS or name.lower() in _OTHERS:
            others = True
        elif name:
            people.append(name)
    return tuple(people[:200]), others
