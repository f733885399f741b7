from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from handywriterz.stack import child as child_module
from handywriterz.stack.account import Account
from handywriterz.stack.addresses import StackError, logs_dir, run_dir
from handywriterz.stack.child import Child, Spec, launched
from tests.stack_process import ROOT, running


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    logs_dir(tmp_path).mkdir()
    run_dir(tmp_path).mkdir()
    return tmp_path


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def make(data_dir: Path, said: list[str], code: str, **fields: object) -> Child:
    spec = Spec(name="part", title="The part", command=python(code), **fields)  # type: ignore[arg-type]
    return Child(spec, data_dir, said.append)


async def never() -> bool:
    return False


def when(path: Path, text: str) -> object:
    async def ready() -> bool:
        return path.exists() and text in path.read_text()

    return ready


async def test_a_child_that_ends_before_it_is_ready_fails_with_its_last_word(
    data_dir: Path,
) -> None:
    (logs_dir(data_dir) / "part.log").write_text("FATAL: of an earlier life\n")
    child = make(data_dir, [], "print('no disk'); raise SystemExit(3)", ready=never)
    with pytest.raises(StackError, match=r"The part did not start: no disk \(log: .*part.log\)"):
        await child.start()


async def test_a_fatal_line_of_postgres_is_told_rather_than_the_last(data_dir: Path) -> None:
    code = "print('x [1] FATAL:  data is torn'); print('database system is shut down')"
    child = make(data_dir, [], code, ready=never)
    with pytest.raises(StackError, match="did not start: data is torn"):
        await child.start()


async def test_a_child_that_never_gets_ready_fails_after_its_time(data_dir: Path) -> None:
    child = make(data_dir, [], "import time; time.sleep(60)", ready=never, ready_seconds=0.1)
    with pytest.raises(StackError, match="was not ready after 0 s"):
        await child.start()
    await child.stop()


async def test_stop_ends_a_child_that_ignores_the_polite_signal_and_all_it_started(
    data_dir: Path,
) -> None:
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "below = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('below', below.pid, 'up', flush=True)\n"
        "time.sleep(60)\n"
    )
    said: list[str] = []
    log = logs_dir(data_dir) / "part.log"
    child = make(data_dir, said, code, ready=when(log, "up"), stop_seconds=0.2)
    await child.start()
    pid = child.pid
    assert pid is not None
    assert (run_dir(data_dir) / "part.pid").read_text() == f"{pid}\n"
    await child.stop()
    below = int(log.read_text().split()[1])
    assert not running(pid)
    for _ in range(100):
        if not running(below):
            break
        await asyncio.sleep(0.02)
    assert not running(below)
    assert said == ["The part did not stop within 0.2 s; ending it."]
    assert not (run_dir(data_dir) / "part.pid").exists()


async def test_a_child_that_ends_is_started_again_until_stopped(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_PAUSE", 0.01)
    said: list[str] = []
    log = logs_dir(data_dir) / "part.log"
    child = make(data_dir, said, "print('life', flush=True)")
    await child.start()
    watch = asyncio.create_task(child.watch())
    async with asyncio.timeout(30):
        while len(endings := [line for line in said if "ended with code 0" in line]) < 3:
            await asyncio.sleep(0.02)
    await child.stop()
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    assert log.read_text().count("life") >= 3
    assert [line.rsplit(" in ", 1)[1] for line in endings[:3]] == ["0.01 s.", "0.02 s.", "0.04 s."]


async def test_a_program_that_does_not_exist_is_named(data_dir: Path) -> None:
    spec = Spec(name="part", title="The part", command=["/no/such/program"], ready=never)
    with pytest.raises(StackError, match=r"/no/such/program cannot be started: No such file"):
        await Child(spec, data_dir, lambda _: None).start()


async def test_a_long_log_is_moved_away_at_start_and_cut_while_running(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LOG_LIMIT", 100)
    log = logs_dir(data_dir) / "part.log"
    log.write_text("old" * 100)
    child = make(
        data_dir,
        [],
        "print('new' * 100, flush=True); import time; time.sleep(60)",
        ready=when(log, "new"),
    )
    await child.start()
    assert (logs_dir(data_dir) / "part.log.1").read_text() == "old" * 100
    child.cap_log()
    assert log.stat().st_size == 0
    assert (logs_dir(data_dir) / "part.log.1").read_text() == "new" * 100 + "\n"
    await child.stop()


async def test_a_launched_program_is_told_when_its_parent_dies() -> None:
    # The parent starts the program through the launcher and is killed at once afterwards.
    code = (
        "import json, subprocess, sys\n"
        "from handywriterz.stack.account import Account\n"
        "from handywriterz.stack.child import launched\n"
        "import signal\n"
        "command = [sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)']\n"
        "p = subprocess.Popen(launched(command, Account(), signal.SIGKILL), stdout=subprocess.PIPE)\n"
        "p.stdout.readline()\n"
        "print(p.pid, flush=True)\n"
        "p.wait()\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *python(code), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    program = int(await parent.stdout.readline())
    assert running(program)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(10):
        while running(program):
            await asyncio.sleep(0.02)


def test_the_launcher_runs_isolated_from_the_environment() -> None:
    assert launched(["/bin/true"], Account(), signal.SIGKILL)[1:3] == ["-I", "-S"]
