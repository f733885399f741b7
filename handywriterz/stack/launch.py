"""Becomes a child of the stack: drops root, ties its life to its parent, then executes a program.

Run as a script in a fresh interpreter (`python -I -S launch.py ORDERS PROGRAM ARGUMENT…`) rather
than between fork and exec, where Python code may deadlock. ORDERS is JSON, see `Orders`.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import TypedDict

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522


class Orders(TypedDict):
    parent: int
    """Pid that this process must not outlive."""
    signal: int
    """What the kernel sends when the parent is gone."""
    user: tuple[int, int] | None
    """uid and gid to become, for root only."""
    capability: int | None
    """Number of the one capability to keep while doing so (see `account`)."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become(libc: ctypes.CDLL, uid: int, gid: int, capability: int | None) -> None:
    """Give up root for good, keeping at most one capability across the coming exec."""
    if capability is not None:
        # Keeps capabilities until we set them below, and lets access(2) honour the one we keep:
        # PostgreSQL looks for its own files with it.
        _check(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "prctl securebits")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability is not None:
        bits = 1 << capability
        sets = (_Sets * 2)(_Sets(bits, bits, bits), _Sets(0, 0, 0))
        header = _Header(CAPABILITY_VERSION_3, 0)
        _check(libc.capset(ctypes.byref(header), sets), "capset")
        raised = libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
        _check(raised, "prctl ambient")


def die_with(libc: ctypes.CDLL, parent: int, number: int) -> None:
    """Ask the kernel to send signal `number` when `parent` ends, whichever way it ends."""
    _check(libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl pdeathsig")
    if os.getppid() != parent:  # it ended before we asked
        sys.exit(1)


def main(argv: list[str]) -> None:
    orders: Orders = json.loads(argv[1])
    command = argv[2:]
    libc = ctypes.CDLL(None, use_errno=True)
    user = orders["user"]
    try:
        if user is not None:
            become(libc, user[0], user[1], orders["capability"])
        if sys.platform == "linux":  # after the change of user, which clears it
            die_with(libc, orders["parent"], orders["signal"])
        os.execv(command[0], command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{command[0]} cannot be started: {error.strerror or error}")


if __name__ == "__main__":
    main(sys.argv)
