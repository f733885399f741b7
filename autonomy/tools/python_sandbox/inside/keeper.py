"""The first process in the sandbox: starts the program, watches it, and says how it ended.

It never runs code of the job. Being process 1 of its namespace, nothing inside can signal or
outlive it. Its arguments are two descriptors: orders
come as JSON on the first, results leave on the second (see `frames`).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import struct
import sys
from contextlib import suppress
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, "/sandbox")

from autonomy.tools.python_sandbox.inside import landlock

_ORDERS, _RESULTS = map(int, sys.argv[1:3]) if __name__ == "__main__" else (-1, -1)
_TICK_SECONDS = 0.02
_PIECE = 1 << 16
_REPORT_BYTES, _MESSAGE_CHARS = 1 << 20, 2_000
_WORK, _OUT = "/work", "/work/out"
_NICE = 5


class Report:
    """What the process that judges the tests says of them: one JSON array per line."""

    def __init__(self, expected: list[str]) -> None:
        self.read, self.write = os.pipe()
        os.set_blocking(self.read, False)
        self._expected = expected
        self._text = bytearray()

    def listen(self) -> None:
        """Take in what has come; past the bound it is thrown away."""
        with suppress(BlockingIOError):
            while piece := os.read(self.read, _PIECE):
                room = _REPORT_BYTES - len(self._text)
                self._text += piece[:room]

    def verdicts(self, secret: str) -> dict[str, list[str]]:
        """Id → [outcome, message] of those that reported, once, in a report that was finished."""
        found: dict[str, list[str]] = {}
        finished = False
        for line in self._text.split(b"\n"):
            try:
                said, name, outcome, message = (str(part) for part in json.loads(line))
            except (ValueError, TypeError):
                continue
            if said != secret:
                continue
            if outcome == "finished":
                finished = True
            elif name in found:
                found[name] = ["failed", "It reported more than once."]
            elif name in self._expected:
                found[name] = [outcome, message[:_MESSAGE_CHARS]]
        return found if finished else {}


def main() -> None:
    orders = _orders()
    _confine(orders)
    report = Report(orders["tests"])
    secret = os.urandom(16).hex()
    # Waited for below instead of handled.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = _start(orders, report, secret)
    os.close(report.write)
    exit_code, limit = _watch(child, orders, report)
    _end_all()
    report.listen()
    _copy_out(orders)
    verdicts = report.verdicts(secret) if not limit else {}
    _say({"kind": "end", "exit": exit_code, "limit": limit, "tests": verdicts})


def _orders() -> dict[str, Any]:
    with os.fdopen(_ORDERS, "rb") as file:
        orders: dict[str, Any] = json.load(file)
    return orders


def _confine(orders: dict[str, Any]) -> None:
    """Bound this process and all that it starts."""
    landlock.forbid_inspection()
    for name, value in orders["limits"].items():
        # Past the soft limit of CPU time comes a signal that tells, past the hard one SIGKILL.
        hard = value + 1 if name == "CPU" else value
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, hard))
    os.chdir(_WORK)
    for folder in (_OUT, f"{_WORK}/.tmp"):
        os.mkdir(folder)  # noqa: PTH102 - pathlib is slow to load
    for name, text in orders["links"].items():
        os.makedirs(os.path.dirname(f"{_WORK}/{name}"), exist_ok=True)  # noqa: PTH103, PTH120
        os.symlink(text, f"{_WORK}/{name}")  # noqa: PTH211
    read, run, device = landlock.READ, landlock.RUN, landlock.DEVICE
    rules = dict.fromkeys(("/python", "/packages", "/usr", "/lib", "/lib64"), run)
    rules |= {"/in": read, "/sandbox": read, "/etc": read, "/dev": device}
    landlock.restrict(rules, _WORK)
    os.nice(_NICE)


def _start(orders: dict[str, Any], report: Report, secret: str) -> int:
    read, write = os.pipe()
    os.write(write, secret.encode())
    os.close(write)
    child = os.fork()
    if child:
        os.close(read)
        return child
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        kept = []
        if orders["tests"]:
            kept = [os.dup(report.write), os.dup(read)]
            for descriptor in kept:
                os.set_inheritable(descriptor, True)
            os.chdir("/in")
        command = [*orders["command"], *map(str, kept)]
        for descriptor in (_RESULTS, report.read, report.write, read):
            os.close(descriptor)
        os.execve(command[0], command, orders["environment"])  # noqa: S606
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    os._exit(125)


def _watch(child: int, orders: dict[str, Any], report: Report) -> tuple[int | None, str]:
    """Until the program ended: its exit status, or the limit that it went over."""
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, _TICK_SECONDS)
        report.listen()
        ended = _reap(child)
        if ended is not None:
            code, seconds = ended
            # One that ignores the signal that tells is killed a second later.
            killed = code == -signal.SIGKILL and seconds >= orders["limits"]["CPU"]
            if killed or code == -signal.SIGXCPU:
                return None, "cpu"
            return code, ""
        use = os.statvfs(_WORK)
        if use.f_files - use.f_ffree > orders["inodes"]:
            return None, "inodes"


def _reap(child: int) -> tuple[int, float] | None:
    """Collect what ended; exit status and CPU seconds of `child` when it is among it."""
    ended = None
    with suppress(ChildProcessError):
        while True:
            pid, status, use = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                break
            if os.WIFSTOPPED(status):
                # Only what asked to be traced is told as stopped; nobody here traces.
                os.kill(pid, signal.SIGKILL)
            elif pid == child:
                ended = os.waitstatus_to_exitcode(status), use.ru_utime + use.ru_stime
    return ended


def _end_all() -> None:
    """Kill everything else in the sandbox, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _copy_out(orders: dict[str, Any]) -> None:
    """Send the regular files under `out/`; nothing runs any more that could change them."""
    left = {"files": orders["out_files"], "bytes": orders["out_bytes"]}
    try:
        top = os.open(_OUT, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    _send_folder(top, "", left, orders["out_depth"])
    os.close(top)


def _send_folder(folder: int, prefix: str, left: dict[str, int], depth: int) -> None:
    for name in sorted(os.listdir(folder)):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            handle = os.open(name, flags, dir_fd=folder)
        except OSError:
            continue
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode) and depth > 1:
            _send_folder(handle, f"{prefix}{name}/", left, depth - 1)
        elif stat.S_ISREG(found.st_mode):
            if left["files"] < 1 or found.st_size > left["bytes"]:
                _say({"kind": "left_out", "name": f"{prefix}{name}"[:200]})
            else:
                left["files"] -= 1
                left["bytes"] -= found.st_size
                _send_file(handle, f"{prefix}{name}", found.st_size)
        os.close(handle)


def _send_file(handle: int, name: str, size: int) -> None:
    _say({"kind": "file", "name": name, "size": size})
    while size > 0:
        piece = os.read(handle, min(size, _PIECE)) or bytes(min(size, _PIECE))
        _write(piece)
        size -= len(piece)


def _say(frame: dict[str, Any]) -> None:
    text = json.dumps(frame).encode()
    _write(struct.pack("!I", len(text)) + text)


def _write(content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(_RESULTS, rest) :]


if __name__ == "__main__":
    main()
