"""Coercion: bending a parsed JSON value into a model by what validation complains about.

Driven by pydantic's own error locations, so it needs no knowledge of any particular schema, and
touches only what did not validate. It renames, unwraps, converts and cuts; it never makes up a value
and never chooses between two that were written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from autonomy.core.answers import LENIENT
from autonomy.core.llm import lenient
from autonomy.core.llm.latex import double_backslashes
from autonomy.core.llm.values import cleaned, load

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 6
"""One round may uncover the next error (a renamed key, then its value); more means it is hopeless."""

_ARGUMENTS = ("arguments", "parameters", "args", "input")
"""Where a call of a tool keeps what was asked for."""


class Incomplete(ValueError):
    """The answer broke off before what is left of it could be relied on."""


def _plain(name: object) -> str:
    return re.sub(r"[\W_]", "", str(name)).lower()


# --------------------------------------------------------------------------- wrappings


def _inner_json(value: Any) -> Any:
    """The object or list that a string holds, or the value as it is."""
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        spelled = double_backslashes(value.strip())
        try:
            if spelled == value.strip():
                return cleaned(load(value))
        except ValueError:
            pass
        try:
            reading = lenient.read(spelled)
            return value if reading.torn is not None or reading.skewed else cleaned(reading.value)
        except lenient.Unreadable:
            pass
    return value


def _unwrapped(value: Any, output: type[BaseModel]) -> Any:
    """The object that has `output`'s fields, out of what was put around it: `{"plan": {…}}`, a tool
    call, a list of one, a string; and a bare list as the model's one list field."""
    names = {_plain(name) for name in output.model_fields}
    for _ in range(4):
        value = _inner_json(value)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            keys = {_plain(key) for key in value[0]}
            if keys & names or keys & set(_ARGUMENTS):
                value = value[0]
                continue
        if not isinstance(value, dict):
            break
        required = {_plain(n) for n, f in output.model_fields.items() if f.is_required()}
        keys = {_plain(key) for key in value}
        if required & keys:
            break
        inside = [
            inner
            for key, held in value.items()
            if isinstance(inner := _inner_json(held), dict | list)
            and (
                _holds(inner, required)
                or (
                    isinstance(inner, dict)
                    and not names & keys
                    and (len(value) == 1 or _plain(key) in _ARGUMENTS)
                )
            )
        ]
        if len(inside) != 1:
            break
        value = inside[0]
    if isinstance(value, list):
        lists = [
            name
            for name, field in output.model_fields.items()
            if get_origin(field.annotation) in (list, tuple)
        ]
        if len(lists) == 1:
            return {lists[0]: value}
    return value


def _holds(value: Any, required: set[str]) -> bool:
    return isinstance(value, dict) and bool(required & {_plain(key) for key in value})


# --------------------------------------------------------------------------- torn ends


def _item_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a list's items, or of an optional field."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def cut(reading: lenient.Reading, output: type[BaseModel]) -> Any:
    """The value that was read, without what its text broke off in.

    An object counts as whole when all its fields are there, though its bracket is not. Otherwise it
    goes with the list item that it is (part of), since what was going to follow might have changed
    its meaning.

    Raises:
        Incomplete: it belongs to no list, or was its only item; or a bracket is missing, and the
            shape has an object of any keys, so that it cannot be told what belonged to that.
    """
    value = reading.value
    if reading.skewed and free_form(output):
        raise Incomplete("A bracket or a value is missing.")
    if reading.torn is None:
        return value
    keys = {_plain(key) for key in value} if isinstance(value, dict) else set()
    if isinstance(value, dict) and not keys & {_plain(name) for name in output.model_fields}:
        # Whether its last brackets are the answer's or those of what was put around it is unknown.
        raise Incomplete("The answer broke off before it was complete.")
    return _cut(value, reading.torn, output)


def free_form(output: type[BaseModel]) -> bool:
    """Whether it has an object of any keys: of that, nothing tells what is missing."""
    return any(
        get_origin(part) is dict or part is dict
        for field in output.model_fields.values()
        for part in (field.annotation, *get_args(field.annotation))
    )


def _cut(value: Any, torn: Sequence[str | int], output: type[BaseModel]) -> Any:
    holders: list[Any] = [value]
    models: list[type[BaseModel] | None] = []
    model: type[BaseModel] | None = output
    for key in torn:
        holder = holders[-1]
        models.append(model)
        if isinstance(holder, dict) and model is not None:
            field = next(
                (f for n, f in model.model_fields.items() if _plain(n) == _plain(key)), None
            )
            if field is not None:
                model = _item_of(field.annotation)
        holders.append(holder[key])
    models.append(model)
    depth = len(holders) - 1
    while depth >= 0:
        if _whole(holders[depth], models[depth], output):
            depth -= 1
            continue
        while depth > 0 and not (
            isinstance(holders[depth - 1], list) and models[depth - 1] is not None
        ):
            depth -= 1
        if depth == 0 or len(holders[depth - 1]) < 2:
            raise Incomplete("The answer broke off before it was complete.")
        holders[depth - 1].pop()
        depth -= 1
    return value


