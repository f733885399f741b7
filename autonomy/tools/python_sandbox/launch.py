"""Started in a bare interpreter outside: gives up root, then starts bubblewrap or makes the sandbox.

`python -I -S launch.py DESCRIPTOR`, where the plan is read. Exit status 125 says that the sandbox
could not be made, and why is on stderr.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from autonomy.tools.python_sandbox import bubblewrap, linux, namespaces
from autonomy.tools.python_sandbox.plan import Bind, Plan

CANNOT = 125
_STAGE = "/tmp"  # noqa: S108 - covered by a mount of our own


def main(descriptor: int) -> None:
    plan = Plan.load(_content(descriptor))
    if os.geteuid() == 0:
        plan = replace(plan, binds=_staged(plan.binds))
        _become(plan.lent_user)
    _end_with(plan.parent)
    os.umask(0o022)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if plan.bubblewrap:
        bubblewrap.start(plan)
    else:
        namespaces.start(plan)


def _content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _staged(binds: list[Bind]) -> list[Bind]:
    """The same files and folders at places that any user can reach, in mounts of our own: an
    interpreter often lies in a home that only root may enter."""
    linux.unshare(linux.NEW_MOUNTS)
    linux.mount("none", "/", "", linux.RECURSIVE | linux.PRIVATE)
    sources = [os.open(bind.source, os.O_PATH) for bind in binds]
    linux.mount("tmpfs", _STAGE, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, "mode=755,size=1m")
    staged = []
    for number, (bind, source) in enumerate(zip(binds, sources, strict=True)):
        place = Path(_STAGE, str(number))
        if stat.S_ISDIR(os.fstat(source).st_mode):
            place.mkdir()
        else:
            place.touch()
        linux.mount(f"/proc/self/fd/{source}", str(place), "", linux.BIND | linux.RECURSIVE)
        linux.protect(str(place), linux.READ_ONLY | linux.NO_SETUID | linux.NO_DEVICES)
        os.close(source)
        staged.append(Bind(str(place), bind.target))
    return staged


def _become(user: int) -> None:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # Else /proc/self stays root's, and no user namespace can be mapped.
    linux.prctl(linux.PR_SET_DUMPABLE, 1)


def _end_with(parent: int) -> None:
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(CANNOT)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(CANNOT)
