"""Answers written as an outline instead of JSON: YAML, or Markdown's lists and tables.

Only what names its fields is read (`heading: Reefs`, `- **Words**: 250`, a table with a head). A list
without names would have to be guessed at, and is left to a second question.
"""

from __future__ import annotations

import json
import re
from typing import Any

from autonomy.core.llm.lenient import DEEPEST

_PAIR = re.compile(
    r"(?P<indent>[ \t]*)(?P<bullet>(?:[-*•+]|\d{1,3}[.)])[ \t]+)?(?:#{1,6}[ \t]*)?"
    r"(?P<mark>[*_`\"']{0,3})(?P<key>[^\W\d][\w -]{0,40}?)(?P=mark):(?P=mark)?(?:[ \t]+(?P<value>\S.*))?[ \t]*"
)
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*•+]|\d{1,3}[.)])[ \t]+(?P<value>\S.*?)[ \t]*")
_BROKEN = re.compile(r"([\"“])(?:(?!\1).)*|.*[\"”],|[|>][-+]?")
"""Pieces of JSON, and values that begin on the next line."""
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.M)
_NUMBER = re.compile(r"-?\d{1,12}")
_LITERALS = {"true": True, "false": False, "null": None, "~": None, "none": None}


def read(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or list that `text` spells out line by line; None where it names no fields."""
    table = _table(text)
    if table:
        return table
    root: dict[str, Any] = {}
    items: list[Any] = []
    # (column of its keys, the object, its key whose value is still open)
    stack: list[tuple[int, dict[str, Any], str]] = [(-1, {"": items}, "")]
    before = ""
    for line in _FENCE.sub("", text).splitlines():
        pair = _PAIR.fullmatch(line)
        previous, before = before, line
        if pair is None:
            item = _ITEM.fullmatch(line)
            if item is not None and len(stack) > 1:
                _append(stack, len(item["indent"].expandtabs(4)), _scalar(item["value"]))
            elif line.strip() and previous.strip() and len(stack) > 1:
                return None  # The line before goes on here: it was not all that was said.
            continue
        if len(stack) > DEEPEST or _BROKEN.fullmatch(pair["value"] or ""):
            return None
        indent = len(pair["indent"].expandtabs(4))
        column = indent + len(pair["bullet"] or "")
        key = "_".join(pair["key"].split())
        value = _scalar(pair["value"]) if pair["value"] else None
        while len(stack) > 1 and (
            stack[-1][0] > column or (pair["bullet"] and stack[-1][0] > indent)
        ):
            stack.pop()
        if pair["bullet"]:
            while len(stack) > 1 and stack[-1][0] >= column:
                stack.pop()
            holder, open_key = stack[-1][1], stack[-1][2]
            if len(stack) > 1 and holder.get(open_key) is None:
                holder[open_key] = []
            listed = holder.get(open_key) if len(stack) > 1 else items
            if not isinstance(listed, list):
                return None
            made: dict[str, Any] = {key: value}
            listed.append(made)
            stack.append((column, made, key))
        elif len(stack) == 1:
            if key in root:
                return None
            root[key] = value
            stack.append((column, root, key))
        elif stack[-1][0] == column:
            holder = stack[-1][1]
            if key in holder:
                return None  # Said twice: which one is meant cannot be known.
            holder[key] = value
            stack[-1] = (column, holder, key)
        else:
            holder, open_key = stack[-1][1], stack[-1][2]
            if holder.get(open_key) is not None:
                return None
            made = {key: value}
            holder[open_key] = made
            stack.append((column, made, key))
    return root or items or None


def _append(stack: list[tuple[int, dict[str, Any], str]], indent: int, value: Any) -> None:
    """A plain item goes to the nearest key above it that has no value of its own."""
    while len(stack) > 2 and stack[-1][0] > indent:
        stack.pop()
    _, holder, key = stack[-1]
    if holder.get(key) is None:
        holder[key] = []
    if isinstance(holder[key], list):
        holder[key].append(value)


def _scalar(written: str) -> Any:
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        try:
            return json.loads(text) if text[0] == '"' else text[1:-1]
        except ValueError:
            return text[1:-1]
    if text.startswith("[") and text.endswith("]"):
        return [part.strip(" \"'") for part in text[1:-1].split(",") if part.strip(" \"'")]
    if text.lower() in _LITERALS:
        return _LITERALS[text.lower()]
    return int(text) if _NUMBER.fullmatch(text) else text.strip("*_ ")


def _table(text: str) -> list[dict[str, Any]]:
    """The rows of a Markdown table, by its head; nothing where a row does not fit it."""
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    if len(rows) < 3 or not all(re.fullmatch(r":?-{2,}:?", cell) for cell in rows[1]):
        return []
    if any(
        len(row) != len(rows[0]) or not line.endswith("|")
        for row, line in zip(rows, lines, strict=True)
    ):
        return []
    head = [cell.strip("*_` ") for cell in rows[0]]
    return [
        {name: _scalar(cell) for name, cell in zip(head, row, strict=True) if cell}
        for row in rows[2:]
    ]
