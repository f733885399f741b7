"""Limits on the process that reads a file from outside; they hold inside native code too."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from contextlib import suppress

from autonomy.library.parsed import ParseLimits

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_FILTER_MODE = 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
# Audit number of the architecture, and its number of the call `socket`.
_SOCKET_CALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_OPEN_FILES = 256


def confine(limits: ParseLimits) -> None:
    """Bound this process and all that it starts: memory, CPU time, files and their size, no network.

    It also dies with its parent. Where the kernel has no filter for system calls the network stays
    open; parsers do not use it.
    """
    seconds = int(limits.timeout_seconds) + 1
    _bound(resource.RLIMIT_CPU, seconds, seconds + 2)
    _bound(resource.RLIMIT_AS, limits.memory_bytes)
    _bound(resource.RLIMIT_FSIZE, limits.max_output_bytes)
    _bound(resource.RLIMIT_NOFILE, _OPEN_FILES)
    _bound(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _refuse_sockets(library)
    with suppress(OSError):
        os.nice(5)


def _bound(kind: int, soft: int, hard: int | None = None) -> None:
    """Set a limit, or what an administrator's own allows of it."""
    ceiling = resource.getrlimit(kind)[1]
    allowed = [soft, hard if hard is not None else soft]
    if ceiling != resource.RLIM_INFINITY:
        allowed = [min(value, ceiling) for value in allowed]
    resource.setrlimit(kind, (allowed[0], allowed[1]))


def _refuse_sockets(library: ctypes.CDLL) -> None:
    known = _SOCKET_CALL.get(platform.machine())
    if known is None:
        return
    architecture, call = known
    steps = (
        (_LOAD, 0, 0, 4),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),
        (_IF_EQUAL, 0, 1, call),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    )
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        library.prctl(_PR_SET_SECCOMP, _FILTER_MODE, program, 0, 0)
