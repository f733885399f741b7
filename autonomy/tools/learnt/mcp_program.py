"""Becomes an MCP server of this machine that does not outlive who started it.

`python -I -S mcp_program.py PARENT PROGRAM ARGUMENT…`, in a fresh interpreter. A server that is
well behaved ends when its standard input does, and the SDK kills one that is not; a process that
is killed itself can do neither.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PLACE = Path(__file__).resolve()


def bound(program: str, arguments: Sequence[str]) -> list[str]:
    """The command line that starts `program`, a path, so that it ends with this process."""
    if sys.platform != "linux":
        return [program, *arguments]
    return [sys.executable, "-I", "-S", str(PLACE), str(os.getpid()), program, *arguments]


def main(parent: int, command: list[str]) -> None:
    from autonomy.tools.python_sandbox import linux

    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)  # gone before the line above
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # this interpreter ignores it
    os.execv(command[0], command)  # noqa: S606 - staff configured it


if __name__ == "__main__":
    sys.path.insert(0, str(PLACE.parents[3]))
    try:
        main(int(sys.argv[1]), sys.argv[2:])
    except OSError as error:
        sys.exit(str(error))
