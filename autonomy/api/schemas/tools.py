"""What the API says of tools. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field, SecretStr

from autonomy.api.schemas.base import Input

DOCUMENT_CHARS = 4 * 1024 * 1024
"""Longest document in a request; `TOOL_DOCUMENT_MAX_BYTES` may allow less."""
Policy = Literal["auto", "ask", "never"]
Author = Literal["builtin", "ingest", "agent", "staff"]


class RepairOut(Schema):
    """What the agent did to a tool last: a repair that waits, is in use, or was taken back."""

    version: int
    state: Literal["applied", "proposed", "taken_back"]
    said: list[str]
    """What changed, a sentence each."""
    recorded: int
    """Recorded answers that it was tested on."""
    fresh: int
    """New answers that it was tested on."""
    proven: bool
    open: bool
    """It can be agreed to, or undone, now."""
    why: str
    """Why it was not proven, or taken back."""
    patch: str


class ToolOut(Schema):
    name: str
    description: str
    """Of a learnt tool the words of others."""
    origin: Literal["builtin", "openapi", "mcp"]
    bundle: str
    """The document or server that it was learnt from, by its short name."""
    learnt_from: str
    own: bool
    """Yours; else it is for everybody."""
    may_change: bool
    beside_own: bool
    """It is for everybody, and you have one of the same name that is off: whatever is done by that
    name is done to yours. Runs use this one."""
    enabled: bool
    stopped: bool
    """By the staff of this server, whatever its owner says."""
    policy: Policy
    repairs: Policy
    """What becomes of a proven repair: used at once, after a yes, or none is made."""
    repair: RepairOut | None
    read_only: bool
    usd_per_call: float
    version: int
    calls: int
    failures: int
    success_share: float | None
    """Of its latest calls, 0 to 1; null before the first."""
    last_failure: str
    last_failure_at: datetime | None
    latency_seconds: float | None
    host: str
    """With its port; empty for a built-in tool."""
    method: str
    """Of an HTTP operation."""
    secrets: list[str]
    """Schemes of the keys that it wants."""
    secrets_missing: list[str]
    """Those of them that there is no key for."""


class SecretOut(Schema):
    host: str
    scheme: str
    for_everybody: bool
    opens: bool
    """False: it can no longer be opened and has to be given again."""


class ToolsOut(Schema):
    items: list[ToolOut]
    secrets: list[SecretOut]
    may_add_for_everybody: bool
    servers: list[str]
    """Programs that staff may use as MCP servers, by name."""


class ToolVersionOut(Schema):
    number: int
    author: Author
    created_at: datetime
    wrapper: str
    patch: str
    """How the wrapper differs from the version before, as a unified diff."""
    evidence: dict[str, Any]
    contract_changed: bool
    """Whether the contract differs from the version before."""
    calls: int
    """Of its latest calls in runs, those that say something of the wrapper."""
    went_well: int
    """Of those."""


class ToolDetailOut(ToolOut):
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    versions: list[ToolVersionOut]
    """Newest first."""


class IngestIn(Input):
    """Exactly one of `url`, `document` and `server`. Without `fingerprint` nothing is let in: the
    answer shows what would be."""

    kind: Literal["openapi", "mcp"] = "openapi"
    url: str = Field(default="", max_length=2_000)
    document: str = Field(default="", max_length=DOCUMENT_CHARS)
    file_name: str = Field(default="", max_length=200)
    server: str = Field(default="", max_length=40)
    token: bool = False
    """The MCP server wants a bearer token, kept before under the scheme `token`."""
    only: list[str] = Field(default_factory=list, max_length=500)
    """Ids of the operations that are wanted; empty for all."""
    for_everybody: bool = False
    fingerprint: str = Field(default="", max_length=64)
    """Of the preview: lets in exactly what it showed."""


class OfferedOperation(Schema):
    id: str
    name: str
    description: str
    method: str
    path: str
    read_only: bool
    policy: Policy
    """That it would have."""


class RefusedOperation(Schema):
    id: str
    reason: str


class SecretWantedOut(Schema):
    host: str
    scheme: str
    kind: Literal["header", "query", "bearer", "basic"]


class IngestOut(Schema):
    let_in: bool
    title: str
    fingerprint: str
    hosts: list[str]
    operations: list[OfferedOperation]
    refused: list[RefusedOperation]
    secrets: list[SecretWantedOut]
    replaces: list[str]
    """Tools that would get, or got, a new version."""


class TryIn(Input):
    arguments: dict[str, Any] = Field(default_factory=dict)


class TriedOut(Schema):
    ok: bool
    result: Any = None
    code: str = ""
    """`bad_input`, `auth`, `quota`, `rate_limited`, `unavailable`, `dead_host`, `schema_drift`,
    `too_large`, `bug`, `not_allowed` or `in_doubt`."""
    message: str = ""
    detail: dict[str, Any] | None = None
    status: int | None = None


class RevertIn(Input):
    version: int = Field(ge=1)


class ToolChange(Input):
    """What is left out stays."""

    policy: Policy | None = None
    repairs: Policy | None = None


class SecretIn(Input):
    host: str = Field(max_length=260)
    scheme: str = Field(max_length=100)
    value: SecretStr
    for_everybody: bool = False


class SecretName(Input):
    host: str = Field(max_length=260)
    scheme: str = Field(max_length=100)
    for_everybody: bool = False


class ToolAnswerIn(Input):
    """The answer to a run that asks whether it may call a learnt tool."""

    interrupt_id: str = Field(max_length=100)
    """Of `waiting_for`."""
    allowed: bool
    always: bool = False
    """No run of yours asks about this tool of yours again."""
