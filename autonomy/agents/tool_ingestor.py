"""Tool ingestor: reads what a document or server offers, and says what letting it in would mean.

What it reads was written by others: names and descriptions are data for people and for the fenced
part of prompts. Reading lets nothing in; a person does, or a run from the catalogue that staff keep.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from autonomy.core.learnt import HttpContract, McpContract, SecretUse
from autonomy.core.outbound import Trusted, is_public
from autonomy.core.works import FetchRefused
from autonomy.tools.fetch.addresses import host_of, is_private, port_of, vetted
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.fetching import fetch_document
from autonomy.tools.learnt.line import Line
from autonomy.tools.learnt.mcp import Program, read_mcp
from autonomy.tools.learnt.openapi import Bundle, Operation, read_openapi
from autonomy.tools.learnt.secrets import Secrets, host_key

Kind = Literal["openapi", "mcp"]
LOOK_UP_SECONDS = 5.0
"""For one name, while tools are looked at; as long as a call waits for it."""
MOST_LOOKED_UP = 20
"""Hosts of one document; more are rare, and each is looked at again at its first call."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where tools are to be learnt from: exactly one of `url`, `document` and `program` is given."""

    kind: Kind
    url: str = ""
    document: bytes = b""
    file_name: str = ""
    """Of an uploaded document."""
    program: Program | None = None
    token: bool = False
    """An MCP server that wants a bearer token."""

    @property
    def told(self) -> str:
        """What is remembered as the place that the tools came from."""
        if self.program is not None:
            return f"program {self.program.name}"
        return self.url or self.file_name or "an upload"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what is read."""

    document_bytes: int
    operations: int


async def read(
    origin: Origin,
    line: Line,
    limits: Limits,
    *,
    secrets: Secrets,
    only: Collection[str] = (),
    taken: Collection[str] = (),
) -> Bundle:
    """What `origin` offers.

    Args:
        secrets: for an MCP server that wants one even to list its tools.
        only: ids of the operations that are wanted; empty for all.
        taken: names that other tools have.

    Raises:
        NotLearnt: with the reason.
    """
    if origin.kind == "mcp":
        return await read_mcp(
            origin.program or origin.url,
            line,
            secrets=secrets,
            most=limits.operations,
            token=origin.token,
            only=only,
            taken=taken,
        )
    address, body = "", origin.document
    if origin.url:
        document = await fetch_document(origin.url, line, limits.document_bytes)
        address, body = document.address, document.body
    bundle = await asyncio.to_thread(
        read_openapi,
        body,
        address=address,
        most_bytes=limits.document_bytes,
        most_operations=limits.operations,
        only=only,
        taken=taken,
    )
    return await reachable(bundle, line)


async def reachable(bundle: Bundle, line: Line) -> Bundle:
    """`bundle` without the operations whose server is never called from here; these are refused
    with the reason. What is behind a name is looked at here, so that nobody lets in what can only
    fail, and again at each call, since it may be another tomorrow.

    Raises:
        NotLearnt: `not_called`, when none is left.
    """
    kept, refused = [], list(bundle.refused)
    inside = await _inside(bundle, line)
    for operation in bundle.operations:
        why = _never_called(operation.tool.contract, line.trusted, inside)
        if why:
            refused.append((operation.id, f"its server may not be called from here: {why}"))
        else:
            kept.append(operation)
    if not kept:
        raise NotLearnt("not_called", f"{bundle.title}: {refused[-1][1]}")
    return replace(bundle, operations=tuple(kept), refused=tuple(refused))


async def _inside(bundle: Bundle, line: Line) -> frozenset[str]:
    """Hosts of `bundle` whose names lead to addresses of a private network. One that cannot be
    resolved now may be tomorrow."""
    named: set[tuple[str, int]] = set()
    for operation in bundle.operations:
        contract = operation.tool.contract
        if isinstance(contract, HttpContract):
            with suppress(FetchRefused):  # that one is refused for what it says
                url = vetted(contract.base_url, line.trusted)
                named.add((host_of(url), port_of(url)))
    asked = sorted(named - line.trusted)[:MOST_LOOKED_UP]

    async def leads_inside(host: str, port: int) -> bool:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                addresses = await line.resolve(host, port)
        except (OSError, UnicodeError, TimeoutError):
            return False
        return not all(map(is_public, addresses))

    found = await asyncio.gather(*(leads_inside(host, port) for host, port in asked))
    return frozenset(host for (host, _), private in zip(asked, found, strict=True) if private)


def _never_called(
    contract: HttpContract | McpContract, trusted: Trusted, inside: Collection[str] = ()
) -> str:
    if not isinstance(contract, HttpContract):
        return ""
    try:
        url = vetted(contract.base_url, trusted)
    except FetchRefused as refused:
        return refused.reason
    host = host_of(url)
    if (host, port_of(url)) not in trusted and is_private(host):
        return f"{host} is an address of a private network."
    if (host, port_of(url)) not in trusted and host in inside:
        return f"the name {host} leads to an address of a private network."
    return ""


# --------------------------------------------------------------------------- what it would mean


@dataclass(frozen=True, slots=True)
class SecretWanted:
    """A key that calls would need."""

    host: str
    scheme: str
    kind: str


def hosts(bundle: Bundle) -> list[str]:
    """Every host that the tools would call, as `host:port`."""
    return list(dict.fromkeys(_host(op.tool.contract) for op in bundle.operations))


def secrets_wanted(bundle: Bundle) -> list[SecretWanted]:
    """Every key that they would ask for, each once."""
    found: dict[tuple[str, str], SecretWanted] = {}
    for operation in bundle.operations:
        uses: tuple[SecretUse, ...] = operation.tool.contract.secrets
        for use in uses:
            host = _host(operation.tool.contract)
            found.setdefault((host, use.scheme), SecretWanted(host, use.scheme, use.kind))
    return list(found.values())


def _host(contract: HttpContract | McpContract) -> str:
    if isinstance(contract, HttpContract):
        return host_key(contract.base_url)
    return host_key(contract.server) if contract.transport == "http" else "this machine"


def policy_of(operation: Operation) -> Literal["auto", "ask"]:
    """How a run may call a tool that was just let in: what only reads by itself, all else after
    its person has said yes."""
    return "auto" if operation.read_only else "ask"


def fingerprint(bundle: Bundle) -> str:
    """Names exactly these contracts: what is confirmed is what was shown."""
    told = "\n".join(op.tool.model_dump_json() for op in bundle.operations)
    return hashlib.sha256(told.encode()).hexdigest()
