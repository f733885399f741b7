"""From the commit of an event to its arrival at 1, 100 and 1,000 open sockets, and what slow
readers cost: one web process, real PostgreSQL and Redis, all on this machine.

    python -m tests.bench.viewers
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handywriterz.stack.parts import web
from tests.bench.figures import Figure, percentile, table
from tests.stack_process import ROOT, StackProcess, eventually

PORT = 21_700
GOAL_MS = 250.0
SLOW_GOAL_MS = 500.0
SLOW_GOAL_MB = 100.0
LATENCIES = ((1, 50, 20), (100, 50, 10), (1000, 40, 4))
"""Viewers, events and events per second of each scene; every scene has a conversation of its own."""


class Partner:
    """A process of ours that takes orders line by line."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def tell(self, do: str, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended")
        return json.loads(line)

    def ask(self, do: str, **order: Any) -> Any:
        self.tell(do, **order)
        return self.hear()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Scene:
    """What all measurements share."""

    web: subprocess.Popen[bytes]
    source: Partner
    audience: Partner
    world: dict[str, Any]

    def megabytes(self) -> float:
        """Resident memory of the web process."""
        for line in Path(f"/proc/{self.web.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the web process is gone")

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.web.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def scene(port: int = PORT) -> Iterator[Scene]:
    """Servers of its own, one web process in front of them, a writer and an audience."""
    folder = Path(tempfile.mkdtemp(prefix="hw-"))
    stack = StackProcess("--servers-only", data_dir=folder, STREAMS_PER_USER="5000")
    started: list[subprocess.Popen[bytes]] = []
    partners: list[Partner] = []
    try:
        stack.start()
        stack.manage("migrate", "--noinput", "--verbosity=0")
        process = subprocess.Popen(web("127.0.0.1", port), cwd=ROOT, env=stack.environment)
        started.append(process)
        if not eventually(lambda: _listens(port), 30):
            raise RuntimeError("the web server did not start")
        for module in ("tests.bench.viewer_source", "tests.bench.viewer_client"):
            partners.append(Partner(module, stack.environment))
        world = partners[0].ask("prepare", conversations=len(LATENCIES) + 1)
        yield Scene(process, partners[0], partners[1], {**world, "port": port})
    finally:
        for partner in partners:
            partner.close()
        for process in started:
            process.terminate()
            process.wait()
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _join(here: Scene, rooms: Sequence[str], count: int, slow: int = 0, size: int = 0) -> None:
    here.audience.ask(
        "join",
        port=here.world["port"],
        key=here.world["key"],
        conversations=list(rooms),
        count=count,
        slow=slow,
        event_bytes=size,
    )


def _exact(seqs: Sequence[int], last: int) -> bool:
    return list(seqs) == list(range(1, last + 1))


@dataclass(frozen=True)
class Latency:
    milliseconds: list[float]
    exact: bool
    """Every viewer saw every event once and in order."""
    cpu: float
    """Share of one core that the web process took."""
    megabytes: float


def latency(here: Scene, viewers: int, run: int, events: int, per_second: float) -> Latency:
    """All `viewers` watch one run that logs at `per_second`."""
    _join(here, [here.world["conversations"][run]], viewers)
    cpu = here.cpu_seconds()
    told = here.source.ask(
        "commit",
        run=here.world["runs"][run],
        count=events,
        per_second=per_second,
        batch=1,
        characters=120,
    )
    last = max(map(int, told["at"]))
    here.audience.ask("settle", last=last, seconds=20, slow_too=False)
    spent = here.cpu_seconds() - cpu
    memory = here.megabytes()
    seen = here.audience.ask("report")
    here.audience.ask("leave")
    at = {int(seq): when for seq, when in told["at"].items()}
    samples = [
        (arrived - at[seq]) * 1000
        for viewer in seen
        for seq, arrived in zip(viewer["seqs"], viewer["times"], strict=True)
        if seq in at
    ]
    exact = len(seen) == viewers and all(_exact(v["seqs"], last) for v in seen)
    return Latency(samples, exact, spent / told["seconds"], memory)


def slow_readers(here: Scene, run: int, seconds: float = 10.0) -> list[Figure]:
    """Ten viewers that take an event per second and ten quick ones, against 500 events/s."""
    size = 2_000
    _join(here, [here.world["conversations"][run]], count=10, slow=10, size=size + 400)
    before = here.megabytes()
    peak = before
    here.source.tell(
        "commit",
        run=here.world["runs"][run],
        count=int(500 * seconds),
        per_second=500,
        batch=5,
        characters=size,
    )
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        peak = max(peak, here.megabytes())
        time.sleep(0.25)
    told = here.source.hear()
    at = {int(seq): when for seq, when in told["at"].items()}
    last = max(at)
    here.audience.ask("settle", last=last, seconds=10, slow_too=False)
    here.audience.ask("hurry")
    here.audience.ask("settle", last=last, seconds=30, slow_too=True)
    peak = max(peak, here.megabytes())
    seen = here.audience.ask("report")
    here.audience.ask("leave")
    quick = [
        (arrived - at[seq]) * 1000
        for viewer in seen
        if not viewer["slow"]
        for seq, arrived in zip(viewer["seqs"], viewer["times"], strict=True)
        if seq in at
    ]
    exact = sum(_exact(v["seqs"], last) for v in seen)
    p95 = percentile(quick, 0.95)
    grown = peak - before
    return [
        Figure(
            "500 events/s, 10 slow viewers: others' p95",
            p95,
            "ms",
            f"logged {len(at) / told['seconds']:.0f} events/s",
            f"< {SLOW_GOAL_MS:.0f} ms",
            p95 < SLOW_GOAL_MS,
        ),
        Figure(
            "500 events/s, 10 slow viewers: web memory grew by",
            grown,
            "MB",
            f"{before:.0f} MB before",
            f"< {SLOW_GOAL_MB:.0f} MB",
            grown < SLOW_GOAL_MB,
        ),
        Figure(
            "500 events/s: viewers of 20 that saw exactly 1..n",
            exact,
            "",
            f"n = {last}",
            "20",
            exact == 20,
        ),
    ]


def bench() -> list[Figure]:
    figures: list[Figure] = []
    with scene() as here:
        idle = here.megabytes()
        for run, (viewers, events, rate) in enumerate(LATENCIES):
            found = latency(here, viewers, run, events, rate)
            for share in (0.5, 0.95, 0.99):
                value = percentile(found.milliseconds, share)
                goal = share == 0.95 and viewers == 1000
                figures.append(
                    Figure(
                        f"commit to socket, {viewers} viewers, p{share * 100:.0f}",
                        value,
                        "ms",
                        f"{rate} events/s, web at {found.cpu:.0%} of a core"
                        if share == 0.5
                        else "",
                        f"< {GOAL_MS:.0f} ms" if goal else "",
                        value < GOAL_MS if goal else None,
                    )
                )
            figures.append(
                Figure(
                    f"{viewers} viewers: each saw exactly 1..n",
                    float(found.exact),
                    "",
                    goal="1",
                    ok=found.exact,
                )
            )
            figures.append(
                Figure(
                    f"web process with {viewers} viewers",
                    found.megabytes,
                    "MB",
                    f"{idle:.0f} MB idle",
                )
            )
        figures += slow_readers(here, run=len(LATENCIES))
    return figures


def main() -> int:
    figures = bench()
    sys.stdout.write(table(figures))
    return int(any(figure.ok is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
