"""Turn a document into the tree that every format is written from, citations formatted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from autonomy.core.markers import MARKER
from autonomy.core.types import Passage
from autonomy.export import nodes
from autonomy.export.appendix import appendix_blocks
from autonomy.export.document import Document, Section
from autonomy.export.exhibits import Exhibit, computed_blocks, placed
from autonomy.export.pandoc import Node
from autonomy.export.placement import place_groups
from autonomy.export.reader import number_markers, read_section
from autonomy.export.structure import DanglingCitation, bindings, dangling_ids, duplicates
from autonomy.tools.citations import (
    CitationGroup,
    Cited,
    Entry,
    Style,
    format_citations,
    references_of,
    resolve_style,
)
from autonomy.tools.csl.own import read_own
from autonomy.tools.csl.reference import Reference

CITE_CLASS = "cite-link"
"""Class of the element around each citation, which carries `data-passages`."""

_NOT_FIT = "this shows how the product works and is not fit for use."
SIMULATED_NOTICE = f"Written by a simulated model, which makes its text up by rules: {_NOT_FIT}"
"""Stands on the first page of what a simulated model had a part in, in every format. It is made
here and not when the document is, so that no version can be without it."""
SIMULATED_IN_PART = (
    f"Written in part by a simulated model, which makes its text up by rules: {_NOT_FIT}"
)
SIMULATED_PLAN = (
    f"Planned by a simulated model, which makes title and headings up by rules: {_NOT_FIT}"
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document with its citations in place."""

    title: str
    language: str
    """BCP 47 tag of the text."""
    date: str
    notice: str
    style: Style
    body: list[Node]
    """Headings and blocks of all sections; headings start at level 1."""
    references_heading: str
    entries: list[Entry]
    """The list of references; exactly the works cited."""
    references: list[Reference]
    """CSL-JSON of the works cited, in the order of `entries`."""
    appendix: list[Node]
    """Heading and tables of what is in doubt, and how data were computed; empty without."""
    figures: tuple[Exhibit, ...] = ()
    """Those with a picture, whose addresses in the body each writer sets (`exhibits.addressed`)."""


def render(document: Document) -> Rendered:
    """Format `document`.

    Each citation is a span of class `cite-link` with `data-passages` (the ids of the passages),
    `data-marker` (their places in the document, see `citations_in_order`) and `data-keys` (the
    works). The list of references holds only works that the text cites, each once.

    Raises:
        DanglingCitation: the text cites passages that the document does not hold.
        UnknownStyle: `document.style` names no bundled style, and `document.csl` brings none.
        PandocError: the formatter failed.
    """
    if dangling := dangling_ids(document):
        raise DanglingCitation(dangling)
    own = document.csl.encode()
    style = read_own(own, document.style) if own else resolve_style(document.style)
    language = document.language if _LANGUAGE.match(document.language) else "en"
    body: list[Node] = []
    for section in document.sections:
        body.extend(placed(_section(section, document.title, language), document.exhibits))
    number_markers(body)
    placer = _Placer(document, style)
    body = placer.collect(body)
    formatted = format_citations(
        style, language, placer.references, placer.groups, _small_words(document)
    )
    body = nodes.map_inlines(body, lambda inlines: placer.put(inlines, formatted.citations))
    place = {entry.key: position for position, entry in enumerate(formatted.entries)}
    return Rendered(
        title=_line(document.title) or "Untitled",
        language=language,
        date=_line(document.date),
        notice=_line(f"{_simulated(document)} {document.notice}"),
        style=style,
        body=body,
        references_heading=style.references_heading(language),
        entries=formatted.entries,
        references=sorted(placer.references, key=lambda item: place.get(item["id"], 0)),
        appendix=[*appendix_blocks(document.appendix), *computed_blocks(document.provenance)],
        figures=tuple(e for e in document.exhibits if e.kind == "figure" and (e.png or e.url)),
    )


def _small_words(document: Document) -> frozenset[str]:
    """Words that the text or what it rests on writes in small letters inside of a sentence."""
    texts = [
        *(section.markdown for section in document.sections),
        *(passage.text for passage in document.passages),
    ]
    return frozenset(word for text in texts for word in re.findall(r"\b[a-z]{3,}\b", text))


