"""What a superstep costs when the model answers at once: the whole runtime against bare LangGraph.

Ours is a claimed run under the real runner: fenced checkpoints, effects and budget ledgers, a
progress and a boundary event per superstep. Bare is the same graph's state under LangGraph with
its own asynchronous checkpointer and none of that.

    python -m tests.bench.overhead
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers

STEPS = 40
ROUNDS = 6


def bench() -> list[Figure]:
    with servers():
        from autonomy.runtime.db import close_pool

        ours, bare = asyncio.run(_rounds())
        close_pool()
    mine, other = (percentile(samples, 0.1) for samples in (ours, bare))
    return [
        Figure(
            "whole superstep, instant model, p10 of rounds",
            mine * 1e3,
            "ms",
            f"bare LangGraph with AsyncPostgresSaver {other * 1e3:.2f} ms ({mine / other:.2f} ×)",
        )
    ]


async def _rounds() -> tuple[list[float], list[float]]:
    """Seconds per superstep of each round of ours and of the bare graph, taken in turns."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from langgraph.runtime import RunControl

    from autonomy.runtime import queue
    from autonomy.runtime.checkpointer_sql import strict_serializer
    from autonomy.runtime.db import run_db
    from autonomy.runtime.runner import Runner
    from tests.bench.graph import bare, supersteps
    from tests.bench.throughput import queue_runs

    runner = Runner(supersteps(STEPS, 0.0))
    ours: list[float] = []
    other: list[float] = []
    async with AsyncPostgresSaver.from_conn_string(await run_db(_address)) as saver:
        await saver.setup()
        saver.serde = strict_serializer()
        graph = bare(STEPS).compile(checkpointer=saver)
        for number in range(ROUNDS + 1):
            await run_db(queue_runs, 1)
            claim = await run_db(queue.claim, 1)
            assert claim is not None
            began = time.perf_counter()
            await runner.drive(claim, RunControl())
            between = time.perf_counter()
            config: Any = {"configurable": {"thread_id": str(number)}, "recursion_limit": 1_000}
            await graph.ainvoke({"loops": 0}, config, durability="sync")
            ended = time.perf_counter()
            assert await run_db(_succeeded, claim.fence.run_id)
            ours.append((between - began) / STEPS)
            other.append((ended - between) / STEPS)
    return ours[1:], other[1:]  # the first round warms up


def _address() -> str:
    from django.db import connection
    from psycopg.conninfo import make_conninfo

    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: given[name] for name in names if given.get(name)})


def _succeeded(run_id: str) -> bool:
    from autonomy.models import Run

    return bool(Run.objects.get(pk=run_id).status == "succeeded")


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
