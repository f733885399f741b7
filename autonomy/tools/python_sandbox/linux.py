"""The calls of Linux that Python has no function for. Errors are OSError, as Python's own."""

from __future__ import annotations

import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 28, 38, 47
_SECCOMP_FILTER, _AMBIENT_CLEAR, _LOCKED_NO_ROOT = 2, 4, 0x2F
_CAPABILITIES = 64
_CAPABILITY_VERSION = 0x20080522

NEW_MOUNTS, NEW_CGROUP, NEW_UTS, NEW_IPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

READ_ONLY, NO_SETUID, NO_DEVICES, NO_EXECUTION, REMOUNT = 1, 2, 4, 8, 32
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_MOUNT_SETATTR, _PIVOT_ROOT = 442, {"x86_64": 155, "aarch64": 41}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_RELATIVE_ATIME = 1 << 21


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def prctl(option: int, value: int, third: int = 0) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(third), 0, 0), "prctl")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    done = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _checked(done, f"mount {target}")


def protect(target: str, flags: int) -> None:
    """Add flags to a mount and all below it, where the kernel (5.12) can; else to it alone."""
    attributes = struct.pack("=QQQQ", flags & 0xF, 0, 0, 0)
    done = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    if done != 0:
        had = os.statvfs(target).f_flag
        kept = had & 0xC0F | (_RELATIVE_ATIME if had & 4096 else 0)
        mount("none", target, "", BIND | REMOUNT | flags | kept)


def pivot(new: str, old: str) -> None:
    """Make the mount `new` the root; the one of before is at `old`, a folder within it."""
    number = _PIVOT_ROOT[os.uname().machine]
    _checked(_libc.syscall(ctypes.c_long(number), new.encode(), old.encode()), "pivot_root")
    os.chdir("/")


def enter_root(folder: str) -> None:
    """Make `folder`, which must be a mount, the root; what was there before is gone."""
    os.chdir(folder)
    number = _PIVOT_ROOT[os.uname().machine]
    _checked(_libc.syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    # The old root now lies over the new one.
    _checked(_libc.umount2(b".", _DETACH), "umount")
    os.chdir("/")


def drop_capabilities() -> None:
    """Give up all capabilities for good, whatever is started."""
    for number in range(_CAPABILITIES):
        try:
            prctl(PR_CAPBSET_DROP, number)
        except OSError:
            break
    prctl(PR_CAP_AMBIENT, _AMBIENT_CLEAR)
    prctl(PR_SET_SECUREBITS, _LOCKED_NO_ROOT)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


def filter_calls(program: bytes) -> None:
    """Hold this process and its children to a filter of system calls."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(
        struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    )
    done = _libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_FILTER), head, 0, 0)
    _checked(done, "seccomp")
