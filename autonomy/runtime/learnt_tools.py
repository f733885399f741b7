"""Learnt tools of a person, ready for a run's registry: their rows, secrets, recordings and price."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from pydantic import SecretStr, TypeAdapter

from autonomy.core.learnt import Exchange, HttpContract, LearntTool, McpContract
from autonomy.core.llm.ledger import Ledger
from autonomy.core.ports import BudgetExhausted, Repeat
from autonomy.models import (
    Tool,
    ToolOrigin,
    ToolPolicy,
    ToolRecording,
    ToolSecret,
    ToolServer,
    ToolVersion,
)
from autonomy.runtime.credentials import unseal
from autonomy.runtime.db import run_db
from autonomy.runtime.events import storable
from autonomy.runtime.outside import agent
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.tool_health import count_outcome
from autonomy.runtime.tools import count, counted
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.learnt.contract_checks import Called
from autonomy.tools.learnt.failing import CallInDoubt, LearntFailure
from autonomy.tools.learnt.http import call_http
from autonomy.tools.learnt.line import CallLimits, Line
from autonomy.tools.learnt.mcp import Program, Target, call_mcp
from autonomy.tools.learnt.secrets import Secrets, forms, host_key
from autonomy.tools.learnt.values import LearntInput, LearntOutput
from autonomy.tools.registry import Outcome, ToolContext, ToolFailure
from autonomy.tools.registry import Tool as Usable
from handywriterz.env import env
from handywriterz.log_lines import conceal

_CONTRACT: TypeAdapter[HttpContract | McpContract] = TypeAdapter(HttpContract | McpContract)


def learnt_of(tool: Tool, version: ToolVersion) -> LearntTool:
    """A learnt tool as it is called at one version."""
    return LearntTool(
        name=tool.name,
        description=str(version.definition.get("description", tool.description)),
        input_schema=version.input_schema,
        output_schema=version.output_schema,
        contract=_CONTRACT.validate_python(version.definition["contract"]),
        wrapper=version.wrapper,
    )


def definition_of(learnt: LearntTool) -> dict[str, Any]:
    """What `learnt_of` reads back."""
    return {
        "description": learnt.description,
        "contract": learnt.contract.model_dump(mode="json"),
    }


def visible_tools(owner_id: int) -> QuerySet[Tool]:
    """Learnt tools that this person's runs might use: their own, and those for everybody."""
    return Tool.objects.filter(Q(owner_id=owner_id) | Q(owner=None)).exclude(
        origin=ToolOrigin.BUILTIN
    )


def callable_tools(owner_id: int) -> list[Tool]:
    """Those of them that a run may call; a person's own stand before those for everybody."""
    rows = visible_tools(owner_id).filter(enabled=True, killed=False)
    rows = rows.exclude(policy=ToolPolicy.NEVER).order_by("owner_id", "name")
    by_name: dict[str, Tool] = {}
    for row in rows:  # owners come before NULL
        by_name.setdefault(row.name, row)
    return list(by_name.values())


# --------------------------------------------------------------------------- secrets


def host_of_contract(contract: HttpContract | McpContract) -> str:
    """The host that a contract's secrets are kept for; empty for a program of this machine."""
    if isinstance(contract, HttpContract):
        return host_key(contract.base_url)
    return host_key(contract.server) if contract.transport == "http" else ""


def secrets_for(tool: Tool, contract: HttpContract | McpContract, owner_id: int) -> Secrets:
    """The secrets that a call of this person sends to the contract's host: their own; for a tool
    that is for everybody, the deployment's where they have none."""
    host = host_of_contract(contract)
    wanted = [use.scheme for use in contract.secrets]
    if not wanted or not host:
        return {}
    whose = Q(owner_id=owner_id) | Q(owner=None) if tool.owner_id is None else Q(owner_id=owner_id)
    rows = ToolSecret.objects.filter(whose, host=host, scheme__in=wanted)
    found: dict[str, SecretStr] = {}
    for row in rows.order_by("owner_id"):  # one's own before the deployment's
        opened = unseal(row.secret, row.pk)
        if opened is not None:
            found.setdefault(row.scheme, opened)
    conceal(*forms(found))  # as they stand in an address, too
    return found


# --------------------------------------------------------------------------- calling


