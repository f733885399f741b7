"""What was not reached, said plainly: for the run, its document and the document's exports."""

from __future__ import annotations

from autonomy.core.originality import percent_said
from autonomy.core.types import TERMINAL_STATUSES, CycleStatus
from autonomy.models import Run, TurnitinCycle


def originality_statement(run: Run) -> str:
    """One or two sentences about a run that is over and whose target of similarity was not reached,
    or is not known to be; empty where it was, and where none was asked for."""
    if run.status not in TERMINAL_STATUSES:
        return ""
    cycles = list(TurnitinCycle.objects.filter(run=run).order_by("number"))
    if not cycles or cycles[-1].status == CycleStatus.ACCEPTED:
        return ""
    target = f"{cycles[-1].target_similarity:g} %"
    reported = [c for c in cycles if c.observed_similarity is not None]
    if not reported:
        return (
            f"The target of {target} similarity was not measured: no similarity report came."
            if not any(c.reported_at for c in cycles)
            else f"The target of {target} similarity was not measured: no report gave a figure."
        )
    best = min(reported, key=lambda c: (c.observed_similarity or 0.0, not c.observed_below))
    figure = percent_said(best.observed_similarity or 0.0, below=best.observed_below)
    whose = "a checker" if best.verdict else "user-provided, not verified"
    said = f"The target of {target} similarity was not reached: the lowest report says {figure} ({whose})."
    last = cycles[-1]
    if last.reported_at is None:
        said += " The newest draft was revised since and not measured."
    return said
