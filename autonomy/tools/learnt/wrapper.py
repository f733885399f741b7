"""The wrapper of a learnt tool: how arguments become those that the API takes now, and its answers
the results that the tool promised. A closed set of operations in YAML, without code:

    accept: [202]                       # statuses of an answer, besides 200, 201 and 203
    request:
      - rename: {from: /q, to: /query}
      - constant: {at: /lang, value: en}
    response:
      - parse: {as: csv}
      - move: {from: /data/results, to: /items}
      - coerce: {at: /items/*/year, as: integer}
      - map: {at: /items/*/state, values: [{from: O, to: open}, {from: C, to: closed}]}

A wrapper can rename and shape what the contract lets through. It names no address, header or
secret, so whatever stands in it, a call goes where the contract says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from autonomy.tools.learnt import pointers
from autonomy.tools.learnt.coercions import COERCIONS
from autonomy.tools.learnt.operations import NotApplicable, carry_out

TEXT_CHARS = 16_000
OPERATIONS_MAX = 60
"""Of each list."""
ACCEPTED = frozenset({200, 201, 203})
"""Statuses of a whole answer. 202 may be only a promise, 206 is a part: those must be named."""

Scalar = str | int | float | bool | None


class WrapperError(Exception):
    """The text is no wrapper, or a value does not go through it; the message names the operation."""

    def __init__(self, message: str, operation: int | None = None) -> None:
        super().__init__(message)
        self.operation = operation
        """Counted from 1 in its list; None when it is about the text as a whole."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


def _pointer(text: str) -> str:
    pointers.parse(text)
    if len(text) > 400:
        raise ValueError("the pointer is too long")
    return text


class _At(_Strict):
    at: str

    @field_validator("at")
    @classmethod
    def _is_pointer(cls, text: str) -> str:
        return _pointer(text)


class _Field(_At):
    @model_validator(mode="after")
    def _names_a_field(self) -> _Field:
        if not self.at:
            raise ValueError("the whole value cannot be meant")
        if self.at.endswith("/*"):
            raise ValueError("it must name a field, not all items")
        return self


class _Move(_Strict):
    source: str = Field(alias="from")
    to: str

    @model_validator(mode="after")
    def _goes_together(self) -> _Move:
        source, target = pointers.parse(_pointer(self.source)), pointers.parse(_pointer(self.to))
        if source == target:
            raise ValueError("from and to are the same")
        if pointers.EVERY in (*source[-1:], *target[-1:]):
            raise ValueError("it must name a field, not all items")
        if not (source and target) and pointers.EVERY in source + target:
            raise ValueError("the whole value has one place only")
        if not pointers.fits(source, target):
            raise ValueError("from and to must go through the same lists")
        return self


class _Rename(_Move):
    @model_validator(mode="after")
    def _stays_in_its_object(self) -> _Rename:
        if self.source.rpartition("/")[0] != self.to.rpartition("/")[0]:
            raise ValueError("a rename stays in its object; that is a move")
        return self


Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Nest(_At):
    fields: list[Name] = Field(min_length=1, max_length=100)
    under: Name


class _Flatten(_Field):
    prefix: str = Field(default="", max_length=100)


class _Coerce(_At):
    to: str = Field(alias="as")

    @field_validator("to")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in COERCIONS:
            raise ValueError(f"there is no coercion “{name}”: {', '.join(COERCIONS)}")
        return name


class _Pair(_Strict):
    source: Scalar = Field(alias="from")
    to: Scalar


class _Map(_At):
    values: list[_Pair] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _one_to_one(self) -> _Map:
        sources = [json.dumps(pair.source) for pair in self.values]
        targets = [json.dumps(pair.to) for pair in self.values]
        if len(set(sources)) != len(sources) or len(set(targets)) != len(targets):
            raise ValueError("two values would become one")
        crossed = {s for s, t in zip(sources, targets, strict=True) if s != t} & set(targets)
        if crossed:
            raise ValueError(f"{sorted(crossed)[0]} is an old value and a new one")
        return self


class _Value(_Field):
    value: Scalar = Field(...)

    @field_validator("value")
    @classmethod
    def _short(cls, value: Scalar) -> Scalar:
        if isinstance(value, str) and len(value) > 500:
            raise ValueError("the value is too long")
        return value


class _Page(_Strict):
    items: str
    items_to: str
    next: str | None = None
    next_to: str | None = None

    @model_validator(mode="after")
    def _both_ends(self) -> _Page:
        if (self.next is None) != (self.next_to is None):
            raise ValueError("next and next_to belong together")
        for source, target in ((self.items, self.items_to), (self.next, self.next_to)):
            if source is not None and target is not None:
                if "*" in source + target or not (source and target):
                    raise ValueError("items and next are single places")
                _Move.model_validate({"from": source, "to": target})
        return self


class _Parse(_Strict):
    form: Literal["csv", "tsv", "json_lines", "xml"] = Field(alias="as")


