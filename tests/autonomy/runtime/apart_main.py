"""Drives one superstep of a small graph in a process of its own: `python -m … kill|stay`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import django

from handywriterz.drive_apart import COMMAND

HERE = (*COMMAND[:2], "tests.autonomy.runtime.apart_main")

if __name__ == "__main__":
    django.setup()
    from autonomy.core.ports import Deps
    from autonomy.runtime import apart
    from autonomy.runtime.runner import Runner
    from tests.autonomy.runtime.graphs import line, note

    async def before(loop: int, deps: Deps) -> None:
        await deps.events.emit(note(f"driven by {os.getpid()}"))
        if sys.argv[1] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        await asyncio.Event().wait()

    sys.exit(apart.main(lambda: Runner(line(2, before=before))))
