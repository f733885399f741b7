"""Format citations and the list of references by a real CSL style.

Agents never write a citation: they bind claims to passages, and this tool turns those bindings
into text by the rules of the style. Pandoc's citeproc does the formatting.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from autonomy.core.types import Source
from autonomy.export import nodes
from autonomy.export.pandoc import API_VERSION, TIMEOUT_SECONDS, Node, run_pandoc
from autonomy.tools.csl.manuals import suited
from autonomy.tools.csl.reference import Reference, citation_key, clean_reference
from autonomy.tools.csl.styles import (
    ALIASES,
    Style,
    UnknownStyle,
    resolve_style,
    style_ids,
)

__all__ = [
    "ALIASES",
    "CitationGroup",
    "Cited",
    "Entry",
    "FormattedCitations",
    "Style",
    "UnknownStyle",
    "format_citations",
    "page_locator",
    "references_of",
    "resolve_style",
    "style_ids",
]


@dataclass(frozen=True, slots=True)
class Cited:
    """One work in a citation."""

    key: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationGroup:
    """What stands in one pair of brackets (or one note)."""

    works: tuple[Cited, ...]
    narrative: bool = False
    """The first work's authors are part of the sentence: "Lee (2020, p. 4)"."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One reference of the list."""

    key: str
    label: list[Node]
    """"1." or "[1]" in numeric styles, else empty."""
    inlines: list[Node]


@dataclass(frozen=True, slots=True)
class FormattedCitations:
    citations: list[list[Node]]
    """One inline list per group, in the order of the groups."""
    entries: list[Entry]
    """The list of references in the order of the style; exactly the works that were cited."""


def references_of(sources: Sequence[Source]) -> tuple[list[Reference], dict[str, str]]:
    """CSL-JSON of `sources` with readable, unique ids, and the map from source id to that id."""
    references: list[Reference] = []
    keys: dict[str, str] = {}
    for source in sources:
        title = source.file_name.rsplit(".", 1)[0].replace("_", " ")
        item = clean_reference(source.csl, "", fallback_title=title)
        item["id"] = keys[source.id] = citation_key(item, keys.values())
        references.append(item)
    return references, keys


def page_locator(pages: Sequence[int]) -> str:
    """`[3, 5, 6, 7]` → `3, 5–7`: sorted, without repeats, neighbours as a range."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)


def format_citations(
    style: Style,
    language: str,
    references: Sequence[Reference],
    groups: Sequence[CitationGroup],
    words: Set[str] = frozenset(),
    *,
    timeout: float = TIMEOUT_SECONDS,
) -> FormattedCitations:
    """Every group as the style prints it, and the list of references.

    `references` must hold every key of `groups`. Works of one group are put in the order that
    the style wants. In styles that number their references or cite in notes, a narrative citation
    keeps its authors in the text: "Lee et al. (1)".

    Args:
        words: those that the document writes in small letters, by which titles in capitals are
            told from names (`autonomy.tools.csl.manuals`).
        timeout: longest that the formatter may take, seconds.

    Raises:
        PandocError: the formatter failed.
    """
    if not groups:
        return FormattedCitations([], [])
    references = [suited(item, style, words) for item in references]
    by_key = {item["id"]: item for item in references}
    blocks = [nodes.para([_cite(style, group, n)]) for n, group in enumerate(groups, start=1)]
    tree = _citeproc(
        style.text,
        style.locale(language),
        json.dumps(references, ensure_ascii=False, sort_keys=True),
        json.dumps(blocks, ensure_ascii=False),
        timeout,
    )
    # Some note styles have no list of references: the notes are all there is.
    entries = _entries(tree[-1]) if tree[-1]["t"] == "Div" else []
    found = {entry.key: entry for entry in entries}
    citations: list[list[Node]] = []
    for group, block in zip(groups, tree, strict=False):
        inlines = _citation(block)
        if group.narrative and (style.numeric or style.in_notes):
            names = short_authors(by_key[group.works[0].key], style.locale(language))
            space = [] if style.in_notes else [nodes.space()]
            inlines = [*nodes.text(names), *space, *inlines]
        elif group.narrative and style.base.startswith("apa"):
            inlines = _spell_out_and(inlines, style.locale(language))
        if group.narrative and not (style.numeric or style.in_notes):
            inlines = _title_outside(inlines, by_key[group.works[0].key])
        citations.append([_full_note(node, group, found) for node in inlines])
    entries = [replace(entry, inlines=_upright(entry.inlines)) for entry in entries]
    if style.hyphens:
        entries = [replace(entry, inlines=_hyphened(entry.inlines)) for entry in entries]
    return FormattedCitations(citations, entries)


def _cite(style: Style, group: CitationGroup, number: int) -> Node:
    works: list[dict[str, Any]] = []
    for position, work in enumerate(group.works):
        by_us = style.numeric or style.in_notes
        in_text = group.narrative and position == 0 and not by_us
        locator = page_locator(work.pages)
        works.append(
            {
                "citationId": work.key,
                "citationPrefix": [],
                # A bare number after a comma is a page in every locale that citeproc knows.
                "citationSuffix": nodes.text(f", {locator}") if locator else [],
                "citationMode": {"t": "AuthorInText" if in_text else "NormalCitation"},
                "citationNoteNum": number,
                "citationHash": 0,
            }
        )
    return {"t": "Cite", "c": [works, nodes.text("?")]}


@lru_cache(maxsize=64)
def _citeproc_json(csl: bytes, locale: str, references: str, blocks: str, timeout: float) -> bytes:
    # Half the time of a render is spent reading the style, so the result is kept: editing prose
    # leaves style, references and groups as they were.
    document = {
        "pandoc-api-version": list(API_VERSION),
        "meta": {"lang": {"t": "MetaString", "c": locale}},
        "blocks": json.loads(blocks),
    }
    with tempfile.TemporaryDirectory(prefix="hw-csl-") as folder:
        bibliography = Path(folder) / "references.json"
        bibliography.write_text(references, encoding="utf-8")
        style = Path(folder) / "style.csl"
        style.write_bytes(csl)
        arguments = ["-f", "json", "-t", "json", "--citeproc", "--csl", str(style)]
        return run_pandoc(
            [*arguments, "--bibliography", str(bibliography)],
            json.dumps(document, ensure_ascii=False),
            timeout=timeout,
        )


def _citeproc(csl: bytes, locale: str, references: str, blocks: str, timeout: float) -> list[Node]:
    tree: list[Node] = json.loads(_citeproc_json(csl, locale, references, blocks, timeout))[
        "blocks"
    ]
    return tree


def _citation(block: Node) -> list[Node]:
    """The formatted inlines of a paragraph that holds one Cite and what citeproc put beside it."""
    out: list[Node] = []
    for node in block["c"]:
        out.extend(node["c"][1] if node["t"] == "Cite" else [node])
    return out


def _full_note(node: Node, group: CitationGroup, entries: dict[str, Entry]) -> Node:
    """Footnote styles print an empty note for a narrative citation of a work without author:
    give that note the whole reference."""
    if node["t"] != "Note":
        return node
    if any(nodes.plain(b["c"]).strip() for b in node["c"] if b["t"] in ("Para", "Plain")):
        return node
    inlines = [
        inline
        for work in group.works
        for inline in entries[work.key].inlines
        if work.key in entries
    ]
    return {"t": "Note", "c": [nodes.para(inlines)]}


def _entries(references: Node) -> list[Entry]:
    """Entries out of citeproc's `refs` division."""
    entries: list[Entry] = []
    for block in references["c"][1]:
        key = block["c"][0][0].removeprefix("ref-")
        label: list[Node] = []
        inlines: list[Node] = []
        for paragraph in block["c"][1]:
            for node in paragraph["c"]:
                classes = node["c"][0][1] if node["t"] == "Span" else []
                if "csl-left-margin" in classes:
                    label = [n for n in node["c"][1] if n["t"] != "Space"]
                elif "csl-right-inline" in classes:
                    inlines.extend(node["c"][1])
                else:
                    inlines.append(node)
        entries.append(Entry(key, label, inlines))
    return entries


