from __future__ import annotations

import pytest
from pydantic import BaseModel

from autonomy.tools.rate_limit import TokenBucket
from autonomy.tools.registry import Tool, ToolContext, ToolFailure, ToolRegistry
from tests.autonomy.agents.world import make_deps


class Ask(BaseModel):
    number: int


class Reply(BaseModel):
    doubled: int


async def double(context: ToolContext, given: Ask) -> Reply:
    return Reply(doubled=given.number * 2)


DEPS = make_deps("x y z")


def call_of(key: str) -> ToolContext:
    return ToolContext(
        library=DEPS.library,
        events=DEPS.events,
        results={},
        effects=DEPS.effects,
        key=key,
    )


CONTEXT = call_of("k")
REGISTRY = ToolRegistry([Tool("maths.double", "Doubles a number.", Ask, Reply, double)])


async def test_a_tool_is_called_with_typed_input_and_answers_typed() -> None:
    assert await REGISTRY.call("maths.double", CONTEXT, {"number": 21}) == Reply(doubled=42)


async def test_wrong_input_names_the_field() -> None:
    with pytest.raises(ToolFailure) as caught:
        await REGISTRY.call("maths.double", CONTEXT, {"number": "many"})

    assert caught.value.error.code == "bad_input"
    assert caught.value.error.detail["problems"][0]["field"] == "number"


async def test_an_unknown_tool_offers_the_nearest_name() -> None:
    with pytest.raises(ToolFailure) as caught:
        await REGISTRY.call("maths.duble", CONTEXT, {})

    assert caught.value.error.code == "unknown_tool"
    assert caught.value.error.detail["nearest"] == "maths.double"


async def test_every_call_takes_a_token_from_the_tools_bucket() -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    clock = [0.0]
    bucket = TokenBucket(rate=1.0, burst=2, clock=lambda: clock[0], sleep=sleep)
    registry = ToolRegistry([Tool("maths.double", "Doubles.", Ask, Reply, double, bucket)])
    for number in range(4):
        await registry.call("maths.double", call_of(f"k{number}"), {"number": 1})

    assert sum(waits) == pytest.approx(2.0)


def test_schemas_tell_a_model_what_goes_in_and_what_comes_out() -> None:
    (schema,) = REGISTRY.schemas()

    assert schema["name"] == "maths.double"
    assert schema["input"]["required"] == ["number"]
    assert "doubled" in schema["output"]["properties"]
