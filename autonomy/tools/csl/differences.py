"""Where two descriptions of one work differ, field by field, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autonomy.core.csl import folded, normal_doi
from autonomy.tools.csl.reference import Reference, clean_reference

LABELS = {
    "type": "Kind of work",
    "title": "Title",
    "author": "Authors",
    "editor": "Editors",
    "issued": "Date",
    "container-title": "Journal or book",
    "volume": "Volume",
    "issue": "Issue",
    "page": "Pages",
    "number": "Number",
    "edition": "Edition",
    "publisher": "Publisher",
    "publisher-place": "Place",
    "DOI": "DOI",
    "URL": "Address",
}
"""Fields that are compared, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    label: str
    now: str
    """Empty where the work has none yet."""
    proposed: str


def bibliographic(csl: Mapping[str, Any]) -> Reference:
    """Of `csl` only what is compared, well typed."""
    cleaned = clean_reference(csl, "")
    if not csl.get("title"):
        cleaned.pop("title", None)  # a stand-in
    return {name: cleaned[name] for name in LABELS if name in cleaned}


def differences(csl: Mapping[str, Any], proposed: Mapping[str, Any]) -> list[Difference]:
    """What taking over `proposed` would change in `csl`. Case, accents and spaces do not count."""
    here, there = bibliographic(csl), bibliographic(proposed)
    found: list[Difference] = []
    for name, value in there.items():
        if _key(name, here.get(name)) != _key(name, value):
            found.append(
                Difference(name, LABELS[name], words(name, here.get(name)), words(name, value))
            )
    return found


def words(name: str, value: Any) -> str:
    """A value as people write it."""
    if not value:
        return ""
    if isinstance(value, list):
        return "; ".join(
            person.get("literal")
            or ", ".join(part for part in (person.get("family"), person.get("given")) if part)
            for person in value
        )
    if isinstance(value, dict):
        parts = value.get("date-parts") or [[]]
        return "-".join(f"{part:02d}" for part in parts[0]) or str(value.get("literal", ""))
    return str(value).replace("-", " ") if name == "type" else str(value)


def _key(name: str, value: Any) -> str:
    if name == "DOI":
        return normal_doi(value)
    return folded(words(name, value)).replace(" ", "")
