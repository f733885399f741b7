"""One segment at a time: how it begins, how it ends, what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError
from langgraph.graph import START, StateGraph
from langgraph.runtime import RunControl, Runtime

from autonomy import services
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.state import RunState
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Episode, Job, Run, TurnitinCycle
from autonomy.runtime import runner
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import PAUSE, SLICE, Runner
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import asking, line


def drive(claim: Claim, graph: Any, control: RunControl | None = None) -> None:
    run_async(Runner(graph).drive(claim, control or RunControl()))


def contents(run: Run) -> list[str]:
    return list(Episode.objects.filter(run=run).order_by("seq").values_list("content", flat=True))


def gapless(run: Run) -> bool:
    run.refresh_from_db()
    seqs = list(Episode.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))
    return seqs == list(range(1, run.last_seq + 1))


def test_a_run_goes_from_queue_to_success(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    drive(claim(), line(2))

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert run.stop_reason == StopReason.COMPLETED
    assert run.plan["title"] == "Line"
    assert run.finished_at is not None
    assert not Job.objects.filter(run=run).exists()
    assert contents(run) == [
        "Accepted; waiting for a worker.",
        "A worker took the run.",
        "planned",
        "working on 0",
        "done 0",
        "working on 1",
        "done 1",
        "The document is ready.",
    ]
    assert gapless(run)


def test_a_drain_for_the_slice_gives_the_run_back_at_a_boundary(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    control = RunControl()

    async def ask(loop: int, deps: Deps) -> None:
        control.request_drain(SLICE)

    drive(claim(), line(2, before=ask), control)
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert run.claims_without_progress == 0
    assert contents(run)[-2:] == ["done 0", "The run went back in line, because others wait."]

    drive(claim(), line(2))
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert contents(run).count("working on 0") == 1
    assert gapless(run)


def test_a_pause_takes_effect_at_the_boundary_and_resume_goes_on(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    control = RunControl()

    async def ask(loop: int, deps: Deps) -> None:
        from autonomy.runtime.db import run_db

        await run_db(services.pause, run)
        control.request_drain(PAUSE)

    drive(claim(), line(2, before=ask), control)
    run.refresh_from_db()
    assert run.status == RunStatus.PAUSED
    services.pause(run)

    services.resume(run)
    services.resume(run)
    drive(claim(), line(2))
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED


def test_a_report_wakes_the_run_once(start: Callable[..., Run], claim: Callable[[], Claim]) -> None:
    run = start()
    drive(claim(), asking)
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING_HUMAN
    cycle = TurnitinCycle.objects.get(run=run)
    waiting = services.snapshot(run)["waiting_for"]
    assert waiting["kind"] == "similarity_report"
    assert waiting["cycle_id"] == str(cycle.pk)

    for _ in range(2):
        services.submit_report(run, cycle_id=cycle.pk, observed_similarity=12.0)
    with pytest.raises(services.Conflict, match="first one counts"):
        services.submit_report(run, cycle_id=cycle.pk, observed_similarity=99.0)
    drive(claim(), asking)
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    assert contents(run).count("report says 12.0") == 1
    cycle.refresh_from_db()
    assert cycle.status == "accepted"
    with pytest.raises(services.Conflict, match="first one counts"):
        services.submit_report(run, cycle_id=cycle.pk, observed_similarity=50)
    cycle.refresh_from_db()
    assert cycle.observed_similarity == 12.0


@pytest.mark.parametrize("kind", [RuntimeError, DataError])
def test_an_unexpected_error_is_retried_and_then_fails_in_plain_words(
    start: Callable[..., Run], claim: Callable[[], Claim], kind: type[Exception]
) -> None:
    run = start()

    async def burst(loop: int, deps: Deps) -> None:
        raise kind("secret internals")

    for _ in range(4):  # the first gets past `plan`, three more find no progress
        Job.objects.update(available_at=run.created_at)
        drive(claim(), line(2, before=burst))
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.stop_reason == StopReason.POISONED
    assert "secret" not in run.error
    assert "database" not in run.error, "which is well"
    assert not any("secret" in text or "Traceback" in text for text in contents(run))
    assert gapless(run)


def test_a_death_between_the_writes_of_a_superstep_and_its_checkpoint_ends_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    put = DjangoCheckpointSaver.put
    for _ in range(3):  # each segment commits one checkpoint and dies before the second
        puts = iter(range(1, 100))

        def dying(saver: Any, *args: Any, count: Any = puts) -> Any:
            if next(count) == 2:
                raise OSError("killed")
            return put(saver, *args)

        monkeypatch.setattr(DjangoCheckpointSaver, "put", dying)
        Job.objects.update(available_at=run.created_at)
        drive(claim(), line(3))
    monkeypatch.setattr(DjangoCheckpointSaver, "put", put)
    Job.objects.update(available_at=run.created_at)
    drive(claim(), line(3))

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    done = [text for text in contents(run) if text.startswith(("planned", "done"))]
    assert done == ["planned", "done 0", "done 1", "done 2"]
    assert gapless(run)


def test_a_budget_that_ends_the_graph_is_a_named_ending(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()

    async def spend(loop: int, deps: Deps) -> None:
        raise BudgetExhausted("budget_tokens", "The token budget of this run is used up.")

    drive(claim(), line(2, before=spend))
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.stop_reason == StopReason.BUDGET_TOKENS
    assert run.error == "The token budget of this run is used up."


def test_a_cancelled_run_accepts_nothing_from_its_segment(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()

    async def stop(loop: int, deps: Deps) -> None:
        from autonomy.runtime.db import run_db

        await run_db(services.cancel, run)

    drive(claim(), line(3, before=stop))
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert contents(run)[-1] == "Stopped."
    assert gapless(run)
    services.cancel(run)
    with pytest.raises(services.Conflict):
        services.pause(run)


def looping() -> StateGraph[Any, Any, Any, Any]:
    """Saves a draft and then goes round for ever."""

    async def plan(state: RunState, runtime: Runtime[Deps]) -> RunState:
        draft = await runtime.context.artifacts.save("document", "Draft", {"text": "so far"})
        return {"document_id": draft, "loops": 0}

    async def act(state: RunState, runtime: Runtime[Deps]) -> RunState:
        return {"loops": state["loops"] + 1}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
    graph.add_node("plan", plan)
    graph.add_node("act", act)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "act")
    graph.add_edge("act", "act")
    return graph


def test_a_run_that_takes_too_many_steps_hands_over_what_it_wrote_in_them(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RECURSION_LIMIT", 6)
    run = start()
    drive(claim(), looping)
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (RunStatus.SUCCEEDED, StopReason.LOOP_LIMIT)
    assert Episode.objects.get(run=run, type="run.finished").meta["artifact_id"] == str(
        run.artifacts.get().pk
    )
