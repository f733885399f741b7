"""Originality cycles as the graph's coordinator sees them."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from autonomy.core.types import CycleStatus
from autonomy.models import TurnitinCycle
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.fence import Fence

OPEN = (CycleStatus.AWAITING_REPORT, CycleStatus.REPORT_READY)


class RunCycles:
    """`ports.Cycles` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def open(self, artifact_id: str, target: float) -> tuple[str, int]:
        """The open cycle of the run, made if need be: its id and number.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        return await run_db(self._open, artifact_id, target)

    @transaction.atomic
    def _open(self, artifact_id: str, target: float) -> tuple[str, int]:
        lock_run(self._fence)
        cycles = TurnitinCycle.objects.filter(run_id=self._fence.run_id)
        cycle = cycles.filter(status__in=OPEN).first()
        if cycle is None:
            last = cycles.aggregate(last=Max("number"))["last"] or 0
            cycle = TurnitinCycle.objects.create(
                run_id=self._fence.run_id,
                number=last + 1,
                artifact_id=artifact_id,
                target_similarity=target,
            )
        return str(cycle.pk), cycle.number

    async def close(self, cycle_id: str, *, accepted: bool) -> None:
        """Settle a cycle whose report has come; one that is settled already stays as it is.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        await run_db(self._close, cycle_id, accepted)

    @transaction.atomic
    def _close(self, cycle_id: str, accepted: bool) -> None:
        lock_run(self._fence)
        status = CycleStatus.ACCEPTED if accepted else CycleStatus.REJECTED
        TurnitinCycle.objects.filter(
            pk=cycle_id, run_id=self._fence.run_id, status=CycleStatus.REPORT_READY
        ).update(status=status, closed_at=Now())
