"""`PythonSandbox`: runs jobs in one tier, some side by side, each in a sandbox of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from autonomy.core.sandbox import (
    Hearing,
    Job,
    JobRefused,
    JobResult,
    Profile,
    SandboxOff,
    TestOutcome,
    TestResult,
    Tier,
)
from autonomy.tools.python_sandbox import seccomp
from autonomy.tools.python_sandbox.environment import INTERPRETER, environment
from autonomy.tools.python_sandbox.fonts import CACHE, font_list
from autonomy.tools.python_sandbox.frames import NAME_DEPTH, Results, named_well
from autonomy.tools.python_sandbox.launch import CANNOT
from autonomy.tools.python_sandbox.limits import Limits, setting
from autonomy.tools.python_sandbox.plan import INPUT, INSIDE, PACKAGES, PYTHON, WORK, Plan
from autonomy.tools.python_sandbox.watching import Watched, watch

_HERE = Path(__file__).resolve().parent
LAUNCHER = _HERE / "launch.py"
_PACKAGE = PurePosixPath(INSIDE, "autonomy/tools/python_sandbox/inside")
_MB = 1 << 20
_ADDRESSES_MB = 2_048
"""Address space on top of the memory: libraries and what they set aside without using it."""
_OPEN_FILES = 256
_ENVIRONMENT = {
    "PATH": f"{PYTHON}/bin",
    "LD_LIBRARY_PATH": f"{PYTHON}/lib",
    "PYTHONPATH": PACKAGES,
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "HOME": WORK,
    "TMPDIR": f"{WORK}/.tmp",
    "USER": "sandbox",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": f"{WORK}/{CACHE}",
}
"""All of the program's environment."""
PROGRAM = "main.py"
LENT_USER = 65534
"""User and group (nobody) that root becomes to start a job."""


