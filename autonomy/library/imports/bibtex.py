"""BibTeX and BibLaTeX. bibtexparser cuts the file into entries; what they mean is told here.

Fields and types after the BibTeX manual (Patashnik 1988) and BibLaTeX's (chapter 2).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import bibtexparser.entrypoint
import bibtexparser.model
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
)

from autonomy.library.imports.bibtex_fields import csl_of
from autonomy.library.imports.entry import EntryError, RawEntry
from autonomy.library.imports.latex import unwrapped

logging.getLogger("bibtexparser").setLevel(logging.ERROR)  # it prints the text of bad entries

_MONTHS = {
    m: str(n) for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_INHERITED_NEVER = frozenset(
    {"crossref", "xdata", "ids", "label", "title", "author", "keywords", "note"}
)
"""Fields that an entry does not take from the one that it stands in."""


def read_bibtex(text: str) -> list[RawEntry]:
    """Each entry in the order of the file, `@string` and `crossref` resolved; entries that others
    only refer to (`@xdata`) are not references themselves."""
    library = bibtexparser.entrypoint.parse_string(text, parse_stack=[])
    strings = dict(_MONTHS)
    blocks: list[Entry | ParsingFailedBlock] = []
    for block in library.blocks:
        if isinstance(block, bibtexparser.model.String):
            strings[block.key.lower()] = _resolved(block.value, strings)
        elif isinstance(block, Entry | ParsingFailedBlock):
            blocks.append(block)
    parents = {
        entry.key.lower(): _fields(entry, strings) for entry in blocks if isinstance(entry, Entry)
    }
    read = [_entry(block, strings, parents) for block in blocks]
    return [entry for entry in read if entry is not None]


def _entry(
    block: Entry | ParsingFailedBlock,
    strings: Mapping[str, str],
    parents: Mapping[str, dict[str, str]],
) -> RawEntry | None:
    line = (block.start_line or 0) + 1
    remark = ""
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        # The same key or field twice is bad style; the entry says all the same what it is.
        if isinstance(block, DuplicateFieldKeyBlock):
            remark = "It has a field twice; the first was taken."
        inner = block.ignore_error_block
        if not isinstance(inner, Entry):
            return RawEntry("", line, {}, "It cannot be read.")
        block = inner
    if isinstance(block, ParsingFailedBlock):
        key = re.match(r"\s*@\w+\s*[{(]\s*([^,\s{}]{1,200})", block.raw or "")
        return RawEntry(
            key[1] if key else "",
            line,
            {},
            "Its braces, quotes or commas do not match, so that its end cannot be told.",
        )
    kind = block.entry_type.lower()
    if kind in ("xdata", "set", "comment", "preamble"):
        return None
    try:
        fields = _inherited(_fields(block, strings), parents, kind)
        return RawEntry(block.key[:200], line, csl_of(kind, fields), remark=remark)
    except EntryError as error:
        return RawEntry(block.key[:200], line, {}, str(error))
    except RecursionError:
        return RawEntry(block.key[:200], line, {}, "It is nested too deeply.")


def _fields(entry: Entry, strings: Mapping[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.strip().lower(), _resolved(str(field.value), strings))
    return fields


def _inherited(
    fields: dict[str, str], parents: Mapping[str, dict[str, str]], kind: str
) -> dict[str, str]:
    """The fields with those of the entry named by `crossref`, and of `xdata`."""
    out = dict(fields)
    for name in [*fields.get("xdata", "").split(","), fields.get("crossref", "")]:
        parent = parents.get(name.strip().lower())
        if parent is None or parent is fields:
            continue
        if name.strip() == fields.get("crossref", "").strip():
            title = parent.get("booktitle") or parent.get("title", "")
            if title and kind not in ("book", "proceedings", "collection"):
                out.setdefault("journaltitle" if kind == "article" else "booktitle", title)
        for field, value in parent.items():
            if field not in _INHERITED_NEVER or name in fields.get("xdata", ""):
                out.setdefault(field, value)
    return out


def _resolved(value: str, strings: Mapping[str, str]) -> str:
    """The text of a field: `{…}`, `"…"`, a number, a name of `@string`, or these joined by `#`."""
    return "".join(_piece(piece, strings) for piece in _split(value))


def _piece(piece: str, strings: Mapping[str, str]) -> str:
    bare = unwrapped(piece)
    if bare is not None:
        return bare
    return strings.get(piece.lower(), piece)


def _split(value: str) -> list[str]:
    """`value` cut at each `#` outside braces and quotes."""
    pieces: list[str] = []
    depth, quoted, start = 0, False, 0
    for at, letter in enumerate(value):
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        elif letter == '"' and depth == 0:
            quoted = not quoted
        elif letter == "#" and depth == 0 and not quoted:
            pieces.append(value[start:at].strip())
            start = at + 1
    return [*pieces, value[start:].strip()]
