"""Web pages: the main text with its headings."""

from __future__ import annotations

import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from autonomy.library.encoding import decode
from autonomy.library.normalise import one_line
from autonomy.library.paging import RawBlock
from autonomy.library.parsed import BlockKind, ParsedDocument, ParseLimits
from autonomy.library.parsers.html_metadata import metadata
from autonomy.library.parsers.unpaged import unpaged
from autonomy.library.sniff import HTML
from autonomy.library.tables import MAX_COLUMNS, table_blocks

_INVISIBLE = (
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "math annotation",
    "iframe",
    "object",
    "embed",
    "form",
    "button",
    "select",
    "nav",
    "aside",
    "dialog",
    "video",
    "audio",
    "canvas",
    "[hidden]",
    "[aria-hidden=true]",
    "[role=navigation]",
    "[role=banner]",
    "[role=contentinfo]",
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:cookie|consent|banner|sidebar|breadcrumb|share|social|advert|ads?|promo|newsletter|"
    r"related|comments?|menu|navbar|toc|skip)(?:$|[\s_-])",
    re.I,
)
_BLOCKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figcaption figure footer header "
    "h1 h2 h3 h4 h5 h6 hr li main ol p pre section summary table tbody td tfoot th thead tr ul br".split()
)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Scripts, styles, navigation and other furniture are left out; nothing is ever executed."""
    tree = LexborHTMLParser(decode(path.read_bytes(), html=True))
    csl = metadata(tree)
    blocks = _text_blocks(tree)
    return unpaged(HTML, blocks, csl, file_name, _declared_language(tree))


def markup_blocks(markup: str) -> list[RawBlock]:
    """The text of a page that is part of something else (a chapter, a converted document)."""
    return _text_blocks(LexborHTMLParser(markup))


def _text_blocks(tree: LexborHTMLParser) -> list[RawBlock]:
    root = _main(tree)
    return _blocks(root) if root is not None else []


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    """The element that holds the page's own text."""
    for selector in _INVISIBLE:
        for node in tree.css(selector):
            node.decompose()
    body = tree.body
    whole = len(body.text(deep=True)) if body is not None else 0
    for selector in ("main", "[role=main]", "article"):
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text(deep=True)) > 0.4 * whole:
            return found[0]
    return body


def _is_furniture(node: LexborNode) -> bool:
    attributes = node.attributes
    label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if node.tag in ("footer", "header") and node.css_first("h1") is None:
        return True
    # Sites name their page wrapper by everything it holds; only small parts are furniture.
    return bool(_FURNITURE.search(label)) and len(node.text(deep=True)) < 5_000


def _blocks(root: LexborNode) -> list[RawBlock]:
    """Depth first without recursion: pages may be nested as deep as they like."""
    blocks: list[RawBlock] = []
    text: list[str] = []
    kind, level = BlockKind.BODY, 0

    def flush() -> None:
        content = one_line("".join(text))
        text.clear()
        if content:
            blocks.append(RawBlock(content, kind, level))

    # None closes the block that was opened last.
    stack: list[LexborNode | None] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            flush()
            kind, level = BlockKind.BODY, 0
            continue
        tag = node.tag or ""
        if tag == "-text":
            text.append(node.text_content or "")
            continue
        if tag.startswith(("-", "!")) or tag == "_comment":
            continue
        if tag in _BLOCKS:
            if node is not root and _is_furniture(node):
                continue
            flush()
            if tag == "table":
                rows = _rows(node)
                if rows is not None:
                    blocks.extend(rows)
                    continue
            kind, level = _kind_of(tag, kind, level)
            stack.append(None)
        if tag == "img":
            continue
        children: list[LexborNode] = []
        child = node.child
        while child is not None:
            children.append(child)
            child = child.next
        stack.extend(reversed(children))
        if tag in ("td", "th"):
            text.append(" ")
    flush()
    return blocks


def _kind_of(tag: str, kind: BlockKind, level: int) -> tuple[BlockKind, int]:
    if re.fullmatch(r"h[1-6]", tag):
        return BlockKind.HEADING, int(tag[1])
    if tag == "figcaption":
        return BlockKind.CAPTION, 0
    if tag == "pre":
        return BlockKind.FIGURE, 0
    return BlockKind.BODY, 0


def _rows(table: LexborNode) -> list[RawBlock] | None:
    """The rows of a table of data; None for one that only places text on the page."""
    if (table.attributes.get("role") or "") in ("presentation", "none") or table.css("table")[1:]:
        return None
    rows: list[list[str]] = []
    for row in table.css("tr"):
        cells: list[str] = []
        for cell in row.css("td, th"):
            cells.append(one_line(cell.text(deep=True, separator=" ")))
            span = cell.attributes.get("colspan") or "1"
            cells.extend([""] * (min(int(span), MAX_COLUMNS) - 1 if span.isdecimal() else 0))
        rows.append(cells)
    words = [len(cell.split()) for row in rows for cell in row if cell]
    if len(rows) < 2 or max(map(len, rows)) < 2 or sum(words) > 60 * len(words):
        return None
    caption = table.css_first("caption")
    said = one_line(caption.text(deep=True)) if caption is not None else ""
    return [*([RawBlock(said, BlockKind.CAPTION)] if said else []), *table_blocks(rows)]


def _declared_language(tree: LexborHTMLParser) -> str | None:
    html = tree.css_first("html")
    value = (html.attributes.get("lang") or "") if html is not None else ""
    match = re.match(r"[a-z]{2}(?=$|[-_])", value.lower())
    return match[0] if match else None
