"""Tools of MCP servers, through the protocol's own SDK: listed, and called as they were listed.

Servers on the network are reached through our checked client: each connection goes to an address
that was looked at, and the SDK follows redirects within the server's origin only. Programs of this
machine are started only where staff configured them. What a server sends is held against the
schemas that were let in, by our own validator, never by the SDK's: that one runs a server's
regular expressions and fetches its references.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import httpx2

from autonomy.core.learnt import Exchange, LearntTool, McpContract, SecretUse
from autonomy.core.outbound import AddressRefused, AnswerTooLarge, caused_by, checked_client
from autonomy.core.works import FetchRefused
from autonomy.tools.fetch.addresses import vetted
from autonomy.tools.learnt.contract_checks import (
    Called,
    checked_input,
    concluded,
    own_secrets,
    wrapped,
    wrapper_of,
)
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.failing import LearntFailure, no_result
from autonomy.tools.learnt.line import Line, paced
from autonomy.tools.learnt.mcp_program import bound
from autonomy.tools.learnt.names import BUNDLE, LONGEST, shown, slug, unique
from autonomy.tools.learnt.openapi import DESCRIPTION_CHARS, Bundle, Operation
from autonomy.tools.learnt.schemas import cleaned
from autonomy.tools.learnt.secrets import Secrets, forms, placed, scrubbed

PAGES = 20
"""Most pages of a server's list of tools."""
TOKEN = SecretUse(scheme="token", kind="bearer")
"""What a server that wants one knows its caller by."""
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
"""What a tool gives back that promises nothing: its words."""