@cache
def line() -> Line:
    """How this deployment calls learnt tools."""
    chosen = env()
    return Line(
        agent=agent(),
        health=shared_health(),
        trusted=trusted_hosts(chosen.outside_private_hosts),
        limits=CallLimits(
            seconds=chosen.tool_call_seconds, answer_bytes=chosen.tool_answer_max_bytes
        ),
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """A learnt tool with all that one call of it needs."""

    tool_id: UUID
    version_id: UUID
    version: int
    learnt: LearntTool
    secrets: Secrets
    rate: str
    reads: bool
    usd: float
    target: Target | None
    """Of an MCP server."""


def ready(tool_id: UUID, owner_id: int) -> Ready:
    """The tool as it stands now.

    Raises:
        ToolFailure: `not_allowed`, when it was switched off or removed meanwhile.
    """
    row = visible_tools(owner_id).filter(pk=tool_id).first()
    if row is None:
        raise _removed()
    if row.killed:
        raise ToolFailure("not_allowed", f"{row.name} was stopped by the staff of this server.")
    if not row.enabled or row.policy == ToolPolicy.NEVER:
        raise ToolFailure("not_allowed", f"{row.name} is switched off.")
    return made_ready(row, owner_id)


def made_ready(row: Tool, owner_id: int) -> Ready:
    """As `ready`, whatever its switches say: for a person who tries it."""
    version = row.versions.filter(number=row.current_version).first()
    if version is None:
        raise _removed()
    learnt = learnt_of(row, version)
    return Ready(
        tool_id=row.pk,
        version_id=version.pk,
        version=version.number,
        learnt=learnt,
        secrets=secrets_for(row, learnt.contract, owner_id),
        rate=row.rate,
        reads=row.read_only,
        usd=float(row.usd_per_call),
        target=_target(learnt.contract),
    )


def _removed() -> ToolFailure:
    return ToolFailure("not_allowed", "This tool has been removed.")


def _target(contract: HttpContract | McpContract) -> Target | None:
    if isinstance(contract, HttpContract):
        return None
    if contract.transport == "http":
        return contract.server
    return program(contract.server)


def program(name: str) -> Program:
    """A server that staff let this machine start.

    Raises:
        ToolFailure: `not_allowed`.
    """
    row = ToolServer.objects.filter(name=name, enabled=True).first()
    if row is None:
        raise ToolFailure("not_allowed", f"There is no server “{name}” that may be started.")
    return Program(row.name, row.command, tuple(str(a) for a in row.arguments))


async def sent(prepared: Ready, arguments: dict[str, Any], key: str = "") -> Called:
    """Send one call the way that its contract says; nothing is counted or kept.

    Raises:
        LearntFailure, CallInDoubt: see `tools.learnt.http` and `tools.learnt.mcp`.
    """
    if prepared.target is None:
        return await call_http(
            prepared.learnt,
            arguments,
            line(),
            secrets=prepared.secrets,
            rate=prepared.rate,
            key=key,
        )
    return await call_mcp(
        prepared.learnt,
        arguments,
        line(),
        target=prepared.target,
        secrets=prepared.secrets,
        reads=prepared.reads,
        rate=prepared.rate,
    )


async def call(
    prepared: Ready, arguments: dict[str, Any], *, key: str = "", in_run: bool = True
) -> Called:
    """Call a learnt tool once, count it and keep what went over the line.

    Args:
        in_run: the call counts for its version, too: one that does worse than the one before is
            taken back. What a person tries by hand says nothing of it.

    Raises:
        LearntFailure, CallInDoubt: see `tools.learnt.http` and `tools.learnt.mcp`.
    """
    begun = time.monotonic()
    failure, exchange = "cancelled", None
    try:
        called = await sent(prepared, arguments, key)
        failure, exchange = "", called.exchange
    except LearntFailure as error:
        failure, exchange = error.error.code, error.exchange
        raise
    except CallInDoubt as error:
        failure, exchange = "in_doubt", error.exchange
        raise
    finally:
        outcome = Outcome(failure, time.monotonic() - begun)
        if failure != "cancelled":
            await counted(lambda: _keep(prepared, outcome, exchange, in_run=in_run))
    return called


def _keep(prepared: Ready, outcome: Outcome, exchange: Exchange | None, *, in_run: bool) -> None:
    count(outcome, tool_id=prepared.tool_id)
    _record(prepared, outcome, exchange)
    if in_run:
        count_outcome(prepared.version_id, outcome.failure, exchange)


def _record(prepared: Ready, outcome: Outcome, exchange: Exchange | None) -> None:
    if exchange is None or outcome.failure in ("unavailable", "rate_limited", "in_doubt"):
        return  # nothing that a repair could be proven on
    body = storable(exchange.model_dump(mode="json"))
    size = len(json.dumps(body, ensure_ascii=False).encode())
    if size > env().tool_recording_max_bytes or not env().tool_recordings_max:
        return
    ToolRecording.objects.create(
        version_id=prepared.version_id,
        exchange=body,
        ok=not outcome.failure,
        failure=outcome.failure[:40],
        size=size,
    )
    kept = ToolRecording.objects.filter(version__tool_id=prepared.tool_id)
    # Good and failed ones are kept apart: a tool that fails all day keeps its good examples.
    for ok in (True, False):
        most = max(1, env().tool_recordings_max // 2)
        old = kept.filter(ok=ok).order_by("-created_at", "-pk").values_list("pk", flat=True)[most:]
        ToolRecording.objects.filter(pk__in=list(old)).delete()


# --------------------------------------------------------------------------- in a registry


def as_usable(
    row: Tool, version: ToolVersion, owner_id: int, ledger: Ledger | None
) -> Usable[Any, Any]:
    """A learnt tool for a run's registry. Each call looks at the row anew: a switch works at once,
    and a repaired version is the one that is called next."""
    tool_id = row.pk

    async def run(context: ToolContext, given: LearntInput) -> LearntOutput:
        prepared = await run_db(ready, tool_id, owner_id)
        key = context.outside_key
        entry = ""
        if ledger is not None and prepared.usd > 0:
            try:
                entry = await ledger.reserve(
                    f"{context.key}:price", "tool", f"tool:{prepared.learnt.name}", 0, prepared.usd
                )
            except BudgetExhausted as limit:
                # Nothing was called: the ledger of effects must not be left in doubt.
                raise ToolFailure("budget", str(limit), stop_reason=limit.stop_reason) from limit
        spent = True
        try:
            called = await call(prepared, given.arguments(), key=key)
        except LearntFailure as failure:
            spent = failure.exchange is not None
            # Whoever mends it has to know whether this version is still the one in use.
            failure.error.detail["version"] = prepared.version
            raise
        finally:
            if entry and ledger is not None:
                await _book(ledger, f"{context.key}:price", prepared.usd if spent else 0.0)
        return LearntOutput(value=called.result)

    return Usable(
        name=row.name,
        description=row.description,
        input=LearntInput,
        output=LearntOutput,
        run=run,
        repeat=Repeat.READ if row.read_only else Repeat.ONCE,
        schemas=(version.input_schema, version.output_schema),
        asks=row.policy == ToolPolicy.ASK,
        usd_per_call=float(row.usd_per_call),
        success_share=row.success_share,
        learnt=True,
        address=_address(learnt_of(row, version).contract),
    )


def _address(contract: HttpContract | McpContract) -> str:
    """Where answers come from, for people and bibliographies."""
    if isinstance(contract, HttpContract):
        return f"{contract.base_url.rstrip('/')}{contract.path}"
    return contract.server if contract.transport == "http" else ""


async def _book(ledger: Ledger, key: str, usd: float) -> None:
    if usd:
        await ledger.settle(key, input_tokens=0, output_tokens=0, usd=usd, price_known=True)
    else:
        await ledger.release(key)


def usable_learnt(
    owner_id: int, ledger: Ledger | None, rows: Sequence[Tool] | None = None
) -> list[Usable[Any, Any]]:
    """The learnt tools that a run of this person may call, or those of `rows`."""
    chosen = callable_tools(owner_id) if rows is None else rows
    if not chosen:
        return []
    current = {
        (version.tool_id, version.number): version
        for version in ToolVersion.objects.filter(tool__in=[row.pk for row in chosen])
    }
    made = []
    for row in chosen:
        version = current.get((row.pk, row.current_version))
        if version is not None:
            made.append(as_usable(row, version, owner_id, ledger))
    return made
