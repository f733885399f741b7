"""A document laid out for reading with its matches: what the report's page and file show."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autonomy.core.markers import MARKER
from autonomy.core.originality import Match, MatchKind, Similarity
from autonomy.core.value import Value
from autonomy.export.document import Document
from autonomy.export.draft_text import BETWEEN
from autonomy.tools.citations import short_authors
from autonomy.tools.csl.reference import clean_reference

_GAP = re.compile(r"\n[ \t]*\n")
_QUOTE = re.compile(r"[ \t]{0,3}>[ \t]?")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+")
_HEAD = re.compile(r"[ \t]{0,3}#{1,6}[ \t]+")
_SIGNS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|`+|\\(?=[\\`*_{}\[\]()#+.!-])")


class Piece(Value):
    """A stretch of a paragraph: plain, in a match, or a citation."""

    text: str
    match: int | None = None
    """Place in `Similarity.matches`."""
    citation: bool = False


class Paragraph(Value):
    kind: str
    """`text`, `quote`, `item` or `heading`."""
    pieces: tuple[Piece, ...]


class ReportSection(Value):
    id: str
    heading: str
    level: int
    paragraphs: tuple[Paragraph, ...]


class Report(Value):
    title: str
    similarity: Similarity
    sections: tuple[ReportSection, ...]


def report_of(document: Document, similarity: Similarity) -> Report:
    """`similarity` is of `draft_text(document)`."""
    layout = _Layout(document, similarity.matches)
    sections: list[ReportSection] = []
    at = 0
    for section in document.sections:
        sections.append(
            ReportSection(
                id=section.id,
                heading=section.heading,
                level=section.level,
                paragraphs=tuple(layout.paragraphs(section.markdown, at)),
            )
        )
        at += len(section.markdown) + len(BETWEEN)
    return Report(title=document.title, similarity=similarity, sections=tuple(sections))


class _Layout:
    """Markdown to paragraphs. Offsets are of the whole draft."""

    def __init__(self, document: Document, matches: Sequence[Match]) -> None:
        sources = {source.id: source for source in document.sources}
        self._labels = {
            passage.id: _labels(sources[passage.source_id].csl, passage.page, document.language)
            for passage in document.passages
            if passage.source_id in sources
        }
        # A paraphrase may lie over a shorter match; the surer one is shown.
        order = sorted(
            range(len(matches)),
            key=lambda n: (matches[n].kind is MatchKind.PARAPHRASE, matches[n].start),
        )
        self._spans: list[tuple[int, int, int]] = []
        for number in order:
            self._add(number, matches[number])

    def _add(self, number: int, match: Match) -> None:
        free = [(match.start, match.end)]
        for start, end, _ in self._near(match.start, match.end):
            free = [
                part
                for low, high in free
                for part in ((low, min(high, start)), (max(low, end), high))
                if part[0] < part[1]
            ]
        for low, high in free:
            insort(self._spans, (low, high, number))

    def _near(self, start: int, end: int) -> list[tuple[int, int, int]]:
        low = max(bisect_right(self._spans, (start,)) - 1, 0)
        high = bisect_right(self._spans, (end,))
        return [span for span in self._spans[low:high] if span[0] < end and start < span[1]]

    def paragraphs(self, markdown: str, at: int) -> Iterator[Paragraph]:
        start = 0
        for end, after in [*(m.span() for m in _GAP.finditer(markdown)), (len(markdown),) * 2]:
            if markdown[start:end].strip():
                yield from self._block(markdown, start, end, at)
            start = after

    def _block(self, markdown: str, start: int, end: int, at: int) -> Iterator[Paragraph]:
        """Lines of one kind together; each item of a list by itself."""
        kind, pieces = "", list[Piece]()
        for low, high in _lines(markdown, start, end):
            found, begins = _kind_of(markdown, low, high)
            if pieces and (found != kind or found in ("item", "heading")):
                yield Paragraph(kind=kind, pieces=_joined(pieces))
                pieces = []
            elif pieces:
                pieces.append(Piece(text=" "))
            kind = found
            pieces += self._pieces(markdown, begins, high, at)
        if pieces:
            yield Paragraph(kind=kind, pieces=_joined(pieces))

    def _pieces(self, markdown: str, start: int, end: int, at: int) -> Iterator[Piece]:
        """Between markers cut at the edges of matches; a marker is one piece."""
        place = start
        for marker in MARKER.finditer(markdown, start, end):
            yield from self._cut(markdown, place, marker.start(), at)
            yield Piece(text=self._label(marker["id"], marker["kind"]), citation=True)
            place = marker.end()
        yield from self._cut(markdown, place, end, at)

    def _label(self, passage_id: str, kind: str) -> str:
        labels = self._labels.get(passage_id)
        if labels is None:
            return "the source" if kind == "n" else "(source)"
        behind, narrative = labels
        return narrative if kind == "n" else behind

    def _cut(self, markdown: str, start: int, end: int, at: int) -> Iterator[Piece]:
        spans = self._near(at + start, at + end)
        edges = {start, end}
        for low, high, _ in spans:
            edges |= {max(low - at, start), min(high - at, end)}
        number = 0
        for low, high in pairwise(sorted(edges)):
            while number < len(spans) and spans[number][1] <= at + low:
                number += 1
            inside = number < len(spans) and spans[number][0] <= at + low
            yield Piece(
                text=_SIGNS.sub("", markdown[low:high]),
                match=spans[number][2] if inside else None,
            )


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if text[start:stop].strip():
            yield start, stop
        start = stop + 1


def _kind_of(text: str, start: int, end: int) -> tuple[str, int]:
    for kind, pattern in (("quote", _QUOTE), ("heading", _HEAD), ("item", _ITEM)):
        if found := pattern.match(text, start, end):
            return kind, found.end()
    return "text", start


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and not (last.citation or piece.citation) and last.match == piece.match:
            joined[-1] = last.model_copy(update={"text": last.text + piece.text})
        elif piece.text:
            joined.append(piece)
    return tuple(joined)


def _labels(csl: dict[str, object], page: int | None, language: str) -> tuple[str, str]:
    """A plain citation behind a claim, "(Lee, 2020, p. 4)", and in the text, "Lee (2020, p. 4)"."""
    item = clean_reference(csl, "", fallback_title="source")
    parts = (item.get("issued") or {}).get("date-parts") or [[""]]
    authors = short_authors(item, language)
    year = str(parts[0][0]) if parts[0] else ""
    where = [each for each in (year, f"p. {page}" if page is not None else "") if each]
    behind = f"({', '.join([authors, *where] if authors else where)})"
    if not authors or not where:
        return behind, authors or behind
    return behind, f"{authors} ({', '.join(where)})"