SHAPES: dict[str, type[_Strict]] = {
    "rename": _Rename,
    "move": _Move,
    "nest": _Nest,
    "flatten": _Flatten,
    "wrap": _At,
    "unwrap": _At,
    "coerce": _Coerce,
    "map": _Map,
    "default": _Value,
    "constant": _Value,
    "drop": _Field,
    "page": _Page,
    "parse": _Parse,
}
"""What each operation takes."""

RESPONSE_ONLY = frozenset({"page", "parse"})

Operation = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Wrapper:
    """A parsed wrapper; without operations it passes everything through."""

    requests: tuple[Operation, ...] = ()
    responses: tuple[Operation, ...] = ()
    statuses: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Wrapper:
        """The wrapper that `text` describes.

        Raises:
            WrapperError: it is none.
        """
        if len(text) > TEXT_CHARS:
            raise WrapperError(f"A wrapper has at most {TEXT_CHARS:,} characters.")
        found = _read(text)
        if found is None:
            return cls()
        if not isinstance(found, dict) or set(found) - {"request", "response", "accept"}:
            raise WrapperError("A wrapper consists of `request`, `response` and `accept`.")
        return cls(
            _listed(found.get("request"), "request"),
            _listed(found.get("response"), "response"),
            _statuses(found.get("accept")),
        )

    def accepts(self, status: int) -> bool:
        """Whether an answer of that HTTP status is a result, as far as the status says."""
        return status in ACCEPTED or status in self.statuses

    def request(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as the API takes them now. Raises `WrapperError`."""
        made = _through(self.requests, arguments, "request")
        if not isinstance(made, dict):
            raise WrapperError("The request is no longer a set of arguments.")
        return made

    def response(self, answer: Any) -> Any:
        """The result as the tool promised it. Raises `WrapperError`."""
        return _through(self.responses, answer, "response")

    def text(self) -> str:
        """As YAML; parsing that gives the same wrapper."""
        parts: dict[str, Any] = {}
        if self.statuses:
            parts["accept"] = sorted(self.statuses)
        for name, operations in (("request", self.requests), ("response", self.responses)):
            if operations:
                parts[name] = [{operation: given} for operation, given in operations]
        if not parts:
            return ""
        lines = []
        for name, value in parts.items():
            if name == "accept":
                lines.append(f"accept: {json.dumps(value)}")
                continue
            lines.append(f"{name}:")
            # One operation a line, so that a diff shows what was added.
            for entry in value:
                ((operation, given),) = entry.items()
                lines.append(f"- {operation}: {json.dumps(given, ensure_ascii=False)}")
        return "\n".join(lines) + "\n"

    def plus(
        self,
        *,
        request: tuple[Operation, ...] = (),
        response: tuple[Operation, ...] = (),
        first: tuple[Operation, ...] = (),
        accept: frozenset[int] = frozenset(),
    ) -> Wrapper:
        """This wrapper with more operations: of the response before what there is (`first`) and
        after it. Checked like a parsed one."""
        grown = Wrapper(
            self.requests + request, first + self.responses + response, self.statuses | accept
        )
        return Wrapper.parse(grown.text())


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: no aliases (which grow), no dates, no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys):
            raise yaml.YAMLError("a key is no text, or stands twice")
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "merge"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with less
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:300]
        raise WrapperError(f"The wrapper is no YAML that can be read: {said}") from error


def _listed(found: Any, side: str) -> tuple[Operation, ...]:
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > OPERATIONS_MAX:
        raise WrapperError(f"`{side}` is a list of at most {OPERATIONS_MAX} operations.")
    return tuple(_operation(entry, side, number) for number, entry in enumerate(found, start=1))


def _operation(entry: Any, side: str, number: int) -> Operation:
    where = f"{side}, operation {number}"
    if not isinstance(entry, dict) or len(entry) != 1:
        raise WrapperError(f"{where}: it must be one name with what it takes.", number)
    ((name, given),) = entry.items()
    shape = SHAPES.get(name)
    if shape is None:
        raise WrapperError(f"{where}: there is no “{name}”: {', '.join(SHAPES)}.", number)
    if side == "request" and name in RESPONSE_ONLY:
        raise WrapperError(f"{where}: “{name}” is for responses.", number)
    try:
        checked = shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise WrapperError(
            f"{where} ({name}): {field}{': ' * bool(field)}{message}.", number
        ) from error
    return name, checked.model_dump(by_alias=True, exclude_unset=True)


def _statuses(found: Any) -> frozenset[int]:
    if found is None:
        return frozenset()
    if not isinstance(found, list) or len(found) > 10:
        raise WrapperError("`accept` is a short list of statuses.")
    for status in found:
        if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status < 300:
            raise WrapperError(f"`accept`: {str(status)[:20]} is no status between 200 and 299.")
    return frozenset(found)


def _through(operations: tuple[Operation, ...], value: Any, side: str) -> Any:
    plain = [("move" if name == "rename" else name, given) for name, given in operations]
    try:
        return carry_out(plain, value)
    except NotApplicable as error:
        name = operations[error.number - 1][0]
        raise WrapperError(
            f"{side}, operation {error.number} ({name}): {error.why}.", error.number
        ) from error
