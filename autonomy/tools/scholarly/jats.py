"""An article in JATS as a plain HTML page, which is then read like an upload."""

from __future__ import annotations

import html
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True
)
_SAME = frozenset({"p", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup"})
_RENAMED = {
    "italic": "em",
    "bold": "strong",
    "monospace": "code",
    "disp-quote": "blockquote",
    "list-item": "li",
    "label": "span",
}
_DROPPED = frozenset(
    {"object-id", "graphic", "inline-graphic", "media", "supplementary-material", "ext-link-icon"}
)
MOST_DEPTH = 60
"""Of nested sections and lists; what lies deeper is read as text."""


def is_jats(body: bytes) -> bool:
    return b"<article" in body[:4_096]


def page_of(body: bytes) -> str:
    """The article as HTML: title, authors, abstract, sections with tables, references.

    Raises:
        ValueError: it is no article.
    """
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError("This is not well-formed XML.") from error
    article = root if root is not None and _tag(root) == "article" else None
    if article is None:
        article = root.find(".//{*}article") if root is not None else None
    if article is None or article.find("{*}body") is None:
        raise ValueError("This is no article with a text.")
    meta = article.find("{*}front/{*}article-meta")
    title = _text(meta.find("{*}title-group/{*}article-title")) if meta is not None else ""
    parts = [f"<h1>{html.escape(title)}</h1>"]
    if meta is not None:
        parts.append(f"<p>{html.escape(_people(meta))}</p>")
        for abstract in meta.findall("{*}abstract")[:1]:
            parts.append(f"<h2>Abstract</h2>{_children(abstract, 3, 0)}")
    parts.append(_children(article.find("{*}body"), 2, 0))
    cited = article.findall("{*}back/{*}ref-list/{*}ref")
    if cited:
        rows = "".join(f"<li>{html.escape(_text(_citation(one)))}</li>" for one in cited)
        parts.append(f"<h2>References</h2><ol>{rows}</ol>")
    doi = _text(meta.find("{*}article-id[@pub-id-type='doi']")) if meta is not None else ""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="citation_title" content="{html.escape(title)}">'
        f'<meta name="citation_doi" content="{html.escape(doi)}"></head>'
        f"<body><main><article>{''.join(parts)}</article></main></body></html>"
    )


def _tag(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def _people(meta: Any) -> str:
    found = []
    for one in meta.findall("{*}contrib-group/{*}contrib"):
        name = one.find("{*}name")
        if name is not None:
            parts = (name.find("{*}given-names"), name.find("{*}surname"))
            found.append(" ".join(filter(None, map(_text, parts))))
        else:
            found.append(_text(one.find("{*}collab")))
    return ", ".join(filter(None, found))


def _citation(ref: Any) -> Any:
    for name in ("mixed-citation", "element-citation", "citation"):
        if (found := ref.find(f"{{*}}{name}")) is not None:
            return found
    return ref


def _children(element: Any, level: int, depth: int) -> str:
    parts = [html.escape(element.text or "")]
    for child in element:
        parts.append(_element(child, level, depth + 1))
        parts.append(html.escape(child.tail or ""))
    return "".join(parts)


def _element(element: Any, level: int, depth: int) -> str:
    name = _tag(element)
    if not name or name in _DROPPED:
        return ""
    if depth > MOST_DEPTH:
        return html.escape(_text(element))
    if name == "title":
        heading = f"h{min(level, 6)}"
        return f"<{heading}>{html.escape(_text(element))}</{heading}>"
    if name == "sec":
        return _section(element, level, depth)
    if name == "list":
        kind = "ol" if element.get("list-type") in ("order", "alpha-lower", "roman-lower") else "ul"
        return f"<{kind}>{_children(element, level, depth)}</{kind}>"
    if name == "caption":
        return f"<p>{html.escape(_text(element))}</p>"
    name = _RENAMED.get(name, name)
    inner = _children(element, level, depth)
    return f"<{name}>{inner}</{name}>" if name in _SAME or name in _RENAMED.values() else inner


def _section(element: Any, level: int, depth: int) -> str:
    parts = []
    for child in element:
        deeper = level + 1 if _tag(child) == "sec" else level
        parts.append(_element(child, deeper, depth + 1))
    return "".join(parts)
