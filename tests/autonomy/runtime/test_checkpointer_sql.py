"""The checkpointer: LangGraph's conformance suite, fences, delta channels, strict reading."""

from __future__ import annotations

import asyncio
import base64
import math
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph

from autonomy.core.types import Plan, Route, Step, StepKind, TaskSpec, VerdictKind
from autonomy.models import Checkpoint, CheckpointWrite, Episode, Run
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.fence import FencedOut
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.graphs import note

pytestmark = pytest.mark.usefixtures("threads")


CONFORMANCE = {
    "put": 17,
    "put_writes": 10,
    "get_tuple": 10,
    "list": 16,
    "delete_thread": 5,
    "delete_for_runs": 7,
    "copy_thread": 8,
    "prune": 8,
}
"""Tests per capability in langgraph-checkpoint-conformance 0.0.2; fewer passed means some are missing."""


def append_all(state: Sequence[str], writes: Sequence[Any]) -> list[str]:
    return [*state, *(item for write in writes for item in write)]


async def test_passes_the_whole_conformance_suite(capsys: pytest.CaptureFixture[str]) -> None:
    @checkpointer_test(name="DjangoCheckpointSaver")
    async def saver() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield DjangoCheckpointSaver()

    report = await validate(saver)

    counts = {name: result.tests_passed for name, result in report.results.items()}
    with capsys.disabled():
        sys.stdout.write(f"\nconformance: {counts}, {sum(counts.values())} passed\n")
    assert all(result.detected for result in report.results.values())
    assert counts == CONFORMANCE
    assert [r.failures for r in report.results.values() if r.failures] == []
    assert sum(result.tests_skipped for result in report.results.values()) == 0


# --------------------------------------------------------------------- beyond the conformance suite

Graph = StateGraph[Any, Any, Any, Any]


def compiled(graph: Graph, saver: DjangoCheckpointSaver) -> Any:
    return graph.compile(checkpointer=saver)


def config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}, "recursion_limit": 500}


class Log(TypedDict, total=False):
    count: int
    log: Annotated[list[str], DeltaChannel(append_all, snapshot_frequency=7)]


def invoke(graph: Any, thread: str) -> None:
    """Asynchronously, as the product does: LangGraph's own threads would each keep a connection."""
    asyncio.run(graph.ainvoke({"count": 0, "log": []}, config(thread), durability="sync"))


def counting(length: int) -> Graph:
    """Appends one entry per superstep to a delta channel that is snapshotted every seventh."""

    def step(state: Log) -> Log:
        return {"count": state.get("count", 0) + 1, "log": [f"entry {state.get('count', 0)}"]}

    graph: Graph = StateGraph(Log)
    graph.add_node("step", step)
    graph.add_edge(START, "step")
    graph.add_conditional_edges(
        "step", lambda state: END if state["count"] >= length else "step", ["step", END]
    )
    return graph


def test_a_delta_channel_is_rebuilt_whole_from_its_history() -> None:
    graph = compiled(counting(30), DjangoCheckpointSaver())
    invoke(graph, "delta")

    fresh = compiled(counting(30), DjangoCheckpointSaver())
    expected = [f"entry {number}" for number in range(30)]
    assert fresh.get_state(config("delta")).values["log"] == expected
    for snapshot in fresh.get_state_history(config("delta")):
        count = snapshot.values.get("count", 0)
        assert snapshot.values.get("log", []) == expected[:count]


def test_the_delta_history_agrees_with_the_walk_of_the_base_class() -> None:
    saver = DjangoCheckpointSaver()
    invoke(compiled(counting(20), saver), "walk")
    for stored in saver.list(config("walk")):
        mine = saver.get_delta_channel_history(config=stored.config, channels=["log", "count"])
        theirs = BaseCheckpointSaver.get_delta_channel_history(
            saver, config=stored.config, channels=["log", "count"]
        )
        assert mine == theirs


def test_pruning_keeps_what_a_delta_channel_is_rebuilt_from() -> None:
    saver = DjangoCheckpointSaver()
    graph = compiled(counting(24), saver)
    invoke(graph, "prune")
    before = graph.get_state(config("prune")).values
    had = Checkpoint.objects.filter(thread_id="prune").count()

    saver.prune(["prune"])
    assert Checkpoint.objects.filter(thread_id="prune").count() < had
    assert graph.get_state(config("prune")).values == before


