"""JSON values fit to be kept: what a database, a schema and a page can take."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from autonomy.core.llm.lenient import DEEPEST, TooDeep, Unreadable, twice, unescaped

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]|[\U000e0000-\U000e007f]")
"""Control characters, and the invisible tags that spell text nobody sees."""
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c]")


class NotPlain(Unreadable):
    """Valid JSON that says two things at once."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen and seen[key] != value:
                raise NotPlain(twice(key))
            seen[key] = value
    return made


_DECODER = json.JSONDecoder(
    strict=False, object_pairs_hook=_object, parse_constant=lambda constant: None
)


def load(text: str) -> Any:
    """The value that `text` is.

    Raises:
        NotPlain: it says two things at once.
        TooDeep: see there.
        ValueError: it is not JSON.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise TooDeep from None


def scan(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, and the offset behind it. Raises as `load`."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise TooDeep from None


def tidied(text: str) -> str:
    """`text` without what cannot be stored or seen."""
    return _UNPRINTABLE.sub("", _BREAKS.sub("\n", unescaped(text)))


def _leaf(value: Any) -> Any:
    if isinstance(value, str):
        return tidied(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > 2**63:
        return None
    return value


def cleaned(value: Any) -> Any:
    """`value` with its texts tidied and without numbers that are none. Changes lists and objects in
    place.

    Raises:
        TooDeep: see there.
    """
    if not isinstance(value, dict | list):
        return _leaf(value)
    open_: list[tuple[Any, int]] = [(value, 1)]
    while open_:
        holder, depth = open_.pop()
        if depth > DEEPEST:
            raise TooDeep
        for key, inner in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if isinstance(inner, dict | list):
                open_.append((inner, depth + 1))
            else:
                holder[key] = _leaf(inner)
        if isinstance(holder, dict):
            for key in [key for key in holder if key != tidied(key)]:
                holder[tidied(key)] = holder.pop(key)
    return value
