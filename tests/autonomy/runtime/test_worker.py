"""Real Celery workers, hurt while they drive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from autonomy.core.types import RunStatus
from autonomy.models import Episode, Run, WorkerProcess
from handywriterz.stack.addresses import database_url
from tests.stack_process import ROOT, clean_environment, eventually

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def worker(threads: None) -> Iterator[Start]:
    """Starts worker processes on the test database and waits until each holds its lock."""
    processes: list[subprocess.Popen[bytes]] = []

    def launch(
        length: int = 6, seconds: float = 0.4, redis: str = settings.REDIS_URL
    ) -> subprocess.Popen[bytes]:
        name = connection.settings_dict["NAME"]
        environment = clean_environment() | {
            "DATA_DIR": str(settings.DATA_DIR),
            "DATABASE_URL": database_url(settings.DATA_DIR, name),
            "REDIS_URL": redis,
            "CELERY_SKIP_CHECKS": "1",
        }
        module = "tests.autonomy.runtime.worker_main"
        label = f"w{len(processes)}@test"
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(length), str(seconds), label],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        assert eventually(lambda: WorkerProcess.objects.filter(pid=process.pid).exists(), 60)
        return process

    yield launch
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def status(run: Run) -> str:
    run.refresh_from_db()
    return str(run.status)


def contents(run: Run) -> list[str]:
    return list(Episode.objects.filter(run=run).order_by("seq").values_list("content", flat=True))


def assert_whole(run: Run, length: int) -> None:
    """Every boundary event once, in order, and no gap in the numbers."""
    rows = list(Episode.objects.filter(run=run).order_by("seq").values_list("seq", "content"))
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    done = [content for _, content in rows if content.startswith("done ")]
    assert done == [f"done {loop}" for loop in range(length)]


def test_a_killed_worker_costs_seconds_and_nothing_else(
    start: Callable[..., Run],
    worker: Start,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    workers = {process.pid: process for process in (worker(), worker())}
    run = start()
    assert eventually(lambda: "done 1" in contents(run))
    run.refresh_from_db()
    victim = workers[WorkerProcess.objects.get(lock_no=run.owner_lock).pid]
    os.kill(victim.pid, signal.SIGKILL)
    killed = time.monotonic()
    victim.wait(30)
    before = len(contents(run))
    assert eventually(lambda: "attempt.restarted" in _types(run, before), 90)
    assert eventually(lambda: any(c.startswith("done") for c in contents(run)[before:]), 90)
    seconds = time.monotonic() - killed

    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED, 90)
    assert_whole(run, 6)
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 to the next finished step, second worker standing by: {seconds:.1f} s\n"
        )


def _types(run: Run, after: int) -> list[str]:
    rows = Episode.objects.filter(run=run, seq__gt=after)
    return list(rows.values_list("type", flat=True))


def test_sigterm_gives_runs_back_at_a_boundary_and_another_worker_goes_on(
    start: Callable[..., Run], worker: Start, redis_url: str
) -> None:
    first = worker(length=8)
    run = start()
    assert eventually(lambda: "done 1" in contents(run))
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert status(run) == RunStatus.QUEUED
    assert contents(run)[-1] == "The worker stops; another one goes on."

    worker(length=8, seconds=0.0)
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED, 90)
    assert_whole(run, 8)
    assert "attempt.restarted" not in _types(run, 0)
    working = [content for content in contents(run) if content.startswith("working")]
    assert working == [f"working on {loop}" for loop in range(8)]


def test_a_second_sigterm_changes_nothing(
    start: Callable[..., Run], worker: Start, redis_url: str
) -> None:
    first = worker(length=40, seconds=0.3)
    run = start()
    assert eventually(lambda: "done 1" in contents(run))
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert status(run) == RunStatus.QUEUED
    assert contents(run).count("The worker stops; another one goes on.") == 1


def test_runs_are_driven_while_redis_is_away(start: Callable[..., Run], worker: Start) -> None:
    worker(seconds=0.0, redis="unix:///nonexistent/redis.sock?db=0")
    run = start()
    assert eventually(lambda: status(run) == RunStatus.SUCCEEDED, 90)
    assert_whole(run, 6)
