"""The short way to the end leaves what the long way leaves, and gives way where it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Artifact, ArtifactKind, Episode, QueueUser, Run
from autonomy.runtime import endings, segment_ends, transition_events
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from autonomy.services.steering import tell

Start = Callable[..., Run]
TakeClaim = Callable[[], Claim]

OWN = {"id", "created_at", "queued_at", "started_at", "finished_at", "seconds_spent"}
"""Columns in which two runs may differ."""


def succeed(fence: Fence, **said: str) -> None:
    segment_ends.finish(fence, RunStatus.SUCCEEDED, StopReason.COMPLETED, **said)


def left_by(run: Run) -> tuple[dict[str, Any], list[Any]]:
    row = Run.objects.filter(pk=run.pk).values().get()
    events = Episode.objects.filter(run=run).order_by("seq")
    told = events.values_list("seq", "type", "source", "content", "attempt", "fence", "task_id")
    return {name: row[name] for name in row.keys() - OWN}, [*told]


def without_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endings, "look", lambda fence, document_id: None)


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (RunStatus.SUCCEEDED, StopReason.COMPLETED, {}),
        (RunStatus.SUCCEEDED, StopReason.BUDGET_USD, {"note": "The money was used up."}),
        (RunStatus.FAILED, StopReason.NO_EVIDENCE, {"error": "Nothing was found."}),
    ],
)
def test_it_leaves_what_the_long_way_leaves(
    start: Start,
    claim: TakeClaim,
    monkeypatch: pytest.MonkeyPatch,
    status: RunStatus,
    reason: StopReason,
    said: dict[str, str],
) -> None:
    short = start()
    fence = claim().fence
    with CaptureQueriesContext(connection) as through_django:
        segment_ends.finish(fence, status, reason, **said)
    assert len(through_django) == 0  # two prepared statements, no transaction
    long = start()
    fence = claim().fence
    without_the_short_way(monkeypatch)
    segment_ends.finish(fence, status, reason, **said)
    assert left_by(short) == left_by(long)
    ended = Run.objects.get(pk=short.pk)
    assert ended.finished_at is not None
    assert ended.seconds_spent > 0


def test_it_names_the_document_that_is_delivered(start: Start, claim: TakeClaim) -> None:
    run = start()
    fence = claim().fence
    first, second = (
        Artifact.objects.create(
            run=run,
            kind=ArtifactKind.DOCUMENT,
            title=f"Tides {version}",
            version=version,
            sha256=str(version) * 64,
            body={},
        )
        for version in (1, 2)
    )
    seen = endings.look(fence, "")
    assert seen is not None
    assert seen.document == (second.pk, "Tides 2")
    succeed(fence, document_id=str(first.pk))
    told = Episode.objects.get(run=run, type="run.finished")
    assert told.content == "“Tides 1” is ready."
    assert told.meta["artifact_id"] == str(first.pk)


def test_the_owners_place_in_line_is_charged(start: Start, claim: TakeClaim) -> None:
    run = start()
    fence = claim().fence
    before = QueueUser.objects.get(user=run.owner).virtual_time
    Run.objects.filter(pk=run.pk).update(seconds_spent=30)
    succeed(fence)
    charged = QueueUser.objects.get(user=run.owner).virtual_time - before
    assert charged == pytest.approx(29, abs=1)  # a claim charges a second in advance


def test_what_is_said_between_the_look_and_the_end_is_heard(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    fence = claim().fence
    look = endings.look

    def then_somebody_speaks(*args: Any) -> Any:
        seen = look(*args)
        tell(run, "Mention the moon.")
        return seen

    monkeypatch.setattr(endings, "look", then_somebody_speaks)
    succeed(fence)
    assert Run.objects.get(pk=run.pk).status == RunStatus.QUEUED


def test_what_is_reserved_is_counted(start: Start, claim: TakeClaim) -> None:
    run = start()
    fence = claim().fence
    Run.objects.filter(pk=run.pk).update(tokens_reserved=5)
    assert endings.look(fence, "") is None
    succeed(fence)
    assert Run.objects.get(pk=run.pk).status == RunStatus.SUCCEEDED


def test_a_segment_that_lost_its_run_does_not_end_it(start: Start, claim: TakeClaim) -> None:
    run = start()
    fence = claim().fence
    seen = endings.look(fence, "")
    assert seen is not None
    assert segment_ends.reclaim(fence.run_id, fence.number)
    event = transition_events.status_event("run.finished", RunStatus.SUCCEEDED, "")
    ended = endings.end(fence, seen, RunStatus.SUCCEEDED, StopReason.COMPLETED, "", event)
    assert not ended
    with pytest.raises(FencedOut):
        succeed(fence)
    assert Run.objects.get(pk=run.pk).status == RunStatus.QUEUED
