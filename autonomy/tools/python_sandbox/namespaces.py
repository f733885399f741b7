"""The sandbox made by the calls under `unshare(1)` and `setpriv(1)`, where there is no bubblewrap.

The programs themselves are not used: they cannot move the root, and what they leave to a shell in
between differs between versions.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from autonomy.tools.python_sandbox import linux
from autonomy.tools.python_sandbox.plan import DEVICES, ENVIRONMENT, INPUT, INSIDE, USER, WORK, Plan

_BASE = "/tmp"  # noqa: S108 - covered by a mount of our own
_OLD, _NEW = "/old", "/new"
_LOCKED = linux.READ_ONLY | linux.NO_SETUID | linux.NO_DEVICES
_FILES_BYTES = 64 << 10
_DESCRIPTORS = 1 << 20
"""More than a process has."""


def start(plan: Plan) -> None:
    """Make the namespaces, then become the one who waits for the first process inside."""
    user, group = os.geteuid(), os.getegid()
    contents = [(place, _content(descriptor)) for descriptor, place in plan.files]
    calls = _content(plan.filter)
    linux.unshare(
        linux.NEW_USER
        | linux.NEW_MOUNTS
        | linux.NEW_PIDS
        | linux.NEW_NETWORK
        | linux.NEW_IPC
        | linux.NEW_UTS
        | linux.NEW_CGROUP
    )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{USER} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{USER} {group} 1")
    with suppress(OSError):
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(theirs)
            linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
            if select.select([ours], [], [], 0)[0]:
                os._exit(125)  # the one who waits was gone before the line above
            _build(plan, contents)
            _enter(plan, calls)
        except OSError as error:
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
        os._exit(125)
    _wait(plan, child)


def _content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _build(plan: Plan, contents: list[tuple[str, bytes]]) -> None:
    """Make the new root and enter it."""
    linux.mount("none", "/", "", linux.RECURSIVE | linux.PRIVATE)
    linux.mount("tmpfs", _BASE, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, "mode=755,size=1m")
    for folder in (_OLD, _NEW):
        Path(f"{_BASE}{folder}").mkdir()
    linux.pivot(_BASE, f"{_BASE}{_OLD}")
    linux.mount("tmpfs", _NEW, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, "mode=755,size=1m")
    for bind in plan.binds:
        _show(f"{_OLD}{bind.source}", bind.target, _LOCKED)
    for folder in plan.hidden:
        linux.mount("tmpfs", f"{_NEW}{folder}", "tmpfs", _LOCKED, "mode=755,size=4k")
    _tmpfs("/dev", linux.NO_SETUID | linux.NO_EXECUTION, "mode=755,size=4k")
    for name in DEVICES:
        _show(f"{_OLD}/dev/{name}", f"/dev/{name}", linux.NO_SETUID | linux.NO_EXECUTION)
    linux.protect(f"{_NEW}/dev", linux.READ_ONLY)
    for text, place in plan.links:
        Path(f"{_NEW}{place}").symlink_to(text)
    _copy_in(contents)
    _tmpfs(
        WORK,
        linux.NO_SETUID | linux.NO_DEVICES | linux.NO_EXECUTION,
        f"mode=700,size={plan.work_bytes},nr_inodes={plan.work_inodes}",
    )
    linux.mount("none", _NEW, "", linux.BIND | linux.REMOUNT | _LOCKED)
    linux.enter_root(_NEW)


def _show(source: str, target: str, flags: int) -> None:
    place = Path(f"{_NEW}{target}")
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    linux.mount(source, str(place), "", linux.BIND | linux.RECURSIVE)
    linux.protect(str(place), flags)


def _tmpfs(target: str, flags: int, options: str) -> None:
    Path(f"{_NEW}{target}").mkdir(exist_ok=True)
    linux.mount("tmpfs", f"{_NEW}{target}", "tmpfs", flags, options)


def _copy_in(contents: list[tuple[str, bytes]]) -> None:
    size = sum(len(content) for _, content in contents) + _FILES_BYTES * (1 + len(contents))
    for top in (INPUT, INSIDE):
        _tmpfs(top, linux.NO_SETUID | linux.NO_DEVICES, f"mode=755,size={size}")
    for place, content in contents:
        path = Path(f"{_NEW}{place}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)
    for top in (INPUT, INSIDE):
        linux.protect(f"{_NEW}{top}", _LOCKED)


def _enter(plan: Plan, calls: bytes) -> None:
    """Give up what is left of power and become the first process inside."""
    os.setsid()
    socket.sethostname("sandbox")
    lower, higher = sorted((plan.orders, plan.results))
    for first, last in ((3, lower), (lower + 1, higher), (higher + 1, _DESCRIPTORS)):
        os.closerange(first, last)
    os.chdir(WORK)
    linux.drop_capabilities()
    linux.filter_calls(calls)
    os.execve(plan.command[0], plan.command, ENVIRONMENT)  # noqa: S606


def _wait(plan: Plan, child: int) -> None:
    """End as the child ends; this process stands for all of them outside."""
    for descriptor in (plan.orders, plan.results):
        os.close(descriptor)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
