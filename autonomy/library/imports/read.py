"""One door to every import format: recognise it, read it, keep what is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autonomy.library.encoding import decode
from autonomy.library.imports.bibtex import read_bibtex
from autonomy.library.imports.csl_json import read_csl_json
from autonomy.library.imports.entry import RawEntry
from autonomy.library.imports.recognise import Format, recognise
from autonomy.library.imports.ris import read_ris
from autonomy.tools.csl.reference import Reference, clean_reference

_READERS: dict[Format, Callable[[str], list[RawEntry]]] = {
    "bibtex": read_bibtex,
    "ris": read_ris,
    "csl-json": read_csl_json,
}


class UnknownBibliography(ValueError):
    """The text is in none of the formats."""

    def __init__(self) -> None:
        super().__init__(
            "This is no BibTeX, BibLaTeX, RIS or CSL-JSON. Export the references from your "
            "reference manager in one of these and import that file."
        )


class TooManyEntries(ValueError):
    """More entries than the limit that was given."""

    def __init__(self, found: int, limit: int) -> None:
        super().__init__(
            f"The file holds {found:,} references; at most {limit:,} are imported at once. "
            "Split it and import the parts."
        )
        self.found = found
        self.limit = limit


@dataclass(frozen=True, slots=True)
class ImportedReference:
    """A reference that was read."""

    key: str
    line: int
    csl: Reference
    """CSL-JSON that every style can take, without `id`; abstract and keywords are kept."""
    remark: str


@dataclass(frozen=True, slots=True)
class BadEntry:
    """An entry that is no reference. The others of its file were read all the same."""

    key: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Imports:
    """What a file holds."""

    format: Format
    references: list[ImportedReference]
    problems: list[BadEntry]


def read_bibliography(data: bytes | str, *, most: int) -> Imports:
    """Every reference of a file, and every entry that is none.

    Args:
        data: the file's bytes in any usual encoding, or its text.
        most: entries that are taken at once.

    Raises:
        UnknownBibliography: none of the formats.
        TooManyEntries: more than `most`.
    """
    text = decode(data) if isinstance(data, bytes) else data
    format = recognise(text)
    if format is None:
        raise UnknownBibliography
    raw = _READERS[format](text)
    if len(raw) > most:
        raise TooManyEntries(len(raw), most)
    references: list[ImportedReference] = []
    problems: list[BadEntry] = []
    for entry in raw:
        csl = {} if entry.problem else _checked(entry.csl)
        if csl:
            references.append(ImportedReference(entry.key, entry.line, csl, entry.remark))
        else:
            message = entry.problem or "It has neither a title nor an author."
            problems.append(BadEntry(entry.key, entry.line, message))
    return Imports(format, references, problems)


def _checked(csl: dict[str, Any]) -> Reference:
    """The item with well-typed values only; nothing when nothing identifies a work."""
    item = clean_reference(csl, "", notes=True, fallback_title="\u2026")
    if item.get("title") == "\u2026":
        return {}
    del item["id"]
    return item
