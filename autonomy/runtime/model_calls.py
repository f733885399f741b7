"""What was said to models, kept for staff: written in batches, beside the work and never in its way.

A record that cannot be kept costs a run nothing: the buffer is bounded, the oldest go first, and
how many went is counted and said. A process that is killed loses its last second of records; what
was spent is in the budget ledger, which loses nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from autonomy.core.llm.record import CallRecord
from autonomy.models.fields import new_id
from autonomy.runtime import metrics, observer, tracing
from autonomy.runtime.db import PoolClosed, run_db
from handywriterz.env import env

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
MOST_ROWS = 5_000
MOST_CHARS = 32_000_000
"""Of text in the buffer: what a database that is away may cost in memory."""
BATCH = 200

COLUMNS = (
    "id",
    "run_id",
    "owner_id",
    "created_at",
    "key",
    "attempt",
    "role",
    "provider",
    "model",
    "prompt_name",
    "prompt_version",
    "mode",
    "streamed",
    "simulated",
    "outcome",
    "rung",
    "left_out",
    "retry_after",
    "waited_ms",
    "first_token_ms",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "usd",
    "price_known",
    "system",
    "prompt",
    "reply",
)
COPY = f"COPY autonomy_model_calls ({', '.join(COLUMNS)}) FROM STDIN"
STILL_THERE = """
SELECT (SELECT array_agg(id) FROM (
            SELECT id FROM autonomy_runs WHERE id = ANY(%(runs)s::uuid[]) FOR KEY SHARE) AS run),
       (SELECT array_agg(id) FROM (
            SELECT id FROM auth_user WHERE id = ANY(%(owners)s) FOR KEY SHARE) AS owner)
"""
"""Runs and people that are removed meanwhile take their records along."""

LIMITS = {"key": 220, "role": 20, "provider": 31, "model": 200, "prompt_name": 40}
LIMITS |= {"prompt_version": 16, "mode": 10, "outcome": 20, "rung": 10}
SMALL_INTEGER = 32_767
INTEGER = 2_147_483_647

UNWRITABLE = (DatabaseError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What a record that cannot be stored raises: in PostgreSQL, or before it gets there."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record with whose it is."""

    run_id: str | None
    owner_id: int
    record: CallRecord
    id: UUID = field(default_factory=new_id)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def chars(self) -> int:
        return len(self.record.system) + len(self.record.prompt) + len(self.record.reply)


class CallBuffer:
    """Records on their way to the database; one per process."""

    def __init__(self, most_rows: int = MOST_ROWS, most_chars: int = MOST_CHARS) -> None:
        self._most_rows, self._most_chars = most_rows, most_chars
        self._rows: deque[Row] = deque()
        self._chars = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self._timers: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, row: Row) -> None:
        """Take a row, in place of the oldest when there is no room. On an event loop it is written
        within about a second; elsewhere by the next `flush` or `write`."""
        with self._lock:
            self._rows.append(row)
            self._chars += row.chars
            self._make_room()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if loop not in self._timers:
            self._timers.add(loop)
            loop.call_later(FLUSH_SECONDS, self._begin, loop)

    def _make_room(self) -> None:
        while self._rows and (len(self._rows) > self._most_rows or self._chars > self._most_chars):
            self._chars -= self._rows.popleft().chars
            self._dropped += 1

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timers.discard(loop)
        task = loop.create_task(self.flush())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        """Write what there is, in a database thread. Neither a database that is away is raised (the
        rows stay for the next time) nor a record that cannot be stored (it is dropped)."""
        if self._rows:
            try:
                await run_db(self.write)
            except PoolClosed:
                logger.debug("the pool closed before %d model calls were written", len(self._rows))

    def write(self) -> None:
        """`flush` for synchronous code, on the caller's connection."""
        while batch := self._take():
            try:
                write_rows(batch)
            except (OperationalError, InterfaceError) as error:
                logger.warning("records of %d model calls wait: %s", len(batch), _first(error))
                self._put_back(batch)
                break
            except UNWRITABLE:
                self._write_singly(batch)
        with self._lock:
            dropped, self._dropped = self._dropped, 0
        if dropped:
            metrics.count_dropped(dropped)
            logger.warning("%d records of model calls were dropped: refused, or no room", dropped)

    def _write_singly(self, batch: list[Row]) -> None:
        """One of them is refused for good; the others are not to wait behind it."""
        for row in batch:
            try:
                write_rows([row])
            except (OperationalError, InterfaceError):
                self._put_back([row])
            except UNWRITABLE as error:
                with self._lock:
                    self._dropped += 1
                logger.error("a record of a model call was refused: %s", _first(error))

    def _take(self) -> list[Row]:
        with self._lock:
            batch = [self._rows.popleft() for _ in range(min(BATCH, len(self._rows)))]
            self._chars -= sum(row.chars for row in batch)
        return batch

    def _put_back(self, batch: list[Row]) -> None:
        with self._lock:
            self._rows.extendleft(reversed(batch))
            self._chars += sum(row.chars for row in batch)
            self._make_room()

    def __len__(self) -> int:
        return len(self._rows)


