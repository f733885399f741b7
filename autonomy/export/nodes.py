"""Constructors and walks for pandoc's document tree.

Only what is built here ever reaches pandoc: there is no constructor for raw HTML, raw LaTeX,
metadata, and none for images but `figure`, which only exhibits of the document use, so text from a
model or a file cannot become any of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autonomy.export.pandoc import Node

Attr = tuple[str, Sequence[str], Sequence[tuple[str, str]]]
NO_ATTR: Attr = ("", (), ())
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"([ \t\r\n]+)")


def attr(identity: str = "", classes: Sequence[str] = (), **pairs: str) -> Attr:
    return (
        identity,
        list(classes),
        [(name.replace("_", "-"), value) for name, value in pairs.items()],
    )


def _attr(value: Attr) -> list[object]:
    return [value[0], list(value[1]), [list(pair) for pair in value[2]]]


# ------------------------------------------------------------------------------- inlines


def printable(value: str) -> str:
    """`value` without the characters that XML, and so DOCX, cannot carry."""
    return _UNPRINTABLE.sub("", value)


def text(value: str) -> list[Node]:
    """Words and spaces of `value`."""
    return [
        {"t": "Space"} if piece.isspace() and piece[0] in " \t\r\n" else {"t": "Str", "c": piece}
        for piece in _SPACES.split(printable(value))
        if piece
    ]


def space() -> Node:
    return {"t": "Space"}


def styled(kind: str, inlines: list[Node]) -> Node:
    """`kind` is Emph, Strong, Strikeout, Superscript or Subscript."""
    return {"t": kind, "c": inlines}


def span(attributes: Attr, inlines: list[Node]) -> Node:
    return {"t": "Span", "c": [_attr(attributes), inlines]}


def link(inlines: list[Node], url: str, attributes: Attr = NO_ATTR) -> Node:
    return {"t": "Link", "c": [_attr(attributes), inlines, [url, ""]]}


def code(value: str) -> Node:
    return {"t": "Code", "c": [_attr(NO_ATTR), value]}


def math(tex: str, *, display: bool) -> Node:
    return {"t": "Math", "c": [{"t": "DisplayMath" if display else "InlineMath"}, tex]}


# -------------------------------------------------------------------------------- blocks


def para(inlines: list[Node], *, tight: bool = False) -> Node:
    return {"t": "Plain" if tight else "Para", "c": inlines}


def header(level: int, inlines: list[Node], attributes: Attr = NO_ATTR) -> Node:
    return {"t": "Header", "c": [level, _attr(attributes), inlines]}


def div(attributes: Attr, blocks: list[Node]) -> Node:
    return {"t": "Div", "c": [_attr(attributes), blocks]}


def quote(blocks: list[Node]) -> Node:
    return {"t": "BlockQuote", "c": blocks}


def code_block(value: str) -> Node:
    return {"t": "CodeBlock", "c": [_attr(NO_ATTR), value]}


def bullets(items: list[list[Node]]) -> Node:
    return {"t": "BulletList", "c": items}


def numbered(start: int, items: list[list[Node]]) -> Node:
    return {"t": "OrderedList", "c": [[start, {"t": "Decimal"}, {"t": "Period"}], items]}


def rule() -> Node:
    return {"t": "HorizontalRule"}


def figure(url: str, alt: str, caption: list[Node], *, width: str = "") -> Node:
    """A picture with its caption; `width` is a length such as 12.5cm."""
    image = {
        "t": "Image",
        "c": [_attr(attr(width=width) if width else NO_ATTR), text(alt), [url, ""]],
    }
    return {
        "t": "Figure",
        "c": [_attr(NO_ATTR), [None, [para(caption, tight=True)]], [para([image], tight=True)]],
    }


def table(
    aligns: list[str],
    head: list[list[Node]],
    rows: list[list[list[Node]]],
    *,
    caption: list[Node] | None = None,
) -> Node:
    """`aligns` are left, center, right or empty; cells are inline lists, rows padded to fit."""
    kinds = {"left": "AlignLeft", "center": "AlignCenter", "right": "AlignRight"}
    width = len(aligns)

    def cells(row: list[list[Node]]) -> list[object]:
        padded = (row + [[] for _ in range(width)])[:width]
        empty = _attr(NO_ATTR)
        return [
            empty,
            [
                [empty, {"t": "AlignDefault"}, 1, 1, [para(c, tight=True)] if c else []]
                for c in padded
            ],
        ]

    return {
        "t": "Table",
        "c": [
            _attr(NO_ATTR),
            [None, [para(caption, tight=True)] if caption else []],
            [[{"t": kinds.get(a, "AlignDefault")}, {"t": "ColWidthDefault"}] for a in aligns],
            [_attr(NO_ATTR), [cells(head)]],
            [[_attr(NO_ATTR), 0, [], [cells(row) for row in rows]]],
            [_attr(NO_ATTR), []],
        ],
    }


# -------------------------------------------------------------------------------- walks

InlineMap = Callable[[list[Node]], list[Node]]
_BOXES = ("Emph", "Strong", "Strikeout", "Superscript", "Subscript", "SmallCaps", "Underline")


def map_inlines(blocks: list[Node], change: InlineMap) -> list[Node]:
    """The blocks with `change` applied to every inline list, inner lists before outer ones,
    in reading order."""
    return [_map_block(block, change) for block in blocks]


def _map_block(block: Node, change: InlineMap) -> Node:
    kind = block["t"]
    if kind in ("Para", "Plain"):
        return {"t": kind, "c": map_inline_list(block["c"], change)}
    if kind == "Header":
        level, attributes, inlines = block["c"]
        return {"t": kind, "c": [level, attributes, map_inline_list(inlines, change)]}
    if kind == "BlockQuote":
        return {"t": kind, "c": map_inlines(block["c"], change)}
    if kind == "Div":
        return {"t": kind, "c": [block["c"][0], map_inlines(block["c"][1], change)]}
    if kind == "BulletList":
        return {"t": kind, "c": [map_inlines(item, change) for item in block["c"]]}
    if kind == "OrderedList":
        return {"t": kind, "c": [block["c"][0], [map_inlines(i, change) for i in block["c"][1]]]}
    if kind == "Table":
        attributes, caption, columns, head, bodies, foot = block["c"]
        head = [head[0], [_map_row(row, change) for row in head[1]]]
        bodies = [[b[0], b[1], b[2], [_map_row(r, change) for r in b[3]]] for b in bodies]
        return {"t": kind, "c": [attributes, caption, columns, head, bodies, foot]}
    return block


def _map_row(row: list[Any], change: InlineMap) -> list[Any]:
    attributes, cells = row
    return [attributes, [[*cell[:4], map_inlines(cell[4], change)] for cell in cells]]


def map_inline_list(inlines: list[Node], change: InlineMap) -> list[Node]:
    inner: list[Node] = []
    for node in inlines:
        if node["t"] in _BOXES:
            inner.append({"t": node["t"], "c": map_inline_list(node["c"], change)})
        elif node["t"] in ("Span", "Link", "Quoted"):
            content = list(node["c"])
            content[1] = map_inline_list(content[1], change)
            inner.append({"t": node["t"], "c": content})
        elif node["t"] == "Note":
            inner.append({"t": "Note", "c": map_inlines(node["c"], change)})
        else:
            inner.append(node)
    return change(inner)


def without_spans(blocks: list[Node]) -> list[Node]:
    """The blocks with every span replaced by its content, for formats that have none."""

    def change(inlines: list[Node]) -> list[Node]:
        out: list[Node] = []
        for node in inlines:
            out.extend(node["c"][1] if node["t"] == "Span" else [node])
        return out

    return map_inlines(blocks, change)


def find(value: object, kind: str) -> Iterator[Node]:
    """Every node of type `kind` below `value`, in reading order."""
    if isinstance(value, dict):
        if value.get("t") == kind:
            yield value
        else:
            yield from find(value.get("c"), kind)
    elif isinstance(value, list):
        for item in value:
            yield from find(item, kind)


def inline_lists(value: object) -> Iterator[list[Node]]:
    """The text of every paragraph, heading, list item and table cell, in reading order."""
    if isinstance(value, dict):
        if value.get("t") in ("Para", "Plain"):
            yield value["c"]
        elif value.get("t") == "Header":
            yield value["c"][2]
        else:
            yield from inline_lists(value.get("c"))
    elif isinstance(value, list):
        for item in value:
            yield from inline_lists(item)


def plain(nodes: Iterable[Node]) -> str:
    """The words of an inline list, as a person reads them."""
    out: list[str] = []
    for node in nodes:
        kind, content = node["t"], node.get("c")
        if kind == "Str":
            out.append(str(content))
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            out.append(" ")
        elif kind in ("Code", "Math"):
            out.append(str(node["c"][1]))
        elif kind == "Quoted":
            left, right = "‘’" if node["c"][0]["t"] == "SingleQuote" else "“”"
            out.append(left + plain(node["c"][1]) + right)
        elif kind in ("Span", "Link", "Cite"):
            out.append(plain(node["c"][1]))
        elif kind in _BOXES:
            out.append(plain(node["c"]))
    return "".join(out)
