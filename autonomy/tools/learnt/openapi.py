"""An OpenAPI 3.0 or 3.1 document becomes learnt tools, one for each operation that can be called.

The document is read leniently, as documents in the world are written, and within bounds; what
cannot be called from here is named with its reason and left out. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from autonomy.core.learnt import HttpContract, LearntTool, Parameter, Place
from autonomy.tools.learnt.document import NotLearnt, loaded
from autonomy.tools.learnt.names import BUNDLE, LONGEST, shown, slug, unique
from autonomy.tools.learnt.references import Document
from autonomy.tools.learnt.security import FORBIDDEN_HEADERS, secrets_of

METHODS = ("get", "head", "post", "put", "patch", "delete")
READING = frozenset({"GET", "HEAD"})
OPERATIONS_READ = 2_000
"""Most operations that are looked at in one document."""
DESCRIPTION_CHARS = 600
FORM = "application/x-www-form-urlencoded"
STYLES = {
    Place.PATH: ("simple", "label", "matrix"),
    Place.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    Place.HEADER: ("simple",),
}
JSON_CONTENT = "json"
"""Style of a parameter whose value is written as JSON."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that can be learnt."""

    id: str
    """As the document names it, else `GET /path`: what a catalogue lists."""
    tool: LearntTool
    read_only: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one document or server offers."""

    name: str
    """Short, the first part of its tools' names."""
    title: str
    operations: tuple[Operation, ...]
    refused: tuple[tuple[str, str], ...]
    """Operation and the reason why it cannot be learnt."""


def read_openapi(
    data: bytes,
    *,
    address: str = "",
    most_bytes: int,
    most_operations: int,
    only: Collection[str] = (),
    taken: Collection[str] = (),
) -> Bundle:
    """The tools that a document describes.

    Args:
        address: where it came from; servers may be told relative to it. Empty for an upload.
        most_operations: that are learnt; the rest is refused, those that only read first.
        only: ids of the operations that are wanted; empty for all.
        taken: names that other tools have.

    Raises:
        NotLearnt: with the reason.
    """
    root = loaded(data, most_bytes)
    version = str(root.get("openapi", ""))
    if not version:
        older = " (Swagger 2.0: convert it first)" if "swagger" in root else ""
        raise NotLearnt("not_openapi", f"This is no OpenAPI document{older}.")
    if not version.startswith(("3.0", "3.1")):
        raise NotLearnt("version", f"OpenAPI {version[:10]} is not read; 3.0 and 3.1 are.")
    return _Reading(Document(root), address, set(taken)).bundle(most_operations, set(only))


