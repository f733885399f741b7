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
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError
from django.db.backends.signals import connection_created
from langgraph.runtime import RunControl

from autonomy.core.llm import SHARED
from autonomy.runtime.db import close_pool
from autonomy.runtime.fence import Fence
from autonomy.runtime.leases import bound_idle_transactions
from autonomy.runtime.model_calls import BUFFER
from autonomy.runtime.provider_health import shared_health
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import PAUSE, Runner
from autonomy.runtime.tokens import close_client
from handywriterz.env import BASE_DIR

logger = logging.getLogger(__name__)

START_SECONDS = 120.0
"""How long the process may take until it drives; a busy machine is slow to import."""
GAVE_UP = 75
"""Exit code of a process that could not give its run back, because the database failed."""
BEGUN = b"driving\n"
"""Written by the process when from now on its death is its run's doing."""
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
        cancelled takes the process along.

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
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=BASE_DIR,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise NotBegun(f"it cannot be started: {error}") from error
        try:
            await self._begin(process, claim)
            code = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        if code not in (0, GAVE_UP):
            raise Died(f"exit code {code}")

    async def _begin(self, process: asyncio.subprocess.Process, claim: Claim) -> None:
        """Hand the claim over and wait until it is driven. Standard input stays open: the process
        ends with this one."""
        if process.stdin is None or process.stdout is None:
            raise NotBegun("it has no pipes")
        process.stdin.write(json.dumps(asdict(claim)).encode() + b"\n")
        try:
            async with asyncio.timeout(START_SECONDS):
                begun = await process.stdout.readline() == BEGUN
        except TimeoutError:
            raise NotBegun(f"nothing was heard of it for {START_SECONDS:g} s") from None
        if not begun:
            raise NotBegun(f"it ended at its start, with exit code {await process.wait()}")


# ---------------------------------------------------------------------- in the process


def main(runner: Callable[[], Runner]) -> int:
    """Drive the run whose claim comes on standard input; the exit code of the process.

    Args:
        runner: makes what drives, after Django is set up.
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
        sys.stdout.buffer.write(BEGUN)
        sys.stdout.buffer.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody reads on

    return serve(made.drive, claim, begun)


def serve(
    drive: Callable[[Claim, RunControl], Any], claim: Claim, begun: Callable[[], None]
) -> int:
    """Drive one superstep of the claimed run in this process; its exit code. `begun` is called
    right before."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)
    connection_created.connect(bound_idle_transactions, dispatch_uid="lease")
    SHARED.health = shared_health()

    async def work() -> None:
        begun()
        try:
            await drive(claim, OneSuperstep())
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


def _end_with_parent() -> None:
    """Native code that never lets Python look goes too."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _end_at_eof() -> None:
    while os.read(sys.stdin.fileno(), 1_024):
        pass
    os._exit(1)
