"""A person's corrections to a file's bibliographic data, merged into its CSL-JSON."""

from __future__ import annotations

import re
from typing import Any

from autonomy.api.requests import refuse
from autonomy.api.schemas.files import FileMetadataIn, PersonName

_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)$", re.IGNORECASE)


def corrected(csl: dict[str, Any], patch: FileMetadataIn) -> dict[str, Any]:
    """`csl` with what `patch` sets; null removes a field, what is not sent stays.

    Raises:
        ValidationError: the DOI is not one.
    """
    sent = patch.model_fields_set
    changed = dict(csl)
    if "title" in sent:
        _put(changed, "title", (patch.title or "").strip())
    if "authors" in sent:
        _put(changed, "author", [name(author) for author in patch.authors or []])
    if "year" in sent:
        issued = {"date-parts": [[patch.year]]} if patch.year is not None else None
        # A month and day that were read with the old year would be wrong with the new one.
        _put(changed, "issued", issued)
    if "doi" in sent:
        _put(changed, "DOI", _doi(patch.doi))
    if "type" in sent:
        _put(changed, "type", patch.type)
    if "container_title" in sent:
        _put(changed, "container-title", (patch.container_title or "").strip())
    return changed


def name(author: PersonName | str) -> dict[str, str]:
    """“Lovelace, Ada” as family and given name; without a comma the last word is the family
    name, and a single word is a literal (an institution)."""
    if isinstance(author, PersonName):
        return {k: v for k, v in (("family", author.family), ("given", author.given)) if v}
    text = " ".join(author.split())[:400]
    family, comma, given = text.partition(",")
    if comma:
        return {k: v.strip() for k, v in (("family", family), ("given", given)) if v.strip()}
    words = text.rsplit(" ", 1)
    if len(words) == 1:
        return {"literal": text}
    return {"family": words[1], "given": words[0]}


def _doi(value: str | None) -> str:
    if not value or not value.strip():
        return ""
    match = _DOI.match(value.strip())
    if match is None:
        raise refuse("doi", "A DOI starts with “10.”, e.g. 10.1000/182.")
    return match[1]


def _put(csl: dict[str, Any], key: str, value: object) -> None:
    if value:
        csl[key] = value
    else:
        csl.pop(key, None)
