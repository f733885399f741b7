"""CSL-JSON, as Zotero, Mendeley and citeproc write it (https://docs.citationstyles.org)."""

from __future__ import annotations

import json
from typing import Any

from autonomy.library.imports.entry import RawEntry
from autonomy.library.imports.zotero import from_zotero


def read_csl_json(text: str) -> list[RawEntry]:
    """Each item of an array, of `{"items": […]}`, or the one item that the text is. Items of
    Zotero's own API (`itemType`) are understood too."""
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except RecursionError:
        return [RawEntry("", 0, {}, "The file is nested too deeply to be a list of references.")]
    except ValueError as error:
        where = getattr(error, "lineno", 0)
        return [RawEntry("", where, {}, f"The file is not complete JSON: {error}.")]
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    return [_entry(row) for row in (value if isinstance(value, list) else [value])]


def _entry(row: Any) -> RawEntry:
    if not isinstance(row, dict):
        return RawEntry("", 0, {}, f"It is not an object but {type(row).__name__}.")
    key = str(row.get("citation-key") or row.get("citationKey") or row.get("id") or "")[:200]
    inner = row.get("data")
    zotero = inner if isinstance(inner, dict) and "itemType" in inner else row
    if "itemType" in zotero:
        if zotero["itemType"] in ("attachment", "note", "annotation"):
            return RawEntry(key, 0, {}, f"It is {zotero['itemType']}, not a reference.")
        return RawEntry(key, 0, from_zotero(zotero))
    return RawEntry(key, 0, row)