class _Reading:
    def __init__(self, document: Document, address: str, taken: set[str]) -> None:
        self._document = document
        self._address = address
        self._taken = taken
        info = document.resolved(document.root.get("info"))
        self.title = shown(info.get("title"), 120) or "API"
        self.name = slug(self.title, BUNDLE) or "api"

    def bundle(self, most: int, only: set[str]) -> Bundle:
        found: list[Operation] = []
        refused: list[tuple[str, str]] = []
        # Those that only read come first: if not all can be learnt, they are worth more.
        entries = sorted(self._entries(refused), key=lambda e: e[1].upper() not in READING)
        for path, method, item, raw in entries:
            named = shown(raw.get("operationId"), 120) or f"{method.upper()} {path}"
            if only and named not in only:
                continue
            if len(found) >= most:
                refused.append((named, f"more than {most} operations are not learnt at once"))
                continue
            try:
                found.append(self._operation(named, path, method, item, raw))
            except NotLearnt as why:
                refused.append((named, why.reason))
        if not found:
            because = f" {refused[0][0]}: {refused[0][1]}" if refused else ""
            raise NotLearnt(
                "nothing", f"The document has no operation that can be called.{because}"
            )
        return Bundle(self.name, self.title, tuple(found), tuple(refused))

    def _entries(
        self, refused: list[tuple[str, str]]
    ) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
        left = OPERATIONS_READ
        paths = self._document.resolved(self._document.root.get("paths"))
        for path, raw_item in paths.items():
            try:
                item = self._document.resolved(raw_item)
            except NotLearnt as why:
                refused.append((path, why.reason))
                continue
            for method in METHODS:
                operation = item.get(method)
                if not isinstance(operation, dict) or not path.startswith("/"):
                    continue
                left -= 1
                if left < 0:
                    return
                if operation.get("deprecated") is True:
                    refused.append((f"{method.upper()} {path}", "it is deprecated"))
                else:
                    yield path, method, item, operation

    # ------------------------------------------------------------------------ one operation

    def _operation(
        self, named: str, path: str, method: str, item: dict[str, Any], raw: dict[str, Any]
    ) -> Operation:
        parameters = self._parameters(item, raw)
        in_path = {p.name for p in parameters if p.place is Place.PATH}
        for name in _braced(path):
            if name not in in_path:
                raise NotLearnt(
                    "parameter", f"its path wants “{name[:40]}”, which is not described"
                )
        body, media_type, required = self._body(raw)
        contract = HttpContract(
            base_url=self._base_url(item, raw),
            method=method.upper(),
            path=path,
            parameters=parameters,
            body_schema=body,
            body_media_type=media_type,
            secrets=secrets_of(self._document, raw),
        )
        name = unique(f"{self.name}.{self._short(named, path, method)}"[:LONGEST], self._taken)
        self._taken.add(name)
        said = raw.get("summary") or raw.get("description") or item.get("summary")
        more = raw.get("description") if raw.get("summary") else ""
        tool = LearntTool(
            name=name,
            description=shown(
                f"{said}. {more or ''}".replace("..", ".") if said else f"{method.upper()} {path}",
                DESCRIPTION_CHARS,
            ),
            input_schema=input_schema(contract, body_required=required),
            output_schema=self._output(raw),
            contract=contract,
        )
        return Operation(named, tool, contract.method in READING)

    def _short(self, named: str, path: str, method: str) -> str:
        made = slug(named, 48)
        return made or slug(f"{method} {path}", 48) or method

    def _parameters(self, item: dict[str, Any], raw: dict[str, Any]) -> tuple[Parameter, ...]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for level in (item, raw):
            listed = level.get("parameters")
            for one in listed if isinstance(listed, list) else ():
                parameter = self._document.resolved(one)
                found[str(parameter.get("in")), str(parameter.get("name"))] = parameter
        made = [self._parameter(place, name, p) for (place, name), p in found.items()]
        return tuple(parameter for parameter in made if parameter is not None)

    def _parameter(self, place: str, name: str, raw: dict[str, Any]) -> Parameter | None:
        required = place == "path" or raw.get("required") is True
        if place == "header" and name.lower() in FORBIDDEN_HEADERS | {"authorization"}:
            return None
        if place not in (Place.PATH, Place.QUERY, Place.HEADER) or not name or name == "None":
            if required:
                raise NotLearnt("parameter", f"it wants “{name[:40]}” in a {place[:20]}")
            return None
        where = Place(place)
        style = str(raw.get("style", STYLES[where][0]))
        schema = raw.get("schema")
        if schema is None and isinstance(raw.get("content"), dict) and raw["content"]:
            style, media = JSON_CONTENT, next(iter(raw["content"].values()))
            schema = self._document.resolved(media).get("schema")
        elif style not in STYLES[where]:
            raise NotLearnt("parameter", f"it wants “{name[:40]}” written in a way not known here")
        explode = raw.get("explode")
        described = shown(raw.get("description"), 300)
        value_schema = self._document.schema(schema)
        if described and "description" not in value_schema:
            value_schema["description"] = described
        return Parameter(
            name=name[:200],
            place=where,
            required=required,
            value_schema=value_schema,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
        )

    def _body(self, raw: dict[str, Any]) -> tuple[dict[str, Any] | None, str, bool]:
        body = self._document.resolved(raw.get("requestBody"))
        content = self._document.resolved(body.get("content"))
        if not content:
            return None, "application/json", False
        required = body.get("required") is True
        for media_type, media in content.items():
            if is_json(media_type) or plain(media_type) == FORM:
                schema = self._document.schema(self._document.resolved(media).get("schema"))
                kept = plain(media_type) if "*" not in media_type else "application/json"
                return schema, kept, required
        if required:
            raise NotLearnt("body", f"it wants to be sent {shown(next(iter(content)), 60)}")
        return None, "application/json", False

    def _output(self, raw: dict[str, Any]) -> dict[str, Any]:
        """What a good answer holds: the schema of its first JSON body, any value where none is
        promised."""
        responses = self._document.resolved(raw.get("responses"))
        for status in ("200", "201", "203", "202", "2XX", "2xx", "default"):
            content = self._document.resolved(self._document.resolved(responses.get(status)))
            for media_type, media in self._document.resolved(content.get("content")).items():
                if is_json(media_type):
                    return self._document.schema(self._document.resolved(media).get("schema"))
        return {}

    def _base_url(self, item: dict[str, Any], raw: dict[str, Any]) -> str:
        for level in (raw, item, self._document.root):
            servers = level.get("servers")
            if isinstance(servers, list) and servers:
                break
        else:
            servers = [{"url": "/"}]
        addresses = [a for a in (self._server(one) for one in servers[:20]) if a]
        safe = [a for a in addresses if a.startswith("https://")]
        if not addresses:
            raise NotLearnt(
                "server", "it does not say where its server is: give the address of the document"
            )
        return (safe or addresses)[0]

    def _server(self, raw: Any) -> str:
        server = self._document.resolved(raw)
        url = str(server.get("url", "")).strip()
        for name, variable in self._document.resolved(server.get("variables")).items():
            default = variable.get("default", "") if isinstance(variable, dict) else ""
            url = url.replace("{" + name + "}", str(default))
        try:
            joined = httpx2.URL(self._address).join(url) if self._address else httpx2.URL(url)
        except (httpx2.InvalidURL, ValueError, TypeError):
            return ""
        if joined.scheme not in ("http", "https") or not joined.host or joined.userinfo:
            return ""
        return str(joined.copy_with(query=None, fragment=None)).rstrip("/")


