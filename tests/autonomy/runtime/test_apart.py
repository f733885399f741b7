"""Suspects are driven in processes of their own, whose deaths say who killed them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.core.ports import Deps
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Checkpoint, Episode, Run, TurnitinCycle
from autonomy.runtime import apart, queue, segment_ends
from autonomy.runtime.engine import Engine
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from handywriterz.drive_apart import COMMAND
from handywriterz.stack.addresses import database_url
from tests.autonomy.runtime.apart_main import HERE
from tests.autonomy.runtime.graphs import asking, line
from tests.providers.collector import collecting
from tests.stack_process import ROOT, clean_environment, eventually

Launch = Callable[..., Engine]


@pytest.fixture(autouse=True)
def _same_database(threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are started here find the test's database."""
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(settings.DATA_DIR))
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", database_url(settings.DATA_DIR, name))
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "handywriterz.settings")


@pytest.fixture
def engine() -> Iterator[Launch]:
    """Starts an engine that drives suspects by `command`; stops it at the end."""
    engines: list[Engine] = []

    def launch(*command: str, length: int = 2) -> Engine:
        made = Engine(Runner(line(length)), apart=apart.Process(command))
        made.start()
        engines.append(made)
        return made

    yield launch
    for made in engines:
        made.stop(5)


@pytest.fixture
def suspect(start: Callable[..., Run]) -> Run:
    """A run that was driven up to its first checkpoint and then lost with two workers."""
    run = start()
    for _ in range(2):  # LangGraph takes the input in as a superstep; then comes `plan`
        claim = queue.claim(1)
        assert claim is not None
        assert apart.serve(Runner(line(2)).drive, claim, lambda: None) == 0
    Run.objects.filter(pk=run.pk).update(claims_without_progress=queue.SUSPECT)
    return run


def contents(run: Run) -> list[str]:
    return list(Episode.objects.filter(run=run).order_by("seq").values_list("content", flat=True))


def status(run: Run) -> str:
    run.refresh_from_db()
    return str(run.status)


def driver(run: Run) -> int:
    """Pid of the process that drives the run; 0 while there is none."""
    told = [text for text in contents(run) if text.startswith("driven by")]
    return int(told[-1].split()[-1]) if told else 0


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_one_superstep_is_driven_and_the_run_goes_back_in_line(suspect: Run) -> None:
    claim = queue.claim(1)
    assert claim is not None
    assert claim.attempt > queue.SUSPECT
    before = Checkpoint.objects.count()
    assert apart.serve(Runner(line(2)).drive, claim, lambda: None) == 0
    assert status(suspect) == RunStatus.QUEUED
    assert Checkpoint.objects.count() == before + 1
    assert (contents(suspect).count("done 0"), contents(suspect).count("done 1")) == (1, 0)
    assert suspect.claims_without_progress == 0


def test_a_pause_that_was_asked_for_is_made_at_that_boundary(suspect: Run) -> None:
    claim = queue.claim(1)
    assert claim is not None
    services.pause(suspect)
    apart.serve(Runner(line(2)).drive, claim, lambda: None)
    assert status(suspect) == RunStatus.PAUSED


def test_a_run_that_kills_its_process_is_ended_and_the_worker_lives(
    suspect: Run, engine: Launch
) -> None:
    Run.objects.filter(pk=suspect.pk).update(faults=segment_ends.MAX_FAULTS - 1)
    engine(*HERE, "kill")
    assert eventually(lambda: status(suspect) == RunStatus.FAILED, 120)
    assert (suspect.stop_reason, suspect.faults) == (
        StopReason.POISONED,
        segment_ends.MAX_FAULTS - 1,
    )
    assert "again and again" in suspect.error
    pids = {text for text in contents(suspect) if text.startswith("driven by")}
    assert len(pids) == 1
    assert f"driven by {os.getpid()}" not in pids


def test_a_cancelled_run_takes_its_process_along(suspect: Run, engine: Launch) -> None:
    engine(*HERE, "stay")
    assert eventually(lambda: driver(suspect) != 0, 60)
    services.cancel(suspect)
    assert eventually(lambda: gone(driver(suspect)))
    assert (status(suspect), suspect.faults) == (RunStatus.CANCELLED, 0)


def test_the_step_of_a_cancelled_run_ends_what_it_has_started(
    suspect: Run, engine: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "END_SECONDS", 60.0)
    engine(*HERE, "stay", str(tmp_path / "told"))
    assert eventually(lambda: driver(suspect) != 0, 60)
    services.cancel(suspect)
    assert eventually((tmp_path / "told").exists)
    assert eventually(lambda: gone(driver(suspect)))


