"""References as files for reference managers, whether a document cites them or a library holds
them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autonomy.export.bibtex import bibtex
from autonomy.export.ris import write_ris
from autonomy.tools.csl.reference import Reference, citation_key, clean_reference


def _csl_json(references: Sequence[Reference]) -> str:
    return json.dumps(list(references), ensure_ascii=False, indent=2) + "\n"


_WRITERS: dict[str, tuple[Callable[[Sequence[Reference]], str], str, str]] = {
    "bib": (bibtex, "application/x-bibtex; charset=utf-8", "bib"),
    "ris": (write_ris, "application/x-research-info-systems; charset=utf-8", "ris"),
    "csl-json": (_csl_json, "application/vnd.citationstyles.csl+json; charset=utf-8", "json"),
}
FORMATS = tuple(_WRITERS)
"""Names that `write` takes."""


def write(format: str, references: Sequence[Mapping[str, Any]]) -> str:
    """CSL items (with or without `id`) as one file of `format`, one of `FORMATS`.

    Each entry gets a readable key of its own (`lee2020`, `lee2020b`); an `id` that an item brings
    stays when no other has it. Abstracts, keywords and notes are kept.

    Raises:
        KeyError: there is no such format.
    """
    keyed: list[Reference] = []
    taken: set[str] = set()
    for number, given in enumerate(references, start=1):
        item = clean_reference(given, "", fallback_title=f"Untitled source {number}", notes=True)
        known = str(given.get("id", ""))
        item["id"] = known if known and known not in taken else citation_key(item, taken)
        taken.add(item["id"])
        keyed.append(item)
    return _WRITERS[format][0](keyed)


def media_type(format: str) -> str:
    """What to call a file of `format` over HTTP."""
    return _WRITERS[format][1]


def ending(format: str) -> str:
    """The ending of a file of `format`, without dot."""
    return _WRITERS[format][2]
