"""The log: gapless under contention, fenced, and fit for PostgreSQL whatever is said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from autonomy.core.types import EventDraft
from autonomy.models import Episode, Run, RunSource, Source
from autonomy.runtime.events import RunEvents, append, storable
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from autonomy.runtime.tokens import TokenStream
from autonomy.services import events_after
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import note


def test_numbers_are_gapless_under_eight_writers(start: Callable[..., Run]) -> None:
    run = start()

    def write(writer: int) -> None:
        try:
            for number in range(25):
                append(run.pk, [note(f"{writer}.{number}.{part}") for part in "ab"])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    rows = list(Episode.objects.filter(run=run).order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, 402))
    assert [row.ts for row in rows] == sorted(row.ts for row in rows)
    for writer in range(8):
        mine = [row.content for row in rows if row.content.startswith(f"{writer}.")]
        assert mine == [f"{writer}.{number}.{part}" for number in range(25) for part in "ab"]


def test_a_stale_segment_cannot_log(start: Callable[..., Run], claim: Callable[[], Claim]) -> None:
    run = start()
    fence = claim().fence
    append(run.pk, [note("mine")], fence=fence)
    with pytest.raises(FencedOut):
        append(run.pk, [note("stale")], fence=Fence(fence.run_id, fence.number - 1))
    Run.objects.filter(pk=run.pk).update(status="queued", owner_lock=None, lease_until=None)
    with pytest.raises(FencedOut):
        append(run.pk, [note("late")], fence=fence)
    assert [event.content for event in events_after(run.pk, 2)] == ["mine"]


def test_events_are_read_from_a_cursor(start: Callable[..., Run]) -> None:
    run = start()
    append(run.pk, [note(f"number {number}", step=number) for number in range(10)])
    page = events_after(run.pk, 4, limit=3)
    assert [event.seq for event in page] == [5, 6, 7]
    assert page[0].run_id == str(run.pk)
    assert page[0].meta == {"step": 3}
    assert events_after(run.pk, 11) == []


def test_a_source_that_is_found_is_kept_with_the_run(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    source = Source.objects.create(owner_id=run.owner_id, file_name="paper.pdf")
    fence = claim().fence
    events = RunEvents(fence, 1, TokenStream(fence))
    meta = {"source": {"id": str(source.pk)}, "query": "attention", "kept": True, "reason": "fits"}
    for _ in range(2):
        run_async(events.emit(EventDraft(type="source.found", content="paper", meta=meta)))
    found = RunSource.objects.get(run=run)
    assert (found.source, found.query, found.reason) == (source, "attention", "fits")


def test_a_work_that_was_dropped_is_kept_with_the_run_until_a_later_round_keeps_it(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    fence = claim().fence
    events = RunEvents(fence, 1, TokenStream(fence))
    dropped: dict[str, Any] = {
        "source": {"id": "doi:10.5555/a", "csl": {"title": "Tides"}},
        "work": "doi:10.5555/a",
        "kept": False,
        "reason": "off the topic",
        "provider": "openalex",
    }
    for _ in range(2):
        run_async(events.emit(EventDraft(type="source.found", content="x", meta=dropped)))
    row = RunSource.objects.get(run=run)
    assert (row.source, row.csl["title"], row.provider) == (None, "Tides", "openalex")
    assert not Source.objects.exists()

    source = Source.objects.create(owner_id=run.owner_id, csl={"title": "Tides"})
    kept = {**dropped, "source": {"id": str(source.pk)}, "kept": True, "reason": "fits"}
    run_async(events.emit(EventDraft(type="source.found", content="x", meta=kept)))
    row = RunSource.objects.get(run=run)
    assert (row.source, row.kept, row.reason) == (source, True, "fits")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\x00b", "ab"),
        ("\ud800", "?"),
        ({"k\x00": ["x", float("nan"), 2]}, {"k": ["x", None, 2]}),
        ("“fine” 漢字", "“fine” 漢字"),
    ],
)
def test_what_postgresql_cannot_store_is_left_out(given: object, kept: object) -> None:
    assert storable(given) == kept
