"""JSON Schemas that others wrote: made safe to keep, and held against values within bounds.

A schema can ask for more work than any value is worth (choices inside choices, expressions that
backtrack for hours) and can name addresses. So regular expressions are not run, nothing is fetched,
and the work of one comparison is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from autonomy.tools.learnt.document import NotLearnt

WORK = 200_000
"""Keywords that are looked at in one comparison."""
SECONDS = 3.0
"""Of a processor, that one comparison may take."""
ENUM = 400
"""Values that an enumeration keeps; a longer one is not held against anything."""
NODES = 20_000
"""Values in one schema."""
_UNRUN = frozenset({"pattern", "patternProperties", "uniqueItems", "propertyNames"})
"""Not kept: expressions may take for ever, and comparing all with all takes the square."""
_UNKEPT = frozenset(
    {
        "$id",
        "$schema",
        "$anchor",
        "$dynamicAnchor",
        "$comment",
        "$vocabulary",
        "id",
        "discriminator",
        "xml",
        "externalDocs",
        "example",
        "examples",
        "contentSchema",
        "contentEncoding",
        "contentMediaType",
    }
)
_REMOTE = ("$dynamicRef", "$recursiveRef")
_SCHEMAS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose value is an object of schemas by name."""
_VALUES = frozenset({"enum", "const", "default", "required", "type", "dependentRequired"})
"""Keywords whose value is no schema."""

Follow = Callable[[str], str]
"""Makes a reference of the document one of the schema's own, or raises `NotLearnt`."""


class TooMuchWork(Exception):
    """A comparison was given up: the schema asks for more than it is worth."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a value is not what a schema says."""

    pointer: str
    """JSON pointer (RFC 6901) into the value; empty for the whole."""
    expected: str
    got: str
    """What kind of value stands there; never the value itself."""
    keyword: str

    @property
    def words(self) -> str:
        where = self.pointer or "the answer"
        return f"{where}: expected {self.expected}, got {self.got}"


def own(reference: str) -> str:
    """A `Follow` for schemas that stand by themselves."""
    if not reference.startswith("#"):
        raise NotLearnt("reference", f"A schema refers to another document ({reference[:80]}).")
    return reference


def cleaned(schema: Any, follow: Follow = own, *, old: bool = False) -> dict[str, Any]:
    """`schema` in the form that is kept: JSON Schema 2020-12 without what is never run or fetched.

    Args:
        old: it is OpenAPI 3.0's own kind (`nullable`, limits that are booleans).

    Raises:
        NotLearnt: `reference` or `schema`.
    """
    return _Cleaner(follow, old).clean(schema, 0)


