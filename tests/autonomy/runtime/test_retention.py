"""Cutting the history of finished runs: what stays is exactly as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from langgraph.graph import StateGraph
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.core.types import RunStatus
from autonomy.models import Checkpoint, CheckpointBlob, CheckpointWrite, Run, TurnitinCycle
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.queue import Claim
from autonomy.runtime.retention import due, prune_run
from autonomy.runtime.runner import Runner
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import asking, line

Start = Callable[..., Run]
Take = Callable[[], Claim]


def drive(claim: Claim, graph: Any) -> None:
    run_async(Runner(graph).drive(claim, RunControl()))


def states(run: Run, graph: Callable[[], StateGraph[Any, Any, Any, Any]]) -> dict[str, Any]:
    """The full state at every checkpoint that there is, by checkpoint id."""
    compiled = graph().compile(checkpointer=DjangoCheckpointSaver())
    config: Any = {"configurable": {"thread_id": str(run.pk)}}
    return {
        item.config["configurable"]["checkpoint_id"]: (item.values, item.next)
        for item in compiled.get_state_history(config)
    }


@pytest.mark.parametrize("length", [3, 49, 50, 51, 120])
def test_the_head_is_the_same_before_and_after(start: Start, claim: Take, length: int) -> None:
    run = start()
    drive(claim(), line(length))
    before = states(run, line(length))
    head = max(before)

    pruned = prune_run(run.pk)

    assert pruned is not None
    assert pruned.checkpoints == len(before) - 1
    assert pruned.writes > 0
    assert pruned.size > 0
    after = states(run, line(length))
    assert after == {head: before[head]}
    assert len(after[head][0]["observations"]) == length
    assert not CheckpointWrite.objects.filter(thread_id=str(run.pk)).exclude(checkpoint_id=head)


def test_nothing_is_left_that_no_checkpoint_refers_to(start: Start, claim: Take) -> None:
    run = start()
    drive(claim(), line(60))
    prune_run(run.pk)

    versions = Checkpoint.objects.get(thread_id=str(run.pk)).checkpoint["channel_versions"]
    blobs = CheckpointBlob.objects.filter(thread_id=str(run.pk))
    assert all(versions[blob.channel] == blob.version for blob in blobs)


def test_points_of_human_decision_stay_and_can_be_forked(start: Start, claim: Take) -> None:
    run = start()
    drive(claim(), asking)
    cycle = TurnitinCycle.objects.get(run=run)
    services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)
    drive(claim(), asking)
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    before = states(run, asking)

    prune_run(run.pk)

    after = states(run, asking)
    asked = [key for key, (_, following) in after.items() if following == ("wait",)]
    assert len(asked) == 1
    assert after == {key: before[key] for key in after}
    fork = services.fork(run, asked[0])
    (values, following), (was, _) = states(fork, asking)[asked[0]], before[asked[0]]
    own = {"document_id", "cycle_id"}  # a copy has its own of what it must be able to change
    assert following == ("wait",)
    assert {k: v for k, v in values.items() if k not in own} == {
        k: v for k, v in was.items() if k not in own
    }


def test_before_a_message_was_taken_is_a_point_of_decision(start: Start, claim: Take) -> None:
    run = start()
    drive(claim(), line(4))
    ids = list(
        Checkpoint.objects.filter(thread_id=str(run.pk))
        .order_by("checkpoint_id")
        .values_list("checkpoint_id", flat=True)
    )
    for later in Checkpoint.objects.filter(thread_id=str(run.pk), checkpoint_id__gte=ids[3]):
        later.checkpoint["channel_values"]["heard"] = 1
        later.save()

    prune_run(run.pk)

    kept = Checkpoint.objects.filter(thread_id=str(run.pk)).order_by("checkpoint_id")
    assert [row.checkpoint_id for row in kept] == [ids[2], ids[-1]]
    assert [row.parent_checkpoint_id for row in kept] == [None, ids[2]]


def test_a_live_run_is_not_touched(start: Start, claim: Take) -> None:
    run = start()
    assert prune_run(run.pk) is None
    claim()
    assert prune_run(run.pk) is None


def test_a_run_that_is_being_forked_is_left_for_the_next_round(start: Start, claim: Take) -> None:
    run = start()
    drive(claim(), line(3))
    with transaction.atomic():
        services.fork(run)
        found: list[object] = []

        def prune() -> None:
            found.append(prune_run(run.pk))
            connection.close()

        other = threading.Thread(target=prune)
        other.start()
        other.join(60)
        assert found == [None]
    assert prune_run(run.pk) is not None


def test_twice_is_as_good_as_once(start: Start, claim: Take) -> None:
    run = start()
    drive(claim(), line(3))
    prune_run(run.pk)
    once = states(run, line(3))

    again = prune_run(run.pk)

    assert again is not None
    assert (again.checkpoints, again.writes, again.size) == (0, 0, 0)
    assert states(run, line(3)) == once


def test_a_cancelled_run_goes_on_from_its_head_after_pruning(start: Start, claim: Take) -> None:
    run = start()
    taken = claim()
    control = RunControl()
    control.request_drain("slice")
    run_async(Runner(line(5)).drive(taken, control))
    services.cancel(run)
    prune_run(run.pk)

    services.requeue(run)
    drive(claim(), line(5))

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED
    values, _ = states(run, line(5))[max(states(run, line(5)))]
    assert [item.summary for item in values["observations"]] == [f"said {n}" for n in range(5)]


def test_due_are_finished_runs_of_before_that_were_not_cut_since(start: Start, claim: Take) -> None:
    old, young, live = start(), start(), start()
    drive(claim(), line(1))
    drive(claim(), line(1))
    now = timezone.now()
    Run.objects.filter(pk=old.pk).update(finished_at=now - timedelta(days=31))

    assert due(now - timedelta(days=30), 10) == [old.pk]
    prune_run(old.pk)
    assert due(now - timedelta(days=30), 10) == []
    assert young.pk not in due(now - timedelta(days=30), 10)
    assert live.pk not in due(now + timedelta(days=1), 10)
