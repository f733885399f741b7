"""A worker process of a storm: the real engine, driving the storm's graph and the product's."""

from __future__ import annotations

import hashlib
import logging
import signal
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from langgraph.runtime import RunControl

from autonomy.core.graph import build_graph
from autonomy.library.embed import DIMENSIONS, Vectors
from autonomy.runtime import couriers
from autonomy.runtime.context import build_deps
from autonomy.runtime.db import run_db
from autonomy.runtime.engine import Engine
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from tests.chaos import graph, points, sabotage
from tests.chaos.apart import Forked
from tests.chaos.witness import Witness


class HashedWords:
    """Stands in for the embedder, whose weights take longer to load than a worker lives here."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                place = hashlib.blake2b(word.encode(), digest_size=4).digest()
                vectors[row, int.from_bytes(place) % DIMENSIONS] += 1.0
            norm = float(np.linalg.norm(vectors[row]))
            vectors[row] = vectors[row] / norm if norm else 1 / np.sqrt(DIMENSIONS)
        return vectors

    def count_tokens(self, text: str) -> int:
        return len(text.split()) * 4 // 3

    def warm_up(self) -> None:
        pass


class Router:
    """Drives each run through the graph that it is meant for."""

    def __init__(self, witness: Witness | None = None) -> None:
        self._witness = witness
        self._storm = Runner(graph.build, build_deps)
        self._product = Runner(build_graph, build_deps)

    async def drive(self, claim: Claim, control: RunControl) -> None:
        product = await run_db(_is_product, claim.fence.run_id)
        runner = self._product if product else self._storm
        if self._witness is None:
            await runner.drive(claim, control)
        else:
            await self._witness.drive(runner.drive, claim, control)


def _is_product(run_id: str) -> bool:
    from autonomy.models import Run

    task = Run.objects.values_list("task", flat=True).get(pk=run_id)
    return not str(task["goal"]).startswith("storm ")


def prepare() -> None:
    """In the zygote: import and build once what every worker needs."""
    from autonomy.runtime import context

    context.shared_embedder = HashedWords  # type: ignore[attr-defined, assignment]
    context.registry()


def work(order: dict[str, Any]) -> None:
    """One worker's life. `order`: journal, log, point, times, capacity, witness."""
    logging.basicConfig(
        filename=order["log"],
        level=logging.INFO,
        format="%(asctime)s %(process)d %(name)s %(message)s",
        force=True,
    )
    for noisy in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    apart = Forked(Router, order)
    journal = points.Journal(order["journal"])
    points.install(points.Armed(journal, order.get("point", ""), order.get("times", 1)), journal)
    sabotage.from_environment()
    witness = Witness(journal) if order.get("witness") else None
    if witness is not None:
        witness.install()
    engine = Engine(
        Router(witness),  # type: ignore[arg-type]
        capacity=order.get("capacity", 40),
        apart=apart,
    )
    couriers._doorbell.send = lambda message: engine.poke()  # type: ignore[method-assign]
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    engine.start()
    journal.write("started")
    told.wait()
    journal.write("draining")
    engine.begin_drain()
    engine.stop()
    journal.write("stopped")
