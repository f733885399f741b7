"""Readable Markdown: citations and references as text, so that it stands alone anywhere."""

from __future__ import annotations

import re

from autonomy.export import nodes
from autonomy.export.dates import long_date
from autonomy.export.document import Document
from autonomy.export.exhibits import FOLDER, addressed
from autonomy.export.pandoc import Node, write_tree
from autonomy.export.render import Rendered, render


def write_markdown(document: Document) -> str:
    """The document as GitHub-flavoured Markdown.

    Raises:
        DanglingCitation, UnknownStyle, PandocError: as `render`.
    """
    rendered = render(document)
    blocks = [nodes.header(1, nodes.text(rendered.title))]
    if rendered.date:
        date = nodes.text(long_date(rendered.date, rendered.language))
        blocks.append(nodes.para([nodes.styled("Emph", date)]))
    if rendered.notice:
        blocks.append(nodes.quote([nodes.para(nodes.text(rendered.notice))]))
    names = {figure.id: figure.file_name for figure in rendered.figures}
    body = addressed(rendered.body, lambda name: f"{FOLDER}/{names[name]}")
    blocks.extend(_below_title(block) for block in _plainly(body))
    blocks.extend(_references(rendered))
    blocks.extend(_below_title(block) for block in rendered.appendix)
    plain = nodes.without_spans(blocks)
    return write_tree(plain, {}, ["-t", "gfm-raw_html", "--wrap=none"]).decode()


def _plainly(body: list[Node]) -> list[Node]:
    """Figures as a picture and a caption below it, captions of tables as a paragraph above: all
    that Markdown knows."""
    out: list[Node] = []
    for block in body:
        if block["t"] == "Figure":
            _, (_, caption), (picture,) = block["c"]
            __, alt, target = picture["c"][0]["c"]
            image = {"t": "Image", "c": [["", [], []], alt, target]}
            out += [nodes.para([image]), *(nodes.para(c["c"]) for c in caption)]
        elif block["t"] == "Table" and block["c"][1][1]:
            out += [nodes.para(c["c"]) for c in block["c"][1][1]]
            out.append({"t": "Table", "c": [block["c"][0], [None, []], *block["c"][2:]]})
        else:
            out.append(block)
    return out


def _below_title(block: Node) -> Node:
    if block["t"] != "Header":
        return block
    level, _, inlines = block["c"]
    return nodes.header(min(level + 1, 6), inlines)


def _references(rendered: Rendered) -> list[Node]:
    if not rendered.entries:
        return []
    heading = nodes.header(2, nodes.text(rendered.references_heading))
    if all(re.fullmatch(r"\d+\.", nodes.plain(entry.label)) for entry in rendered.entries):
        items = [[nodes.para(entry.inlines, tight=True)] for entry in rendered.entries]
        return [heading, nodes.numbered(1, items)]
    return [
        heading,
        *(
            nodes.para(
                [*entry.label, nodes.space(), *entry.inlines] if entry.label else entry.inlines
            )
            for entry in rendered.entries
        ),
    ]
