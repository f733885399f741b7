"""Is this text a bibliography, and in which format?"""

from __future__ import annotations

import json
import re
from typing import Literal

from autonomy.tools.csl.reference import TYPES

Format = Literal["bibtex", "ris", "csl-json"]

ENDINGS: dict[str, Format] = {
    "bib": "bibtex",
    "bibtex": "bibtex",
    "biblatex": "bibtex",
    "ris": "ris",
    "json": "csl-json",
    "csljson": "csl-json",
}
"""Endings of file names under which a bibliography is looked for."""

_BIBTEX = re.compile(r"(?m)^[ \t]*@[A-Za-z]+[ \t]*[{(]")
_RIS = re.compile(r"(?m)^\ufeff?TY  ?- ?\S")
_HEAD_CHARS = 200_000


def recognise(text: str, file_name: str = "") -> Format | None:
    """Which format `text` is in, told from the text itself, or None.

    With a `file_name`, only under an ending that bibliographies have: notes that quote a BibTeX
    entry are notes.
    """
    if file_name and file_name.rpartition(".")[2].lower() not in ENDINGS:
        return None
    head = text[:_HEAD_CHARS]
    if head.lstrip("\ufeff \t\r\n")[:1] in ("[", "{"):
        return "csl-json" if _is_csl(text) else None
    if _RIS.search(head):
        return "ris"
    return "bibtex" if _BIBTEX.search(head) else None


def _is_csl(text: str) -> bool:
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        # A file that was cut off is still one of references, and the reader says what is wrong.
        return bool(re.search(r'"type"\s*:\s*"(article-journal|book|chapter|webpage)"', text))
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    rows = value if isinstance(value, list) else [value]
    rows = [
        row["data"] if isinstance(row, dict) and isinstance(row.get("data"), dict) else row
        for row in rows[:50]
    ]
    return any(
        isinstance(row, dict)
        and ("title" in row or "author" in row)
        and (row.get("type") in TYPES or "itemType" in row or "issued" in row)
        for row in rows
    )
