"""Places in a JSON value: JSON Pointers (RFC 6901) in which `*` stands for every item of a list.

Needs the standard library only: it goes along into the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

EVERY = "*"
"""Token for all items of a list; a key that is called so is written `~2`."""
DEPTH = 16
"""Tokens of one pointer."""

Path = tuple[str, ...]
Spot = tuple[str | int, ...]
"""A path whose stars are bound to positions."""


class Absent:
    """There is no such place."""


ABSENT = Absent()


def parse(text: str) -> Path:
    """Tokens of a pointer; the empty text is the whole value.

    Raises:
        ValueError: it is not one.
    """
    if text == "":
        return ()
    if not text.startswith("/"):
        raise ValueError(f"“{text}” does not start with a slash")
    tokens = text[1:].split("/")
    if len(tokens) > DEPTH:
        raise ValueError(f"“{text}” goes deeper than {DEPTH}")
    return tuple(token if token == EVERY else _plain(token) for token in tokens)


def _plain(token: str) -> str:
    if not token:
        raise ValueError("a part of the pointer is empty")
    if token == STAR_KEY:
        return EVERY_KEY
    return token.replace("~1", "/").replace("~0", "~")


STAR_KEY = "~2"
EVERY_KEY = "\x00*"
"""How a key that is really called `*` is held in a path."""


def written(path: Path) -> str:
    """The pointer of `path`."""
    out = ""
    for token in path:
        if token == EVERY_KEY:
            out += f"/{STAR_KEY}"
        else:
            out += "/" + token.replace("~", "~0").replace("/", "~1")
    return out


def key(token: str) -> str:
    """The key of an object that a token names."""
    return "*" if token == EVERY_KEY else token


def spots(value: Any, path: Path) -> Iterator[Spot]:
    """Every place that `path` may name in `value`, whether or not its last key is there; parents
    are there. Lists are walked by `*` only, objects by keys only."""
    if not path:
        yield ()
        return
    yield from _spots(value, path, ())


def _spots(value: Any, path: Path, before: Spot) -> Iterator[Spot]:
    token, rest = path[0], path[1:]
    if token == EVERY:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if rest:
                    yield from _spots(item, rest, (*before, index))
                else:
                    yield (*before, index)
    elif isinstance(value, dict):
        name = key(token)
        if not rest:
            yield (*before, name)
        elif name in value:
            yield from _spots(value[name], rest, (*before, name))


def get(value: Any, spot: Spot) -> Any:
    """What stands there, or `ABSENT`."""
    for token in spot:
        if not _holds(value, token):
            return ABSENT
        value = value[token]
    return value


def _holds(value: Any, token: str | int) -> bool:
    if isinstance(token, int):
        return isinstance(value, list) and 0 <= token < len(value)
    return isinstance(value, dict) and token in value


def put(value: Any, spot: Spot, new: Any) -> Any:
    """`value` with `new` there; objects on the way are made.

    Raises:
        ValueError: something other than an object is in the way.
    """
    if not spot:
        return new
    here = value
    for token, following in pairwise(spot):
        if isinstance(here, dict) and isinstance(token, str):
            if token not in here:
                if isinstance(following, int):
                    raise ValueError(f"there is no list “{token}”")
                here[token] = {}
            here = here[token]
        elif _holds(here, token):
            here = here[token]
        else:
            raise ValueError(f"“{token}” has no object around it")
    last = spot[-1]
    if not _holds(here, last) and not (isinstance(here, dict) and isinstance(last, str)):
        raise ValueError(f"“{last}” has no object around it")
    here[last] = new
    return value


def remove(value: Any, spot: Spot) -> None:
    """Take it away, and objects that are empty without it; never an item of a list."""
    for length in range(len(spot), 0, -1):
        parent, token = get(value, spot[: length - 1]), spot[length - 1]
        if not isinstance(parent, dict) or not isinstance(token, str) or token not in parent:
            return
        if length < len(spot) and parent[token] != {}:
            return
        del parent[token]


def bound(path: Path, spot: Spot) -> Spot:
    """`path` with its stars bound to the positions of `spot`, in order."""
    positions = iter([token for token in spot if isinstance(token, int)])
    return tuple(next(positions) if token == EVERY else key(token) for token in path)


def fits(source: Path, target: Path) -> bool:
    """Whether each place of `source` has one place of `target`: the same stars at the same lists."""
    stars = [source[: n + 1] for n, token in enumerate(source) if token == EVERY]
    others = [target[: n + 1] for n, token in enumerate(target) if token == EVERY]
    return stars == others
