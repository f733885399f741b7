"""Originality cycles as the graph's coordinator sees them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from autonomy.core.originality import CycleRecord, FlaggedPassage, PassageChange
from autonomy.core.ports import OpenCycle
from autonomy.models import PassageChange as Row
from autonomy.models import TurnitinCycle
from autonomy.runtime import cycle_states
from autonomy.runtime.checks import ask_where_always
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import lock_run
from autonomy.runtime.events import storable
from autonomy.runtime.fence import Fence
from autonomy.runtime.flagged import flagged_in, known_sources


class RunCycles:
    """`ports.Cycles` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def open(
        self,
        artifact_id: str,
        target: float,
        *,
        local: float | None = None,
        quoted: float | None = None,
    ) -> OpenCycle:
        """The open cycle of the run, made if need be.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        return await run_db(self._open, artifact_id, target, local, quoted)

    @transaction.atomic
    def _open(
        self, artifact_id: str, target: float, local: float | None, quoted: float | None
    ) -> OpenCycle:
        lock_run(self._fence)
        cycle = cycle_states.opened(self._fence.run_id, artifact_id, target, local, quoted)
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
                quoted=row.local_quoted,
            )
            for row in rows
        ]

    async def flagged(self, cycle_id: str) -> list[FlaggedPassage]:
        """What a checker or a report flagged in the cycle's draft, the checker's first."""
        return await run_db(self._flagged, cycle_id)

    def _flagged(self, cycle_id: str) -> list[FlaggedPassage]:
        mine = TurnitinCycle.objects.filter(run_id=self._fence.run_id, pk=cycle_id)
        return flagged_in(cycle_id) if mine.exists() else []

    async def record(
        self, cycle_id: str, changes: Sequence[PassageChange], document_id: str
    ) -> None:
        """Keep what was done about the flagged passages, in place of what was kept before.

        Raises:
            FencedOut: the segment no longer owns the run.
        """
        await run_db(self._record, cycle_id, list(changes), document_id)

    @transaction.atomic
    def _record(self, cycle_id: str, changes: list[PassageChange], document_id: str) -> None:
        lock_run(self._fence)
        cycle = TurnitinCycle.objects.get(run_id=self._fence.run_id, pk=cycle_id)
        known = known_sources([change.source_id for change in changes])
        Row.objects.filter(cycle=cycle).delete()
        Row.objects.bulk_create(
            Row(
                cycle=cycle,
                ordinal=ordinal,
                section_id=change.section_id[:120],
                heading=storable(change.heading),
                before=storable(change.before),
                after=storable(change.after),
                remedy=change.remedy,
                reason=storable(change.reason),
                told_by=change.told_by,
                group=change.group or "",
                note=storable(change.note),
                source_id=change.source_id if change.source_id in known else None,
                source_title=storable(change.source_title),
                author=change.author,
                verdict=change.verdict,
            )
            for ordinal, change in enumerate(changes)
        )
        TurnitinCycle.objects.filter(pk=cycle.pk).update(revised_id=document_id)
