"""Bibliographic fields that a person edits, one by one: what is accepted, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.core.csl import normal_doi
from autonomy.services.connections import BadField
from autonomy.tools.csl.reference import TYPES, clean_reference

TEXT_CHARS = 2_000
NOTE_CHARS = 20_000
LISTED = 500
"""Names of one field."""
_NOTES = frozenset({"abstract", "annote", "note", "keyword"})
"""Kept for the person; no style prints them."""


def merged(csl: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`csl` with `changes`: a value sets its field, null or emptiness removes it.

    Raises:
        BadField: names the first field that cannot be accepted.
    """
    result = dict(csl)
    for name, value in changes.items():
        if value in (None, "", [], {}) or (isinstance(value, str) and not value.strip()):
            result.pop(name, None)
        else:
            result[name] = accepted(name, value)
    result.setdefault("type", "document")
    return result


def accepted(name: str, value: Any) -> Any:
    """`value` as it is kept.

    Raises:
        BadField: no style knows such a field, or it takes other values.
    """
    where = f"csl.{name}"
    if isinstance(value, str) and "\x00" in value:
        raise BadField(where, "The text holds a NUL character; remove it.")
    if name == "type":
        if value not in TYPES:
            raise BadField(where, f"“{str(value)[:60]}” is not a type of work that styles know.")
        return value
    if name in _NOTES:
        if not isinstance(value, str) or len(value) > NOTE_CHARS:
            raise BadField(where, f"This takes text of at most {NOTE_CHARS:,} characters.")
        return value.strip()
    if isinstance(value, str) and len(value) > TEXT_CHARS:
        raise BadField(where, f"At most {TEXT_CHARS:,} characters are kept; shorten it.")
    if name == "DOI" and not normal_doi(value):
        raise BadField(where, "A DOI starts with “10.”, e.g. 10.1000/182.")
    if isinstance(value, list) and len(value) > LISTED:
        raise BadField(where, f"At most {LISTED} names are kept.")
    cleaned = clean_reference({name: value}, "").get(name)
    if cleaned is None:
        raise BadField(where, _why(name, value))
    if isinstance(value, list) and isinstance(cleaned, list) and len(cleaned) != len(value):
        raise BadField(where, "Each name needs a family name, or one name for an organisation.")
    if isinstance(value, Mapping) and "date-parts" in value and "date-parts" not in cleaned:
        raise BadField(where, "A date is a year, or year, month and day, in numbers.")
    return cleaned


def _why(name: str, value: Any) -> str:
    if name == "URL":
        return "An address starts with http:// or https:// and has no spaces."
    if isinstance(value, list) and name.endswith(("author", "editor", "translator")):
        return "Each name needs a family name, or one name for an organisation."
    if name in ("issued", "accessed"):
        return "A date is a year, or year, month and day, in numbers."
    if isinstance(value, str | int | float) and not clean_reference({name: "x"}, "").get(name):
        return "No citation style has a field of this name."
    return "No citation style could print this value."
