"""How far a long step is, told while it goes on: notes of a kind, which the run's view shows beside
the step until it is done."""

from __future__ import annotations

import ast
import asyncio
import re
from types import TracebackType

from autonomy.core.ports import Events
from autonomy.core.types import EventDraft, Step

PROGRESS = "progress"
"""The kind of these notes."""
_PART = re.compile(r"progress: part (\d{1,3})")
"""What `tools/analysis/prelude.txt` prints when a part is computed."""
_HEADING_CHARS = 120


def headway(step: Step, content: str, done: int = 0, of: int = 0) -> EventDraft:
    """What a step does now.

    Args:
        done, of: how many of what it makes are done; 0 of 0 where that cannot be said.
    """
    meta: dict[str, object] = {"step_id": step.id, "kind": PROGRESS}
    if of:
        meta |= {"done": done, "of": of}
    return EventDraft(type="note", source="analyst", content=content, meta=meta)


def headings(program: str) -> list[str]:
    """The headings of the parts that an analysis program computes, in its order; those that it makes
    up while it runs are not among them."""
    calls = [
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "add_part"
    ]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    first = (call.args[0] for call in calls if call.args)
    texts = (n.value for n in first if isinstance(n, ast.Constant) and isinstance(n.value, str))
    said = [" ".join(text.split())[:_HEADING_CHARS] for text in texts]
    return list(dict.fromkeys(said))  # one part may stand in two branches


class Computing:
    """Tells which part a program computes, from what it prints: `async with`, and `hear` for the
    sandbox. What it prints is counted and never shown."""

    def __init__(self, step: Step, program: str, events: Events) -> None:
        self._step = step
        self._events = events
        self._headings = headings(program)
        self._done = 0
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def hear(self, line: str) -> None:
        """One line of the program."""
        self._lines.put_nowait(line)

    async def __aenter__(self) -> Computing:
        await self._tell()
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        assert self._task is not None  # noqa: S101 - for the types
        if kind is None:
            self._lines.put_nowait(None)
            await self._task
        else:
            self._task.cancel()

    async def _listen(self) -> None:
        while (line := await self._lines.get()) is not None:
            told = _PART.fullmatch(line)
            # A program of whomever may print what it likes: the next number of a known part counts.
            if told and int(told[1]) == self._done + 1 <= len(self._headings):
                self._done += 1
                await self._tell()

    async def _tell(self) -> None:
        of = len(self._headings)
        if of < 2:
            return  # what the step says of itself tells it
        now = (
            f"Computing part {self._done + 1} of {of}: {self._headings[self._done]}"
            if self._done < of
            else f"All {of} parts are computed; their numbers are checked"
        )
        await self._events.emit(headway(self._step, f"{now}.", self._done, of))
