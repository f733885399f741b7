"""Watching a job from outside: time, memory and processes of all it started, and what it says."""

from __future__ import annotations

import os
import selectors
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autonomy.core.sandbox import Profile
from autonomy.tools.python_sandbox.frames import Broken, Results
from autonomy.tools.python_sandbox.limits import Limits

_TICK_SECONDS = 0.02
_PIECE = 1 << 16
_DRAINED_TIMES = 40
"""Output past the limit is thrown away; past this many times the limit, the job is ended."""


@dataclass(slots=True)
class Watched:
    """How a job ended."""

    exit: int
    """Exit status of the launcher."""
    limit: str = ""
    """What it went over: a key of `limits.SETTINGS`."""
    stdout: bytes = b""
    stderr: bytes = b""
    cut_stdout: bool = False
    """Some of it was thrown away."""
    cut_stderr: bool = False
    broken: bool = False
    seconds: float = 0.0


class _Stream:
    """One pipe, kept up to its limit."""

    def __init__(
        self, pipe: IO[bytes], limit: int, hear: Callable[[bytes], None] | None = None
    ) -> None:
        self.pipe = pipe
        self._hear = hear
        self.kept = bytearray()
        self.seen = 0
        self._limit = limit
        os.set_blocking(pipe.fileno(), False)

    def read(self) -> bool:
        """Take in what has come; False at the end."""
        with suppress(BlockingIOError):
            piece = os.read(self.pipe.fileno(), _PIECE)
            self.seen += len(piece)
            kept = piece[: max(0, self._limit - len(self.kept))]
            self.kept += kept
            if kept and self._hear:
                self._hear(kept)
            return bool(piece)
        return True

    @property
    def over(self) -> bool:
        return self.seen > _DRAINED_TIMES * self._limit


def watch(
    process: subprocess.Popen[bytes],
    results_pipe: IO[bytes],
    results: Results,
    limits: Limits,
    profile: Profile,
    cancelled: threading.Event,
    printed: Callable[[bytes], None] | None = None,
) -> Watched:
    """Until `process` and all it started are gone. Blocks; the caller has started `process` in this
    very thread, whose end would end it.

    Args:
        printed: called with each piece of what it prints, as far as that is kept.
    """
    began = time.monotonic()
    bounds = limits.profiles[profile]
    assert process.stdout is not None  # noqa: S101 - for the types
    assert process.stderr is not None  # noqa: S101
    most = limits.output_kb * 1_024
    streams = [_Stream(process.stdout, most, printed), _Stream(process.stderr, most)]
    os.set_blocking(results_pipe.fileno(), False)
    told = Watched(exit=0)
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.pipe, selectors.EVENT_READ, stream)
        selector.register(results_pipe, selectors.EVENT_READ)
        measured = 0.0
        while selector.get_map():
            for key, _ in selector.select(_TICK_SECONDS):
                try:
                    more = key.data.read() if key.data else _feed(results_pipe, results)
                except Broken:
                    told.broken, more = True, False
                if not more:
                    selector.unregister(key.fileobj)
            now = time.monotonic()
            if now - measured >= _TICK_SECONDS:
                measured = now
                if not told.limit:
                    told.limit = _over(process.pid, limits, bounds.memory_mb)
            if not told.limit and now - began > bounds.wall_seconds:
                told.limit = "wall"
            if not told.limit and any(stream.over for stream in streams):
                told.limit = "output"
            if told.limit or told.broken or cancelled.is_set():
                # All else in the sandbox ends with it.
                process.kill()
                break
    told.exit = process.wait()
    told.seconds = time.monotonic() - began
    told.stdout, told.stderr = (bytes(stream.kept) for stream in streams)
    told.cut_stdout, told.cut_stderr = (stream.seen > len(stream.kept) for stream in streams)
    return told


def _feed(pipe: IO[bytes], results: Results) -> bool:
    with suppress(BlockingIOError):
        piece = os.read(pipe.fileno(), _PIECE)
        results.feed(piece)
        return bool(piece)
    return True


def _over(root: int, limits: Limits, memory_mb: int) -> str:
    processes, threads, kilobytes = _use(root)
    if kilobytes > memory_mb * 1_024:
        return "memory"
    # The launcher, bubblewrap and the first process inside come on top.
    return "processes" if max(processes, threads) > limits.processes + 4 else ""


def _use(root: int) -> tuple[int, int, int]:
    """Processes, threads and own memory (kilobytes) of a process and all it started."""
    processes = threads = kilobytes = 0
    waiting = [root]
    children = _children if _LISTED else _by_parent().__getitem__
    while waiting:
        pid = waiting.pop()
        processes += 1
        with suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in ("RssAnon", "RssShmem"):
                    kilobytes += int(value.split()[0])
                elif name == "Threads":
                    threads += int(value)
        waiting += children(pid)
    return processes, threads, kilobytes


_LISTED = Path(f"/proc/self/task/{os.getpid()}/children").exists()
"""Whether the kernel lists children (CONFIG_PROC_CHILDREN)."""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - names, many times a second
            text = Path(f"/proc/{pid}/task/{task}/children").read_text()
            found += [int(child) for child in text.split()]
    return found


def _by_parent() -> defaultdict[int, list[int]]:
    """The children of every process of the machine, where the kernel does not list them."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                found[int(fields[1])].append(int(name))
    return found