@dataclass(frozen=True, slots=True)
class Program:
    """An MCP server that staff let this machine start."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()


Target = str | Program
"""URL of a server, or a program."""


async def read_mcp(
    target: Target,
    line: Line,
    *,
    secrets: Secrets,
    most: int,
    token: bool = False,
    only: Collection[str] = (),
    taken: Collection[str] = (),
) -> Bundle:
    """The tools that a server lists.

    Args:
        most: that are learnt; the rest is refused.
        token: the server wants a bearer token, which `secrets` has under `token`.
        only: names of those that are wanted; empty for all.
        taken: names that other tools have.

    Raises:
        NotLearnt: with the reason.
    """
    uses = (TOKEN,) if token else ()
    try:
        async with (
            asyncio.timeout(line.limits.seconds),
            _session(target, line, uses, secrets) as client,
        ):
            listed = [tool async for tool in _listed(client)]
            info = client.session.server_info
    except NotLearnt:
        raise
    except Exception as error:
        raise NotLearnt("server", f"{_who(target)}: {_why(error)[1]}") from error
    title = shown(getattr(info, "title", None) or getattr(info, "name", None), 120)
    title = title or _who(target)
    name = slug(title, BUNDLE) or "server"
    found: list[Operation] = []
    refused: list[tuple[str, str]] = []
    names = set(taken)
    for tool in listed:
        named = shown(tool.name, 120)
        if only and tool.name not in only:
            continue
        if len(found) >= most:
            refused.append((named, f"more than {most} tools are not learnt at once"))
            continue
        try:
            made = _operation(tool, target, name, uses, names)
        except NotLearnt as why:
            refused.append((named, why.reason))
        else:
            names.add(made.tool.name)
            found.append(made)
    if not found:
        raise NotLearnt("nothing", f"{title} lists no tool that can be called.")
    return Bundle(name, title, tuple(found), tuple(refused))


def _operation(
    tool: Any, target: Target, bundle: str, uses: tuple[SecretUse, ...], taken: Collection[str]
) -> Operation:
    http = isinstance(target, str)
    annotations = tool.annotations
    reads = bool(annotations is not None and annotations.read_only_hint)
    output = cleaned(tool.output_schema) if tool.output_schema else TEXT
    given = cleaned(tool.input_schema)
    learnt = LearntTool(
        name=unique(f"{bundle}.{slug(tool.name, 48) or 'tool'}"[:LONGEST], taken),
        description=shown(tool.description or tool.title or tool.name, DESCRIPTION_CHARS),
        input_schema={"type": "object", **given},
        output_schema=output,
        contract=McpContract(
            server=target if isinstance(target, str) else target.name,
            transport="http" if http else "stdio",
            tool=tool.name,
            secrets=uses,
        ),
    )
    return Operation(tool.name, learnt, reads)


async def _listed(client: Any) -> AsyncIterator[Any]:
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            yield tool
        cursor = page.next_cursor
        if not cursor:
            return


async def call_mcp(
    tool: LearntTool,
    arguments: dict[str, Any],
    line: Line,
    *,
    target: Target,
    secrets: Secrets,
    reads: bool,
    rate: str = "ordinary",
) -> Called:
    """Call one tool of a server.

    Args:
        target: where the contract's server is.
        reads: the call changes nothing outside.
        rate: of `RATES`.

    Raises:
        LearntFailure: nothing was changed outside.
        CallInDoubt: something may have been.
    """
    contract = tool.contract
    if not isinstance(contract, McpContract):
        raise TypeError(f"{tool.name} is not a tool of an MCP server")
    checked_input(tool, arguments)
    own = own_secrets(tool, contract.secrets, secrets)
    wrapper = wrapper_of(tool)
    sent = wrapped(tool, wrapper, arguments)
    asked = False
    if isinstance(target, str):
        await paced(line, tool.name, target, rate)
    try:
        async with (
            asyncio.timeout(line.limits.seconds),
            _session(target, line, contract.secrets, own) as client,
        ):
            asked = True
            answer = await _answer(client, contract.tool, sent, line.limits.seconds)
    except Exception as error:
        code, says = _why(error)
        may_be_done = asked and not reads and code != "not_found"
        code = "schema_drift" if code == "not_found" else code
        raise no_result(tool.name, code, says, may_be_done=may_be_done) from error
    hidden = forms(own)
    failed, value = answer
    exchange = Exchange(
        arguments=scrubbed(arguments, hidden),
        request={"arguments": scrubbed(sent, hidden)},
        status=400 if failed else 200,
        answer=scrubbed(value, hidden),
    )
    if len(json.dumps(exchange.answer)) > line.limits.answer_bytes:
        raise no_result(tool.name, "too_large", "it sent more than is read.", may_be_done=not reads)
    if failed:
        raise LearntFailure(
            "bad_input",
            f"{tool.name} refused the arguments, which its contract allows.",
            exchange=exchange,
            tool=tool.name,
            status=exchange.status,
        )
    return await asyncio.to_thread(concluded, tool, wrapper, exchange, reads=reads)


async def _answer(
    client: Any, tool: str, arguments: dict[str, Any], seconds: float
) -> tuple[bool, Any]:
    """Whether the tool said that it failed, and what it gave back."""
    from mcp import types

    request = types.CallToolRequest(
        params=types.CallToolRequestParams(name=tool, arguments=arguments)
    )
    # Not `call_tool`, which would hold the answer against the schema of the server's choice.
    result = await client.session.send_request(
        request, types.CallToolResult, request_read_timeout_seconds=seconds
    )
    if result.structured_content is not None and not result.is_error:
        return False, result.structured_content
    text = "\n".join(part.text for part in result.content if isinstance(part, types.TextContent))
    return bool(result.is_error), {"text": text}


@asynccontextmanager
async def _session(
    target: Target, line: Line, uses: tuple[SecretUse, ...], secrets: Secrets
) -> AsyncIterator[Any]:
    """A client that has shaken hands with the server."""
    # Imported here: the SDK brings its server side along, which no other part of a worker needs.
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client

    seconds = line.limits.seconds
    if isinstance(target, Program):
        # The SDK hands on PATH and HOME of our environment and nothing else.
        place = shutil.which(target.command)
        if place is None:
            raise FileNotFoundError(target.command)
        command, *arguments = bound(place, target.arguments)
        started = StdioServerParameters(command=command, args=arguments, cwd=gettempdir())
        with Path(os.devnull).open("w") as nowhere:  # noqa: ASYNC230 - a device
            async with Client(
                stdio_client(started, errlog=nowhere), read_timeout_seconds=seconds
            ) as client:
                yield client
        return
    try:
        url = vetted(target, line.trusted)
    except FetchRefused as refused:
        raise NotLearnt("address", refused.reason) from refused
    keys = placed(uses, secrets)
    async with checked_client(
        private=False,
        trusted=line.trusted,
        max_bytes=line.limits.answer_bytes,
        seconds=seconds,
        resolve=line.resolve,
    ) as http:
        http.headers.update({"User-Agent": line.agent, **dict(keys.headers)})
        transport = streamable_http_client(
            str(url), http_client=http, max_sse_event_size=line.limits.answer_bytes
        )
        async with Client(transport, read_timeout_seconds=seconds) as client:
            yield client


def _who(target: Target) -> str:
    return target.name if isinstance(target, Program) else httpx2.URL(target).host or "The server"


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _why(error: BaseException) -> tuple[str, str]:
    """Code and a clause for people."""
    from mcp.shared.exceptions import MCPError

    leaves = list(_leaves(error))

    def any_by(kind: type[BaseException]) -> bool:
        return any(caused_by(leaf, kind) for leaf in leaves)

    if any(isinstance(leaf, NotLearnt) for leaf in leaves) or any_by(AddressRefused):
        return "not_allowed", "its address may not be called from here."
    if any_by(AnswerTooLarge):
        return "too_large", "it sent more than is read."
    for leaf in leaves:
        if isinstance(leaf, httpx2.HTTPStatusError) and leaf.response.status_code in (401, 403):
            return "auth", "it does not accept the key."
    if any_by(httpx2.ConnectError) or any_by(FileNotFoundError) or any_by(PermissionError):
        return "dead_host", "nobody answers there."
    if any_by(TimeoutError) or any_by(httpx2.TimeoutException):
        return "unavailable", "it did not answer in time."
    for leaf in leaves:
        if isinstance(leaf, MCPError):
            said = str(leaf)
            if "not found" in said.lower() or "unknown tool" in said.lower():
                return "not_found", "it no longer has this tool."
            if "401" in said or "403" in said:
                return "auth", "it does not accept the key."
            return "unavailable", "it answered with an error."
    return "unavailable", "the connection broke off, or what it sent cannot be read."
