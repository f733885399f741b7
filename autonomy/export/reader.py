"""Read a section's Markdown into the document tree, markers included.

CommonMark with tables, strikethrough and dollar mathematics. Everything else that Markdown
dialects can activate stays literal text: HTML, LaTeX, attributes, metadata blocks, `@keys`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from autonomy.core.markers import MARKER
from autonomy.export import nodes, texmath
from autonomy.export.exhibits import SCHEME
from autonomy.export.pandoc import Node

MAX_NESTING = 24
_PLACEHOLDER = re.compile(r"⸨(\d+)⸩")
_ENCODED = re.compile(r"%E2%B8%A8\d+%E2%B8%A9")
_SAFE_URL = re.compile(r"(?i)^(https?://|mailto:)[^\s<>\"\\]+$")
_QUOTES = {
    "de": "„“‚‘",
    "fr": ["«\u00a0", "\u00a0»", "‹\u00a0", "\u00a0›"],
    "es": "«»“”",
    "it": "«»“”",
    "pt": "«»“”",
    "ru": "«»„“",
    "pl": "„”«»",
    "sv": "””’’",
    "fi": "””’’",
    "da": "»«›‹",
    "nl": "“”‘’",
}


def marker_node(kind: str, passage_id: str) -> Node:
    """A marker in the tree, until `render` puts the citation in its place."""
    return {"t": "Marker", "c": [kind, passage_id, 0]}


def markers(blocks: list[Node]) -> Iterator[Node]:
    """The marker nodes in reading order."""
    return nodes.find(blocks, "Marker")


def number_markers(blocks: list[Node]) -> int:
    """Give every marker node its 1-based place in the document; how many there are."""
    count = 0
    for count, node in enumerate(markers(blocks), start=1):
        node["c"][2] = count
    return count


def read_section(markdown: str, *, language: str = "en", typographic: bool = True) -> list[Node]:
    """The blocks of one section.

    Markers become `Marker` nodes in their order in the text; markers in code, link targets and
    other places that cannot show a citation are moved behind that place, never lost.

    Args:
        typographic: turn straight quotes into those of `language`.
    """
    found = [(match["kind"], match["id"]) for match in MARKER.finditer(markdown)]
    parser = _parser(language.split("-")[0].lower() if typographic else "")
    blocks = _Blocks(parser.parse(_with_placeholders(markdown))).read()
    seen: set[int] = set()
    for node in markers(blocks):
        index = node["c"][1]
        seen.add(index)
        node["c"][:2] = found[index]
    lost = [marker_node(*found[index]) for index in range(len(found)) if index not in seen]
    return _appended(blocks, lost) if lost else blocks


def _with_placeholders(markdown: str) -> str:
    """The text with each marker as `⸨n⸩`: brackets that mean nothing to Markdown, but count as
    punctuation, so that `**bold.**[[p:ID]]` still closes."""
    plain = nodes.printable(markdown).replace("⸨", "((").replace("⸩", "))")
    numbers = itertools.count()
    return MARKER.sub(lambda _: f"⸨{next(numbers)}⸩", plain)


def _appended(blocks: list[Node], lost: list[Node]) -> list[Node]:
    if blocks and blocks[-1]["t"] in ("Para", "Plain"):
        return [*blocks[:-1], nodes.para([*blocks[-1]["c"], nodes.space(), *lost])]
    return [*blocks, nodes.para(lost)]


# ------------------------------------------------------------------------------- parser


@cache
def _parser(quotes_of: str) -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"html": False, "maxNesting": MAX_NESTING, "typographer": bool(quotes_of)},
    )
    parser.disable(["html_block", "html_inline", "entity"])
    parser.enable(["table", "strikethrough", "entity"])
    if quotes_of:
        parser.enable("smartquotes")
        parser.options["quotes"] = _QUOTES.get(quotes_of, "“”‘’")
    parser.inline.ruler.before("escape", "math", _math_rule)
    return parser


def _math_rule(state: StateInline, silent: bool) -> bool:
    """`$x$`, `$$x$$`, `\\(x\\)`, `\\[x\\]`. As in pandoc, a single dollar opens only before ink
    and closes only after ink and not before a digit, so prices stay prices."""
    for opening, closing, display in (
        ("$$", "$$", True),
        ("\\[", "\\]", True),
        ("\\(", "\\)", False),
        ("$", "$", False),
    ):
        if not state.src.startswith(opening, state.pos):
            continue
        start = state.pos + len(opening)
        end = state.src.find(closing, start, min(state.posMax, start + 2_000))
        if end < 0:
            return False
        tex = state.src[start:end]
        if opening == "$":
            before = state.src[state.pos - 1 : state.pos]
            after = state.src[end + 1 : end + 2]
            if (
                not tex.strip()
                or tex[0].isspace()
                or tex[-1].isspace()
                or after.isdigit()
                or before.isalnum()
            ):
                return False
        if not texmath.is_safe(tex) or _PLACEHOLDER.search(tex):
            return False
        if not silent:
            token = state.push("math", "", 0)
            token.content = texmath.tidy(tex)
            token.meta = {"display": display}
        state.pos = end + len(closing)
        return True
    return False


# ---------------------------------------------------------------------------- conversion


class _Blocks:
    """A cursor over markdown-it's flat token stream."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def read(self, closing: str = "") -> list[Node]:
        """Blocks up to and including the token of type `closing` (or the end)."""
        blocks: list[Node] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == closing:
                break
            blocks.extend(self._block(token))
        return blocks

    def _block(self, token: Token) -> list[Node]:
        kind = token.type
        if kind == "paragraph_open":
            return [nodes.para(self._inline("paragraph_close"), tight=token.hidden)]
        if kind == "heading_open":
            return [nodes.header(int(token.tag[1]), self._inline("heading_close"))]
        if kind == "blockquote_open":
            return [nodes.quote(self.read("blockquote_close"))]
        if kind == "bullet_list_open":
            return [nodes.bullets(self._items("bullet_list_close"))]
        if kind == "ordered_list_open":
            start = min(int(token.attrs.get("start", 1)), 1_000_000)
            return [nodes.numbered(start, self._items("ordered_list_close"))]
        if kind in ("fence", "code_block"):
            shown, hidden = _split_code(token.content.rstrip("\n"))
            _, in_info = _split_code(token.info)
            after = [*hidden, *in_info]
            return [nodes.code_block(shown), *([nodes.para(after)] if after else [])]
        if kind == "table_open":
            return [self._table()]
        if kind == "hr":
            return [nodes.rule()]
        if kind == "inline":
            return [nodes.para(_inlines(token.children or []))]
        return []

    def _inline(self, closing: str) -> list[Node]:
        inlines: list[Node] = []
        while self._tokens[self._at].type != closing:
            inlines.extend(_inlines(self._tokens[self._at].children or []))
            self._at += 1
        self._at += 1
        return inlines

    def _items(self, closing: str) -> list[list[Node]]:
        items: list[list[Node]] = []
        while self._tokens[self._at].type != closing:
            self._at += 1
            items.append(self.read("list_item_close"))
        self._at += 1
        return items

    def _table(self) -> Node:
        rows: list[list[list[Node]]] = []
        aligns: list[str] = []
        while (token := self._tokens[self._at]).type != "table_close":
            self._at += 1
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if token.type == "th_open":
                    aligns.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
                rows[-1].append(self._inline(token.type.replace("open", "close")))
        self._at += 1
        return nodes.table(aligns, rows[0], rows[1:])