class PythonSandbox:
    """Code runs in `tier`, which `tiers.choose` has found to hold."""

    reason = ""

    def __init__(self, tier: Tier, limits: Limits | None = None, bubblewrap: str = "") -> None:
        if (tier is Tier.BUBBLEWRAP) != bool(bubblewrap):
            raise ValueError("the path of bwrap goes with the tier that needs it")
        self.tier = tier
        self.limits = limits or Limits()
        self._bubblewrap = bubblewrap
        # Of these threads' own: a job ends with the thread that started it.
        self._turns = ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="sandbox")

    async def run(self, job: Job, hear: Hearing | None = None) -> JobResult:
        """As `core.sandbox.Sandbox.run`. Cancelling it ends the job at once.

        Raises:
            JobRefused: a file has a bad name, or there are too many or too large ones.
            SandboxOff: the sandbox could not be made, though it could at the start.
        """
        self._check(job)
        cancelled = threading.Event()
        lines = _lines(hear) if hear else None
        try:
            turn = self._turns.submit(self.run_here, job, cancelled, lines)
            return await asyncio.wrap_future(turn)
        finally:
            cancelled.set()

    def _check(self, job: Job) -> None:
        limits = self.limits
        for name in job.files:
            folders = {str(folder) for folder in PurePosixPath(name).parents}
            taken = folders & {*job.files, PROGRAM, "out"} or name in (PROGRAM, "out")
            if not named_well(name) or taken:
                raise JobRefused(f"“{name[:80]}” cannot be the name of a file of a job.")
        if len(job.files) > limits.in_files:
            which = setting("in_files", job.profile)
            raise JobRefused(f"{len(job.files)} files are more than {which} = {limits.in_files}.")
        size = len(job.program) + sum(len(content) for content in job.files.values())
        if size > limits.in_mb * _MB:
            which = setting("in_bytes", job.profile)
            raise JobRefused(
                f"{size / _MB:.1f} MB of files are more than {which} = {limits.in_mb}."
            )

    def run_here(
        self,
        job: Job,
        cancelled: threading.Event,
        printed: Callable[[bytes], None] | None = None,
    ) -> JobResult:
        """As `run`, in this thread and at once; setting `cancelled` ends it.

        Args:
            printed: called in this thread with the pieces of `stdout` that are kept.
        """
        limits = self.limits
        results = Results(limits.out_mb * _MB, limits.out_files)
        with ExitStack() as open_files:
            read, write = os.pipe()
            pipe = open_files.enter_context(os.fdopen(read, "rb", buffering=0))
            with ExitStack() as theirs:
                theirs.callback(os.close, write)
                plan, descriptors = self._plan(job, write, theirs)
                order = _in_memory(plan.dump(), theirs)
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(LAUNCHER), str(order)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={},
                    cwd="/",
                    pass_fds=[*descriptors, write, order],
                    start_new_session=True,
                )
            open_files.enter_context(process)
            open_files.callback(process.kill)
            watched = watch(process, pipe, results, limits, job.profile, cancelled, printed)
        if watched.exit == CANNOT and results.end is None and not watched.limit:
            raise SandboxOff(
                _text(watched.stderr, cut=False).strip() or "The sandbox could not be made."
            )
        return self._result(job, watched, results)

    def _plan(self, job: Job, results: int, theirs: ExitStack) -> tuple[Plan, list[int]]:
        view = environment(job.profile)
        contents = {f"{INPUT}/{name}": content for name, content in job.files.items()}
        contents[f"{INPUT}/{PROGRAM}"] = job.program.encode()
        contents |= {str(_PACKAGE / name): text for name, text in _inside_files().items()}
        files = [(_in_memory(content, theirs), place) for place, content in contents.items()]
        calls = _in_memory(seccomp.program(), theirs)
        orders = _in_memory(self._orders(job), theirs)
        plan = Plan(
            parent=os.getpid(),
            bubblewrap=self._bubblewrap,
            lent_user=LENT_USER,
            binds=list(view.binds),
            hidden=list(view.hidden),
            links=list(view.links),
            files=files,
            work_bytes=self.limits.disk_mb * _MB,
            work_inodes=self.limits.disk_files + _OPEN_FILES,
            filter=calls,
            orders=orders,
            results=results,
            command=[
                INTERPRETER,
                "-I",
                "-S",
                str(_PACKAGE / "keeper.py"),
                *map(str, (orders, results)),
            ],
        )
        return plan, [calls, orders, *(descriptor for descriptor, _ in files)]

    def _orders(self, job: Job) -> bytes:
        limits, bounds = self.limits, self.limits.profiles[job.profile]
        script = str(_PACKAGE / "judge.py") if job.tests else f"{INPUT}/{PROGRAM}"
        orders: dict[str, Any] = {
            "command": [INTERPRETER, "-s", "-B", script],
            "environment": _ENVIRONMENT,
            "tests": [_short(name) for name in job.tests],
            "links": self._links(job),
            "inodes": limits.disk_files,
            "out_files": limits.out_files,
            "out_bytes": limits.out_mb * _MB,
            "out_depth": NAME_DEPTH,
            "limits": {
                "DATA": bounds.memory_mb * _MB,
                "AS": (bounds.memory_mb + _ADDRESSES_MB) * _MB,
                "NPROC": limits.processes + _counted_elsewhere(),
                "FSIZE": limits.disk_mb * _MB,
                "CPU": bounds.cpu_seconds,
                "NOFILE": _OPEN_FILES,
                "CORE": 0,
                "MSGQUEUE": 0,
                "MEMLOCK": 0,
            },
        }
        return json.dumps(orders).encode()

    def _links(self, job: Job) -> dict[str, str]:
        """Symbolic links in the job's own folder, and what each says."""
        tops = sorted({name.split("/")[0] for name in job.files})
        links = {top: f"{INPUT}/{top}" for top in tops}
        fonts = font_list() if job.profile is Profile.ANALYSIS else None
        if fonts is not None:
            links[f"{CACHE}/{PurePosixPath(fonts.target).name}"] = fonts.target
        return links

    def _result(self, job: Job, watched: Watched, results: Results) -> JobResult:
        end = results.end
        over = watched.limit or (end.limit if end else "")
        judged = end.tests if end and not over else {}
        # Without an end it was killed from outside, by the kernel for want of memory for example.
        ended = end.exit if end else -signal.SIGKILL
        stderr = _text(watched.stderr, watched.cut_stderr)
        for name in results.left_out:
            stderr += f"\n[{name!a} was not copied out: its name, its size or the number of files]"
        return JobResult(
            tier=self.tier,
            exit=None if over else ended,
            limit=setting(over, job.profile) if over else "",
            stdout=_text(watched.stdout, watched.cut_stdout),
            stderr=stderr,
            files=results.files,
            tests={name: _verdict(judged.get(_short(name))) for name in job.tests},
            seconds=watched.seconds,
        )


def _lines(hear: Hearing) -> Callable[[bytes], None]:
    """Hands whole lines out of pieces to `hear`, in the event loop of the caller."""
    loop, rest = asyncio.get_running_loop(), bytearray()

    def printed(piece: bytes) -> None:
        rest.extend(piece)
        *whole, last = rest.split(b"\n")
        rest[:] = last
        for line in whole:
            loop.call_soon_threadsafe(hear, line.decode("utf-8", "replace"))

    return printed


@cache
def _inside_files() -> dict[str, bytes]:
    """The files that run inside, as they are on disk."""
    return {
        path.name: path.read_bytes()
        for path in (_HERE / "inside").glob("*.py")
        if path.stem != "__init__"
    }


def _short(test: str) -> str:
    """The id of a test within its file."""
    return test.removeprefix(f"{PROGRAM}::")


def _verdict(said: tuple[str, str] | None) -> TestResult:
    if said is None or said[0] not in (TestOutcome.PASSED, TestOutcome.FAILED):
        return TestResult(outcome=TestOutcome.MISSING, message="It did not report.")
    return TestResult(outcome=TestOutcome(said[0]), message=said[1])


def _text(output: bytes, cut: bool) -> str:
    text = output.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return f"{text}\n[cut here: there was more]" if cut else text


def _counted_elsewhere() -> int:
    """Before Linux 5.14 a user's processes outside the sandbox count against its limit too."""
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    if release >= (5, 14):
        return 0
    user, found = os.geteuid() or LENT_USER, 0
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == user:
                found += len(list((entry / "task").iterdir()))
    return found


def _in_memory(content: bytes, theirs: ExitStack) -> int:
    """A descriptor on a file that exists nowhere and reads `content`."""
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC)
    theirs.callback(os.close, descriptor)
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
