"""Learnt tools: shown before they are let in, let in, tried, switched, and put back.

Functions take the person who asks. What is not theirs cannot be told from what is not there; tools
for everybody are seen by all and changed by staff.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Q

from autonomy.agents import tool_ingestor
from autonomy.agents.tool_ingestor import Limits, Origin, SecretWanted
from autonomy.models import (
    RepairPolicy,
    Tool,
    ToolOrigin,
    ToolPolicy,
)
from autonomy.runtime import tool_notices, tool_versions
from autonomy.runtime.contention import transacted
from autonomy.runtime.learnt_tools import (
    call,
    line,
    made_ready,
    program,
)
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.tool_rows import TooManyTools, store_bundle
from autonomy.services.errors import Conflict, Invalid, NotAllowed, NotFound
from autonomy.services.tool_repairs import open_or_refused
from autonomy.services.tool_secrets import sealed_for
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.failing import CallInDoubt, LearntFailure
from autonomy.tools.learnt.openapi import Bundle
from autonomy.tools.learnt.secrets import host_key
from autonomy.tools.registry import ToolFailure
from handywriterz.env import env

T = TypeVar("T")

GONE = "There is no tool of this name, or it is not yours."


# --------------------------------------------------------------------------- which there are


def tools_of(user: User) -> list[Tool]:
    """Built-in tools, those for everybody, and the person's own, by name. One's own hides the one
    of its name that is for everybody while runs use it; when it is switched off, they use the other,
    and both are there to be seen."""
    rows = Tool.objects.filter(Q(owner=user) | Q(owner=None)).select_related("owner")
    listed = list(rows.order_by("origin", "bundle", "name"))
    own = {row.name for row in listed if row.owner_id is not None and _in_use(row)}
    return [row for row in listed if row.owner_id is not None or row.name not in own]


def tool_of(user: User, name: str) -> Tool:
    """The person's own tool of that name, else the one for everybody. Raises `NotFound`."""
    rows = Tool.objects.filter(Q(owner=user) | Q(owner=None), name=name)
    row = rows.order_by("owner_id").first()  # NULL comes last
    if row is None:
        raise NotFound(GONE)
    return row


def _in_use(row: Tool) -> bool:
    """Whether runs may call it."""
    return row.enabled and not row.killed and row.policy != ToolPolicy.NEVER


def changeable(user: User, name: str) -> Tool:
    """The same, for a change. Raises `NotFound`, or `NotAllowed` where it is for everybody and the
    person is no staff."""
    row = tool_of(user, name)
    if row.owner_id is None and not user.is_staff:
        raise NotAllowed("This tool is for everybody: only staff change it.")
    return row


def learnt(user: User, name: str) -> Tool:
    """`changeable`, for what only a learnt tool has."""
    row = changeable(user, name)
    if row.origin == ToolOrigin.BUILTIN:
        raise Invalid("This tool belongs to the product; it can only be switched off by staff.")
    return row


# --------------------------------------------------------------------------- letting in


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to learn tools from."""

    kind: tool_ingestor.Kind
    url: str = ""
    document: str = ""
    file_name: str = ""
    server: str = ""
    """Name of a program that staff configured."""
    token: bool = False
    only: tuple[str, ...] = ()
    for_everybody: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What letting it in would mean."""

    bundle: Bundle
    fingerprint: str
    hosts: list[str]
    secrets: list[SecretWanted]
    replaces: list[str]
    """Names of tools that would get a new version."""


def preview_tools(user: User, wanted: Wanted) -> Preview:
    """Read what `wanted` offers; nothing is stored.

    Raises:
        Invalid: it cannot be read, with the reason.
        NotAllowed: only staff start programs and add tools for everybody.
    """
    origin = _origin(user, wanted)
    owner = None if wanted.for_everybody else user
    mine = Tool.objects.filter(owner=owner, learnt_from=origin.told)
    ours = set(mine.values_list("name", flat=True))
    others = Tool.objects.filter(Q(owner=user) | Q(owner=None)).exclude(
        pk__in=mine.values_list("pk", flat=True)
    )
    bundle = _read(user, origin, wanted.only, set(others.values_list("name", flat=True)))
    return Preview(
        bundle=bundle,
        fingerprint=tool_ingestor.fingerprint(bundle),
        hosts=tool_ingestor.hosts(bundle),
        secrets=tool_ingestor.secrets_wanted(bundle),
        replaces=sorted(ours & {op.tool.name for op in bundle.operations}),
    )


def let_in(user: User, wanted: Wanted, seen: Preview, fingerprint: str) -> None:
    """Store what was read now (`seen`), if it is exactly what was shown under `fingerprint`. Asks
    nobody outside, so it may run inside a transaction.

    Raises:
        Conflict: the document has changed since it was shown, or there are too many tools.
    """
    if seen.fingerprint != fingerprint:
        raise Conflict(
            "What is offered there has changed since you looked at it: look again.",
            code="document_changed",
        )
    owner = None if wanted.for_everybody else user
    try:
        store_bundle(owner, _origin(user, wanted), seen.bundle)
    except TooManyTools as limit:
        raise Conflict(
            f"That would be more than the {limit.most} tools that one person may have: remove some "
            "first, or choose fewer operations.",
            code="too_many_tools",
        ) from limit


