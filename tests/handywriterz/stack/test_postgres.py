"""The embedded PostgreSQL after an end that was none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handywriterz.stack.account import Account
from handywriterz.stack.addresses import postgres_socket
from handywriterz.stack.postgres import Postgres
from tests.stack_process import StackProcess, eventually


@pytest.fixture
def uncollected() -> Iterator[int]:
    """Pid of a process that is dead and still listed."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    state = Path(f"/proc/{child.pid}/stat")
    assert eventually(lambda: state.read_text().rpartition(")")[2].split()[0] == "Z")
    yield child.pid
    child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_a_killed_server_left_is_removed_although_its_pid_is_still_listed(
    tmp_path: Path, uncollected: int
) -> None:
    cluster = tmp_path / "postgres"
    socket = postgres_socket(tmp_path)
    for folder in (cluster, socket.parent):
        folder.mkdir(parents=True)
    lock = socket.with_name(f"{socket.name}.lock")
    left = (cluster / "postmaster.pid", lock, socket)
    for path in left:
        path.write_text(f"{uncollected}\n{cluster}\n")

    Postgres(tmp_path, Account()).clear_stale()

    assert not any(path.exists() for path in left)


@pytest.mark.stack
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_servers_killed_together_with_their_supervisor_start_again(number: int) -> None:
    stack = StackProcess("--servers-only")
    try:
        stack.start()
        pids = [stack.supervisor, stack.pid("postgres"), stack.pid("redis")]
        for pid in pids:
            os.kill(pid, number)
        stack.wait()
        stack.start()
        assert stack.pid("postgres") != pids[1]
    finally:
        stack.stop()
        stack.remove()
