"""Worker processes that start in milliseconds: forked from a process that has imported everything.

The zygote has no threads and no connections; a worker opens its own after the fork.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


class Zygote:
    """Make it before this process has threads or connections.

    Args:
        work: what a worker does with its order; runs in the forked process, which ends with it.
            What it raises is written to the file `order["crash"]`.
    """

    def __init__(self, work: Callable[[dict[str, Any]], None]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self._socket.close()
            _serve(theirs, work)
        theirs.close()

    def spawn(self, **order: Any) -> int:
        """Start a worker with this order (JSON) and return its pid."""
        self._socket.send(json.dumps(order).encode())
        return int(self._socket.recv(64))

    def close(self) -> None:
        """End it and every worker that is left."""
        self._socket.close()
        os.waitpid(self.pid, 0)


def alive(pid: int) -> bool:
    """Whether the worker is still there (the zygote reaps at once)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _serve(orders: socket.socket, work: Callable[[dict[str, Any]], None]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    _die_with_parent()
    while order := orders.recv(65_536):
        pid = os.fork()
        if pid == 0:
            orders.close()
            _work(json.loads(order), work)
        orders.send(str(pid).encode())
    os._exit(0)


def _work(order: dict[str, Any], work: Callable[[dict[str, Any]], None]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _die_with_parent()
    code = 0
    try:
        work(order)
    except BaseException:  # noqa: BLE001 - the process ends with it, after saying why
        Path(order["crash"]).write_text(traceback.format_exc())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