def _split_code(value: str) -> tuple[str, list[Node]]:
    """Code without its markers, and the markers, which are shown after it."""
    hidden = [_placed(match) for match in _PLACEHOLDER.finditer(value)]
    return (_PLACEHOLDER.sub("", value).rstrip() if hidden else value), hidden


def _placed(match: re.Match[str]) -> Node:
    return {"t": "Marker", "c": ["", int(match[1]), 0]}


def _text(value: str) -> list[Node]:
    """Words, spaces and the markers among them."""
    out: list[Node] = []
    at = 0
    for match in _PLACEHOLDER.finditer(value):
        out.extend([*nodes.text(value[at : match.start()]), _placed(match)])
        at = match.end()
    return [*out, *nodes.text(value[at:])]


_WRAPS = {"em": "Emph", "strong": "Strong", "s": "Strikeout"}


def _inlines(tokens: Sequence[Token]) -> list[Node]:
    """The inline list of one inline token's children."""
    stack: list[tuple[list[Node], Token | None]] = [([], None)]
    for token in tokens:
        here = stack[-1][0]
        kind = token.type
        if kind.endswith("_open"):
            # Emphasis can be nested without end; past a sane depth it is only text.
            stack.append(([], token if len(stack) <= MAX_NESTING else None))
        elif kind.endswith("_close"):
            content, opening = stack.pop()
            stack[-1][0].extend(_closed(content, opening))
        elif kind == "text":
            here.extend(_text(token.content))
        elif kind == "softbreak":
            here.append(nodes.space())
        elif kind == "hardbreak":
            here.append({"t": "LineBreak"})
        elif kind == "code_inline":
            shown, hidden = _split_code(token.content)
            here.extend([nodes.code(shown), *hidden])
        elif kind == "math":
            here.append(nodes.math(token.content, display=bool(token.meta["display"])))
        elif kind == "image":
            here.extend(_image(token))
    return stack[0][0]


def _closed(content: list[Node], opening: Token | None) -> list[Node]:
    """An inline element at its end. A citation cannot stand inside a link: it follows it."""
    if opening is None:
        return content
    if opening.tag != "a":
        return [nodes.styled(_WRAPS[opening.tag], content)] if content else []
    markers = [n for n in content if n["t"] == "Marker"]
    shown = [n for n in content if n["t"] != "Marker"]
    url = _ENCODED.sub("", str(opening.attrs.get("href", "")))
    if shown and _SAFE_URL.match(url):
        return [nodes.link(shown, url), *markers]
    return [*shown, *markers]


def _image(token: Token) -> list[Node]:
    """Pictures are never fetched: their description stands in, linked if it may be. One of the
    document's own exhibits is named, for `exhibits.placed`."""
    if str(token.attrs.get("src", "")).startswith(SCHEME):
        return [{"t": "Exhibit", "c": str(token.attrs["src"]).removeprefix(SCHEME)}]
    described = _inlines(token.children or []) or nodes.text("picture")
    markers = [n for n in described if n["t"] == "Marker"]
    shown = [nodes.styled("Emph", [n for n in described if n["t"] != "Marker"])]
    url = _ENCODED.sub("", str(token.attrs.get("src", "")))
    return [nodes.link(shown, url) if _SAFE_URL.match(url) else shown[0], *markers]