class _Cleaner:
    def __init__(self, follow: Follow, old: bool) -> None:
        self._follow = follow
        self._old = old
        self._left = NODES

    def clean(self, schema: Any, depth: int) -> dict[str, Any]:
        self._left -= 1
        if self._left < 0 or depth > 60:
            raise NotLearnt("schema", "A schema is larger or deeper than schemas are.")
        if schema is True or schema is None:
            return {}
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict):
            raise NotLearnt("schema", "Where a schema belongs, there is something else.")
        if any(keyword in schema for keyword in _REMOTE):
            raise NotLearnt("reference", "A schema refers to others in a way that is not followed.")
        made: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword in _UNKEPT or keyword in _UNRUN or keyword.startswith("x-"):
                continue
            made |= self._keyword(keyword, value, depth)
        if "patternProperties" in schema or "propertyNames" in schema:
            made.pop("additionalProperties", None)  # it would refuse what the expressions allow
            made.pop("unevaluatedProperties", None)
        return self._modern(made, schema) if self._old else made

    def _keyword(self, keyword: str, value: Any, depth: int) -> dict[str, Any]:
        if keyword == "$ref":
            if not isinstance(value, str):
                raise NotLearnt("reference", "A reference is not a text.")
            return {"$ref": self._follow(value)}
        if keyword == "description" or keyword == "title":
            return {keyword: " ".join(str(value).split())[:400]}
        if keyword == "enum":
            kept = isinstance(value, list) and 0 < len(value) <= ENUM
            return {"enum": value} if kept else {}
        if keyword == "required":
            return {"required": [str(v) for v in value]} if isinstance(value, list) else {}
        if keyword in _VALUES:
            return {keyword: value}
        if keyword in _SCHEMAS and isinstance(value, dict):
            return {keyword: {str(n): self.clean(s, depth + 1) for n, s in value.items()}}
        if keyword in ("allOf", "anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            return {keyword: [self.clean(s, depth + 1) for s in value]} if value else {}
        if keyword == "items" and isinstance(value, list):
            return {"prefixItems": [self.clean(s, depth + 1) for s in value]}
        if isinstance(value, dict | bool) and keyword in _ONE_SCHEMA:
            return {keyword: self.clean(value, depth + 1)}
        if isinstance(value, str | int | float | bool):
            return {keyword: value}
        return {}

    @staticmethod
    def _modern(made: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
        """OpenAPI 3.0's own keywords in the words of JSON Schema."""
        for low, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if made.get(exclusive) is True and low in made:
                made[exclusive] = made.pop(low)
            elif isinstance(made.get(exclusive), bool):
                made.pop(exclusive)
        nullable = made.pop("nullable", False)
        if "$ref" in made:
            made = {"$ref": made["$ref"]}  # beside a reference, 3.0 ignores everything
        elif nullable is True and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
            if "enum" in made and None not in made["enum"]:
                made["enum"] = [*made["enum"], None]
        elif nullable is True and ("allOf" in made or "oneOf" in made or "anyOf" in made):
            made = {"anyOf": [made, {"type": "null"}]}
        return made


_ONE_SCHEMA = frozenset(
    {
        "items",
        "additionalProperties",
        "unevaluatedProperties",
        "unevaluatedItems",
        "not",
        "if",
        "then",
        "else",
        "contains",
    }
)


# --------------------------------------------------------------------------- comparing

_left: ContextVar[int] = ContextVar("learnt_schema_work", default=WORK)
_until: ContextVar[float] = ContextVar("learnt_schema_until", default=0.0)

_Rule = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


def _counted(rule: _Rule) -> _Rule:
    def look(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        left = _left.get() - 1
        _left.set(left)
        if left < 0 or (left % 256 == 0 and time.thread_time() > _until.get()):
            raise TooMuchWork
        yield from rule(validator, value, instance, schema) or ()

    return look


def _unrun(validator: Any, value: Any, instance: Any, schema: Any) -> None:
    return None


_extended: Any = extend
_Validator: Any = _extended(
    Draft202012Validator,
    {
        **{name: _counted(rule) for name, rule in Draft202012Validator.VALIDATORS.items()},
        **dict.fromkeys(_UNRUN, _unrun),
    },
)
_NOWHERE: Registry[Any] = Registry()
"""Holds nothing and fetches nothing."""


def problems(schema: Mapping[str, Any], value: Any, most: int = 5) -> list[Problem]:
    """Where `value` is not what `schema` says; the first `most`, each at its most telling place.

    Raises:
        TooMuchWork: it could not be told within bounds.
    """
    if not schema:
        return []
    _left.set(WORK)
    _until.set(time.thread_time() + SECONDS)
    found: list[Problem] = []
    try:
        for error in _Validator(schema, registry=_NOWHERE).iter_errors(value):
            found.append(_described(_telling(error)))
            if len(found) == most:
                break
    except (RecursionError, Unresolvable) as error:
        raise TooMuchWork from error
    return found


def _telling(error: ValidationError) -> ValidationError:
    """Of a choice that fits nowhere, the branch that came nearest."""
    if not error.context:
        return error
    return best_match(iter([error])) or error


def _described(error: ValidationError) -> Problem:
    keyword = str(error.validator)
    path = list(error.absolute_path)
    expected, got = _expectation(keyword, error.validator_value), kind_of(error.instance)
    instance: Any = error.instance
    if keyword == "required" and isinstance(instance, dict):
        wanted: Any = error.validator_value
        missing = next((name for name in wanted if name not in instance), "")
        path, expected, got = [*path, missing], "a value", "nothing"
    return Problem("".join(f"/{_escaped(part)}" for part in path), expected, got, keyword)


def _expectation(keyword: str, value: Any) -> str:
    if keyword == "type":
        return " or ".join(value) if isinstance(value, list) else str(value)
    if keyword == "enum":
        return f"one of {', '.join(str(v) for v in value[:8])}"[:200]
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        return "no further fields"
    if isinstance(value, str | int | float):
        return f"{keyword} {value}"[:200]
    return keyword


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[type, str], ...]:
    return (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    )


def kind_of(value: Any) -> str:
    """The JSON type of a value."""
    return next((name for kind, name in _kinds() if isinstance(value, kind)), "null")
