"""The filter of system calls, as a program for the kernel's packet filter (`seccomp(2)`, `bpf(2)`).

What is not in `syscalls` does not exist in the sandbox (ENOSYS), so a call that a later kernel
brings is refused until somebody has looked at it. glibc and Python fall back on older calls then.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterable

from autonomy.tools.python_sandbox.syscalls import ALLOWED, EXAMINED, MACHINES

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16

_NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID and -NET."""
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPES = 1, 1, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Put characters into a terminal, as if they were typed."""

Step = tuple[int, int, int, int]
"""Code, how many steps to leave out when true, when false, and the operand."""


def supported() -> bool:
    """Whether the numbers of this machine's system calls are known."""
    return platform.machine() in MACHINES


def program(machine: str | None = None) -> bytes:
    """The filter for `machine` (this one by default), as `struct sock_filter[]`.

    Raises:
        KeyError: its numbers are not known.
    """
    machine = machine or platform.machine()
    column = MACHINES[machine]
    steps: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    for numbers in ALLOWED.values():
        if numbers[column] >= 0:
            steps += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    for name, rule in _RULES.items():
        body = list(rule)
        steps += [(_EQUAL, 0, len(body), EXAMINED[name][column]), *body]
    steps.append(_refuse(errno.ENOSYS))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _refuse(code: int) -> Step:
    return (_RETURN, 0, 0, _ERRNO | code)


def _argument(index: int) -> Step:
    """Load the lower half of an argument; the calls below take 32-bit values there."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)


def _socketpair() -> Iterable[Step]:
    """Only connected ones: neither end can be pointed at another address."""
    return (
        _argument(0),
        (_EQUAL, 1, 0, _AF_UNIX),
        _refuse(errno.EAFNOSUPPORT),
        _argument(1),
        (_AND, 0, 0, _SOCK_TYPES),
        (_EQUAL, 1, 0, _SOCK_STREAM),
        _refuse(errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
    )


_RULES: dict[str, Iterable[Step]] = {
    "clone": (
        _argument(0),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ),
    "socket": (_refuse(errno.EAFNOSUPPORT),),
    "socketpair": _socketpair(),
    "ioctl": (
        _argument(1),
        (_EQUAL, 1, 0, _TIOCSTI),
        (_EQUAL, 0, 1, _TIOCLINUX),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ),
    # Limits of oneself only.
    "prlimit64": (
        _argument(0),
        (_EQUAL, 1, 0, 0),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ),
}