def test_enums_numbers_and_odd_text_come_back_as_they_were() -> None:
    saver = DjangoCheckpointSaver()
    values = {
        "route": Route.ACT,
        "text": "nul \x00, lone \ud800, “fine”",
        "nan": math.inf,
        "whole": 3,
        "share": 0.25,
        "nothing": None,
        "yes": True,
    }
    checkpoint = empty_checkpoint() | {
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, "1"),
    }
    where = {"configurable": {"thread_id": "odd", "checkpoint_ns": ""}}
    saver.put(where, checkpoint, {}, dict.fromkeys(values, "1"))  # type: ignore[arg-type, typeddict-item]
    found = saver.get_tuple(where)  # type: ignore[arg-type]
    assert found is not None
    back = found.checkpoint["channel_values"]
    assert back["route"] is Route.ACT
    assert {k: back[k] for k in values if k != "text"} == {
        k: v for k, v in values.items() if k != "text"
    }
    assert back["text"].startswith("nul \x00, lone ")


def test_only_types_of_the_state_are_read_back() -> None:
    hostile = JsonPlusSerializer().dumps_typed(TaskSpec(goal="x"))
    allowed = JsonPlusSerializer().dumps_typed(Plan(title="x"))
    serde = DjangoCheckpointSaver().serde
    assert serde.loads_typed(allowed) == Plan(title="x")
    assert not isinstance(serde.loads_typed(hostile), TaskSpec)


OLDER_STATE = base64.b85decode(
    "lE={nl(S)VbZ>5NZFw$ZZ*pZWba`-PbEH#rWpIk3X=I^cq-$wzWXB``le1xUbZ>5NZFw$ZZ*pZWba`-PbEs2vWpGPrZe"
    "*o*a%psBrF3a@Y-OZPZ*Oj-bZ>8Lz@=$!aCLNms$^wwWo~41UvF-ZrgL;*baivbC;*eQVRdwGZf|XQE@N+UWiE7iaAk9"
    "<Q*>o;Q*>c;b#te1Wo~3?ZfB@rbaZ8HaCCD3r*m~}ZDDeGpr&$Vb9HQVfU|9HWMyn$c42I3WMOn=Uutu2ZpS77le1xUb"
    "Z>5NZFw$ZZ*pZWba`-PbE{Tma%5>^bW3S&WTbFmb8`"
)
"""A step and a verdict's kind as msgpack, written when `autonomy.core.types` was one module."""


def test_checkpoints_of_before_types_had_modules_of_their_own_are_read() -> None:
    step, verdict = DjangoCheckpointSaver().serde.loads_typed(("msgpack", OLDER_STATE))
    assert step == Step(id="a", kind=StepKind.WRITE, title="Moon")
    assert verdict is VerdictKind.PASS


# --------------------------------------------------------------------- the fence


def put(saver: DjangoCheckpointSaver, thread: str, **values: Any) -> Any:
    checkpoint = empty_checkpoint() | {
        "channel_values": values,
        "channel_versions": dict.fromkeys(values, "1"),
    }
    return saver.put(
        {"configurable": {"thread_id": thread, "checkpoint_ns": ""}},
        checkpoint,  # type: ignore[arg-type]
        {"source": "loop", "step": 1},
        dict.fromkeys(values, "1"),
    )


def test_a_stale_fence_can_write_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    old = claim().fence
    stale = DjangoCheckpointSaver(old)
    where = put(stale, old.run_id, plan=Plan(title="first"))
    Run.objects.filter(pk=run.pk).update(fence=2)

    with pytest.raises(FencedOut):
        put(stale, old.run_id, plan=Plan(title="zombie"), outbox=[note("zombie")])
    with pytest.raises(FencedOut):
        stale.put_writes(where, [("plan", Plan(title="zombie"))], "task")
    run.refresh_from_db()
    assert run.plan["title"] == "first"
    assert Checkpoint.objects.filter(thread_id=old.run_id).count() == 1
    assert not CheckpointWrite.objects.exists()
    assert not Episode.objects.filter(content="zombie").exists()


def test_boundary_events_commit_once_with_their_checkpoint(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    saver = DjangoCheckpointSaver(claim().fence)
    checkpoint = empty_checkpoint() | {
        "channel_values": {"outbox": [note("a\x00b", value="\ud800"), note("c")]},
        "channel_versions": {"outbox": "1"},
    }
    where = {"configurable": {"thread_id": str(run.pk), "checkpoint_ns": ""}}
    for _ in range(2):
        saver.put(where, checkpoint, {}, {"outbox": "1"})  # type: ignore[arg-type]
    rows = Episode.objects.filter(run=run, source="test").order_by("seq")
    assert [row.content for row in rows] == ["ab", "c"]
    run.refresh_from_db()
    assert [row.seq for row in rows] == [run.last_seq - 1, run.last_seq]
