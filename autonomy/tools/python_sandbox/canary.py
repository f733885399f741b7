"""A program that attacks, copied into the sandbox at start-up; outside it would do real harm.

It reads what to aim at from `targets.json` and prints, as JSON, what each attack got; null is
nothing. `tiers` imports it for the names of the attacks and for its text; importing it attacks
nothing.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_CALLS = {
    "x86_64": {"ptrace": 101, "unshare": 272, "mount": 165, "bpf": 321, "keyctl": 250},
    "aarch64": {"ptrace": 117, "unshare": 97, "mount": 40, "bpf": 280, "keyctl": 219},
}
_NOTHING = (ctypes.c_long(-1),) * 6
"""Arguments that every call refuses, so that none does anything where it exists."""
_EVERYWHERE = {"io_uring_setup": 425, "clone3": 435, "pidfd_open": 434}
_FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG")
_FORKS = 200
_PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS, _PR_CAPBSET_READ = 21, 39, 23


def files(aim: dict[str, Any]) -> Any:
    """What can be read of a secret outside, or of another process."""
    for path in (aim["secret"], "/proc/1/environ", f"/proc/{aim['pid']}/environ", "/etc/shadow"):
        try:
            return f"{path}: {Path(path).read_text()[:40]}"
        except OSError:
            continue
    return "a secret in the environment" if aim["word"] in str(dict(os.environ)) else None


def writing(aim: dict[str, Any]) -> Any:
    """A place outside the own folder that takes a file."""
    folders = [
        str(Path(aim["secret"]).parent),
        "/",
        "/in",
        "/packages",
        "/python",
        "/dev",
        "/usr/lib",
    ]
    for folder in folders:
        try:
            Path(folder, "planted").write_text("planted")
        except OSError:
            continue
        return folder
    return None


def sockets(aim: dict[str, Any]) -> Any:
    """A socket of any family, or an answer from outside."""
    for name in _FAMILIES:
        try:
            socket.socket(getattr(socket, name), socket.SOCK_DGRAM if name == "AF_INET6" else 1)
        except (OSError, AttributeError):
            continue
        return name
    try:
        return str(socket.create_connection(("127.0.0.1", aim["port"]), 0.5))
    except OSError:
        return None


def signals(aim: dict[str, Any]) -> Any:
    """A process outside that can be reached."""
    try:
        os.kill(aim["pid"], 0)
    except OSError:
        return None
    return aim["pid"] if aim["pid"] > _FORKS else None


def calls(aim: dict[str, Any]) -> Any:
    """A dangerous system call that exists (anything but ENOSYS and EPERM)."""
    numbers = _CALLS.get(os.uname().machine, {}) | _EVERYWHERE
    for name, number in numbers.items():
        if _libc.syscall(ctypes.c_long(number), *_NOTHING) >= 0:
            return name
        if ctypes.get_errno() not in (1, 38):
            return f"{name}: errno {ctypes.get_errno()}"
    return None


def privileges(aim: dict[str, Any]) -> Any:
    """Root, a capability, or no filter."""
    if os.getuid() == 0 or os.geteuid() == 0:
        return "root"
    if (
        _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) != 2
        or _libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1
    ):
        return "no filter"
    held = [number for number in range(41) if _libc.prctl(_PR_CAPBSET_READ, number, 0, 0, 0) == 1]
    return f"capabilities {held}" if held else None


def space(aim: dict[str, Any]) -> Any:
    """More disk than allowed."""
    try:
        with Path("filling").open("wb") as file:
            for _ in range(aim["disk_mb"] + 8):
                file.write(bytes(1 << 20))
    except OSError:
        Path("filling").unlink()
        return None
    return "the disk"


def forks(aim: dict[str, Any]) -> Any:
    """More processes than allowed; those that come live until the sandbox ends them."""
    try:
        for _ in range(_FORKS):
            if os.fork() == 0:
                os.setsid()
                while True:
                    os.read(_PIPE[0], 1)
    except OSError:
        return None
    return f"{_FORKS} processes"


_PIPE = os.pipe()
ATTACKS: tuple[Callable[[dict[str, Any]], Any], ...] = (
    files,
    writing,
    sockets,
    signals,
    calls,
    privileges,
    space,
    forks,
)


def main() -> None:
    aim = json.loads(Path("targets.json").read_text())
    got = {attack.__name__: attack(aim) for attack in ATTACKS}
    Path("out/alive").write_text(aim["word"])
    sys.stdout.write(json.dumps(got))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
