"""Learnt tools as a run's self-debugger mends them (`core.ports.ToolRepairs`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from autonomy.core.learnt import Exchange, Fix, RepairCase, Settled
from autonomy.core.ports import NoCall
from autonomy.models import RepairPolicy, Tool, ToolRecording
from autonomy.runtime import tool_health, tool_versions
from autonomy.runtime.db import run_db
from autonomy.runtime.learnt_tools import Ready, callable_tools, learnt_of, ready, sent
from autonomy.tools.learnt.failing import CallInDoubt, LearntFailure
from autonomy.tools.registry import ToolFailure
from handywriterz.env import env


class RunToolRepairs:
    """For the tools that this person's runs may call."""

    def __init__(self, owner_id: int) -> None:
        self._owner_id = owner_id

    async def case(self, tool: str) -> RepairCase | None:
        return await run_db(self._case, tool)

    def _row(self, name: str) -> Tool | None:
        return next((row for row in callable_tools(self._owner_id) if row.name == name), None)

    def _case(self, name: str) -> RepairCase | None:
        row = self._row(name)
        if row is None:
            return None
        if tool_versions.repair_policy(row) == RepairPolicy.NEVER:
            return None
        version = row.versions.filter(number=row.current_version).first()
        if version is None:
            return None
        same = row.versions.filter(
            input_schema=version.input_schema,
            output_schema=version.output_schema,
            definition=version.definition,
        )
        kept = ToolRecording.objects.filter(version__in=same.values("pk")).order_by(
            "created_at", "pk"
        )
        failed = kept.filter(ok=False, version=version).last()
        return RepairCase(
            tool=learnt_of(row, version),
            version=version.number,
            recordings=tuple(
                exchange for r in kept.filter(ok=True) if (exchange := _exchange(r)) is not None
            ),
            failed=_exchange(failed) if failed is not None else None,
            may_ask=row.read_only and not row.usd_per_call,
            probes=env().tool_repair_probes,
            shared=row.owner_id is None,
        )

    async def take_back_if_worse(self, tool: str) -> None:
        await run_db(self._take_back, tool)

    def _take_back(self, name: str) -> None:
        row = self._row(name)
        if row is not None:
            tool_health.take_back_if_worse(row.pk)

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        try:
            prepared = await run_db(self._ready, case.tool.name)
            if not prepared.reads:
                raise NoCall("The call may change something.")
            learnt = prepared.learnt.model_copy(update={"wrapper": wrapper})
            called = await sent(replace(prepared, learnt=learnt), dict(arguments))
        except LearntFailure as failure:
            if failure.exchange is None:
                raise NoCall(failure.error.message) from failure
            return failure.exchange
        except (ToolFailure, CallInDoubt) as failure:
            raise NoCall(str(failure)) from failure
        return called.exchange

    def _ready(self, name: str) -> Ready:
        row = self._row(name)
        if row is None:
            raise ToolFailure("not_allowed", "This tool has been removed or switched off.")
        return ready(row.pk, self._owner_id)

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        return await run_db(self._settle, case, fix, key, True)

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        return await run_db(self._settle, case, fix, key, False)

    def _settle(self, case: RepairCase, fix: Fix, key: str, proven: bool) -> Settled:
        row = self._row(case.tool.name)
        if row is None:
            raise NoCall("This tool has been removed or switched off.")
        apply = proven and tool_versions.repair_policy(row) == RepairPolicy.AUTO
        try:
            return tool_versions.settle(row.pk, case.version, fix, key, apply=apply)
        except tool_versions.Removed as removed:
            raise NoCall(str(removed)) from removed

    async def settled(self, key: str) -> Settled | None:
        return await run_db(tool_versions.settled_under, key)


def _exchange(recording: ToolRecording) -> Exchange | None:
    """None for one that an older version of the product wrote in another form."""
    try:
        return Exchange.model_validate(recording.exchange)
    except ValidationError:
        return None
