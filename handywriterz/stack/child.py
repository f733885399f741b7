"""One process of the stack: started, waited for until ready, watched, restarted and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handywriterz.stack.account import Account
from handywriterz.stack.addresses import StackError, log_file, pid_file
from handywriterz.stack.launch import Orders

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10 * 1024 * 1024
"""Bytes of a log file before it is moved to `.1`."""
POLL_SECONDS = 0.02
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 8.0
"""A child that lived this long has earned a prompt restart: its next start costs far less time than
its last life gave."""

Say = Callable[[str], None]


async def alive() -> bool:
    """The readiness of a child that has no sign of its own."""
    return True


@dataclass(frozen=True)
class Spec:
    """What a child is; none of it changes while the stack runs."""

    name: str
    """Of its pid and log files: `DATA_DIR/run/<name>.pid`, `DATA_DIR/logs/<name>.log`."""
    title: str
    """Its name in messages for people."""
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]] = alive
    folder: Path = Path("/")
    """Its working directory."""
    environment: Mapping[str, str] | None = None
    """None: that of the supervisor."""
    account: Account = field(default_factory=Account)
    stop: signal.Signals = signal.SIGTERM
    orphaned: signal.Signals = signal.SIGKILL
    """What the kernel sends when the supervisor itself was killed."""
    ready_seconds: float = 60.0
    stop_seconds: float = 10.0
    before_restart: Callable[[], None] | None = None


def launched(command: Sequence[str], account: Account, orphaned: signal.Signals) -> list[str]:
    """The command line that runs `command` through the launcher, as a child of this process."""
    orders: Orders = {
        "parent": os.getpid(),
        "signal": int(orphaned),
        "user": account.user,
        "capability": account.capability,
    }
    return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(orders), *command]


class Child:
    """A running `Spec`."""

    def __init__(self, spec: Spec, data_dir: Path, say: Say) -> None:
        self.spec = spec
        self.log = log_file(data_dir, spec.name)
        self._pid_file = pid_file(data_dir, spec.name)
        self._say = say
        self._stopping = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0
        self.parting: str | None = None
        """What it said before it last ended by itself; None while it never has."""

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it and return when it is ready.

        Raises:
            StackError: it ended first or took too long; the sentence carries its last word.
        """
        self._rotate()
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *launched(self.spec.command, self.spec.account, self.spec.orphaned),
                env=self.spec.environment,
                cwd=self.spec.folder,
                start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        written = self._pid_file.with_suffix(".new")
        written.write_text(f"{self._process.pid}\n", encoding="ascii")
        written.replace(self._pid_file)  # whoever looks meanwhile reads a number, never half of one
        deadline = time.monotonic() + self.spec.ready_seconds
        while not await self.spec.ready():
            if self._process.returncode is not None:
                raise StackError(f"{self.spec.title} did not start: {self.last_word()}")
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.spec.title} was not ready after {self.spec.ready_seconds:.0f} s; "
                    f"its log is {self.log}."
                )
            await asyncio.sleep(POLL_SECONDS)

    async def watch(self) -> None:
        """Keep it running until `stop`: restart it whenever it ends, ever more patiently."""
        failures = 0
        while not self._stopping.is_set() and self._process is not None:
            began = time.monotonic()
            code = await self._process.wait()
            if self._stopping.is_set():
                return
            self.parting = self.last_word()
            failures = 1 if time.monotonic() - began > STEADY_SECONDS else failures + 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1))
            self._say(f"{self.spec.title} {_ending(code)}; starting it again in {pause:g} s.")
            self._end_group()
            await asyncio.sleep(pause)
            try:
                if self.spec.before_restart is not None:
                    await asyncio.to_thread(self.spec.before_restart)
                await self.start()
            except StackError as error:
                self._say(str(error))
                await self._kill()
            else:
                self._say(f"{self.spec.title} runs again (pid {self._process.pid}).")

    async def stop(self) -> None:
        """End it: politely first, then for certain, with whatever it started."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.spec.stop)
            try:
                await asyncio.wait_for(process.wait(), self.spec.stop_seconds)
            except TimeoutError:
                self._say(
                    f"{self.spec.title} did not stop within {self.spec.stop_seconds:g} s; ending it."
                )
                await self._kill()
        self._end_group()
        self._pid_file.unlink(missing_ok=True)

    async def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._end_group()
            await self._process.wait()

    def _end_group(self) -> None:
        # The child leads its own session, so its pid names the group of all it started.
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def last_word(self) -> str:
        """The line of its log that most likely says why it ended, and where to read on."""
        lines = [
            line.strip() for line in _tail(self.log, self._log_start).splitlines() if line.strip()
        ]
        telling = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
        said = (telling or lines or ["it said nothing"])[-1]
        said = said.rsplit("FATAL:", 1)[-1].rsplit("PANIC:", 1)[-1].strip()
        return f"{said} (log: {self.log})"

    def cap_log(self) -> None:
        """Keep the log bounded while the child writes: copy what there is to `.1`, then cut it."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def _rotate(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))


def _tail(path: Path, start: int, size: int = 8192) -> str:
    """The last `size` bytes of a log, but nothing from before `start` (an earlier life)."""
    try:
        with path.open("rb") as file:
            file.seek(max(start, path.stat().st_size - size))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
