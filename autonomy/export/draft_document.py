"""A draft as a `Document`: what the document panel shows, versions keep and comparisons read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from autonomy.core.rewriting import DraftText, TextEdit, edited
from autonomy.core.types import Author
from autonomy.export.document import Document, Section
from autonomy.library.drafts.draft import Draft, DraftBlock, DraftKind, MarkKind
from autonomy.library.sniff import MARKDOWN

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
_OPENS_BLOCK = re.compile(r"^(\s{0,3})([#>+-]|\d{1,9}[.)])(?=\s|$)")
Edits = Mapping[str, Sequence[TextEdit]]


def document_of(
    draft: Draft,
    ref: DraftText,
    *,
    author: Author,
    date: str,
    notice: str = "",
    simulated: bool = False,
) -> Document:
    """The draft with the edits of `ref`, one section for each heading.

    Args:
        author: who wrote what is new in it.
    """
    sections = tuple(
        Section(
            id=identity,
            heading=heading,
            level=max(1, min(level, 4)),
            markdown=markdown_of(blocks, ref.edits, raw=draft.media_type == MARKDOWN),
            author=author,
            simulated=simulated,
        )
        for identity, heading, level, blocks in sections_of(draft, ref.edits)
    )
    return Document(
        title=draft.title,
        language=draft.language or "en",
        date=date,
        notice=notice,
        simulated=simulated,
        sections=sections,
        draft=ref,
    )


def sections_of(draft: Draft, edits: Edits) -> Iterator[tuple[str, str, int, list[DraftBlock]]]:
    """(id, heading, level, blocks) of each section; what stands before the first heading has
    none."""
    identity, heading, level = "start", "", 1
    blocks: list[DraftBlock] = []
    for block in draft.blocks:
        if block.kind is DraftKind.HEADING:
            if blocks or heading:
                yield identity, heading, level, blocks
            identity, level, blocks = block.id, block.level, []
            heading = " ".join(edited(block.text, list(edits.get(block.id, ()))).split())
        elif not (block.kind is DraftKind.TITLE and block.text.strip() == draft.title):
            blocks.append(block)
    if blocks or heading:
        yield identity, heading, level, blocks


def markdown_of(blocks: Sequence[DraftBlock], edits: Edits, *, raw: bool = False) -> str:
    """The blocks as Markdown, with their edits made.

    Args:
        raw: their text is Markdown already.
    """
    parts: list[str] = []
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if block.table is not None:
            end = at
            while end < len(blocks) and blocks[end].table is not None:
                end += 1
            parts.append(_table(blocks[at:end], edits))
            at = end
            continue
        text = _text(block, edits, raw=raw)
        if text:
            tight = block.kind is DraftKind.LIST and parts and blocks[at - 1].kind is DraftKind.LIST
            parts.append(("\n" if tight else "\n\n") + text if parts else text)
            at += 1
            continue
        at += 1
    joined = ""
    for part in parts:
        joined += part if not joined or part.startswith("\n") else f"\n\n{part}"
    return joined


def _text(block: DraftBlock, edits: Edits, *, raw: bool) -> str:
    text = block_text(block, edits.get(block.id, ()))
    if block.kind is DraftKind.CODE:
        return text if raw else f"```\n{text}\n```"
    if raw and block.kind is DraftKind.FIXED:
        return text
    words = text if raw else _escaped(text)
    if not words.strip():
        return ""
    if block.kind is DraftKind.LIST:
        mark = "1." if block.numbered else "-"
        return f"{'    ' * block.level}{mark} {' '.join(words.split())}"
    if block.kind in (DraftKind.QUOTE,):
        return "\n".join(f"> {line}" for line in words.splitlines())
    if block.kind is DraftKind.CAPTION and not raw:
        return f"*{words.strip()}*"
    return words.strip()


def block_text(block: DraftBlock, edits: Sequence[TextEdit]) -> str:
    """The block's text with its edits made and its notes and images named where they stand."""
    text = block.text
    marks = [
        (m.at, f"[^{m.label}]" if m.kind is MarkKind.FOOTNOTE else "[image]" if m.kind is MarkKind.IMAGE else f"[^e{m.label}]")
        for m in block.marks
        if m.kind in (MarkKind.FOOTNOTE, MarkKind.ENDNOTE, MarkKind.IMAGE)
    ]  # fmt: skip
    steps = sorted(
        [(e.start, 0, e.end, e.after) for e in edits] + [(at, 1, at, name) for at, name in marks],
        key=lambda one: (one[0], one[1]),
    )
    out: list[str] = []
    at = 0
    for start, _, end, new in steps:
        if start < at:  # a mark within a stretch that goes: it stands behind what came
            out.append(new)
            continue
        out += [text[at:start], new]
        at = end
    return "".join([*out, text[at:]])


def _escaped(text: str) -> str:
    lines = (_SPECIAL.sub(r"\\\1", line) for line in text.replace("\t", " ").splitlines())
    return "  \n".join(_OPENS_BLOCK.sub(r"\1\\\2", line) for line in lines)


def _table(blocks: Sequence[DraftBlock], edits: Edits) -> str:
    """Cells by their places; of tables within tables each is one of its own."""
    tables: dict[int, dict[tuple[int, int], list[str]]] = {}
    for block in blocks:
        text = " ".join(_escaped(block_text(block, edits.get(block.id, ()))).split())
        place = (block.row or 0, block.column or 0)
        tables.setdefault(block.table or 0, {}).setdefault(place, []).append(text)
    made = []
    for cells in tables.values():
        rows = max(row for row, _ in cells) + 1
        columns = max(column for _, column in cells) + 1
        lines = [
            "| " + " | ".join(" ".join(cells.get((r, c), [])) for c in range(columns)) + " |"
            for r in range(rows)
        ]
        lines.insert(1, "|" + " --- |" * columns)
        made.append("\n".join(lines))
    return "\n\n".join(made)


def draft_markdown(draft: Draft, edits: Edits) -> str:
    """The whole draft as Markdown, with its notes at the end."""
    raw = draft.media_type == MARKDOWN
    parts: list[str] = []
    titled = any(b.kind is DraftKind.TITLE and b.text.strip() == draft.title for b in draft.blocks)
    if titled:
        parts.append(f"# {draft.title}")
    for _, heading, level, blocks in sections_of(draft, edits):
        if heading:
            parts.append(f"{'#' * min(level + titled, 6)} {heading}")
        text = markdown_of(blocks, edits, raw=raw)
        if text:
            parts.append(text)
    notes = [f"[^{note.label}]: {_escaped(note.text)}" for note in draft.notes]
    if notes:
        parts.append("\n".join(notes))
    return "\n\n".join(parts) + "\n"
