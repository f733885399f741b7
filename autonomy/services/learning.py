"""What people see of tools besides their rows: hosts, keys that are missing, history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import F, Q

from autonomy.agents.tool_ingestor import policy_of
from autonomy.core.learnt import HttpContract
from autonomy.models import Tool, ToolOrigin, ToolSecret, ToolServer, ToolVersion
from autonomy.runtime.learnt_tools import host_of_contract, learnt_of
from autonomy.runtime.tool_versions import PROPOSED
from autonomy.services.errors import Invalid
from autonomy.services.tool_repairs import RepairState, latest_repair
from autonomy.services.tools import tool_of
from autonomy.tools.learnt.openapi import Operation


@dataclass(frozen=True, slots=True)
class ToolState:
    """One tool as one person sees it."""

    row: Tool
    may_change: bool
    beside_own: bool = False
    """It is for everybody, and the person has one of the same name that is off: what is done by that
    name is done to the person's own."""
    host: str = ""
    method: str = ""
    secrets: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    repair: RepairState | None = None


def states(user: User, rows: Sequence[Tool]) -> list[ToolState]:
    """`rows` as `user` sees them."""
    of_tool = _shown_versions([row for row in rows if row.origin != ToolOrigin.BUILTIN])
    versions = {(v.tool_id, v.number): v for many in of_tool.values() for v in many}
    given = {
        (row.host, row.scheme, row.owner_id)
        for row in ToolSecret.objects.filter(Q(owner=user) | Q(owner=None)).only(
            "host", "scheme", "owner_id"
        )
    }
    made = []
    own = {row.name for row in rows if row.owner_id is not None}
    for row in rows:
        beside_own = row.owner_id is None and row.name in own
        staff = user.is_staff and not beside_own
        may_change = row.owner_id == user.pk or (row.owner_id is None and staff)
        current = versions.get((row.pk, row.current_version))
        if current is None:
            made.append(ToolState(row, may_change, beside_own))
            continue
        contract = learnt_of(row, current).contract
        host = host_of_contract(contract)
        wanted = list(dict.fromkeys(use.scheme for use in contract.secrets))
        whose = (user.pk, None) if row.owner_id is None else (user.pk,)
        missing = [s for s in wanted if not any((host, s, w) in given for w in whose)]
        method = contract.method if isinstance(contract, HttpContract) else ""
        made.append(
            ToolState(
                row,
                may_change,
                beside_own,
                host or "this machine",
                method,
                wanted,
                missing,
                latest_repair(row, of_tool[row.pk]),
            )
        )
    return made


def _shown_versions(rows: Sequence[Tool]) -> dict[UUID, list[ToolVersion]]:
    """Of each tool the versions that a list shows, in their order: the one in use, repairs that are
    proposed, and one that was taken back for it. A tool may have hundreds."""
    found: dict[UUID, list[ToolVersion]] = defaultdict(list)
    shown = Q(number=F("tool__current_version")) | Q(evidence__state=PROPOSED)
    for version in ToolVersion.objects.filter(shown, tool__in=[row.pk for row in rows]):
        found[version.tool_id].append(version)
    back = Q()
    for many in found.values():
        for version in many:
            if number := version.evidence.get("rolled_back"):
                back |= Q(tool_id=version.tool_id, number=number)
    if back:
        for version in ToolVersion.objects.filter(back):
            if version not in found[version.tool_id]:
                found[version.tool_id].append(version)
    for many in found.values():
        many.sort(key=lambda version: version.number)
    return found


@dataclass(frozen=True, slots=True)
class VersionState:
    row: ToolVersion
    contract_changed: bool
    """From the version before."""


def history(row: Tool) -> list[VersionState]:
    """Every version, newest first."""
    versions = list(row.versions.order_by("number"))
    made = []
    for before, version in zip([None, *versions], versions, strict=False):
        changed = before is not None and (
            before.input_schema,
            before.output_schema,
            before.definition,
        ) != (version.input_schema, version.output_schema, version.definition)
        made.append(VersionState(version, changed))
    return made[::-1]


def tryable(user: User, name: str) -> Tool:
    """A learnt tool that the person may call: their own of that name, else the one for everybody.
    Raises `NotFound`, or `Invalid` for a built-in one."""
    row = tool_of(user, name)
    if row.origin == ToolOrigin.BUILTIN:
        raise Invalid("A built-in tool works inside a run only.")
    return row


def offered(operation: Operation) -> dict[str, Any]:
    """One operation of a preview."""
    contract = operation.tool.contract
    http = isinstance(contract, HttpContract)
    return {
        "id": operation.id,
        "name": operation.tool.name,
        "description": operation.tool.description,
        "method": contract.method if isinstance(contract, HttpContract) else "",
        "path": contract.path if isinstance(contract, HttpContract) else contract.tool,
        "read_only": operation.read_only,
        "policy": policy_of(operation),
    } | ({} if http else {"method": "MCP"})


def servers(user: User) -> list[str]:
    """Programs that staff may use as MCP servers; nobody else is told of them."""
    if not user.is_staff:
        return []
    return list(ToolServer.objects.filter(enabled=True).values_list("name", flat=True))