def _upright(inlines: list[Node]) -> list[Node]:
    """Italics end where a span says “no decoration”, which citeproc leaves to the writer."""
    out: list[Node] = []
    for node in inlines:
        if node["t"] != "Emph":
            out.append(node)
            continue
        part: list[Node] = []
        for inner in node["c"]:
            if inner["t"] == "Span" and "nodecoration" in inner["c"][0][1]:
                out.extend([nodes.styled("Emph", part)] if part else [])
                out.extend(inner["c"][1])
                part = []
            else:
                part.append(inner)
        out.extend([nodes.styled("Emph", part)] if part else [])
    return out


def _title_outside(inlines: list[Node], work: Reference) -> list[Node]:
    """“(Data Protection Act, 2018)” in running text is “Data Protection Act (2018)”: citeproc
    does so only for names and titles in italics."""
    title = str(work.get("title", ""))
    opening = f"({title}"
    if "author" in work or not title or not nodes.plain(inlines).startswith(opening):
        return inlines
    rest, left = list(inlines), len(opening)
    while rest and left >= len(nodes.plain(rest[:1])):
        left -= len(nodes.plain([rest.pop(0)]))
    if left and rest and rest[0]["t"] == "Str":
        rest[0] = {"t": "Str", "c": rest[0]["c"][left:]}
    while rest and (rest[0]["t"] == "Space" or rest[0].get("c") in ("", ",")):
        rest.pop(0)
    return [*nodes.text(f"{title} ("), *rest]


def _hyphened(inlines: list[Node]) -> list[Node]:
    """Ranges of numbers with hyphens instead of en dashes."""

    def change(items: list[Node]) -> list[Node]:
        return [
            {"t": "Str", "c": re.sub(r"(?<=\d)–(?=\w?\d)", "-", node["c"])}
            if node["t"] == "Str"
            else node
            for node in items
        ]

    return nodes.map_inline_list(inlines, change)


_AND = {"de": "und", "fr": "et", "es": "y", "pt": "e", "it": "e", "nl": "en", "sv": "och"}


def short_authors(reference: Reference, locale: str) -> str:
    """`Lee`, `Lee and Kim`, `Lee et al.`; without people the title stands in."""
    people = reference.get("author") or reference.get("editor") or []
    names = [_surname(person) for person in people]
    if not names:
        return f"“{reference.get('title', 'Untitled source')}”"
    if len(names) == 2:
        return f"{names[0]} {_and(locale)} {names[1]}"
    return names[0] if len(names) == 1 else f"{names[0]} et al."


def _spell_out_and(inlines: list[Node], locale: str) -> list[Node]:
    """APA 7 (8.17) joins names by "&" in brackets and by the word in running text; citeproc
    does not know which it writes."""
    out: list[Node] = []
    for position, node in enumerate(inlines):
        if node["t"] == "Str" and node["c"].startswith("("):
            return [*out, *inlines[position:]]
        ampersand = node["t"] == "Str" and node["c"] == "&"
        out.extend(nodes.text(_and(locale)) if ampersand else [node])
    return out


def _and(locale: str) -> str:
    return _AND.get(locale.split("-")[0].lower(), "and")


def _surname(person: dict[str, str]) -> str:
    family = person.get("family") or person.get("literal") or ""
    return " ".join(part for part in (person.get("non-dropping-particle"), family) if part)
