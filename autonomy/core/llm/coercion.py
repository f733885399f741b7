"""Coercion: bending a parsed JSON value into a model by what validation complains about.

Driven by pydantic's own error locations, so it needs no knowledge of any particular schema, and
touches only what did not validate.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 6
"""One round may uncover the next error (a renamed key, then its value); more means it is hopeless."""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _unwrapped(value: Any, output: type[BaseModel]) -> Any:
    """`{"plan": {…}}` as `{…}`, and a bare list as the model's one list field."""
    names = {_plain(name) for name in output.model_fields}
    while (
        isinstance(value, dict)
        and len(value) == 1
        and isinstance(inner := next(iter(value.values())), dict)
        and _plain(next(iter(value))) not in names
    ):
        value = inner
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], dict):
            keys = {_plain(str(key)) for key in value[0]}
            if keys & names:
                return value[0]
        lists = [
            name
            for name, field in output.model_fields.items()
            if str(field.annotation).startswith(("list", "tuple", "typing.List"))
        ]
        if len(lists) == 1:
            return {lists[0]: value}
    return value


def _parent(value: Any, location: tuple[int | str, ...]) -> Any:
    for part in location[:-1]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _expected(message: str) -> list[str]:
    return re.findall(r"'([^']*)'", message)


def _fixed(item: Any, error: Any) -> tuple[bool, Any]:
    """A replacement for one value that did not validate: (whether there is one, the value)."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_type":
        if isinstance(item, bool | int | float):
            return True, str(item)
        if isinstance(item, list) and all(isinstance(part, str) for part in item):
            return True, " ".join(item)
        if item is None:
            return True, ""
    if kind in ("list_type", "tuple_type"):
        if isinstance(item, str):
            parts = [part.strip(" -•\t") for part in re.split(r"[\n;]", item)]
            return True, [part for part in parts if part]
        return True, [] if item is None else [item]
    if kind in ("int_parsing", "int_type", "float_parsing", "float_type") and isinstance(item, str):
        number = re.search(r"-?\d[\d,]*(?:\.\d+)?", item)
        if number:
            parsed = float(number.group().replace(",", ""))
            return True, round(parsed) if kind.startswith("int") else parsed
    if kind == "int_from_float":
        return True, round(item)
    if kind in ("literal_error", "enum") and isinstance(item, str):
        wanted = {_plain(option): option for option in _expected(str(context.get("expected", "")))}
        if _plain(item) in wanted:
            return True, wanted[_plain(item)]
        started = [wanted[option] for option in wanted if _plain(item).startswith(option)]
        if len(started) == 1:
            return True, started[0]
    if kind == "string_too_long":
        return True, item[: context["max_length"]].rstrip()
    if kind == "too_long" and isinstance(item, list):
        return True, item[: context["max_length"]]
    if kind in ("greater_than_equal", "greater_than"):
        return True, context.get("ge", context.get("gt"))
    if kind in ("less_than_equal", "less_than"):
        return True, context.get("le", context.get("lt"))
    return False, item


def _mend(value: Any, error: Any) -> bool:
    """Change `value` in place where `error` points; False when there is nothing to be done."""
    location = error["loc"]
    if not location:
        return False
    parent, last = _parent(value, location), location[-1]
    if error["type"] == "missing" and isinstance(parent, dict):
        for key in list(parent):
            if _plain(str(key)) == _plain(str(last)):
                parent[last] = parent.pop(key)
                return True
        return False
    if error["type"] == "extra_forbidden" and isinstance(parent, dict):
        parent.pop(last, None)
        return True
    try:
        found, fixed = _fixed(parent[last], error)
    except (KeyError, IndexError, TypeError):
        return False
    if found and fixed != parent[last]:
        parent[last] = fixed
        return True
    if isinstance(parent, dict) and parent[last] is None:
        del parent[last]  # Null for a field that has a default.
        return True
    return False


def _drop_last_broken(value: Any, error: Any) -> bool:
    """Remove the last item of a list when that item is what failed: a cut answer's torn end."""
    for depth in range(len(error["loc"]) - 1, -1, -1):
        part = error["loc"][depth]
        if isinstance(part, int):
            items = _parent(value, error["loc"][: depth + 1])
            if isinstance(items, list) and len(items) > 1 and part == len(items) - 1:
                items.pop()
                return True
    return False


def coerce(value: Any, output: type[M]) -> M:
    """`value` as `output`, after mending what can be mended without inventing content.

    Raises:
        ValidationError: what is still wrong.
    """
    value = _unwrapped(value, output)
    for _ in range(_ROUNDS):
        try:
            return output.model_validate(value)
        except ValidationError as problem:
            errors = problem.errors(include_url=False)
            mended = [_mend(value, error) for error in errors]
            if not any(mended) and not any(_drop_last_broken(value, e) for e in errors):
                raise
    return output.model_validate(value)
