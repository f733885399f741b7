"""What an API says it wants of a request: the parameter that its error names, and what may be
given for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autonomy.core.learnt import Exchange, LearntTool
from autonomy.tools.learnt.evidence import good, same
from autonomy.tools.learnt.field_names import conflict, kinship, words
from autonomy.tools.learnt.pointers import written
from autonomy.tools.learnt.wrapper import Operation

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,60}\Z")
CREDENTIALS = frozenset(
    "auth authorization authentication token key apikey secret password passwd credential "
    "credentials signature session cookie bearer jwt login user username account".split()
)
"""Words of parameters that a person has to give, never a wrapper."""
CONSTANT_SEEN = 3
"""Recorded calls that must agree before what they gave counts as the value."""

_QUOTED = r"[\"'`“‘]([A-Za-z_][\w.\-]{0,60})[\"'`”’]"
_WANTED = (
    re.compile(
        rf"(?:missing|required|requires|must (?:provide|specify|include))[^.\"'`“‘]{{0,60}}?{_QUOTED}",
        re.I,
    ),
    re.compile(
        rf"{_QUOTED}[^.\"'`“‘]{{0,40}}?(?:is|was|are)?[^.\"'`“‘]{{0,20}}?(?:required|missing)", re.I
    ),
    re.compile(
        r"(?:parameter|field|argument)[: ]+([A-Za-z_][\w\-]{0,60}) (?:is |was )?(?:required|missing)",
        re.I,
    ),
    re.compile(
        r"(?:missing|required) (?:query |body |request )?(?:parameter|field|argument)s?[: ]+([A-Za-z_][\w\-]{0,60})\b",
        re.I,
    ),
)
_NAMING = ("param", "parameter", "field", "name", "property", "argument")


def wanted(answer: Any) -> set[str]:
    """Names of the parameters that an error says are missing."""
    found: set[str] = set()
    for part in _parts(answer, 0):
        if isinstance(part, str):
            for pattern in _WANTED:
                found |= {match[1] for match in pattern.finditer(part[:2_000])}
        else:
            found |= _of_entry(part)
    return {name for name in found if NAME.match(name)}


def _of_entry(entry: Mapping[str, Any]) -> set[str]:
    """The name in one entry of an error list that says “required” or “missing” somewhere."""
    said = " ".join(str(v) for v in entry.values() if isinstance(v, str)).lower()
    if "required" not in said and "missing" not in said:
        return set()
    where = entry.get("loc")
    if isinstance(where, list) and where and isinstance(where[-1], str):
        return {where[-1]}
    source = entry.get("source")
    if isinstance(source, Mapping):
        entry = {**entry, **source}
    return {entry[key] for key in _NAMING if isinstance(entry.get(key), str)}


def _parts(answer: Any, depth: int) -> Iterator[str | Mapping[str, Any]]:
    if depth > 6:
        return
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, Mapping):
        yield answer
        for inner in list(answer.values())[:50]:
            yield from _parts(inner, depth + 1)
    elif isinstance(answer, list):
        for inner in answer[:50]:
            yield from _parts(inner, depth + 1)


def asked_for(
    tool: LearntTool, recordings: Sequence[Exchange], failed: Exchange
) -> tuple[Operation, str] | str:
    """What to add to the request because the API's error names it, and a sentence; or why
    nothing can be added."""
    names = wanted(failed.answer) - _given(failed)
    if not names:
        return "The API refuses the request and does not name a parameter that it misses."
    if len(names) > 1:
        return f"The API names several things that it misses: {', '.join(sorted(names))}."
    (name,) = names
    if CREDENTIALS & set(words(name)):
        return f"The API asks for “{name}”, which only a person can give."
    value = _known_value(tool, recordings, name)
    renamed = _renamed(tool, recordings, failed, name)
    if renamed and value is not None:
        return f"“{name}” may be a new name of “{renamed}” or a new parameter."
    if renamed:
        operation: Operation = ("rename", {"from": written((renamed,)), "to": written((name,))})
        return operation, f"renamed the parameter “{renamed}” to “{name}”"
    if value is None:
        return f"The API asks for “{name}”, and neither the tool's contract nor a recording says what to give."
    operation = ("default", {"at": written((name,)), "value": value})
    return (
        operation,
        f"wants the parameter “{name}” (given: {json.dumps(value, ensure_ascii=False)})",
    )


def _given(failed: Exchange) -> set[str]:
    """Names of what the request had."""
    query = failed.request.get("query") or ()
    names = query if isinstance(query, Mapping) else [pair[0] for pair in query]
    return {str(name) for name in (*names, *(failed.request.get("arguments") or ()))}


def _known_value(tool: LearntTool, recordings: Sequence[Exchange], name: str) -> Any:
    """What the contract or all recordings give for it; None when neither does."""
    spec = dict(tool.input_schema.get("properties") or {}).get(name)
    if isinstance(spec, Mapping):
        choices = spec.get("enum")
        for value in (
            spec.get("const"),
            spec.get("default"),
            choices[0] if isinstance(choices, list) and len(choices) == 1 else None,
        ):
            if isinstance(value, str | int | float):
                return value
    given = [r.arguments[name] for r in good(recordings) if name in r.arguments]
    if len(given) >= CONSTANT_SEEN and len(given) == len(good(recordings)):
        first = given[0]
        if isinstance(first, str | int | float) and all(same(first, value) for value in given):
            return first
    return None


def _renamed(tool: LearntTool, recordings: Sequence[Exchange], failed: Exchange, name: str) -> str:
    """The argument that is called `name` now; empty when none is sure to be."""
    properties = set(tool.input_schema.get("properties") or {})
    if name in properties:
        return ""
    close = [
        argument
        for argument in sorted(properties & set(failed.arguments))
        if kinship((argument,), (name,)) and not conflict((argument,), (name,))
    ]
    return close[0] if len(close) == 1 else ""
