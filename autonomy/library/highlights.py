"""Passages that a person marked in a Word document: highlighting, shading, and comments on ranges.

What counts is the text as it was before tracked changes, because that is the document that was
handed out: deletions are read, insertions are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autonomy.core.value import Value
from autonomy.library.container import Container
from autonomy.library.normalise import one_line
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.sniff import DOCX, sniff

Part = Literal["body", "table", "footnote", "endnote"]

NOTE_CHARS = 2_000
"""Of one passage's comments; longer ones are cut."""
CONTEXT_CHARS = 60
"""Of the paragraph before and behind a passage."""
SAMPLES, SAMPLE_WORDS, SAMPLE_CHARS = 24, 8, 200
"""Paragraphs that are told, how long one has to be, and how much of it is told."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIP = frozenset(
    {
        f"{_W}ins",
        f"{_W}moveTo",
        f"{_W}instrText",
        f"{_W}delInstrText",
        f"{_W}pict",
        f"{_W}object",
        f"{_W}drawing",
        f"{_W}pPr",
        f"{_W}rPr",
        f"{_MC}Fallback",
    }
)
_STARTS, _ENDS = f"{_W}commentRangeStart", f"{_W}commentRangeEnd"
_NAMES = {
    "000000": "black",
    "0000ff": "blue",
    "00ffff": "cyan",
    "00ff00": "green",
    "ff00ff": "magenta",
    "ff0000": "red",
    "ffff00": "yellow",
    "000080": "darkBlue",
    "008080": "darkCyan",
    "008000": "darkGreen",
    "800080": "darkMagenta",
    "800000": "darkRed",
    "808000": "darkYellow",
    "808080": "darkGray",
    "c0c0c0": "lightGray",
}
"""The colours that Word's highlighter has, by their value."""
_BLANK = ("", "none", "auto", "white", "ffffff")


class Highlight(Value):
    """A passage that somebody marked, within one paragraph."""

    text: str
    """On one line."""
    colour: str = ""
    """One of Word's names, such as `yellow`, or `#rrggbb`; empty when it is only commented on."""
    note: str = ""
    """Comments on it, each on a line of its own."""
    before: str = ""
    after: str = ""
    """What stands beside it in its paragraph."""
    part: Part = "body"


class Highlights(Value):
    """What a person marked in a document, in its order; footnotes behind the text."""

    passages: tuple[Highlight, ...] = ()
    notes: tuple[str, ...] = ()
    """Comments that stand at no words."""
    sample: tuple[str, ...] = ()
    """Beginnings of some of its paragraphs, to tell which document it is of."""


@dataclass(slots=True)
class _Piece:
    text: str
    colour: str
    comments: frozenset[str]


@dataclass(slots=True)
class _Paragraph:
    part: Part
    pieces: list[_Piece] = field(default_factory=list)


def read_highlights(path: Path, file_name: str, limits: ParseLimits) -> Highlights:
    """What is marked in the Word document at `path`, which its owner calls `file_name`.

    Runs in this process: for files from outside use `isolated.read_in_subprocess`.

    Raises:
        ParseFailure: it is no Word document (`mislabelled`, `unsupported`), holds macros
            (`unsupported`), is `encrypted` or `damaged`, or marks or holds too much (`too_large`).
    """
    if sniff(path, file_name) != DOCX:
        raise ParseFailure(
            "unsupported",
            "Marked passages are read from a Word document (.docx). Save the file as one and "
            "upload that.",
        )
    with Container(path, limits, "Word document") as archive:
        if any(name.lower().endswith("vbaproject.bin") for name in archive.names):
            raise ParseFailure(
                "unsupported",
                "This file holds macros, so it was not opened. Save it as a Word document without "
                "macros (.docx) and upload that.",
            )
        document = archive.xml("word/document.xml")
        if document is None:
            raise archive.damaged()
        comments = _comments(archive.xml("word/comments.xml"))
        open_comments: set[str] = set()
        paragraphs = list(_paragraphs(document, "body", open_comments))
        for part in ("footnote", "endnote"):
            root = archive.xml(f"word/{part}s.xml")
            if root is not None:
                paragraphs += _paragraphs(root, "footnote" if part == "footnote" else "endnote")
        # A range without an end would mark all the rest.
        ended = {element.get(f"{_W}id", "") for element in document.iter(_ENDS)}
        for piece in (piece for one in paragraphs for piece in one.pieces):
            piece.comments &= ended
    chars = sum(len(piece.text) for one in paragraphs for piece in one.pieces)
    if chars > limits.max_chars:
        raise ParseFailure(
            "too_large",
            f"This file holds {chars:,} characters of text; at most {limits.max_chars:,} are read.",
        )
    return _marked(paragraphs, comments, limits)