def test_a_process_that_does_not_hear_is_killed(
    suspect: Run, engine: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "END_SECONDS", 0.5)
    engine(*HERE, "deaf")
    assert eventually(lambda: driver(suspect) != 0, 60)
    services.cancel(suspect)
    assert eventually(lambda: gone(driver(suspect)))


def test_a_process_whose_run_has_ended_may_finish(
    suspect: Run, engine: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hands on what it measured, though its worker sees meanwhile that the run is not its own
    any more."""
    monkeypatch.setattr(apart, "END_SECONDS", 60.0)
    engine(*HERE, "linger", str(tmp_path / "handed"))
    assert eventually(lambda: "done 0" in contents(suspect), 60)
    assert eventually((tmp_path / "handed").exists)


@pytest.mark.parametrize("said", ["echo something else;", ""])
def test_a_process_that_has_not_begun_is_gone_before_anybody_else_drives(
    said: str, suspect: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not said:
        monkeypatch.setattr(apart, "START_SECONDS", 1.0)
    claim = queue.claim(1)
    assert claim is not None
    pid = tmp_path / "pid"
    program = apart.Process(("/bin/sh", "-c", f"echo $$ > {pid}; {said} exec sleep 600"))

    async def drive() -> None:
        async with asyncio.timeout(30):
            with pytest.raises(apart.NotBegun):
                await program.drive(claim)
        assert gone(int(pid.read_text()))

    asyncio.run(drive())


def test_programs_that_outlive_the_process_are_not_waited_for(suspect: Run) -> None:
    claim = queue.claim(1)
    assert claim is not None
    program = apart.Process(("/bin/sh", "-c", "echo driving; sleep 60 & exit 3"))

    async def drive() -> None:
        async with asyncio.timeout(20):
            with pytest.raises(apart.Died, match="exit code 3"):
                await program.drive(claim)

    asyncio.run(drive())


def test_a_process_ends_with_its_worker_and_nobody_is_blamed(suspect: Run) -> None:
    claim = queue.claim(1)
    assert claim is not None
    process = subprocess.Popen(
        [*HERE, "stay"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(asdict(claim)).encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == apart.BEGUN
    process.terminate()  # as when everything is told to stop: the worker decides
    process.stdin.close()  # as when the worker is gone
    assert process.wait(30) == 1
    process.stdout.close()
    assert (status(suspect), suspect.faults) == (RunStatus.RUNNING, 0)


def test_the_products_own_program_drives_a_superstep(start: Callable[..., Run]) -> None:
    run = start()
    claim = queue.claim(1)
    assert claim is not None
    asyncio.run(apart.Process(COMMAND).drive(claim))
    assert status(run) == RunStatus.QUEUED
    assert Checkpoint.objects.filter(thread_id=str(run.pk)).exists()


def test_what_libraries_print_is_not_heard_and_what_is_traced_arrives(
    start: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talkative.py").write_text(
        "print('hello from a library')\nfrom handywriterz.settings import *\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "talkative")
    run = start()
    claim = queue.claim(1)
    assert claim is not None
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        asyncio.run(apart.Process(COMMAND).drive(claim))
    assert status(run) == RunStatus.QUEUED
    assert collector.spans


@pytest.mark.parametrize("command", [("/bin/false",), ("/nowhere/to/be/found",)])
def test_where_no_process_can_be_had_the_worker_drives_the_run_itself(
    command: tuple[str, ...], suspect: Run, engine: Launch
) -> None:
    engine(*command)
    assert eventually(lambda: status(suspect) == RunStatus.SUCCEEDED)
    assert contents(suspect).count("done 1") == 1


def test_a_run_that_makes_progress_is_driven_by_its_worker_again(
    suspect: Run, claim: Callable[[], Claim]
) -> None:
    apart.serve(Runner(line(2)).drive, claim(), lambda: None)
    assert claim().attempt == 1


def test_a_drain_is_asked_for_after_one_superstep_and_not_before(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    asked: list[int] = []

    async def before(loop: int, deps: Deps) -> None:
        asked.append(loop)

    start()
    control: RunControl = apart.OneSuperstep()
    apart.serve(
        lambda claim, _: Runner(line(5, before=before)).drive(claim, control), claim(), print
    )
    assert asked == []  # the first superstep is `plan`
    assert control.drain_reason == "pause"


def test_a_wait_for_a_person_is_reached_a_superstep_at_a_time(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    for _ in range(3):  # the input, the draft that is handed over, the question
        assert status(run) == RunStatus.QUEUED
        apart.serve(Runner(asking).drive, claim(), lambda: None)
    assert status(run) == RunStatus.WAITING_HUMAN
    assert TurnitinCycle.objects.filter(run=run).count() == 1