def _simulated(document: Document) -> str:
    """What a simulated model's part in the document was; nothing where it had none."""
    if not document.simulated:
        return ""
    sections = sum(section.simulated for section in document.sections)
    if not sections:
        return SIMULATED_PLAN
    return SIMULATED_NOTICE if sections == len(document.sections) else SIMULATED_IN_PART


# ------------------------------------------------------------------------------ sections


def _section(section: Section, title: str, language: str) -> list[Node]:
    blocks = read_section(section.markdown, language=language)
    heading = _line(section.heading)
    if blocks and blocks[0]["t"] == "Header" and _same(nodes.plain(blocks[0]["c"][2]), heading):
        # Writers like to repeat the heading that they were given.
        blocks = blocks[1:]
    levels = [block["c"][0] for block in blocks if block["t"] == "Header"]
    shift = section.level + 1 - min(levels) if levels else 0
    for block in blocks:
        if block["t"] == "Header":
            block["c"][0] = min(block["c"][0] + shift, 6)
    if not heading or _same(heading, title):
        return blocks
    identity = "section-" + re.sub(r"[^A-Za-z0-9-]+", "-", section.id)[:64]
    return [nodes.header(section.level, nodes.text(heading), nodes.attr(identity)), *blocks]


def _line(value: str) -> str:
    """A heading or notice as one line of text; citations have no place in it."""
    return " ".join(nodes.printable(MARKER.sub("", value)).split())


def _same(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


# ----------------------------------------------------------------------------- citations


class _Placer:
    """Collects citation groups in reading order and later puts the formatted ones in place."""

    def __init__(self, document: Document, style: Style) -> None:
        self.style = style
        self.groups: list[CitationGroup] = []
        self._marks: list[list[Node]] = []
        bound = bindings(document)
        self._passages: dict[str, Passage] = {key: passage for key, (passage, _) in bound.items()}
        twins = {twin.id: group[0].id for group in duplicates(document.sources) for twin in group}
        cited = {bound[i][1].id for i in document.cited_passage_ids()}
        wanted = {twins.get(source_id, source_id) for source_id in cited}
        self.references, keys = references_of([s for s in document.sources if s.id in wanted])
        self._keys = {
            source.id: keys[twins.get(source.id, source.id)]
            for source in document.sources
            if twins.get(source.id, source.id) in keys
        }

    def collect(self, body: list[Node]) -> list[Node]:
        """The body with a placeholder for each group; the groups are then in reading order."""
        body = [self._place(block) for block in body]
        # Inner lists are changed before outer ones, so the order of creation is not of reading.
        order = list(nodes.find(body, "Group"))
        self.groups = [self.groups[node["c"]] for node in order]
        self._marks = [self._marks[node["c"]] for node in order]
        for position, node in enumerate(order):
            node["c"] = position
        return body

    def _place(self, block: Node) -> Node:
        def change(inlines: list[Node]) -> list[Node]:
            return place_groups(
                inlines,
                self._add,
                in_notes=self.style.in_notes,
                keep_period=block["t"] == "BlockQuote",
            )

        return nodes.map_inlines([block], change)[0]

    def _add(self, marks: list[Node]) -> Node:
        pages: dict[str, list[int]] = {}
        for mark in marks:
            passage = self._passages[mark["c"][1]]
            known = pages.setdefault(self._keys[passage.source_id], [])
            if passage.page is not None:
                known.append(passage.page)
        works = tuple(Cited(key, tuple(found)) for key, found in pages.items())
        self.groups.append(CitationGroup(works, narrative=marks[0]["c"][0] == "n"))
        self._marks.append(marks)
        return {"t": "Group", "c": len(self.groups) - 1}

    def put(self, inlines: list[Node], citations: list[list[Node]]) -> list[Node]:
        return [
            self._link(node["c"], citations[node["c"]]) if node["t"] == "Group" else node
            for node in inlines
        ]

    def _link(self, index: int, inlines: list[Node]) -> Node:
        marks = self._marks[index]
        return nodes.span(
            nodes.attr(
                classes=[CITE_CLASS],
                data_passages=" ".join(mark["c"][1] for mark in marks),
                data_marker=" ".join(str(mark["c"][2]) for mark in marks),
                data_keys=" ".join(work.key for work in self.groups[index].works),
            ),
            inlines,
        )
