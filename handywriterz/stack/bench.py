"""Measures the stack on this machine: first and second start, stop, memory (`make bench`)."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from handywriterz.env import BASE_DIR
from handywriterz.stack.addresses import run_dir

SECOND_START_SECONDS = 5.0
"""The goal."""


def _start(data_dir: Path, port: int) -> tuple[subprocess.Popen[str], float]:
    """The running product and the seconds from the command to its word that all is ready."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", f"--port={port}", f"--data-dir={data_dir}"],
        cwd=BASE_DIR,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    said = []
    for line in process.stdout or ():
        said.append(line)
        if "is ready" in line:
            return process, time.monotonic() - began
    sys.exit("The stack did not start: " + "".join(said))


def _stop(process: subprocess.Popen[str]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    return time.monotonic() - began


def _memory(data_dir: Path, supervisor: int) -> list[tuple[str, float]]:
    """Resident megabytes of each part; PostgreSQL counts its postmaster only."""
    pids = {path.stem: int(path.read_text()) for path in sorted(run_dir(data_dir).glob("*.pid"))}
    pids["up"] = supervisor
    found = []
    for name, pid in pids.items():
        status = Path(f"/proc/{pid}/status")
        match = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
        if match is not None:
            found.append((name, int(match[1]) / 1024))
    return found


def main() -> None:
    data_dir = Path(tempfile.mkdtemp(prefix="hw-bench-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    try:
        process, first = _start(data_dir, port)
        stop = _stop(process)
        process, second = _start(data_dir, port)
        memory = _memory(data_dir, process.pid)
        _stop(process)
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    rows = [
        ("first start (new database)", f"{first:.1f} s"),
        ("second start", f"{second:.1f} s (goal {SECOND_START_SECONDS:g} s)"),
        ("stop", f"{stop:.1f} s"),
        *((f"memory: {name}", f"{size:.0f} MB") for name, size in memory),
    ]
    sys.stdout.write("".join(f"{name:<30} {figure}\n" for name, figure in rows))


if __name__ == "__main__":
    main()
