"""Learnt tools: what a tool that was not shipped promises, how it is called, and what its calls
brought. The contract is fixed when a person or the catalogue lets the tool in; a repair may change
the wrapper only."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from autonomy.core.value import Value


class Place(StrEnum):
    """Where a parameter goes in an HTTP request."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"


class Parameter(Value):
    name: str
    place: Place
    required: bool = False
    value_schema: dict[str, Any] = {}
    style: str = ""
    explode: bool | None = None


class SecretUse(Value):
    """Where a user's secret goes. Its value is never part of a contract."""

    scheme: str
    """Name of the security scheme; the key of the stored secret."""
    kind: Literal["header", "query", "bearer", "basic"]
    name: str = ""
    """Of the header or query parameter."""


class HttpContract(Value):
    """One operation of an OpenAPI document."""

    kind: Literal["http"] = "http"
    base_url: str
    method: str
    path: str
    """Template with `{name}` for path parameters."""
    parameters: tuple[Parameter, ...] = ()
    body_schema: dict[str, Any] | None = None
    body_media_type: str = "application/json"
    secrets: tuple[SecretUse, ...] = ()


class McpContract(Value):
    """One tool of an MCP server."""

    kind: Literal["mcp"] = "mcp"
    server: str
    """URL (streamable HTTP), or the name of a server that staff configured (stdio)."""
    transport: Literal["http", "stdio"]
    tool: str
    secrets: tuple[SecretUse, ...] = ()


class LearntTool(Value):
    """A version of a learnt tool, as it is called.

    `arguments → wrapper.request → HTTP or MCP request → answer → wrapper.response → result`.
    Arguments are validated against `input_schema` before, results against `output_schema` after.
    """

    name: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    contract: HttpContract | McpContract = Field(discriminator="kind")
    wrapper: str = ""
    """Text in the wrapper language (`tools.learnt.wrapper`); empty passes everything through."""


class Exchange(Value):
    """One call as it went over the line: what recordings hold, and what repairs are proven on.
    Secrets are not in it."""

    arguments: dict[str, Any]
    request: dict[str, Any]
    """`path`, `query`, `headers`, `body` as the wrapper made them (for MCP: `arguments`)."""
    status: int
    media_type: str = "application/json"
    answer: Any = None
    """The parsed body; text where it is none of JSON."""
    result: Any = None
    """What the tool gave back; None where the call failed."""


class RepairCase(Value):
    """A learnt tool that failed, with what a repair is found by and proven on."""

    tool: LearntTool
    version: int
    """The one that failed."""
    recordings: tuple[Exchange, ...] = ()
    """Of calls that went well under this contract, oldest first."""
    failed: Exchange | None = None
    """The latest call that did not; None where none was kept."""
    may_ask: bool = False
    """Its calls change nothing and cost nothing, so recorded ones may be made again."""
    probes: int = 0
    """How many."""
    shared: bool = False
    """It is for everybody: recordings may come of other people's runs, and no model is shown
    them."""


class Fix(Value):
    """A proven candidate: what a version is made of. The wrapper's text is all that it changes."""

    wrapper: str
    patch: str
    """Unified diff of the wrapper's text."""
    evidence: dict[str, Any]


class Settled(Value):
    """What became of a fix."""

    state: Literal["applied", "proposed", "overtaken", "declined"]
    """`proposed`: it waits for a person. `overtaken`: another version is in use meanwhile.
    `declined`: a person dismissed the same fix before."""
    version: int
    """The fix's own, the one that overtook it, or the one that was dismissed."""
