"""Arguments become an HTTP request, each parameter in its place and style (OpenAPI 3.1, 4.8.12)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from autonomy.core.learnt import HttpContract, Parameter, Place
from autonomy.tools.learnt.openapi import BODY, FORM, JSON_CONTENT, argument_names


class BadArgument(ValueError):
    """An argument that cannot be put into a request; says which."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Built:
    """A request without its secrets."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    content: bytes | None = None
    media_type: str = ""

    def plain(self) -> dict[str, Any]:
        """As recordings hold it."""
        return {
            "path": self.path,
            "query": [list(pair) for pair in self.query],
            "headers": dict(self.headers),
            "body": self.body,
        }


def built(contract: HttpContract, arguments: dict[str, Any]) -> Built:
    """The request that `arguments` make.

    An argument that the contract does not know (a wrapper may bring one, for an API that has
    renamed a parameter) goes into the query, and nowhere else.

    Raises:
        BadArgument: one is missing, or has a form that its place cannot carry.
    """
    path, query, headers = contract.path, list[tuple[str, str]](), list[tuple[str, str]]()
    known = {BODY} if contract.body_schema is not None else set()
    for name, parameter in zip(argument_names(contract), contract.parameters, strict=True):
        known.add(name)
        if name not in arguments or (arguments[name] is None and not parameter.required):
            if parameter.place is Place.PATH:
                raise BadArgument(name, "it is missing, and the path wants it")
            continue
        value = arguments[name]
        if parameter.place is Place.PATH:
            path = path.replace("{" + parameter.name + "}", _in_path(name, value, parameter))
        elif parameter.place is Place.QUERY:
            query += _in_query(parameter, value)
        else:
            headers.append((parameter.name, _in_header(name, value, parameter)))
    for name in arguments.keys() - known:
        query += _in_query(Parameter(name=name, place=Place.QUERY), arguments[name])
    secret = {use.name for use in contract.secrets if use.kind == "query"}
    for name, _ in query:
        if name in secret:
            raise BadArgument(name, "this place is kept for a key")
    body = arguments.get(BODY) if contract.body_schema is not None else None
    if body is None and BODY not in arguments:
        return Built(path, tuple(query), tuple(headers))
    media_type = contract.body_media_type
    if media_type == FORM:
        if not isinstance(body, dict):
            raise BadArgument(BODY, "a form has named fields")
        content = urlencode([(k, _text(v)) for k, v in body.items()]).encode()
    else:
        content = json.dumps(body, ensure_ascii=False).encode()
    return Built(path, tuple(query), tuple(headers), body, content, media_type)


def _text(value: Any) -> str:
    """A value as one text; what is no scalar, as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _pairs(value: dict[str, Any], joiner: str) -> list[str]:
    return [f"{key}{joiner}{_text(item)}" for key, item in value.items()]


def _in_path(name: str, value: Any, parameter: Parameter) -> str:
    prefix, between = {"label": (".", "."), "matrix": (";", ";")}.get(parameter.style, ("", ","))
    exploded = bool(parameter.explode)
    if parameter.style == JSON_CONTENT:
        parts = [json.dumps(value, ensure_ascii=False)]
    elif isinstance(value, list):
        parts = [_text(item) for item in value]
    elif isinstance(value, dict):
        parts = (
            _pairs(value, "=") if exploded else [_text(x) for pair in value.items() for x in pair]
        )
    else:
        parts = [_text(value)]
    # A dot segment would leave the path of the contract; an empty one would change it.
    if not parts or any(part in ("", ".", "..") for part in parts):
        raise BadArgument(name, "it may not be empty or consist of dots in a path")
    encoded = [
        quote(part, safe="=" if isinstance(value, dict) and exploded else "") for part in parts
    ]
    if parameter.style == "matrix":
        named = quote(parameter.name, safe="")
        if isinstance(value, dict) and exploded:
            return ";" + ";".join(encoded)
        if exploded and isinstance(value, list):
            return "".join(f";{named}={part}" for part in encoded)
        return f";{named}={','.join(encoded)}"
    if parameter.style == "label":
        return prefix + (between if exploded else ",").join(encoded)
    return ",".join(encoded)


def _in_query(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    name, style = parameter.name, parameter.style or "form"
    exploded = (
        parameter.explode if parameter.explode is not None else style in ("form", "deepObject")
    )
    if style == JSON_CONTENT:
        return [(name, json.dumps(value, ensure_ascii=False))]
    if isinstance(value, list):
        if exploded and style == "form":
            return [(name, _text(item)) for item in value]
        between = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")
        return [(name, between.join(_text(item) for item in value))]
    if isinstance(value, dict):
        if style == "deepObject":
            return [(f"{name}[{key}]", _text(item)) for key, item in value.items()]
        if exploded:
            return [(str(key), _text(item)) for key, item in value.items()]
        return [(name, ",".join(_text(x) for pair in value.items() for x in pair))]
    return [(name, _text(value))]


def _in_header(name: str, value: Any, parameter: Parameter) -> str:
    if parameter.style == JSON_CONTENT:
        text = json.dumps(value)
    elif isinstance(value, list):
        text = ",".join(_text(item) for item in value)
    elif isinstance(value, dict):
        exploded = parameter.explode
        text = ",".join(
            _pairs(value, "=") if exploded else [_text(x) for p in value.items() for x in p]
        )
    else:
        text = _text(value)
    if not text.isascii() or not text.isprintable():
        raise BadArgument(name, "a header holds printable ASCII only")
    return text
