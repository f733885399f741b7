"""Drives one superstep of a small graph in a process of its own: `python -m … MODE [FILE]`.

kill: the step kills the process. stay: it never ends; FILE is written when it is cancelled. deaf:
it never ends and never lets the event loop look. linger: it ends, and what was measured takes two
seconds to be handed on; then FILE is written.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from handywriterz.drive_apart import COMMAND, take_output

HERE = (*COMMAND[:2], "tests.autonomy.runtime.apart_main")

if __name__ == "__main__":
    told = take_output()
    import django

    django.setup()
    from autonomy.core.ports import Deps
    from autonomy.runtime import apart
    from autonomy.runtime.runner import Runner
    from tests.autonomy.runtime.graphs import line, note

    mode, *files = sys.argv[1:]

    async def before(loop: int, deps: Deps) -> None:
        await deps.events.emit(note(f"driven by {os.getpid()}"))
        if mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == "deaf":
            time.sleep(600)
        if mode == "stay":
            try:
                await asyncio.Event().wait()
            finally:
                for file in files:
                    Path(file).write_text("cancelled")

    code = apart.main(lambda: Runner(line(2, before=before)), told)
    if mode == "linger":
        time.sleep(2)
        Path(files[0]).write_text("handed on")
    sys.exit(code)
