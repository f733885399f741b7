"""Our checkpointer against LangGraph's own for PostgreSQL: same server, same state, same serializer.

Ours does more per `put`: it checks the fence, numbers and logs three events, and mirrors the plan
on the run's row. The operations of both are interleaved, so that whatever else the machine does
meets both alike; the tenth percentile is what they cost when nothing is in the way.

    python -m tests.bench.checkpointer
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint

ROUNDS = 600
WARM_UP = 50
GOAL = 1.5
DRAFT_BYTES = 5_000
"""Text in a channel that a superstep does not change; the plan that it does change is 2 KB."""


@dataclass(slots=True)
class Contender:
    """A checkpointer and the seconds that its operations took."""

    name: str
    saver: BaseCheckpointSaver[Any]
    thread: str
    put: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    get: list[float] = field(default_factory=list)
    head: Any = None
    checkpoint: Checkpoint | None = None

    def superstep(self, number: int) -> None:
        """Put a checkpoint, store a task's writes, and read it all back."""
        previous = self.checkpoint
        if previous is None:
            self.head = {"configurable": {"thread_id": self.thread, "checkpoint_ns": ""}}
        checkpoint, changed = self._next(previous, number)
        metadata: Any = {"source": "loop", "step": number, "parents": {}}

        def put() -> Any:
            return self.saver.put(self.head, checkpoint, metadata, changed)

        self.head = _timed(self.put, put)
        self.checkpoint = checkpoint
        written = [("loops", number + 1), ("route", "act"), ("note", "x" * 200)]
        _timed(self.writes, lambda: self.saver.put_writes(self.head, written, f"task-{number}"))
        address: Any = {"configurable": {"thread_id": self.thread, "checkpoint_ns": ""}}
        found = _timed(self.get, lambda: self.saver.get_tuple(address))
        assert found is not None
        assert found.checkpoint["id"] == checkpoint["id"]
        assert found.checkpoint["channel_values"]["plan"] == checkpoint["channel_values"]["plan"]
        assert len(found.pending_writes or ()) == len(written)

    def _next(self, previous: Checkpoint | None, number: int) -> tuple[Checkpoint, dict[str, Any]]:
        from langgraph.checkpoint.base import create_checkpoint, empty_checkpoint

        from autonomy.core.types import EventDraft
        from tests.bench.graph import PLAN

        checkpoint = create_checkpoint(previous or empty_checkpoint(), None, number)
        versions = dict(previous["channel_versions"]) if previous is not None else {}
        outbox = [
            EventDraft(type="note", source="bench", content=f"event {number}.{each}")
            for each in range(3)
        ]
        values: dict[str, Any] = {
            "loops": number,
            "route": "act",
            "plan": PLAN.model_copy(update={"version": number + 1}),
            "outbox": outbox,
        }
        if previous is None:
            values["draft"] = {"text": "A line of the draft. " * (DRAFT_BYTES // 21)}
        changed = {name: self.saver.get_next_version(versions.get(name), None) for name in values}
        old = previous["channel_values"] if previous is not None else {}
        checkpoint["channel_values"] = {**old, **values}
        checkpoint["channel_versions"] = {**versions, **changed}
        return checkpoint, changed


def _timed(samples: list[float], operation: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    result = operation()
    samples.append(time.perf_counter() - began)
    return result


def bench() -> list[Figure]:
    with servers():
        from django.db import connection
        from langgraph.checkpoint.postgres import PostgresSaver
        from psycopg.conninfo import make_conninfo

        from autonomy.models import Episode
        from autonomy.runtime import queue
        from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver, strict_serializer
        from tests.bench.throughput import queue_runs

        (run,) = queue_runs(1)
        claim = queue.claim(1)
        assert claim is not None
        given = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        address = make_conninfo(**{name: given[name] for name in names if given.get(name)})
        with PostgresSaver.from_conn_string(address) as theirs:
            theirs.setup()
            theirs.serde = strict_serializer()
            ours = Contender("ours", DjangoCheckpointSaver(claim.fence), claim.fence.run_id)
            other = Contender("PostgresSaver", theirs, claim.fence.run_id)
            for number in range(WARM_UP + ROUNDS):
                # Whoever goes first meets colder caches: they take turns.
                for contender in (ours, other) if number % 2 else (other, ours):
                    contender.superstep(number)
        logged = Episode.objects.filter(run=run, source="bench").count()
        assert logged == 3 * (WARM_UP + ROUNDS), logged
        return [
            _compared("put (fence, 3 events)", ours.put, other.put, GOAL),
            _compared("put_writes (fence)", ours.writes, other.writes, None),
            _compared("get", ours.get, other.get, GOAL),
        ]


def _compared(name: str, ours: list[float], theirs: list[float], goal: float | None) -> Figure:
    mine, other = (percentile(samples[WARM_UP:], 0.1) * 1e3 for samples in (ours, theirs))
    ratio = mine / other
    return Figure(
        f"checkpointer {name}, p10",
        ratio,
        "×",
        f"{mine:.2f} ms; PostgresSaver {other:.2f} ms",
        f"≤ {goal:g} ×" if goal else "",
        ratio <= goal if goal else None,
    )


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
