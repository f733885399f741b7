from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

from autonomy.models import Tool as ToolRow
from autonomy.models import ToolVersion
from autonomy.runtime.context import registry
from autonomy.runtime.db import close_pool
from autonomy.runtime.tools import mirror_tools, usable_tools
from autonomy.tools.registry import Tool, ToolContext, ToolFailure, ToolRegistry
from tests.autonomy.memory_effects import MemoryEffects


class Ask(BaseModel):
    number: int


class AskMore(BaseModel):
    number: int
    unit: str


class Reply(BaseModel):
    halved: int


async def halve(context: ToolContext, given: Ask) -> Reply:
    if given.number % 2:
        raise ToolFailure("bad_input", "odd numbers cannot be halved")
    return Reply(halved=given.number // 2)


def made(asked: type[BaseModel] = Ask) -> ToolRegistry:
    return ToolRegistry([Tool("maths.halve", "Halves.", asked, Reply, halve)])


@pytest.mark.django_db
def test_every_built_in_tool_is_a_row_with_its_contract() -> None:
    mirror_tools(registry())
    mirror_tools(registry())

    assert set(ToolRow.objects.values_list("name", flat=True)) == set(registry().names())
    assert ToolVersion.objects.count() == len(registry().names())


@pytest.mark.django_db
def test_a_changed_contract_is_a_new_version() -> None:
    mirror_tools(made())
    mirror_tools(made(AskMore))

    tool = ToolRow.objects.get(name="maths.halve")
    assert tool.current_version == 2
    assert "unit" in tool.versions.get(number=2).input_schema["properties"]


@pytest.mark.django_db
def test_a_tool_that_staff_switched_off_is_not_there_for_runs() -> None:
    mirror_tools(made())
    ToolRow.objects.update(enabled=False)

    assert usable_tools(made()).names() == []


@pytest.mark.django_db(transaction=True)
def test_calls_and_failures_are_counted() -> None:
    tools = usable_tools(made())
    effects = MemoryEffects()

    def call_of(key: str) -> ToolContext:
        return ToolContext(None, None, {}, effects, key)  # type: ignore[arg-type]

    async def calls() -> None:
        await tools.call("maths.halve", call_of("a"), {"number": 4})
        with pytest.raises(ToolFailure):
            await tools.call("maths.halve", call_of("b"), {"number": 5})

    asyncio.run(calls())
    close_pool()

    row = ToolRow.objects.get(name="maths.halve")
    assert (row.calls, row.failures) == (2, 1)
