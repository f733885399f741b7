"""Suspects of a storm are driven apart as in the product, only that their processes are forked:
workers live too short here for a program that has to import everything."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autonomy.runtime import apart
from autonomy.runtime.fence import Fence
from autonomy.runtime.queue import Claim
from tests.chaos import sabotage
from tests.chaos.zygote import Zygote, alive

POLL_SECONDS = 0.02


class Forked:
    """Make it while the worker has neither threads nor connections.

    Args:
        router: makes what drives, in the forked process.
        order: of the worker (see `worker.work`).
    """

    def __init__(self, router: Callable[[], Any], order: dict[str, Any]) -> None:
        self._router = router
        self._order = order
        self._zygote = Zygote(self._work)

    async def drive(self, claim: Claim) -> None:
        fence = claim.fence
        told = Path(self._order["crash"]).with_name(f"apart-{fence.run_id}-{fence.number}")
        pid = self._zygote.spawn(claim=asdict(claim), told=str(told), crash=self._order["crash"])
        while alive(pid):
            await asyncio.sleep(POLL_SECONDS)
        said = told.read_text().split() if told.exists() else []
        told.unlink(missing_ok=True)
        if not said:
            raise apart.NotBegun("its process ended at its start")
        if said[-1] not in ("0", str(apart.GAVE_UP)):
            raise apart.Died("its process is gone")

    def _work(self, order: dict[str, Any]) -> None:
        sabotage.from_environment()
        told = Path(order["told"])
        given = order["claim"]
        claim = Claim(**given | {"fence": Fence(**given["fence"])})
        code = apart.serve(
            self._router().drive, claim, lambda: _append(told, f"driving by {os.getpid()}")
        )
        _append(told, str(code))


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")
