"""A similarity report arrives and wakes the run that waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db.models.functions import Now

from autonomy.core.originality import CheckVerdict, FlaggedPassage, Teller
from autonomy.core.types import TERMINAL_STATUSES, CycleStatus
from autonomy.models import Run, TurnitinCycle
from autonomy.runtime import answers
from autonomy.runtime.contention import transacted
from autonomy.runtime.flagged import keep_flagged
from autonomy.services.errors import Conflict, NotFound
from autonomy.services.storage import discard, keep

OPEN = (CycleStatus.AWAITING_REPORT, CycleStatus.REPORT_READY)


def submit_report(
    run: Run,
    *,
    cycle_id: uuid.UUID | str,
    observed_similarity: float | None = None,
    report_url: str = "",
    report_file: Any = None,
    note: str = "",
    verdict: CheckVerdict | Literal[""] = "",
    checked_by: User | None = None,
    flagged: Sequence[FlaggedPassage] = (),
) -> TurnitinCycle:
    """Record the report of a cycle once and wake the run.

    `report_file` is an uploaded file (`name`, `chunks()`). A checker's `verdict` counts whatever
    the target says, and `flagged` are passages that the checker marked. The first report of a cycle counts: the
    same one again, however late, changes nothing and gets the cycle as it stands.

    Raises:
        NotFound: the run has no such cycle.
        Conflict: the run ended before the report came, or the cycle has another report.
    """
    stored = keep(report_file.chunks(), folder="reports") if report_file is not None else None
    try:
        cycle, taken = _record(
            run,
            cycle_id,
            observed_similarity=observed_similarity,
            report_url=report_url,
            report_file=stored.name if stored else "",
            report_file_name=str(getattr(report_file, "name", "") or "")[:255],
            note=note,
            verdict=verdict,
            checked_by=checked_by,
            flagged=flagged,
        )
    except Exception:
        if stored is not None and not _kept(stored.name):
            discard(stored)
        raise
    if stored is not None and not taken and not _kept(stored.name):
        discard(stored)
    return cycle


def _kept(name: str) -> bool:
    """Whether some cycle's report is this file: the same bytes may have come twice at once."""
    return TurnitinCycle.objects.filter(report_file=name).exists()


def _differs(cycle: TurnitinCycle, report: dict[str, Any]) -> bool:
    """Whether `report` says something else than the cycle's own. A file's name says nothing."""
    return any(
        getattr(cycle, name) != value
        for name, value in report.items()
        if name != "report_file_name"
    )


@transacted
def _record(
    run: Run, cycle_id: uuid.UUID | str, *, flagged: Sequence[FlaggedPassage], **report: Any
) -> tuple[TurnitinCycle, bool]:
    # The run's row first, as in every transition: two reports of one run come one by one.
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    cycle = TurnitinCycle.objects.filter(run=locked, pk=str(cycle_id)).first()
    if cycle is None:
        raise NotFound("The run has no originality cycle with this id.", code="cycle_not_found")
    if cycle.status != CycleStatus.AWAITING_REPORT:
        if _differs(cycle, report):
            raise Conflict(
                f"Cycle {cycle.number} already has another report; the first one counts.",
                code="already_reported",
            )
        return cycle, False
    if locked.status in TERMINAL_STATUSES:
        raise Conflict("The run ended before this report came.", code=f"run_{locked.status}")
    TurnitinCycle.objects.filter(pk=cycle.pk).update(
        status=CycleStatus.REPORT_READY, reported_at=Now(), **report
    )
    cycle.refresh_from_db()
    if flagged:
        keep_flagged(cycle.pk, Teller.CHECKER, flagged)
    # A run that has not reached its pause yet finds the report there; see `wait_for_human`.
    if cycle.interrupt_id:
        answers.store_answer(locked, cycle.interrupt_id, answers.report_value(cycle))
        answers.wake(locked.pk)
    return cycle, True
