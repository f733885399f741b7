"""A Word file of a draft that is none: one paragraph for each block, in order, so that changes of
its words can be tracked in it."""

from __future__ import annotations

import io
from typing import Any

import docx

from autonomy.export.nodes import printable
from autonomy.library.drafts.draft import Draft, DraftBlock, DraftKind

_STYLES = {
    DraftKind.TITLE: "Title",
    DraftKind.QUOTE: "Quote",
    DraftKind.CAPTION: "Caption",
}


def plain_docx(draft: Draft) -> bytes:
    """The draft's text in Word's own styles. Paragraph `n` is the block `pn`."""
    document: Any = docx.Document()
    document.core_properties.title = draft.title[:255]
    document.core_properties.author = ""
    for block in draft.blocks:
        paragraph = document.add_paragraph(style=_style(block))
        # Signs that Word has no place for would move every offset behind them.
        text = "".join(c if printable(c) else "\ufffd" for c in block.text)
        if block.prose:
            text = text.replace("\n", " ")  # lines of the source, not of the page
        for place, line in enumerate(text.split("\n")):
            if place:
                paragraph.add_run().add_break()
            for tab, words in enumerate(line.split("\t")):
                if tab:
                    paragraph.add_run().add_tab()
                if words:
                    paragraph.add_run(words)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _style(block: DraftBlock) -> str:
    if block.kind is DraftKind.HEADING:
        return f"Heading {max(1, min(block.level, 9))}"
    if block.kind is DraftKind.LIST:
        deeper = f" {min(block.level + 1, 3)}" if block.level else ""
        return f"List {'Number' if block.numbered else 'Bullet'}{deeper}"
    return _STYLES.get(block.kind, "Normal")
