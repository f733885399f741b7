"""The engine in this process: many runs, controls within a second, a lock that is lost."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.backends.signals import connection_created

from autonomy import services
from autonomy.core.llm import SHARED
from autonomy.core.llm.health import LocalHealth
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus
from autonomy.models import Episode, Run, WorkerProcess
from autonomy.runtime import queue, segment_ends
from autonomy.runtime.engine import Engine, end_tasks
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from tests.autonomy.runtime.graphs import line
from tests.patience import patience
from tests.stack_process import eventually

Launch = Callable[..., Engine]


@pytest.fixture
def engine(threads: None) -> Iterator[Launch]:
    """Starts engines over a small graph; stops them at the end."""
    engines: list[Engine] = []

    def launch(graph: Any, capacity: int = 50) -> Engine:
        made = Engine(Runner(graph), capacity)
        made.start()
        engines.append(made)
        return made

    yield launch
    for made in engines:
        made.stop(5)


def status(run: Run) -> str:
    run.refresh_from_db()
    return str(run.status)


def said(run: Run, content: str) -> bool:
    return Episode.objects.filter(run=run, content=content).exists()


async def forever(loop: int, deps: Deps) -> None:
    if loop == 1:
        await asyncio.Event().wait()


def test_the_engine_shares_what_is_known_of_providers_before_it_drives_anything(
    engine: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHARED, "health", LocalHealth())
    engine(line(1))
    assert SHARED.health is shared_health()


def test_many_runs_are_driven_at_once(
    start: Callable[..., Run], engine: Launch, make_user: Callable[..., User]
) -> None:
    people = [make_user(f"person{number}") for number in range(8)]
    runs = [start(owner=person) for person in people for _ in range(2)]
    here: set[object] = set()

    async def wait_for_all(loop: int, deps: Deps) -> None:
        here.add(deps.run_id)
        while len(here) < len(runs):
            await asyncio.sleep(0.01)

    engine(line(3, before=wait_for_all))
    assert eventually(lambda: all(status(run) == RunStatus.SUCCEEDED for run in runs))


def test_a_cancel_stops_the_node_within_a_second(
    start: Callable[..., Run], engine: Launch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = start()
    made = engine(line(3, before=forever))
    assert eventually(lambda: said(run, "working on 1"))
    services.cancel(run)
    cancelled = time.monotonic()
    assert status(run) == RunStatus.CANCELLED
    assert eventually(lambda: made.driving == 0)
    with capsys.disabled():
        sys.stdout.write(f"\ncancel to stopped node: {time.monotonic() - cancelled:.2f} s\n")
    assert time.monotonic() - cancelled < patience(1.5)
    assert Episode.objects.filter(run=run).order_by("seq").last().type == "run.finished"


def test_a_pause_is_noticed_and_resumed(start: Callable[..., Run], engine: Launch) -> None:
    run = start()
    engine(line(20, seconds=0.1))
    assert eventually(lambda: said(run, "done 1"))
    services.pause(run)
    assert eventually(lambda: status(run) == RunStatus.PAUSED)
    services.resume(run)
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED)


def test_a_lost_lock_stops_driving_and_the_run_is_found_again(
    start: Callable[..., Run], engine: Launch
) -> None:
    run = start()
    made = engine(line(12, seconds=0.3))
    assert eventually(lambda: said(run, "done 1"))
    first = WorkerProcess.objects.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = %s",
            [first.lock_no],
        )
    assert eventually(lambda: WorkerProcess.objects.count() == 2)
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED)
    assert Episode.objects.filter(run=run, type="attempt.restarted").exists()
    done = Episode.objects.filter(run=run, content__startswith="done").order_by("seq")
    assert [row.content for row in done] == [f"done {loop}" for loop in range(12)]
    assert made.driving == 0


def test_a_full_engine_yields_a_long_run_to_those_who_wait(
    start: Callable[..., Run],
    engine: Launch,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from autonomy.runtime import engine as module

    short = module.env().model_copy(update={"slice_seconds": 0.3})
    monkeypatch.setattr(module, "env", lambda: short)
    long_run = start()
    engine(line(20, seconds=0.1), capacity=1)
    assert eventually(lambda: said(long_run, "done 1"))
    other = start(owner=bob)
    assert eventually(lambda: status(other) != RunStatus.QUEUED)
    assert said(long_run, "The run went back in line, because others wait.")
    assert eventually(lambda: status(other) == RunStatus.SUCCEEDED)
    assert eventually(lambda: status(long_run) == RunStatus.SUCCEEDED)


def test_a_run_that_nobody_drives_is_reclaimed_by_its_own_process(
    start: Callable[..., Run], engine: Launch
) -> None:
    run = start()
    made = engine(line(2))
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED)
    lost = Run.objects.get(pk=run.pk)
    services_run = start()
    assert eventually(lambda: status(services_run) == RunStatus.SUCCEEDED)
    # As after a claim whose answer got lost: running under a living lock, driven by nobody.
    made.begin_drain()
    assert eventually(lambda: made._draining and not made._claiming.locked())
    orphan = start()
    claim = queue.claim(WorkerProcess.objects.get().lock_no)
    assert claim is not None
    assert claim.fence.run_id == str(orphan.pk)
    assert eventually(lambda: status(orphan) == RunStatus.QUEUED)
    assert lost.fence == 1


async def test_a_task_that_swallows_a_cancellation_is_still_ended() -> None:
    refusals = iter([True, False])

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if not next(refusals):
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(end_tasks(task), 30)

    assert task.cancelled()


def stuck_once(started: threading.Event) -> Callable[[int, Deps], Any]:
    """Never comes back the first time it is called; does nothing later."""
    calls: list[int] = []

    async def before(loop: int, deps: Deps) -> None:
        calls.append(loop)
        if len(calls) == 1:
            started.set()
            await asyncio.Event().wait()

    return before


def test_a_drain_that_misses_its_time_gives_the_run_back_for_another_to_go_on_at_once(
    start: Callable[..., Run], engine: Launch
) -> None:
    started = threading.Event()
    before = stuck_once(started)
    runs = [start()]
    leaving = engine(line(2, before=before))
    assert started.wait(30)
    leaving.stop(0.2)
    assert [status(run) for run in runs] == [RunStatus.QUEUED]
    assert said(
        runs[0], "The worker had to stop in the middle of a step; another one does it again."
    )
    engine(line(2, before=before))
    assert eventually(lambda: status(runs[0]) == RunStatus.SUCCEEDED)
    # Given back, not found; but what the step had said so far is void, and views are told so.
    again = Episode.objects.get(run=runs[0], type="attempt.restarted")
    assert again.meta["cause"] == "step_cut_off"
    first, second = Episode.objects.filter(run=runs[0], content="working on 0").order_by("seq")
    assert first.seq < again.seq < second.seq


def test_a_step_that_is_cut_off_counts_as_an_attempt_and_not_as_a_fault(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    segment_ends.release(claim().fence, "cut")
    second = claim()
    assert (second.attempt, second.reason) == (2, "cut")
    segment_ends.release(second.fence, "drain")
    assert claim().attempt == 1, "a boundary is progress"
    run.refresh_from_db()
    assert run.faults == 0


def test_a_run_that_cannot_be_given_back_in_an_outage_is_found_by_another_worker(
    start: Callable[..., Run], engine: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = threading.Event()
    before = stuck_once(started)
    run = start()
    leaving = engine(line(2, before=before))
    assert started.wait(30)

    def away(*_: object) -> None:
        raise OperationalError("the server is away")

    with monkeypatch.context() as outage:
        outage.setattr(segment_ends, "release", away)
        leaving.stop(0.2)
    assert status(run) == RunStatus.RUNNING
    engine(line(2, before=before))
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED, 60)
    assert Episode.objects.filter(run=run, type="attempt.restarted").count() == 1


def test_stopping_twice_and_draining_before_is_harmless(
    start: Callable[..., Run], engine: Launch
) -> None:
    run = start()
    made = engine(line(200, seconds=0.05))
    assert eventually(lambda: said(run, "done 1"))
    made.begin_drain()
    made.begin_drain()
    made.stop(20)
    made.stop(20)
    assert status(run) == RunStatus.QUEUED
    assert Episode.objects.filter(run=run, content__startswith="The worker stops").count() == 1


def test_two_hundred_segments_leave_no_connection_behind(
    start: Callable[..., Run],
    engine: Launch,
    make_user: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roomy = queue.env().model_copy(update={"runs_per_user": 1_000})
    monkeypatch.setattr(queue, "env", lambda: roomy)
    with transaction.atomic():
        for _ in range(200):
            start()
    made = engine(line(1), capacity=50)
    left = Run.objects.exclude(status=RunStatus.SUCCEEDED)
    assert eventually(lambda: not left.exists(), 150, every=0.5)
    assert made.driving == 0

    def connections() -> int:
        gc.collect()  # ends those of threads of tests before
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])

    # And that of the lease. Those of a test before may take a moment to end.
    assert eventually(lambda: connections() <= queue.env().db_threads + 1, 30, every=0.5)


def test_claims_in_one_transaction_take_whom_single_claims_would(
    start: Callable[..., Run], make_user: Callable[..., User]
) -> None:
    people = [make_user(f"person{number}") for number in range(3)]
    for person in people:
        for _ in range(5):
            start(owner=person)
    claims = queue.claim_many(1, 100)
    cap = queue.env().runs_per_user
    assert len(claims) == 3 * cap
    # In turns, because each claim charges its user before the next is chosen.
    turns = [claim.owner_id for claim in claims]
    assert all(len(set(turns[at : at + 3])) == 3 for at in range(0, len(turns), 3))
    assert queue.claim_many(1, 5) == []
    assert queue.claim(1) is None


def test_connections_are_bounded_before_anything_of_a_worker_asks_the_database(
    engine: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection_created.disconnect(dispatch_uid="lease")
    bounded: list[bool] = []
    real = Engine._run_loop

    def begins(self: Engine) -> None:
        uids = [receiver[0][0] for receiver in connection_created.receivers]
        bounded.append("lease" in uids)
        real(self)

    monkeypatch.setattr(Engine, "_run_loop", begins)
    engine(line(1))
    assert bounded == [True]
