"""Streamed text put together: whatever comes in whatever state, nobody sees it twice or wrong."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.api import drafts as module
from autonomy.api.drafts import Drafts
from autonomy.core.types import Event
from autonomy.runtime.tokens import Piece

RUN = "run-a"


class Reader:
    """What a client shows, by task, if it does as the contract of token frames says."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}

    def see(self, event: Event | None) -> None:
        if event is None:
            return
        meta = event.meta or {}
        task = meta["task_id"]
        if meta.get("resync"):
            self.shown[task] = "…" * bool(meta["offset"]) + (event.token or "")
        else:
            self.shown[task] = self.shown.get(task, "") + (event.token or "")


def piece(text: str, offset: int, *, task: str = "t", fence: int = 1, part: int = 0) -> Piece:
    return Piece(RUN, task, fence, part, offset, text, "2026-01-01T00:00:00+00:00")


def log(kind: Any, **meta: str) -> Event:
    return Event(type=kind, seq=9, ts="2026-01-01T00:00:00+00:00", run_id=RUN, meta=meta)


@pytest.fixture
def drafts() -> Drafts:
    found = Drafts()
    found.fenced({RUN: 1})
    return found


def see(drafts: Drafts, *pieces: Piece) -> Reader:
    reader = Reader()
    for each in pieces:
        reader.see(drafts.take(each))
    return reader


def joined(drafts: Drafts) -> dict[str, str]:
    """What a viewer sees that comes now."""
    reader = Reader()
    for event in drafts.whole():
        reader.see(event)
    return reader.shown


def test_pieces_are_shown_as_they_come(drafts: Drafts) -> None:
    reader = see(drafts, piece("The ", 0), piece("fox", 4), piece("Other", 0, task="u"))
    assert reader.shown == {"t": "The fox", "u": "Other"} == joined(drafts)


def test_who_comes_in_the_middle_sees_the_text_so_far_exactly_once(drafts: Drafts) -> None:
    see(drafts, piece("The ", 0), piece("quick ", 4))
    late = Reader()
    for event in drafts.whole():
        late.see(event)
    late.see(drafts.take(piece("fox", 10)))
    assert late.shown == {"t": "The quick fox"}


def test_a_repeated_whole_brings_only_what_is_new(drafts: Drafts) -> None:
    see(drafts, piece("The ", 0), piece("\U0001f98a ", 4))
    assert drafts.take(piece("The \U0001f98a ", 0)) is None
    event = drafts.take(piece("The \U0001f98a runs", 0))
    assert event is not None
    assert (event.token, event.meta) == ("runs", {"task_id": "t", "fence": 1, "offset": 7})


def test_a_gap_is_shown_as_one_until_the_whole_comes(drafts: Drafts) -> None:
    reader = see(drafts, piece("The ", 0), piece("jumps", 20))
    assert reader.shown == {"t": "…jumps"} == joined(drafts)
    reader.see(drafts.take(piece("The quick brown fox jumps", 0)))
    assert reader.shown == {"t": "The quick brown fox jumps"}


def test_whoever_starts_behind_the_cap_sees_the_end_of_the_text(drafts: Drafts) -> None:
    assert see(drafts, piece("end", 5000)).shown == {"t": "…end"}


def test_text_of_an_older_fence_is_void_at_once(drafts: Drafts) -> None:
    reader = see(drafts, piece("old", 0), piece("new", 0, fence=2), piece(" zombie", 3))
    assert reader.shown == {"t": "new"} == joined(drafts)


def test_a_claim_alone_voids_what_the_segment_before_wrote(drafts: Drafts) -> None:
    see(drafts, piece("old", 0))
    drafts.fenced({RUN: 2})
    assert joined(drafts) == {}
    assert drafts.take(piece(" and older", 3)) is None


def test_a_new_fence_voids_the_text_of_all_tasks_of_the_run(drafts: Drafts) -> None:
    see(drafts, piece("one", 0), piece("two", 0, task="u"), piece("new", 0, fence=2))
    assert joined(drafts) == {"t": "new"}


def test_a_restarted_call_begins_its_text_anew(drafts: Drafts) -> None:
    reader = see(drafts, piece("The fox", 0), piece("The", 0, part=1), piece(" cat", 3, part=1))
    assert reader.shown == {"t": "The cat"}
    assert drafts.take(piece(" late", 7)) is None


def test_a_restart_voids_text_before_there_is_a_new_one(drafts: Drafts) -> None:
    reader = see(drafts, piece("The fox", 0), piece("", 0, part=1))
    assert reader.shown == {"t": ""}


def test_a_restart_in_the_log_gives_the_text_of_other_tasks_again(drafts: Drafts) -> None:
    see(drafts, piece("void", 0), piece("kept", 0, task="u"))
    again = drafts.logged(log("attempt.restarted", task_id="t"))
    assert [(e.token, (e.meta or {})["resync"]) for e in again] == [("kept", True)]
    assert joined(drafts) == {"u": "kept"}


def test_a_restart_of_the_run_voids_everything(drafts: Drafts) -> None:
    see(drafts, piece("void", 0), piece("void", 0, task="u"))
    assert drafts.logged(log("attempt.restarted", cause="lost")) == []
    assert joined(drafts) == {}


def test_a_committed_section_replaces_its_text_for_good(drafts: Drafts) -> None:
    drafts.logged(log("step.started", step_id="s1", task_id="t"))
    see(drafts, piece("draft", 0), piece("other", 0, task="u"))
    drafts.logged(log("section.committed", step_id="s1"))
    assert drafts.take(piece(" late", 5)) is None
    assert joined(drafts) == {"u": "other"}


def test_a_section_that_is_written_again_shows_its_text_again(drafts: Drafts) -> None:
    drafts.logged(log("step.started", step_id="s1", task_id="t"))
    drafts.logged(log("section.committed", step_id="s1"))
    drafts.logged(log("step.started", step_id="s1", task_id="t"))
    assert see(drafts, piece("again", 0, part=1)).shown == {"t": "again"}


def test_a_finished_run_has_no_text(drafts: Drafts) -> None:
    see(drafts, piece("draft", 0))
    drafts.fenced({})
    assert joined(drafts) == {}
    assert drafts.take(piece("more", 5)) is None


def test_a_very_long_text_is_kept_from_its_end(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP_CHARS", 10)
    see(drafts, piece("0123456789", 0), piece("abc", 10))
    assert joined(drafts) == {"t": "…3456789abc"}
