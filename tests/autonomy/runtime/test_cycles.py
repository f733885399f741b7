"""What was done about a cycle's flagged passages is kept once, under the run's fence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autonomy.core.originality import (
    ChangeVerdict,
    FlaggedPassage,
    MatchGroup,
    PassageChange,
    Remedy,
    Teller,
)
from autonomy.models import PassageChange as Row
from autonomy.models import Run
from autonomy.runtime.cycles import RunCycles
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.flagged import keep_flagged
from tests.autonomy.runtime.conftest import run_async


def change(text: str, **more: Any) -> PassageChange:
    return PassageChange(
        section_id="write-1",
        before=text,
        after="",
        remedy=Remedy.CUT,
        reason="Nobody has it.",
        group=MatchGroup.NOT_CITED_OR_QUOTED,
        verdict=ChangeVerdict.GONE,
        **more,
    )


def test_changes_are_kept_in_order_and_replaced_when_the_step_is_done_again(
    start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    fence = claim().fence
    draft = run.artifacts.create(kind="document", version=1, sha256="x", body={})
    cycles = RunCycles(fence)
    opened = run_async(cycles.open(str(draft.pk), 10.0, local=4.5, quoted=30.0))
    for texts in (("one", "two", "three"), ("one", "two")):
        done = [change(t, source_id="none of ours", source_title="Reefs") for t in texts]
        run_async(cycles.record(opened.id, done, str(draft.pk)))
    rows = list(Row.objects.filter(cycle_id=opened.id))
    assert [(r.ordinal, r.before, r.source_id, r.source_title) for r in rows] == [
        (0, "one", None, "Reefs"),
        (1, "two", None, "Reefs"),
    ]
    (record,) = run_async(cycles.history())
    assert (record.local, record.quoted, record.status) == (4.5, 30.0, "awaiting_report")
    stale = RunCycles(Fence(fence.run_id, fence.number - 1))
    with pytest.raises(FencedOut):
        run_async(stale.record(opened.id, [], str(draft.pk)))
    assert Row.objects.filter(cycle_id=opened.id).count() == 2


def test_a_run_reads_only_what_was_flagged_in_its_own_cycles(
    start: Callable[..., Run], claim: Callable[[], Any]
) -> None:
    run = start()
    fence = claim().fence
    draft = run.artifacts.create(kind="document", version=1, sha256="x", body={})
    cycle = run.turnitin_cycles.create(number=1, artifact=draft, target_similarity=10)
    flag = FlaggedPassage(
        section_id="s", text="words", start=0, end=5, group=MatchGroup.MISSING_CITATION
    )
    keep_flagged(cycle.pk, Teller.CHECKER, [flag])
    assert [f.text for f in run_async(RunCycles(fence).flagged(str(cycle.pk)))] == ["words"]
    other = start()
    assert run_async(RunCycles(Fence(str(other.pk), 1)).flagged(str(cycle.pk))) == []
