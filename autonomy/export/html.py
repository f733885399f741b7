"""HTML: a fragment for the document panel, and a page that stands alone."""

from __future__ import annotations

import html
import re

import nh3

from autonomy.export import nodes
from autonomy.export.document import Document
from autonomy.export.exhibits import addressed, data_uri
from autonomy.export.pandoc import Node, write_tree
from autonomy.export.render import CITE_CLASS, Rendered, render

_TAGS = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "section", "aside", "span", "a", "em", "strong",
    "del", "sup", "sub", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "br", "table",
    "thead", "tbody", "tr", "th", "td", "q", "cite", "caption", "figure", "figcaption", "img",
}  # fmt: skip
_MATH_TAGS = {
    "math", "semantics", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt",
    "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd",
    "mstyle", "mpadded", "menclose", "mphantom",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "lang", "dir"},
    "a": {"href", "role", "data-passages", "data-marker", "data-keys"},
    "span": {"data-passages", "data-marker", "data-keys"},
    "div": {"role", "tabindex"},
    "section": {"role"},
    "aside": {"role"},
    "ol": {"start"},
    "img": {"src", "alt"},
    "math": {"display", "xmlns"},
    "mo": {"stretchy", "form", "fence", "separator", "accent", "lspace", "rspace", "minsize"},
    "mi": {"mathvariant"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "mtd": {"columnalign"},
    "mspace": {"width"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mfrac": {"linethickness"},
    "mstyle": {"displaystyle", "scriptlevel"},
}
_CLASSES = {
    "a": {CITE_CLASS, "footnote-ref", "footnote-back"},
    "div": {"document-notice", "references", "reference", "table-scroll"},
    "section": {"footnotes", "footnotes-end-of-document"},
    "aside": {"document-notice"},
    "span": {CITE_CLASS, "reference-label", "reference-text", "math", "inline", "display"},
    "th": {"align-left", "align-right", "align-center"},
    "td": {"align-left", "align-right", "align-center"},
}
_PNG_DATA = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+$")
_ALIGNED = re.compile(r'<(td|th) style="text-align: (left|right|center);"')


def render_html(document: Document, *, id_prefix: str = "") -> str:
    """The document as a clean HTML fragment, headings from `h1` (the title) down.

    Each citation is `<a class="cite-link" data-passages="…" data-marker="…" href="#ref-…">`.
    `id_prefix` keeps ids apart when several documents stand on one page.

    Raises:
        DanglingCitation, UnknownStyle, PandocError: as `render`.
    """
    return fragment(render(document), id_prefix=id_prefix)


def fragment(rendered: Rendered, *, id_prefix: str = "") -> str:
    """The fragment of an already rendered document."""
    blocks = [nodes.header(1, nodes.text(rendered.title), nodes.attr("document-title"))]
    if rendered.notice:
        notice = nodes.attr(classes=["document-notice"], role="note")
        blocks.append(nodes.div(notice, [nodes.para(nodes.text(rendered.notice))]))
    pictures = {f.id: f.url or data_uri(f.png) for f in rendered.figures}
    body = addressed(rendered.body, lambda name: pictures[name])
    blocks.extend(_below_title(_linked(body)))
    blocks.extend(_references(rendered))
    blocks.extend(_below_title(rendered.appendix))
    arguments = ["-t", "html5", "--wrap=none", "--mathml", "--syntax-highlighting=none"]
    if id_prefix:
        arguments.append(f"--id-prefix={id_prefix}")
    markup = write_tree(blocks, {}, arguments).decode()
    # A strict content policy forbids style attributes; text cannot look like this, for it is escaped.
    return clean(_ALIGNED.sub(r'<\1 class="align-\2"', markup))


def page(document: Document) -> str:
    """A complete HTML page that needs nothing else: no script, no font, no network."""
    rendered = render(document)
    return _PAGE.format(
        language=html.escape(rendered.language, quote=True),
        title=html.escape(rendered.title),
        style=_STYLE,
        body=fragment(rendered),
    )


def clean(markup: str) -> str:
    """`markup` reduced to the elements, attributes and classes that this module makes."""
    return nh3.clean(
        markup,
        tags=_TAGS | _MATH_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto", "data"},
        attribute_filter=_only_own_pictures,
        clean_content_tags={"annotation", "script", "style"},
        link_rel=None,
        strip_comments=True,
    )


def _only_own_pictures(element: str, attribute: str, value: str) -> str | None:
    """Pictures are of this server or inside the page, and nothing else is an address with data."""
    if element == "img" and attribute == "src":
        own = value.startswith("/") and not value.startswith("//")
        return value if own or _PNG_DATA.match(value) else None
    return None if value.lstrip().lower().startswith("data:") else value


def _linked(body: list[Node]) -> list[Node]:
    """Citations as links to their reference, so that they work by keyboard and without script."""

    def change(inlines: list[Node]) -> list[Node]:
        return [_as_link(node) for node in inlines]

    return nodes.map_inlines(body, change)


def _as_link(node: Node) -> Node:
    if node["t"] != "Span" or CITE_CLASS not in node["c"][0][1]:
        return node
    (identity, classes, pairs), inlines = node["c"]
    if any(n["t"] == "Note" for n in inlines):
        return node
    inner = [n["c"][1] if n["t"] == "Link" else [n] for n in inlines]
    first = dict(pairs)["data-keys"].split(" ")[0]
    words = [n for part in inner for n in part]
    return nodes.link(words, f"#ref-{first}", (identity, classes, [tuple(p) for p in pairs]))


def _below_title(body: list[Node]) -> list[Node]:
    """Headings one level down, for the title is the only first-level heading; wide tables in a
    box of their own that can scroll."""
    # A box that scrolls has to take the focus, or the keyboard does not reach what is in it.
    blocks: list[Node] = []
    for block in body:
        if block["t"] == "Header":
            level, attributes, inlines = block["c"]
            blocks.append({"t": "Header", "c": [min(level + 1, 6), attributes, inlines]})
        elif block["t"] == "Table":
            box = nodes.attr(classes=["table-scroll"], tabindex="0", role="group")
            blocks.append(nodes.div(box, [block]))
        else:
            blocks.append(block)
    return blocks


def _references(rendered: Rendered) -> list[Node]:
    if not rendered.entries:
        return []
    rows: list[Node] = []
    for entry in rendered.entries:
        words = nodes.span(nodes.attr(classes=["reference-text"]), entry.inlines)
        label = nodes.span(nodes.attr(classes=["reference-label"]), entry.label)
        inlines = [label, nodes.space(), words] if entry.label else [words]
        rows.append(
            nodes.div(
                nodes.attr(f"ref-{entry.key}", ["reference"], role="listitem"),
                [nodes.para(inlines, tight=True)],
            )
        )
    heading = nodes.header(2, nodes.text(rendered.references_heading), nodes.attr("references"))
    return [heading, nodes.div(nodes.attr(classes=["references"], role="list"), rows)]


_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --paper: #fff; --soft: #5c5f66; --line: #d9dbe0;
  --tint: #f4f5f7; --link: #1d4f91; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --paper: #16171a; --soft: #a5a8b0;
  --line: #3a3c42; --tint: #212328; --link: #8ab4f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.6;
  font-family: "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, "Times New Roman", serif; }
main { max-width: 42rem; margin: 0 auto; padding: 3rem 1.25rem 5rem; overflow-wrap: break-word; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 0.6em; text-wrap: balance; }
h1 { font-size: 2rem; margin-top: 0; } h2 { font-size: 1.35rem; } h3 { font-size: 1.12rem; }
h4, h5, h6 { font-size: 1rem; }
p { margin: 0 0 1em; hyphens: auto; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
a.cite-link { color: inherit; text-decoration: none; border-bottom: 1px dotted var(--soft); }
a.cite-link:hover, a.cite-link:focus-visible { color: var(--link); border-bottom-style: solid; }
blockquote { margin: 1.2em 0; padding: 0 0 0 1.2em; border-left: 3px solid var(--line); }
pre { background: var(--tint); padding: 0.9em 1em; overflow-x: auto; border-radius: 4px; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.9em; }
figure { margin: 1.6em 0; }
figure img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
figcaption, caption { font-size: 0.92em; color: var(--soft); text-align: left; margin: 0.6em 0; }
caption { caption-side: top; padding-bottom: 0.4em; }
.table-scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.2em 0; width: 100%; font-size: 0.95em; }
th, td { text-align: left; padding: 0.4em 0.6em; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); }
tbody tr:last-child td { border-bottom: 2px solid var(--ink); }
.align-right { text-align: right; } .align-center { text-align: center; }
math { font-family: "Cambria Math", "STIX Two Math", "Latin Modern Math", math; }
.document-notice { margin: 0 0 2em; padding: 0.8em 1em; background: var(--tint); font-size: 0.92em;
  border-left: 3px solid var(--soft); }
.document-notice p { margin: 0; }
.reference { margin: 0 0 0.7em; padding-left: 2em; text-indent: -2em; }
.reference-label { display: inline-block; min-width: 2em; text-indent: 0; }
.reference:target { background: var(--tint); }
@media print { main { max-width: none; padding: 0; } h1, h2, h3 { break-after: avoid; }
  .reference, table, blockquote { break-inside: avoid; } }
"""
