"""A real Celery worker whose engine drives a small graph: `python -m … LENGTH SECONDS NAME`."""

from __future__ import annotations

import sys
from typing import Any

from celery import signals

from handywriterz import celery as product


def main(length: int, seconds: float, name: str) -> None:
    @signals.celeryd_after_setup.connect
    def start(instance: Any = None, **_: Any) -> None:
        from autonomy.runtime.engine import Engine, start_engine
        from autonomy.runtime.runner import Runner
        from tests.autonomy.runtime.graphs import line

        start_engine(Engine(Runner(line(length, seconds=seconds))))

    signals.celeryd_after_setup.disconnect(product.start_engine)
    options = ["--pool=threads", "--concurrency=1", "-Q", "runs", "-n", name, "--loglevel=INFO"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    product.app.worker_main(["worker", *options, *quick])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