def argument_names(contract: HttpContract) -> list[str]:
    """The argument of each parameter, in their order: its name, with its place where two
    parameters have the same, and never that of the body."""
    names = [p.name for p in contract.parameters]
    made = []
    for parameter in contract.parameters:
        alone = names.count(parameter.name) == 1
        clash = parameter.name == BODY and contract.body_schema is not None
        made.append(
            parameter.name if alone and not clash else f"{parameter.name}_{parameter.place}"
        )
    return made


BODY = "body"
"""The argument that is sent as the body."""


def input_schema(contract: HttpContract, *, body_required: bool) -> dict[str, Any]:
    """JSON Schema of the arguments of `contract`."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    definitions: dict[str, Any] = {}
    parts = [
        (name, parameter.value_schema, parameter.required)
        for name, parameter in zip(argument_names(contract), contract.parameters, strict=True)
    ]
    if contract.body_schema is not None:
        parts.append((BODY, contract.body_schema, body_required))
    for name, schema, needed in parts:
        # References count from the root of the whole: what two parts share has one definition.
        definitions |= schema.get("$defs", {})
        properties[name] = {k: v for k, v in schema.items() if k != "$defs"}
        if needed:
            required.append(name)
    made: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    if required:
        made["required"] = required
    if definitions:
        made["$defs"] = definitions
    return made


def plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    kind = plain(media_type)
    return kind in ("application/json", "*/*", "application/*") or kind.endswith("+json")


def _braced(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:] if "}" in part]