def _marked(
    paragraphs: Sequence[_Paragraph], comments: dict[str, str], limits: ParseLimits
) -> Highlights:
    # A comment on highlighted words is a note on them; one on plain words marks these itself.
    coloured = {
        comment
        for paragraph in paragraphs
        for piece in paragraph.pieces
        if piece.colour and piece.text.strip()
        for comment in piece.comments
    }
    passages: list[Highlight] = []
    told: set[str] = set()
    for paragraph in paragraphs:
        for first, last in _stretches(paragraph.pieces, coloured):
            passage, on_it = _highlight(paragraph, first, last, comments)
            if passage is None:
                continue
            passages.append(passage)
            told |= on_it
            if len(passages) > limits.max_highlights:
                raise ParseFailure(
                    "too_large",
                    f"More than {limits.max_highlights} passages are marked in this file. Mark only "
                    "what is to be revised; if all of it is, say so in the note instead.",
                )
    sample = [text for one in paragraphs if len((text := _line(one)).split()) >= SAMPLE_WORDS]
    step = max(1, len(sample) // SAMPLES)
    loose = [text for key, text in comments.items() if key not in told and text]
    return Highlights(
        passages=tuple(passages),
        notes=tuple(loose[: limits.max_highlights]),
        sample=tuple(text[:SAMPLE_CHARS] for text in sample[::step][:SAMPLES]),
    )


def _line(paragraph: _Paragraph) -> str:
    return one_line("".join(piece.text for piece in paragraph.pieces))


def _stretches(pieces: Sequence[_Piece], coloured: set[str]) -> Iterator[tuple[int, int]]:
    """First and last piece of each marked stretch of a paragraph."""

    def mark(piece: _Piece) -> object:
        if piece.colour:
            return piece.colour
        return frozenset(piece.comments - coloured) or None

    first: int | None = None
    last = 0
    for at, piece in enumerate(pieces):
        if not piece.text.strip():
            continue  # a space between two marked words may be unmarked
        if first is not None and mark(pieces[first]) == mark(piece):
            last = at
            continue
        if first is not None:
            yield first, last
        first, last = (at, at) if mark(piece) is not None else (None, 0)
    if first is not None:
        yield first, last


def _highlight(
    paragraph: _Paragraph, first: int, last: int, comments: dict[str, str]
) -> tuple[Highlight | None, set[str]]:
    """The stretch widened to whole words, and the comments on it."""
    pieces = paragraph.pieces
    whole = "".join(piece.text for piece in pieces)
    start = sum(len(piece.text) for piece in pieces[:first])
    end = start + sum(len(piece.text) for piece in pieces[first : last + 1])
    while start < end and whole[start].isspace():
        start += 1
    while 0 < start < len(whole) and whole[start].isalnum() and whole[start - 1].isalnum():
        start -= 1
    while 0 < end < len(whole) and whole[end].isalnum() and whole[end - 1].isalnum():
        end += 1
    text = one_line(whole[start:end])
    if not any(map(str.isalnum, text)):
        return None, set()
    on_it = {key for piece in pieces[first : last + 1] for key in piece.comments}
    said = [text for key, text in comments.items() if key in on_it and text]
    return (
        Highlight(
            text=text,
            colour=pieces[first].colour,
            note="\n".join(said)[:NOTE_CHARS],
            before=one_line(whole[:start])[-CONTEXT_CHARS:],
            after=one_line(whole[end:])[:CONTEXT_CHARS],
            part=paragraph.part,
        ),
        on_it,
    )


def _comments(root: Any) -> dict[str, str]:
    """Comment id to its words, in the file's order."""
    found: dict[str, str] = {}
    for comment in root.iterfind(f"{_W}comment") if root is not None else ():
        lines = [
            one_line("".join(piece.text for piece in paragraph.pieces))
            for paragraph in _paragraphs(comment, "body")
        ]
        found[comment.get(f"{_W}id", "")] = " ".join(filter(None, lines))[:NOTE_CHARS]
    return found


def _paragraphs(
    root: Any, part: Part, open_comments: set[str] | None = None
) -> Iterator[_Paragraph]:
    """Paragraphs in the file's order, walked without recursion.

    `open_comments` are those whose range has begun; a range may run over paragraphs.
    """
    open_comments = set() if open_comments is None else open_comments
    stack: list[tuple[Any, Part]] = [(child, part) for child in reversed(root)]
    while stack:
        element, inside = stack.pop()
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIP:
            continue
        if tag == f"{_W}p":
            yield _paragraph(element, inside, open_comments)
        elif tag in (_STARTS, _ENDS):
            _range(element, open_comments)
        else:
            if tag == f"{_W}tbl" and inside == "body":
                inside = "table"
            stack.extend((child, inside) for child in reversed(element))


def _paragraph(element: Any, part: Part, open_comments: set[str]) -> _Paragraph:
    paragraph = _Paragraph(part)
    shaded = _shade(element.find(f"{_W}pPr/{_W}shd"))
    stack: list[tuple[Any, str]] = [(child, shaded) for child in reversed(element)]
    while stack:
        node, colour = stack.pop()
        tag = node.tag
        if not isinstance(tag, str) or tag in _SKIP:
            continue
        if tag in (_STARTS, _ENDS):
            _range(node, open_comments)
            continue
        if tag == f"{_W}r":
            colour = _colour(node.find(f"{_W}rPr")) or shaded
        text = _text(node, tag)
        if text:
            paragraph.pieces.append(_Piece(text, colour, frozenset(open_comments)))
        else:
            stack.extend((child, colour) for child in reversed(node))
    return paragraph


def _text(node: Any, tag: str) -> str:
    if tag in (f"{_W}t", f"{_W}delText"):
        return str(node.text or "")
    if tag in (f"{_W}tab", f"{_W}ptab", f"{_W}br", f"{_W}cr"):
        return " "
    return "-" if tag == f"{_W}noBreakHyphen" else ""


def _range(element: Any, open_comments: set[str]) -> None:
    key = element.get(f"{_W}id", "")
    if element.tag == _STARTS:
        open_comments.add(key)
    else:
        open_comments.discard(key)


def _colour(properties: Any) -> str:
    """Of a run; empty when it is not marked."""
    if properties is None:
        return ""
    highlight = properties.find(f"{_W}highlight")
    value = highlight.get(f"{_W}val", "") if highlight is not None else ""
    if value.lower() not in _BLANK:
        return str(value)[:20]
    return _shade(properties.find(f"{_W}shd"))


def _shade(element: Any) -> str:
    if element is None or element.get(f"{_W}val") == "nil":
        return ""
    fill = element.get(f"{_W}fill", "").lower()
    if fill in _BLANK and element.get(f"{_W}val") == "solid":
        fill = element.get(f"{_W}color", "").lower()
    if fill in _BLANK:
        return ""
    return _NAMES.get(fill, f"#{fill[:6]}")
