"""Watches a worker's writes from inside: which came too late, and whether they were refused.

A write is stale when the run had a newer fence before it was tried. (Looking afterwards would
also count writes that were in time, of a worker that was stopped right after them.)
"""

from __future__ import annotations

import contextlib
import functools
import signal
import time
from collections.abc import Callable
from typing import Any

from langgraph.runtime import RunControl

from autonomy.models import Run
from autonomy.runtime.db import run_db
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from tests.chaos.points import Journal


class Witness:
    """Tells the storm's journal of refused and accepted stale writes, and of runs let go."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._woke_at = 0.0
        signal.signal(signal.SIGCONT, self._woke)

    def _woke(self, *_: object) -> None:
        self._woke_at = time.monotonic()

    def install(self) -> None:
        """Put the watch into the product's functions, in this process."""
        from autonomy.runtime import segment_ends
        from autonomy.runtime.artifacts import RunArtifacts
        from autonomy.runtime.budgets_ledger import RunLedger
        from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
        from autonomy.runtime.effects import RunEffects
        from autonomy.runtime.events import RunEvents

        for owner, name, what in (
            (DjangoCheckpointSaver, "aput", "checkpoints"),
            (DjangoCheckpointSaver, "aput_writes", "task writes"),
            (RunEvents, "emit", "events"),
            (RunEffects, "begin", "effects"),
            (RunEffects, "record", "effects"),
            (RunLedger, "reserve", "reservations"),
            (RunArtifacts, "save", "artifacts"),
        ):
            self._watch_method(owner, name, what)
        for name in ("finish", "release", "wait_for_human"):
            self._watch_ending(segment_ends, name)  # `retry` is silent about being refused

    def _watch_method(self, owner: Any, name: str, what: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        async def watched(this: Any, *args: Any, **kwargs: Any) -> Any:
            late = await run_db(stale, this._fence)
            with self._told(what, late):
                return await original(this, *args, **kwargs)

        setattr(owner, name, watched)

    def _watch_ending(self, segment_ends: Any, name: str) -> None:
        original = getattr(segment_ends, name)

        @functools.wraps(original)
        def watched(fence: Fence, *args: Any, **kwargs: Any) -> Any:
            with self._told("transitions", stale(fence)):
                return original(fence, *args, **kwargs)

        setattr(segment_ends, name, watched)

    @contextlib.contextmanager
    def _told(self, what: str, late: bool) -> Any:
        try:
            yield
        except FencedOut:
            self._journal.write("refused", what=what)
            raise
        if late:
            self._journal.write("accepted", what=what)

    async def drive(
        self, drive: Callable[[Claim, RunControl], Any], claim: Claim, control: RunControl
    ) -> None:
        """`drive`, and how long after waking up a run of which others had taken over was let go."""
        began = time.monotonic()
        try:
            await drive(claim, control)
        finally:
            woke_at = self._woke_at
            if woke_at > began and await run_db(stale, claim.fence):
                self._journal.write("let go", seconds=time.monotonic() - woke_at)


def stale(fence: Fence) -> bool:
    """Whether another segment has claimed the run since."""
    row = Run.objects.filter(pk=fence.run_id).values_list("fence", flat=True).first()
    return row is not None and row > fence.number