def _whole(holder: Any, model: type[BaseModel] | None, output: type[BaseModel]) -> bool:
    if model is None:
        return False
    if isinstance(holder, list):
        return bool(holder)
    keys = {_plain(key) for key in holder}
    names = {_plain(name) for name in model.model_fields}
    return names <= keys


# --------------------------------------------------------------------------- values


def _number(written: str) -> float | None:
    """The one number in `written`; None where there is none, several, or an unclear one."""
    found = re.findall(r"-?\d+(?:[.,]\d+)*", written)
    if len(found) != 1 or not found[0].isascii() or len(found[0]) > 20:
        return None
    digits = found[0]
    if re.fullmatch(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    if "," in digits or re.fullmatch(r"-?\d{1,3}\.\d{3}", digits) or digits.count(".") > 1:
        return None  # 1.000 is one in London and a thousand in Berlin.
    return float(digits)


def _rounded(number: float) -> int | None:
    """`number` as a whole one, where that changes it by less than a hundredth."""
    whole = round(number)
    return whole if abs(whole - number) <= 0.01 * abs(number) else None


def _option(item: str, expected: str) -> str | None:
    """The option that `item` names: itself, or followed by an explanation that names no other."""
    wanted: dict[str, str] = {_plain(name): name for name in re.findall(r"'([^']*)'", expected)}
    if _plain(item) in wanted:
        return wanted[_plain(item)]
    found = re.match(r"\W*(\w+)\W*[.:;,(–—\n-]", item)
    if found is None or found[1].lower() not in wanted:
        return None
    others = re.findall(r"\w+", item[found.end() :].lower())
    doubtful = {"not", "no", "but", "only", "never", "however", "or", "part", "partially", *wanted}
    return None if doubtful & set(others) else wanted[found[1].lower()]


def _fixed(item: Any, error: Any) -> tuple[bool, Any]:
    """A replacement for one value that did not validate: (whether there is one, the value)."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_type":
        if isinstance(item, bool | int | float):
            return True, str(item)
        if isinstance(item, list) and item and all(isinstance(part, str) for part in item):
            return True, " ".join(item)
        if item is None:
            return True, ""
    if kind in ("list_type", "tuple_type", "dict_type", "model_type", "model_attributes_type"):
        inner = _inner_json(item)
        if inner is not item:
            return True, inner
        if kind in ("model_type", "model_attributes_type") and isinstance(item, list):
            return len(item) == 1, item[0] if len(item) == 1 else item
    if kind in ("list_type", "tuple_type"):
        if isinstance(item, str):
            parts = [re.sub(r"^[\s\-•*]+|\s+$", "", part) for part in re.split(r"[\n;]", item)]
            return True, [part for part in parts if part]
        if isinstance(item, dict) and item and all(isinstance(v, dict) for v in item.values()):
            return True, list(item.values())
        return True, [] if item is None else [item]
    if kind in ("int_parsing", "int_type", "float_parsing", "float_type") and isinstance(item, str):
        number = _number(item)
        whole = None if number is None else _rounded(number)
        if number is not None and (whole is not None or not kind.startswith("int")):
            return True, whole if kind.startswith("int") else number
    if kind == "int_from_float" and (whole := _rounded(item)) is not None:
        return True, whole
    if kind in ("literal_error", "enum") and isinstance(item, str):
        option = _option(item, str(context.get("expected", "")))
        if option is not None:
            return True, option
    if kind == "string_too_long":
        return True, item[: context["max_length"]].rstrip()
    if kind == "too_long" and isinstance(item, list):
        return True, item[: context["max_length"]]
    if kind in ("less_than_equal", "less_than"):
        return True, context.get("le", context.get("lt"))  # A limit cuts numbers like texts.
    return False, item


def _parent(value: Any, location: tuple[int | str, ...]) -> Any:
    for part in location[:-1]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _mend(value: Any, error: Any) -> bool:
    """Change `value` in place where `error` points; False when there is nothing to be done."""
    location = error["loc"]
    if not location:
        return False
    parent, last = _parent(value, location), location[-1]
    if error["type"] == "missing" and isinstance(parent, dict):
        same = [key for key in parent if _plain(key) == _plain(last)]
        if len(same) == 1:
            parent[last] = parent.pop(same[0])
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


def coerce(value: Any, output: type[M]) -> M:
    """`value` as `output`, after mending what can be mended without inventing content. Changes
    `value`.

    Raises:
        ValidationError: what is still wrong.
    """
    value = _unwrapped(value, output)
    for _ in range(_ROUNDS):
        try:
            return output.model_validate(value, context=LENIENT)
        except ValidationError as problem:
            errors = problem.errors(include_url=False)
            mended = [_mend(value, error) for error in errors]
            if not any(mended):
                raise
    return output.model_validate(value, context=LENIENT)
