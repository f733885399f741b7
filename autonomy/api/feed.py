"""Events of some runs out of PostgreSQL, and their streamed text out of Redis."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence

from django.db.models import QuerySet

from autonomy import services
from autonomy.api.stream import Batch
from autonomy.core.types import TERMINAL_STATUSES, Event
from autonomy.models import Run
from autonomy.runtime.db import run_db
from autonomy.runtime.tokens import tokens_after

READ_LIMIT = 500
"""Events per read: a reader of a long log gets it in pieces."""


def _uuid(text: str) -> uuid.UUID | None:
    """The id in a client's cursor; None when it is not one, and then nothing counts as delivered."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class RunsFeed:
    """Implements `stream.Feed` over the runs that `select` gives.

    Args:
        select: the runs to follow, asked for at every read (a conversation grows).
        oldest: runs with a smaller id are taken as delivered.
        on_finished: called in the reading thread for each `run.finished`, before it is sent.
    """

    def __init__(
        self,
        select: Callable[[], QuerySet[Run]],
        *,
        oldest: str = "",
        on_finished: Callable[[str], None] | None = None,
    ) -> None:
        self._select = select
        self._oldest = _uuid(oldest)
        self._on_finished = on_finished
        self._tokens: dict[str, str] = {}

    async def read(self, position: Mapping[str, int]) -> Batch:
        return await run_db(self._read, dict(position))

    def _read(self, position: dict[str, int]) -> Batch:
        rows = self._select().order_by("id")
        if self._oldest is not None:
            rows = rows.filter(id__gte=self._oldest)
        # Heads first: a run seen as finished has logged everything that the next queries find.
        heads = list(rows.values_list("id", "last_seq", "status"))
        events: list[Event] = []
        more = False
        for run_id, last_seq, _ in heads:
            seen = position.get(str(run_id), 0)
            if last_seq <= seen:
                continue
            if more:
                break
            found = services.events_after(run_id, seen, READ_LIMIT - len(events))
            events.extend(found)
            more = len(events) >= READ_LIMIT
        if self._on_finished is not None:
            for event in events:
                if event.type == "run.finished" and event.run_id:
                    self._on_finished(event.run_id)
        return Batch(
            events=events,
            runs=[str(run_id) for run_id, _, _ in heads],
            unfinished=frozenset(
                str(run_id) for run_id, _, status in heads if status not in TERMINAL_STATUSES
            ),
            more=more,
        )

    async def tokens(self, unfinished: frozenset[str]) -> Sequence[Event]:
        for run_id in [run_id for run_id in self._tokens if run_id not in unfinished]:
            del self._tokens[run_id]
        found: list[Event] = []
        for run_id in sorted(unfinished):
            events, self._tokens[run_id] = await tokens_after(
                run_id, self._tokens.get(run_id, "0-0"), READ_LIMIT
            )
            found.extend(events)
            # redis-py sends with `asyncio.wait_for`, which in Python 3.11 swallows a cancellation
            # that comes as the write completes: the stream of a client that left would live on.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError
        return found
