"""Which words each citation stands for: the sentence or clause that carries its marker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from autonomy.core.markers import MARKER
from autonomy.export import nodes
from autonomy.export.document import Document
from autonomy.export.pandoc import Node
from autonomy.export.reader import number_markers, read_section
from autonomy.export.structure import bindings
from autonomy.library.sentences import sentence_ends
from autonomy.tools.citations import short_authors
from autonomy.tools.csl.reference import clean_reference

_MIN_WORDS = 4
"""A clause shorter than this says too little alone; the whole sentence is the claim then."""

_NO_QUOTES = str.maketrans("", "", '“”„"')


class CitedClaim(NamedTuple):
    marker: int
    """1-based order of appearance, the same number as `data-marker` in the rendered HTML."""
    passage_id: str
    claim: str
    """Plain text, without Markdown and markers; quotes as they were typed."""


@dataclass(slots=True)
class _Mark:
    number: int
    narrative: bool
    passage_id: str
    at: int
    """Offset in the text that the marker was taken out of."""


def citations_in_order(document: Document) -> list[CitedClaim]:
    """Every marker of the document with the claim that it supports, in reading order.

    A sentence with several citations is cut at them: each citation owns the words since the one
    before it. Citations behind the full stop belong to the sentence before it, and a narrative
    citation ("Lee (2020) shows …") owns the words that follow.
    """
    blocks = [
        block
        for section in document.sections
        for block in read_section(section.markdown, typographic=False)
    ]
    number_markers(blocks)
    names = _author_names(document)
    return [claim for inlines in nodes.inline_lists(blocks) for claim in _claims(inlines, names)]


def uncited_sentences(markdown: str) -> tuple[list[str], int]:
    """The sentences of a section that carry no citation, and how many sentences there are.

    Fragments of fewer than four words (cells of a table, labels) do not count as sentences.
    """
    blocks = read_section(markdown, typographic=False)
    number_markers(blocks)
    # A sentence that opens with its authors needs them there to be told from the one before.
    names = {match["id"]: "Authors" for match in MARKER.finditer(markdown)}
    bare: list[str] = []
    total = 0
    for inlines in nodes.inline_lists(blocks):
        text, marks = _flatten(inlines, names)
        ends = sentence_ends(text)
        cited = {_sentence_of(mark, text, ends) for mark in marks}
        for position, (start, end) in enumerate(pairwise([0, *ends])):
            sentence = _tidy(text[start:end])
            if len(sentence.split()) >= _MIN_WORDS:
                total += 1
                bare += [] if position in cited else [sentence]
    return bare, total


def _author_names(document: Document) -> dict[str, str]:
    """Passage id to how its authors are called in running text. A title that stands in for them
    has no quotation marks: in a claim these hold the words of a passage."""
    return {
        passage_id: short_authors(clean_reference(source.csl, ""), document.language).translate(
            _NO_QUOTES
        )
        for passage_id, (_, source) in bindings(document).items()
    }


def _claims(inlines: list[Node], names: Mapping[str, str]) -> list[CitedClaim]:
    text, marks = _flatten(inlines, names)
    if not marks:
        return []
    ends = sentence_ends(text)
    claims: list[CitedClaim] = []
    for position, end in enumerate(ends):
        here = [mark for mark in marks if _sentence_of(mark, text, ends) == position]
        claims.extend(_cut(text, ends[position - 1] if position else 0, end, here))
    return claims


def _sentence_of(mark: _Mark, text: str, ends: list[int]) -> int:
    """Index of the sentence that `mark` belongs to; behind a full stop that is the one before."""
    index = next(i for i, end in enumerate(ends) if mark.at <= end)
    behind = index > 0 and not mark.narrative and not text[ends[index - 1] : mark.at].strip()
    return index - 1 if behind else index


def _flatten(inlines: list[Node], names: Mapping[str, str]) -> tuple[str, list[_Mark]]:
    """The text with the markers taken out (narrative ones read as the authors' names), and
    where each was."""
    text = ""
    marks: list[_Mark] = []

    def walk(items: list[Node]) -> None:
        nonlocal text
        for node in items:
            if node["t"] == "Marker":
                kind, passage_id, number = node["c"]
                marks.append(_Mark(number, kind == "n", passage_id, len(text)))
                text += names.get(passage_id, "") if kind == "n" else ""
            elif node["t"] in ("Emph", "Strong", "Strikeout"):
                walk(node["c"])
            elif node["t"] == "Link":
                walk(node["c"][1])
            else:
                piece = nodes.plain([node])
                # The space on both sides of a marker becomes one.
                text += piece if not (piece == " " and text.endswith(" ")) else ""

    walk(inlines)
    return text, marks


def _cut(text: str, start: int, end: int, marks: list[_Mark]) -> list[CitedClaim]:
    """The claims of one sentence, `text[start:end]`."""
    if not marks:
        return []
    sentence = _tidy(text[start:end])
    claims: list[CitedClaim] = []
    groups = _groups(text, marks)
    begin = start
    for group, following in zip(groups, [*groups[1:], None], strict=True):
        narrative = group[0].narrative
        stop = end if following is None else following[0].at if narrative else group[-1].at
        clause = _tidy(text[begin:stop])
        words = clause if len(clause.split()) >= _MIN_WORDS else sentence
        claims.extend(CitedClaim(m.number, m.passage_id, words) for m in group)
        # In "Lee [n] shows x [p]" both citations carry x.
        if not (narrative and following is not None and not following[0].narrative):
            begin = stop
    return claims


def _groups(text: str, marks: list[_Mark]) -> list[list[_Mark]]:
    """Markers with nothing but separators between them share their words."""
    groups: list[list[_Mark]] = []
    for mark in marks:
        if groups and not mark.narrative and not text[groups[-1][-1].at : mark.at].strip(" ,;"):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _tidy(text: str) -> str:
    words = " ".join(text.split()).strip(",;:—– ")
    return re.sub(r"[\s,;]*\s([.,;:!?)])", r"\1", words)
