"""LaTeX source of the document, complete and ready to compile."""

from __future__ import annotations

from autonomy.export import nodes
from autonomy.export.dates import long_date
from autonomy.export.document import Document
from autonomy.export.exhibits import FOLDER, addressed
from autonomy.export.pandoc import Node, write_tree
from autonomy.export.reference_docx import paper_of
from autonomy.export.render import Rendered, render

_CAPTIONS = r"header-includes=\usepackage{caption}\captionsetup{labelformat=empty}"
"""Captions bring their own numbers, which the text refers to."""


def write_latex(document: Document) -> str:
    """The document as a LaTeX article with its citations and references as text.

    Raises:
        DanglingCitation, UnknownStyle, PandocError: as `render`.
    """
    rendered = render(document)
    meta: Node = {
        "title": {"t": "MetaInlines", "c": nodes.text(rendered.title)},
        "lang": {"t": "MetaString", "c": rendered.language},
    }
    if rendered.date:
        date = nodes.text(long_date(rendered.date, rendered.language))
        meta["date"] = {"t": "MetaInlines", "c": date}
    names = {figure.id: figure.file_name for figure in rendered.figures}
    blocks: list[Node] = []
    if rendered.notice:
        notice = nodes.styled("Emph", nodes.text(rendered.notice))
        blocks.append(nodes.quote([nodes.para([notice])]))
    body = addressed(rendered.body, lambda name: f"{FOLDER}/{names[name]}")
    blocks.extend(nodes.without_spans(body))
    blocks.extend(_references(rendered))
    blocks.extend(rendered.appendix)
    arguments = ["-t", "latex", "--standalone", "--wrap=none", "--syntax-highlighting=none"]
    paper = {"a4": "a4", "letter": "letter"}[paper_of(rendered.language)]
    return write_tree(
        blocks,
        meta,
        [*arguments, "-V", f"papersize={paper}", "-V", "fontsize=11pt", "-V", _CAPTIONS],
    ).decode()


def _references(rendered: Rendered) -> list[Node]:
    if not rendered.entries:
        return []
    heading = nodes.attr("references", ["unnumbered"])
    entries: list[Node] = []
    for entry in rendered.entries:
        inlines = entry.inlines
        if entry.label:
            inlines = [
                nodes.span(nodes.attr(classes=["csl-left-margin"]), entry.label),
                nodes.span(nodes.attr(classes=["csl-right-inline"]), entry.inlines),
            ]
        attributes = nodes.attr(f"ref-{entry.key}", ["csl-entry"])
        entries.append(nodes.div(attributes, [nodes.para(inlines)]))
    # The classes and the attribute by which pandoc sets a list of references in LaTeX.
    classes = ["references", "csl-bib-body"]
    if not any(entry.label for entry in rendered.entries):
        classes.append("hanging-indent")
    return [
        nodes.header(1, nodes.text(rendered.references_heading), heading),
        nodes.div(nodes.attr("refs", classes, entry_spacing="1"), entries),
    ]
