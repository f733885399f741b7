"""Which of a run's drafts is handed over when no report reached the target."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.originality import CycleRecord, percent_said
from autonomy.core.ports import Deps
from autonomy.core.types import EventDraft
from autonomy.core.versions import Made, VersionCause
from autonomy.export.document import Document


def best_reported(history: Sequence[CycleRecord]) -> CycleRecord | None:
    """The cycle whose draft a report put lowest; of equals the one that the product's own engine
    puts lowest, then the newest. None where no report gave a figure."""
    reported = [cycle for cycle in history if cycle.observed is not None]
    return min(reported, key=_rank, default=None)


def _rank(cycle: CycleRecord) -> tuple[float, bool, float, int]:
    # “Less than 1 %” is less than 1 %.
    observed = cycle.observed if cycle.observed is not None else 100.0
    local = in_all(cycle.local, cycle.quoted)
    return (observed, not cycle.below, 100.0 if local is None else local, -cycle.number)


def in_all(local: float | None, quoted: float | None) -> float | None:
    """The engine's figure with quotations, as a report counts that leaves none out: per cent."""
    return None if local is None else local + (quoted or 0.0)


def better_than(
    document_id: str, local: float | None, history: Sequence[CycleRecord]
) -> CycleRecord | None:
    """The cycle whose draft is handed over instead of `document_id`, or None.

    A report's figure comes first. A draft that was revised since and has no report yet is better
    if the engine puts it below the draft that the best report is about (`local`: see `in_all`).
    """
    best = best_reported(history)
    if best is None or best.document_id == document_id:
        return None
    mine = next((c for c in reversed(history) if c.document_id == document_id), None)
    if mine is not None and mine.observed is not None:
        return best
    best_local = in_all(best.local, best.quoted)
    if local is None or best_local is None:
        # Nothing was measured of it: it is the best one's revision, with its flags seen to.
        return None if best.number == max(c.number for c in _reported(history)) else best
    return None if local < best_local else best


def _reported(history: Sequence[CycleRecord]) -> list[CycleRecord]:
    return [cycle for cycle in history if cycle.observed is not None]


async def take_best(
    document_id: str, local: float | None, deps: Deps
) -> tuple[str, EventDraft] | None:
    """The earlier draft that is handed over instead of `document_id`, and the event that says why;
    None when none was better.

    It becomes the newest version again: that is the one people are shown.
    """
    best = better_than(document_id, local, await deps.cycles.history())
    if best is None:
        return None
    document = Document.model_validate(await deps.artifacts.load(best.document_id))
    figure = percent_said(best.observed or 0.0, below=best.below)
    said = (
        f"The draft of cycle {best.number} is handed over, for which a report said {figure}: "
        "no later one was better."
    )
    made = Made(
        cause=VersionCause.RESTORED,
        why=said,
        cycle_id=best.id,
        made_from=best.document_id,
        words=document.words(),
    )
    again = await deps.artifacts.save(
        "document", document.title, document.model_dump(mode="json"), made
    )
    event = EventDraft(
        type="artifact.created",
        source="coordinator",
        content=said,
        meta={"artifact_id": again, "kind": "document", "title": document.title},
    )
    return again, event
