"""The list of references at the end of a work, cut into its entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autonomy.library.normalise import one_line
from autonomy.library.parsed import BlockKind, ParsedPage, Reference
from autonomy.library.reference_entry import entry_fields, year_after_authors

_LABEL = re.compile(
    r"^(?:\[(?P<key>\d{1,4}|[A-Z][\w+’'-]{1,12}\d{2}[a-z]?)\]|(?P<number>\d{1,4})\.)\s+"
)
_INNER_LABEL = re.compile(r"(?<=[.\s])\[(\d{1,4})\]\s+(?=[^\W\d_])")
_CARRIES_ON = re.compile(
    r"^(?:[a-z(]|(?:19|20)\d\d[a-z]?\b|arXiv\b|In:?\s+Proc|In\s+[A-Z]|Advances in|Proceedings|"
    r"Available (?:at|from)|URL\b|https?:|doi\b|pp?\.|pages\b|vol\b|Vol\.|Association for|Retrieved|"
    r"Accessed|CoRR\b|Technical report|PhD thesis)"
)
_CLOSED = re.compile(r"""[.!?)\]]["”’]?$|\S+[/.]\S+$""")
_MAX_ENTRY = 2_000
_MAX_ENTRIES = 5_000


@dataclass(slots=True)
class _Entry:
    text: str
    page: int | None
    label: str | None = None


def references_of(pages: Iterable[ParsedPage]) -> tuple[Reference, ...]:
    """The entries of all lists of references, in their order, with the fields that are certain."""
    pieces = [
        (one_line(block.text), page.number)
        for page in pages
        for block in page.blocks
        if block.kind is BlockKind.REFERENCES
    ]
    labelled = sum(bool(_LABEL.match(text)) for text, _ in pieces)
    entries = _numbered(pieces) if labelled > 0.4 * len(pieces) else _by_author(pieces)
    return tuple(
        Reference(
            text=entry.text[:_MAX_ENTRY],
            page=entry.page,
            label=entry.label,
            **entry_fields(entry.text[:_MAX_ENTRY]),
        )
        for entry in entries[:_MAX_ENTRIES]
        if sum(map(str.isalpha, entry.text)) >= 12
    )


def _numbered(pieces: Sequence[tuple[str, int | None]]) -> list[_Entry]:
    """Entries that begin with their number or key; what has none carries on the one before."""
    entries: list[_Entry] = []
    parts = [(part, page) for piece, page in pieces for part in _apart(piece)]
    for text, page in parts:
        match = _LABEL.match(text)
        label = (match["key"] or match["number"]) if match else None
        if match and _follows(entries, label):
            entries.append(_Entry(text[match.end() :], page, label))
        elif entries and entries[-1].label is not None:
            entries[-1].text = _joined(entries[-1].text, text)
    return entries


def _apart(text: str) -> Iterator[str]:
    """Entries that the page set without a break between them."""
    start = 0
    for match in _INNER_LABEL.finditer(text):
        previous = _LABEL.match(text[start:])
        key = previous["key"] if previous else None
        if key and key.isdigit() and int(match[1]) == int(key) + 1:
            yield text[start : match.start()].strip()
            start = match.start()
    yield text[start:]


def _follows(entries: Sequence[_Entry], label: str | None) -> bool:
    """Whether `label` can open the next entry: numbers count up, keys come as they like."""
    before = next((e.label for e in reversed(entries) if e.label), None)
    if label is None or not label.isdigit() or before is None or not before.isdigit():
        return label is not None
    return int(before) < int(label) <= int(before) + 5 or int(label) == 1


def _by_author(pieces: Sequence[tuple[str, int | None]]) -> list[_Entry]:
    """Entries that begin with names; a block that does not begin like one carries on."""
    entries: list[_Entry] = []
    closed = sum(bool(_CLOSED.search(text)) for text, _ in pieces) >= 0.5 * len(pieces)
    for text, page in pieces:
        before = entries[-1].text if entries else ""
        dated = bool(re.search(r"\b(?:19|20)\d\d", before))
        # Where entries end in a stop, one without it was cut by the end of a column.
        cut = closed and not _CLOSED.search(before)
        begins = not cut and year_after_authors(text) is not None
        open_entry = cut or not dated
        if entries and (_CARRIES_ON.match(text) or (open_entry and not begins)):
            entries[-1].text = _joined(entries[-1].text, text)
        else:
            entries.append(_Entry(text, page))
    return entries


def _joined(first: str, second: str) -> str:
    """Two parts of an entry; a link or word that was broken at a hyphen is made whole."""
    if re.search(r"\w-$", first) and second[:1].islower():
        return first[:-1] + second
    return f"{first} {second}"