BUFFER = CallBuffer()


class RunCalls:
    """Implements `core.llm.record.CallLog` for one owner, and one run if there is one: the row for
    staff, the counts, a line in the log and a mark on the span."""

    def __init__(self, run_id: str | None, owner_id: int, buffer: CallBuffer | None = None) -> None:
        self._run_id = run_id
        self._owner_id = owner_id
        self._buffer = buffer if buffer is not None else BUFFER

    def record(self, record: CallRecord) -> None:
        self._buffer.add(Row(self._run_id, self._owner_id, capped(record)))
        metrics.count_call(record)
        observer.call_made(self._run_id, record)
        tracing.call_made(record)


def capped(record: CallRecord) -> CallRecord:
    """The record with texts of at most the length that is kept."""
    most = env().model_call_text_chars
    if max(len(record.system), len(record.prompt), len(record.reply)) <= most:
        return record
    return replace(
        record,
        system=_cut(record.system, most),
        prompt=_cut(record.prompt, most),
        reply=_cut(record.reply, most),
    )


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… ({len(text) - most:,} more characters were not kept)"


def _first(error: Exception) -> str:
    # The rest of what PostgreSQL says may quote a row.
    return str(error).split("\n", 1)[0]


def _stored(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _counted(tokens: int | None) -> int | None:
    """A count that was said elsewhere, as far as the column holds it."""
    return None if tokens is None else max(0, min(tokens, INTEGER))


def _values(row: Row) -> tuple[object, ...]:
    record = row.record
    short = {name: _stored(str(getattr(record, name)))[:most] for name, most in LIMITS.items()}
    given = {
        "id": row.id,
        "run_id": row.run_id,
        "owner_id": row.owner_id,
        "created_at": row.created_at,
        "attempt": min(record.attempt, SMALL_INTEGER),
        "input_tokens": _counted(record.input_tokens),
        "output_tokens": _counted(record.output_tokens),
        "left_out": json.dumps([_stored(label) for label in record.left_out]),
        **{name: _stored(getattr(record, name)) for name in ("system", "prompt", "reply")},
        **short,
    }
    return tuple(given[name] if name in given else getattr(record, name) for name in COLUMNS)


@transaction.atomic
def write_rows(rows: list[Row]) -> None:
    """Store rows in one statement; those whose run or owner is gone are left out."""
    with connection.cursor() as cursor:
        wanted: dict[str, Any] = {
            "runs": list({row.run_id for row in rows if row.run_id}),
            "owners": list({row.owner_id for row in rows}),
        }
        cursor.execute(STILL_THERE, wanted)
        runs, owners = cursor.fetchone()
        here = {str(run) for run in runs or ()}
        people = set(owners or ())
        # Django hands out the driver's own `copy`, with the driver's own errors.
        with connection.wrap_database_errors, cursor.copy(COPY) as copy:
            for row in rows:
                if row.owner_id in people and (row.run_id is None or str(row.run_id) in here):
                    copy.write_row(_values(row))
