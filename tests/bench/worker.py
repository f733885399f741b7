"""A real Celery worker whose engine drives the bench graph: `python -m … LENGTH SECONDS CAPACITY`."""

from __future__ import annotations

import sys
from typing import Any

from celery import signals

from handywriterz import celery as product


def main(length: int, seconds: float, capacity: int) -> None:
    @signals.celeryd_after_setup.connect
    def start(instance: Any = None, **_: Any) -> None:
        from autonomy.memory.embedding import shared_embedder
        from autonomy.runtime.engine import Engine, start_engine
        from autonomy.runtime.runner import Runner
        from tests.bench.graph import supersteps

        shared_embedder().warm_up()  # as the product's worker does: it counts as memory
        start_engine(Engine(Runner(supersteps(length, seconds)), capacity))

    signals.celeryd_after_setup.disconnect(product.start_engine)
    options = ["--pool=threads", "--concurrency=1", "-Q", "runs", "-n", "bench", "--loglevel=INFO"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    product.app.worker_main(["worker", *options, *quick])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
