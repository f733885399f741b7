"""The text that runs are writing just now, put together from pieces that may be missing, doubled
or void. A viewer that comes in the middle is given it whole, and pieces from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autonomy.core.types import Event
from autonomy.runtime.tokens import Piece, utf16_length

KEEP_CHARS = 256 * 1024
"""Longest text of a task that is kept; of a longer one the end."""


@dataclass(slots=True)
class _Draft:
    fence: int
    part: int
    offset: int
    """What of the beginning is not there, in UTF-16 units."""
    text: str
    length: int
    """`offset` plus the length of `text`, in UTF-16 units."""
    ts: str


class Drafts:
    """Streamed text by run and task."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._fences: dict[str, int] = {}
        self._tasks: dict[tuple[str, str], str] = {}
        """The task that writes a step, by run and step."""
        self._committed: set[tuple[str, str]] = set()
        """Tasks whose text is final, by run: pieces of it that are still kept say nothing."""

    def fenced(self, unfinished: Mapping[str, int]) -> None:
        """Take the runs that may still write, and the fence of each: text of an older one and of
        other runs is void."""
        self._fences = {
            run: max(fence, self._fences.get(run, 0)) for run, fence in unfinished.items()
        }
        for (run, task), draft in list(self._drafts.items()):
            if draft.fence < self._fences.get(run, draft.fence + 1):
                del self._drafts[run, task]
        self._tasks = {key: task for key, task in self._tasks.items() if key[0] in self._fences}
        self._committed = {key for key in self._committed if key[0] in self._fences}

    def logged(self, event: Event) -> list[Event]:
        """Take a logged event that may void text. Returns the text that a viewer that discards
        all of the run's text on it has to be given again."""
        run, meta = event.run_id or "", event.meta or {}
        step, task = str(meta.get("step_id", "")), str(meta.get("task_id", ""))
        if event.type == "step.started" and task:
            self._tasks[run, step] = task
            self._committed.discard((run, task))
            self._drafts.pop((run, task), None)
        elif event.type == "section.committed":
            key = run, self._tasks.get((run, step), task)
            self._committed.add(key)
            self._drafts.pop(key, None)
        elif event.type == "attempt.restarted":
            if not task:
                self._drop(run)
            self._drafts.pop((run, task), None)
            return [e for e in self.whole() if e.run_id == run]
        elif event.type == "run.finished":
            self._drop(run)
        return []

    def _drop(self, run: str) -> None:
        for key in [key for key in self._drafts if key[0] == run]:
            del self._drafts[key]

    def take(self, piece: Piece) -> Event | None:
        """Add a piece. Returns what a viewer that has the text so far needs: the new end of it,
        or the whole anew (`resync`) when it does not continue what is there. None when it is
        void or brings nothing."""
        fence = self._fences.get(piece.run_id)
        if fence is None or piece.fence < fence:
            return None
        if piece.fence > fence:
            self._fences[piece.run_id] = piece.fence
            self._drop(piece.run_id)
        key = piece.run_id, piece.task_id
        draft = self._drafts.get(key)
        if key in self._committed or (draft is not None and piece.part < draft.part):
            return None
        end = piece.offset + utf16_length(piece.text)
        if (
            draft is None
            or piece.part > draft.part
            or not draft.offset <= piece.offset <= draft.length
        ):
            # A new text, or something of it is missing, or what was missing comes after all.
            draft = _Draft(piece.fence, piece.part, piece.offset, piece.text, end, piece.ts)
            self._drafts[key] = draft
            _shorten(draft)
            return self._event(key, draft, draft.text, draft.offset, resync=True)
        if end <= draft.length:
            return None
        offset, added = draft.length, _ending(piece.text, end - draft.length)
        draft.text += added
        draft.length, draft.ts = end, piece.ts
        _shorten(draft)
        return self._event(key, draft, added, offset)

    def whole(self) -> list[Event]:
        """All text as it stands, each to replace what a viewer has."""
        return [
            self._event(key, draft, draft.text, draft.offset, resync=True)
            for key, draft in self._drafts.items()
        ]

    def _event(
        self, key: tuple[str, str], draft: _Draft, text: str, offset: int, *, resync: bool = False
    ) -> Event:
        meta = {"task_id": key[1], "fence": draft.fence, "offset": offset}
        return Event(
            type="token",
            seq=0,
            ts=draft.ts,
            run_id=key[0],
            token=text,
            meta=meta | {"resync": True} if resync else meta,
        )


def _ending(text: str, units: int) -> str:
    """The last `units` UTF-16 units of `text`."""
    return text.encode("utf-16-le", "surrogatepass")[-units * 2 :].decode("utf-16-le", "replace")


def _shorten(draft: _Draft) -> None:
    excess = len(draft.text) - KEEP_CHARS
    if excess > 0:
        draft.offset += utf16_length(draft.text[:excess])
        draft.text = draft.text[excess:]
