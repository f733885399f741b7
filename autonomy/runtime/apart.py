"""A run that may be what kills its workers is driven for one superstep in a process of its own.

When that process dies and the worker that started it lives, the run did it: nothing else was
there. When both are gone, whatever kills workers did, and the run is blamed for nothing. So a run
that kills is found out at the cost of no further worker, and one that is merely slow is not blamed
however often its workers are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError
from langgraph.runtime import RunControl

from autonomy.core.llm import SHARED
from autonomy.runtime.db import close_pool
from autonomy.runtime.fence import Fence
from autonomy.runtime.leases import bound_connections
from autonomy.runtime.model_calls import BUFFER
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import PAUSE, Runner
from autonomy.runtime.tokens import close_client
from handywriterz.env import BASE_DIR

logger = logging.getLogger(__name__)

START_SECONDS = 120.0
"""How long the process may take until it drives; a busy machine is slow to import."""
END_SECONDS = 5.0
"""How long a process that is told to stop may take: to end what its step has started, and to hand
on what was measured. Then it is killed."""
STOP = signal.SIGUSR1
"""Tells the process that its worker no longer wants what it does."""
GAVE_UP = 75
"""Exit code of a process that could not give its run back, because the database failed."""
BEGUN = b"driving\n"
"""Written by the process when from now on its death is its run's doing."""
FIRST_BYTES = 200
"""Most that is kept of what a process says instead."""
PR_SET_PDEATHSIG = 1
FIRST_TO_GO = "1000"
"""`oom_score_adj` of the process: where memory runs out, it goes and not the worker."""


class NotBegun(Exception):
    """The process could not be started, or ended before it drove anything."""


class Died(Exception):
    """The process died while it drove, and this one did not."""


class Apart(Protocol):
    """Starts processes that drive one run each."""

    async def drive(self, claim: Claim) -> None:
        """Have the claimed run driven up to its next boundary, and wait for it. A caller that is
        cancelled takes the process along. However this ends, nothing drives the run any more.

        Raises:
            NotBegun: nothing was driven.
            Died: the run killed its process.
        """
        ...


class OneSuperstep(RunControl):
    """Asks for a drain at the boundary after the first superstep.

    LangGraph asks once before each superstep, and a drain before the first would be no progress.
    The reason is that of a pause: the run pauses if somebody asked for it, else it goes back in
    line.
    """

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        super().__init__()
        self._begun = False

    @property
    def drain_requested(self) -> bool:
        begun, self._begun = self._begun, True
        if begun:
            self.request_drain(PAUSE)
        return begun


class Process:
    """Drives each run in a new process.

    Args:
        command: a program that calls `main`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    async def drive(self, claim: Claim) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport, child = await loop.subprocess_exec(
                _Child,
                *self._command,
                cwd=BASE_DIR,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=None,
            )
        except OSError as error:
            raise NotBegun(f"it cannot be started: {error}") from error
        try:
            await _begin(transport, child, claim)
        except BaseException:
            await _over(_end(transport, child, 0))
            raise
        try:
            await child.exited.wait()
        except asyncio.CancelledError:
            # It may have been cancelled because the run has just ended, and then it is finishing.
            await _over(_end(transport, child, END_SECONDS))
            raise
        finally:
            transport.close()
        code = transport.get_returncode()
        if code not in (0, GAVE_UP):
            raise Died(f"exit code {code}")


class _Child(asyncio.SubprocessProtocol):
    """The worker's end of a process. `exited` is when it is gone, and not, as that of a
    `Process.wait` on Python 3.11, when programs are gone too that it has left with its pipes."""

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self.said = bytearray()
        self.has_said = asyncio.Event()
        """A whole line, or all that it ever will."""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.said += data[: FIRST_BYTES - len(self.said)]
        if b"\n" in data or len(self.said) >= FIRST_BYTES:
            self.has_said.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 1:
            self.has_said.set()

    def process_exited(self) -> None:
        self.exited.set()


async def _begin(transport: asyncio.SubprocessTransport, child: _Child, claim: Claim) -> None:
    """Hand the claim over and wait until it is driven. Standard input stays open: the process ends
    with this one."""
    given = transport.get_pipe_transport(0)
    if not isinstance(given, asyncio.WriteTransport):
        raise NotBegun("it has no pipes")
    given.write(json.dumps(asdict(claim)).encode() + b"\n")
    try:
        async with asyncio.timeout(START_SECONDS):
            await child.has_said.wait()
    except TimeoutError:
        raise NotBegun(f"nothing was heard of it for {START_SECONDS:g} s") from None
    if not child.said:
        raise NotBegun("it ended at its start")
    if child.said != BEGUN:
        raise NotBegun(f"it says something else: {bytes(child.said)!r}")


async def _end(transport: asyncio.SubprocessTransport, child: _Child, seconds: float) -> None:
    """Tell the process to stop, kill it if it has not after `seconds`, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        if seconds:
            transport.send_signal(STOP)
            await asyncio.wait_for(child.exited.wait(), seconds)
    transport.close()  # kills it if it lives
    await child.exited.wait()


async def _over(ending: Coroutine[Any, Any, None]) -> None:
    """Wait for the end, however often the caller is cancelled meanwhile."""
    task = asyncio.ensure_future(ending)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


# ---------------------------------------------------------------------- in the process


def main(runner: Callable[[], Runner], told: int) -> int:
    """Drive the run whose claim comes on standard input; the exit code of the process.

    Args:
        runner: makes what drives, after Django is set up.
        told: descriptor on which the worker is told that driving begins.
    """
    _end_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever stops all processes at once means the worker, which decides about this one.
        # No SIG_IGN: programs that a step starts would inherit it.
        signal.signal(number, lambda *_: None)
    given = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_at_eof, name="parent", daemon=True).start()
    claim = Claim(**given | {"fence": Fence(**given["fence"])})
    made = runner()

    def begun() -> None:
        _stop_when_told()
        os.write(told, BEGUN)
        os.close(told)

    return serve(made.drive, claim, begun)


def serve(
    drive: Callable[[Claim, RunControl], Any], claim: Claim, begun: Callable[[], None]
) -> int:
    """Drive one superstep of the claimed run in this process; its exit code. `begun` is called
    right before, in the task that drives: cancelling that is an ordinary end."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    bound_connections()
    SHARED.health = shared_health()

    async def driving() -> None:
        begun()
        await drive(claim, OneSuperstep())

    async def work() -> None:
        try:
            await asyncio.create_task(driving())
        except asyncio.CancelledError:
            logger.info("run %s: stopped by its worker", claim.fence.run_id)
        finally:
            await close_client()
            await shared_health().aclose()

    try:
        asyncio.run(work())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("run %s: could not be given back: %s", claim.fence.run_id, error)
        return GAVE_UP
    finally:
        BUFFER.write()
        close_pool()
    return 0


def _stop_when_told() -> None:
    """Cancel the task that is running when `STOP` comes, while it lasts."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop(*_: Any) -> None:
        if task is not None and not task.done():
            loop.call_soon_threadsafe(task.cancel)

    # Not the loop's own handler, which is gone with the loop: what is left to do then is done.
    signal.signal(STOP, stop)


def _end_with_parent() -> None:
    """Native code that never lets Python look goes too."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_at_eof() -> None:
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os._exit(1)
