"""The operations of the wrapper language, carried out on a JSON value.

An operation that finds the wanted form already leaves it as it is, so that answers of the old and
of the new shape go through the same wrapper: an API that is rolled back, or whose machines change
one after the other, does not break it again.

Needs the standard library only: it goes along into the sandbox.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autonomy.tools.learnt import pointers, tables
from autonomy.tools.learnt.coercions import COERCIONS, NotCoercible
from autonomy.tools.learnt.pointers import ABSENT

PLACES = 200_000
"""Places that one operation may touch."""


class NotApplicable(ValueError):
    """An operation cannot be carried out on this value; `number` counts from 1."""

    def __init__(self, number: int, name: str, why: str) -> None:
        super().__init__(f"operation {number} ({name}): {why}")
        self.number = number
        self.name = name
        self.why = why


Given = Mapping[str, Any]


def carry_out(operations: Sequence[tuple[str, Given]], value: Any) -> Any:
    """`value` after all `operations`, in their order; the given one is left alone.

    Raises:
        NotApplicable: one of them meets a form that it does not know.
    """
    value = copy.deepcopy(value)
    for number, (name, given) in enumerate(operations, start=1):
        try:
            value = OPERATIONS[name](value, given)
        except (ValueError, RecursionError) as error:
            raise NotApplicable(number, name, str(error)) from error
    return value


def _spots(value: Any, pointer: str) -> list[pointers.Spot]:
    found = []
    for spot in pointers.spots(value, pointers.parse(pointer)):
        found.append(spot)
        if len(found) > PLACES:
            raise ValueError(f"there are more than {PLACES:,} places “{pointer}”")
    return found


def _move(value: Any, given: Given) -> Any:
    target = pointers.parse(given["to"])
    if not given["from"]:
        return _under(value, target)
    for spot in _spots(value, given["from"]):
        moved = pointers.get(value, spot)
        if moved is ABSENT:
            continue
        if not target:
            return moved
        there = pointers.bound(target, spot)
        if spot[: len(there)] == there:
            # The field takes the place of the object around it.
            value = pointers.put(value, there, moved)
            continue
        if there[: len(spot)] == spot and isinstance(moved, dict):
            continue
        if pointers.get(value, there) is not ABSENT:
            continue
        pointers.remove(value, spot)
        value = pointers.put(value, there, moved)
    return value


def _under(value: Any, target: pointers.Path) -> Any:
    """The whole value one or more objects further in, unless it is there."""
    if pointers.get(value, tuple(map(pointers.key, target))) is not ABSENT:
        return value
    for token in reversed(target):
        value = {pointers.key(token): value}
    return value


def _nest(value: Any, given: Given) -> Any:
    for spot in _spots(value, given["at"]):
        parent = pointers.get(value, spot)
        if not isinstance(parent, dict) or given["under"] in parent:
            continue
        inner = {name: parent.pop(name) for name in given["fields"] if name in parent}
        if inner:
            parent[given["under"]] = inner
    return value


def _flatten(value: Any, given: Given) -> Any:
    prefix = given.get("prefix", "")
    for spot in _spots(value, given["at"]):
        inner = pointers.get(value, spot)
        if not isinstance(inner, dict):
            continue
        parent = pointers.get(value, spot[:-1])
        lifted = {prefix + name: item for name, item in inner.items()}
        taken = sorted(name for name in lifted if name in parent and name != spot[-1])
        if taken:
            raise ValueError(f"“{taken[0]}” is there already")
        del parent[spot[-1]]
        parent.update(lifted)
    return value


def _wrap(value: Any, given: Given) -> Any:
    return _each(value, given, lambda item: item if isinstance(item, list) else [item])


def _unwrap(value: Any, given: Given) -> Any:
    def single(item: Any) -> Any:
        if not isinstance(item, list):
            return item
        if len(item) != 1:
            raise ValueError(f"a list of {len(item)} is not one item")
        return item[0]

    return _each(value, given, single)


def _coerce(value: Any, given: Given) -> Any:
    coercion = COERCIONS[given["as"]]

    def coerced(item: Any) -> Any:
        try:
            return None if item is None else coercion(item)
        except NotCoercible as error:
            raise ValueError(f"at “{given['at']}”: {error}") from error

    return _each(value, given, coerced)


def _map(value: Any, given: Given) -> Any:
    pairs = [(pair["from"], pair["to"]) for pair in given["values"]]

    def mapped(item: Any) -> Any:
        for old, new in pairs:
            if _same(item, old):
                return new
        if item is None or any(_same(item, new) for _, new in pairs):
            return item
        raise ValueError(f"at “{given['at']}”: {str(item)[:60]!r} has no counterpart")

    return _each(value, given, mapped)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _each(value: Any, given: Given, change: Callable[[Any], Any]) -> Any:
    for spot in _spots(value, given["at"]):
        item = pointers.get(value, spot)
        if item is not ABSENT:
            value = pointers.put(value, spot, change(item))
    return value


def _default(value: Any, given: Given) -> Any:
    for spot in _spots(value, given["at"]):
        if pointers.get(value, spot) is ABSENT:
            value = pointers.put(value, spot, copy.deepcopy(given["value"]))
    return value


def _constant(value: Any, given: Given) -> Any:
    for spot in _spots(value, given["at"]):
        value = pointers.put(value, spot, copy.deepcopy(given["value"]))
    return value


def _drop(value: Any, given: Given) -> Any:
    for spot in _spots(value, given["at"]):
        parent = pointers.get(value, spot[:-1])
        if isinstance(parent, dict):
            parent.pop(spot[-1], None)
    return value


def _page(value: Any, given: Given) -> Any:
    """The items of a page, and what asks for the next one, to where they are promised."""
    for place in ("items", "next"):
        if place in given:
            value = _move(value, {"from": given[place], "to": given[f"{place}_to"]})
    return value


def _parse(value: Any, given: Given) -> Any:
    return tables.rows(value, given["as"])


OPERATIONS: dict[str, Callable[[Any, Given], Any]] = {
    "move": _move,
    "nest": _nest,
    "flatten": _flatten,
    "wrap": _wrap,
    "unwrap": _unwrap,
    "coerce": _coerce,
    "map": _map,
    "default": _default,
    "constant": _constant,
    "drop": _drop,
    "page": _page,
    "parse": _parse,
}
"""`rename` is a move within one object; the parser checks that and calls it `move`."""