def _origin(user: User, wanted: Wanted) -> Origin:
    given = [bool(wanted.url), bool(wanted.document), bool(wanted.server)]
    if sum(given) != 1:
        raise Invalid("Give one of: an address, a document, or the name of a server.")
    if wanted.for_everybody and not user.is_staff:
        raise NotAllowed("Only staff add tools for everybody.")
    if wanted.server:
        if not user.is_staff:
            raise NotAllowed("Only staff use programs of this machine as servers.")
        if wanted.kind != "mcp":
            raise Invalid("A program of this machine is an MCP server: say so as its kind.")
        try:
            return Origin("mcp", program=program(wanted.server))
        except ToolFailure as unknown:
            raise Invalid(
                "There is no MCP server of this name that is switched on: see to it in the admin.",
                code="tool_server",
            ) from unknown
    if wanted.document and wanted.kind == "mcp":
        raise Invalid("An MCP server is reached by its address; it has no document.")
    return Origin(
        wanted.kind,
        url=wanted.url.strip(),
        document=wanted.document.encode(),
        file_name=wanted.file_name[:200],
        token=wanted.token,
    )


def _read(user: User, origin: Origin, only: Sequence[str], taken: set[str]) -> Bundle:
    limits = Limits(env().tool_document_max_bytes, env().tool_operations_max)
    secrets = {}
    if origin.token and origin.url:
        try:
            secrets = sealed_for(user, host_key(origin.url))
        except ValueError as error:
            raise Invalid("This is not an address that can be called.") from error
    try:
        return _waited(
            tool_ingestor.read(origin, line(), limits, secrets=secrets, only=only, taken=taken)
        )
    except NotLearnt as why:
        raise Invalid(f"{why.reason}{_remedy(origin, why)}", code=f"tool_{why.code}") from why


def _remedy(origin: Origin, why: NotLearnt) -> str:
    """What can be done where an address is never called; empty where nothing is to be said."""
    listed = "whoever runs this server can allow its host and port in OUTSIDE_PRIVATE_HOSTS"
    if why.code == "not_called":
        return f" For one of your own network, {listed}."
    if why.code == "address" and origin.kind == "openapi":
        return f" Give the document as a file instead; or, for one of your own network, {listed}."
    if why.code == "address":
        return f" For one of your own network, {listed}."
    return ""


def _waited(work: Coroutine[Any, Any, T]) -> T:
    """Carry out asynchronous work in the thread of a request."""

    async def closing() -> T:
        try:
            return await work
        finally:
            await shared_health().aclose()

    return asyncio.run(closing())


# --------------------------------------------------------------------------- trying


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a person's try."""

    ok: bool
    result: Any = None
    code: str = ""
    message: str = ""
    detail: dict[str, Any] | None = None
    status: int | None = None


def try_tool(user: User, row: Tool, arguments: dict[str, Any]) -> Tried:
    """Call a learnt tool once, as a run would, whatever its policy: the person asks for it.

    Raises:
        Conflict: staff have stopped it.
    """
    if row.killed:
        raise Conflict("This tool was stopped by the staff of this server.", code="tool_stopped")
    try:
        prepared = made_ready(row, user.pk)
        called = _waited(call(prepared, arguments, in_run=False))
    except LearntFailure as failure:
        error = failure.error
        status = failure.exchange.status if failure.exchange else None
        return Tried(False, None, error.code, error.message, error.detail, status)
    except ToolFailure as failure:
        return Tried(False, None, failure.error.code, failure.error.message)
    except CallInDoubt as doubt:
        return Tried(False, None, "in_doubt", str(doubt))
    return Tried(True, called.result, status=called.exchange.status)


# --------------------------------------------------------------------------- switching


def switch_tool(row: Tool, *, enabled: bool) -> Tool:
    """Let runs use the tool, or not. A call that is under way ends as it does."""
    Tool.objects.filter(pk=row.pk).update(enabled=enabled)
    return _as_it_stands(row)


def set_policy(row: Tool, *, policy: str | None = None, repairs: str | None = None) -> Tool:
    """Whether runs call it by themselves, ask first, or never do; and the same for its repairs.
    What is None stays."""
    for given, known in ((policy, ToolPolicy.values), (repairs, RepairPolicy.values)):
        if given is not None and given not in known:
            raise Invalid(f"Choose one of: {', '.join(known)}.")
    chosen = {"policy": policy, "repairs": repairs}
    changes = {name: value for name, value in chosen.items() if value is not None}
    if changes:
        Tool.objects.filter(pk=row.pk).update(**changes)
    return _as_it_stands(row)


def revert_tool(row: Tool, number: int, user: User) -> Tool:
    """Call the tool as it was at version `number` again.

    Raises:
        NotFound: there is no such version, or no such tool any more.
        Conflict: it is the one that is called now, or was only proposed.
    """
    if not row.versions.filter(number=number).exists():
        raise NotFound(f"This tool has no version {number}.")
    with open_or_refused("version_not_open"):
        tool_versions.revert(row.pk, number, user.get_username())
    return _as_it_stands(row)


def _as_it_stands(row: Tool) -> Tool:
    """Raises `NotFound` where it was removed meanwhile."""
    found = Tool.objects.filter(pk=row.pk).first()
    if found is None:
        raise NotFound(GONE)
    return found


@transacted
def remove_tool(row: Tool) -> None:
    """Forget a learnt tool with its versions and recordings, and what waited for a decision. Asking
    twice changes nothing."""
    held = Tool.objects.select_for_update().filter(pk=row.pk).first()
    if held is None:
        return
    # A run that calls it adds a version, or a recording to one: before this, or not any more.
    list(held.versions.select_for_update().order_by("pk"))
    tool_notices.seen_to(held)
    held.delete()
