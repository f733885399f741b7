"""Originality cycles as the graph's coordinator sees them."""

from __future__ import annotations

from django.db import transaction

from autonomy.core.originality import CycleRecord
from autonomy.core.ports import OpenCycle
from autonomy.models import TurnitinCycle
from autonomy.runtime import cycle_states
from autonomy.runtime.checks import ask_where_always
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.fence import Fence


class RunCycles:
    """`ports.Cycles` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def open(
        self, artifact_id: str, target: float, *, local: float | None = None
    ) -> OpenCycle:
        """The open cycle of the run, made if need be.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        return await run_db(self._open, artifact_id, target, local)

    @transaction.atomic
    def _open(self, artifact_id: str, target: float, local: float | None) -> OpenCycle:
        lock_run(self._fence)
        cycle = cycle_states.opened(self._fence.run_id, artifact_id, target, local)
        ask_where_always(cycle)
        until = cycle.expires_at.isoformat() if cycle.expires_at else ""
        return OpenCycle(str(cycle.pk), cycle.number, until)

    async def close(self, cycle_id: str, *, accepted: bool) -> None:
        """Settle a cycle whose report has come; one that is settled already stays as it is.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        await run_db(self._close, cycle_id, accepted)

    @transaction.atomic
    def _close(self, cycle_id: str, accepted: bool) -> None:
        lock_run(self._fence)
        cycle_states.settled(self._fence.run_id, cycle_id, accepted=accepted)

    async def history(self) -> list[CycleRecord]:
        """The run's cycles, oldest first."""
        return await run_db(self._history)

    def _history(self) -> list[CycleRecord]:
        rows = TurnitinCycle.objects.filter(run_id=self._fence.run_id).order_by("number")
        return [
            CycleRecord(
                id=str(row.pk),
                number=row.number,
                status=row.status,
                document_id=str(row.artifact_id),
                observed=row.observed_similarity,
                below=row.observed_below,
                local=row.local_similarity,
            )
            for row in rows
        ]
