"""An answer of a learnt tool as Markdown: what was asked as its heading, and the values as a table
whose columns have the answer's own names, or as the text that it is. What does not fit is said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autonomy.core.phrases import counted

ROWS = 200
"""Entries of a list that are told."""
COLUMNS = 6
"""More names than these are told one a row."""
TEXT_CHARS = 60_000
VALUE_CHARS = 600
DEPTH = 4
_ABOUT = ("count", "total", "page", "limit", "offset", "next", "previous", "cursor")
"""What a page of a list says of itself: no value that somebody asked for."""


def asked_words(arguments: Mapping[str, Any]) -> str:
    """The arguments, as in “base EUR, date 2024-01-05”."""
    return ", ".join(f"{name} {value}" for name, value in _leaves(arguments))[:400]


def answer_text(what: str, arguments: Mapping[str, Any], value: Any) -> str:
    """The answer to one call.

    Args:
        what: what the tool gives, in a few words.
    """
    asked = asked_words(arguments)
    heading = f"# {_plain(what)}{f' ({_plain(asked)})' if asked else ''}"
    parts = [heading, *_parts(arguments, value)]
    text = "\n\n".join(part for part in parts if part)
    if len(text) <= TEXT_CHARS:
        return text
    cut = text[:TEXT_CHARS].rsplit("\n", 1)[0]
    return f"{cut}\n\nThe rest of the answer is left out, because it is too long."


def _parts(arguments: Mapping[str, Any], value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
        return
    if isinstance(value, dict):
        entries = {name: held for name, held in value.items() if _is_entries(held)}
        single = {
            name: held
            for name, held in value.items()
            if name not in entries and not (entries and name in _ABOUT)
        }
        if single:
            yield _one(arguments, single)
        for name, held in entries.items():
            yield f"## {_plain(name)}"
            yield from _many(held)
        if not value:
            yield "The answer is empty."
    elif isinstance(value, list):
        yield from _many(value)
    else:
        yield _one(arguments, {"value": value})


def _one(arguments: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """One entry, with what was asked for it: a row, or a row for each of its names."""
    cells = dict(_leaves(value))
    asked = {name: held for name, held in _leaves(arguments) if name not in cells}
    cells = {**asked, **cells}
    if 2 <= len(cells) <= COLUMNS:
        return _table(list(cells), [list(cells.values())])
    return _table(["field", "value"], [[name, held] for name, held in cells.items()])


def _many(entries: Sequence[Any]) -> Iterator[str]:
    if not entries:
        yield "The list is empty."
        return
    told = [dict(_leaves(e)) if isinstance(e, dict) else {"value": _plain(e)} for e in entries]
    columns = list(dict.fromkeys(name for cells in told[:ROWS] for name in cells))
    if len(columns) == 1:
        columns = ["entry", *columns]
        told = [{"entry": str(number), **cells} for number, cells in enumerate(told, 1)]
    yield _table(columns, [[cells.get(name, "") for name in columns] for cells in told[:ROWS]])
    if len(entries) > ROWS:
        yield f"{counted(len(entries) - ROWS, 'more row')} of the answer are left out."


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _is_entries(held: Any) -> bool:
    return isinstance(held, list) and any(isinstance(entry, dict) for entry in held)


def _leaves(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Names (of things within things, joined) and values, in their order."""
    if isinstance(value, Mapping) and depth < DEPTH:
        for name, held in value.items():
            yield from _leaves(held, _plain(f"{path} {name}"), depth + 1)
    elif isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value):
        yield path, _plain(", ".join(_plain(entry) for entry in value)) or "none"
    elif isinstance(value, Mapping | list):
        yield path, _plain(json.dumps(value, ensure_ascii=False, default=str))
    else:
        yield path, _plain(value)


def _plain(value: Any) -> str:
    """On one line, and no bar or heading of its own."""
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    line = " ".join(str(value).replace("|", "¦").split())
    return line if len(line) <= VALUE_CHARS else f"{line[:VALUE_CHARS]}…"
