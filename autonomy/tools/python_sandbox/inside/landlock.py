"""Landlock: what a process and its children may do with files, whatever the mounts would let them.

See `landlock(7)`. A kernel without it (before 5.13, or switched off) leaves the mounts to hold.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_ONLY, _BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE, _DEVICE_IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
_MAKE_CHARACTER, _MAKE_SOCKET, _MAKE_FIFO, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 10, 1 << 11
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_IOCTL
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights each version knows; later ones know 16."""
_NO_NEW_PRIVILEGES = 38

READ = _READ | _LIST
RUN = READ | _EXECUTE
DEVICE = _READ | _WRITE | _LIST
_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's version of Landlock; 0 = none."""
    return max(0, int(_libc.syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), 1)))


def restrict(rules: dict[str, int], writable: str) -> int:
    """Hold this process and all it starts to `rules` (folder or file → rights; what is not named
    cannot be touched). Below `writable` files can be made and changed, but no device, socket or
    pipe, and nothing there can be run. Also refused: TCP, and signals and abstract sockets to
    processes outside, as far as the kernel knows them.

    Returns:
        the kernel's version of Landlock; 0 = nothing was done.

    Raises:
        OSError: the kernel has Landlock, but refused.
    """
    known = version()
    if known == 0:
        return 0
    rights = (1 << _FILE_RIGHTS.get(known, 16)) - 1
    network, scopes = (3 if known >= 4 else 0), (3 if known >= 6 else 0)
    head = struct.pack("=QQQ", rights, network, scopes)
    head = head[: 24 if known >= 6 else 16 if known >= 4 else 8]
    ruleset = _call(_CREATE, head, ctypes.c_size_t(len(head)), ctypes.c_uint(0))
    special = _EXECUTE | _MAKE_CHARACTER | _MAKE_SOCKET | _MAKE_FIFO | _MAKE_BLOCK
    for path, allowed in {**rules, writable: rights & ~special}.items():
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        folder = os.path.isdir(path)  # noqa: PTH112 - pathlib is slow to load
        granted = allowed & rights if folder else allowed & rights & _OF_FILES
        rule = struct.pack("=Qi", granted, place)
        _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_BENEATH), rule, ctypes.c_uint(0))
        os.close(place)
    _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)
    return known


def _call(number: int, *arguments: object) -> int:
    done = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return done


def forbid_inspection() -> None:
    """Let no other process of this user look into this one or its descriptors."""
    _libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
