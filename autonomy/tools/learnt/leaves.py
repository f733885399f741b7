"""A JSON value as its leaves: which values stand at which kind of place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from autonomy.tools.learnt import pointers
from autonomy.tools.learnt.pointers import EVERY, Path

Position = tuple[int, ...]
"""Which item of each list on the way."""

LEAVES = 20_000
"""Of one value that are looked at."""


class TooManyLeaves(ValueError):
    """The value is larger than what is compared."""


class Leaf(NamedTuple):
    path: Path
    position: Position
    value: Any
    """A scalar, or an empty list or object."""


Leaves = dict[Path, dict[Position, Any]]


def leaves_of(value: Any) -> Leaves:
    """All leaves by the kind of their place.

    Raises:
        TooManyLeaves: see `LEAVES`.
    """
    found: Leaves = {}
    for count, leaf in enumerate(_walk(value, (), ())):
        if count >= LEAVES:
            raise TooManyLeaves(f"more than {LEAVES:,} values")
        found.setdefault(leaf.path, {})[leaf.position] = leaf.value
    return found


def _walk(value: Any, path: Path, position: Position) -> Iterator[Leaf]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            token = pointers.EVERY_KEY if name == EVERY else str(name)
            yield from _walk(inner, (*path, token), position)
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, EVERY), (*position, index))
    else:
        yield Leaf(path, position, value)


def schema_at(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    """What the schema promises of a place; None when it does not speak of it. Alternatives
    (`anyOf` …) and local `$ref`s are followed to the first that does."""
    return _schema_at(schema, path, schema, 0)


def _schema_at(
    schema: Any, path: Path, root: Mapping[str, Any], depth: int
) -> Mapping[str, Any] | None:
    if not isinstance(schema, Mapping) or depth > 60:
        return None
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if not reference.startswith("#"):
            return None
        target: Any = root
        for token in reference[1:].split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, Mapping) else None
        return _schema_at(target, path, root, depth + 1)
    if not path:
        return schema
    token, rest = path[0], path[1:]
    if token == EVERY:
        inner = schema.get("items")
    else:
        properties = schema.get("properties")
        inner = properties.get(pointers.key(token)) if isinstance(properties, Mapping) else None
        if inner is None and isinstance(schema.get("additionalProperties"), Mapping):
            inner = schema["additionalProperties"]
    found = _schema_at(inner, rest, root, depth + 1)
    if found is not None:
        return found
    for alternatives in ("anyOf", "oneOf", "allOf"):
        for alternative in schema.get(alternatives, ()):
            found = _schema_at(alternative, path, root, depth + 1)
            if found is not None:
                return found
    return None


def promised(schema: Mapping[str, Any], path: Path) -> bool:
    """Whether results are held to a place: the schema names it, or is open there (an object
    without `properties` promises all that it ever had)."""
    if schema_at(schema, path) is not None:
        return True
    for length in range(len(path) - 1, -1, -1):
        around = schema_at(schema, path[:length])
        if around is not None:
            speaks = {"properties", "items", "anyOf", "oneOf", "allOf"} & set(around)
            return not speaks
    return True


def declared(schema: Mapping[str, Any]) -> Iterator[Path]:
    """Places that the schema names, outermost first, without repeating itself."""
    yield from _declared(schema, (), schema, 0)


def _declared(schema: Any, path: Path, root: Mapping[str, Any], depth: int) -> Iterator[Path]:
    found = _schema_at(schema, (), root, 0)
    if found is None or depth > 10:
        return
    for name, inner in dict(found.get("properties") or {}).items():
        token = pointers.EVERY_KEY if name == EVERY else str(name)
        yield (*path, token)
        yield from _declared(inner, (*path, token), root, depth + 1)
    if isinstance(found.get("items"), Mapping):
        yield from _declared(found["items"], (*path, EVERY), root, depth + 1)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        for alternative in found.get(alternatives, ()):
            yield from _declared(alternative, path, root, depth + 1)
