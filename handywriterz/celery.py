"""The Celery application. Queue `runs` drives runs, queue `files` reads uploads."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import Celery, signals
from celery.beat import EmbeddedService, Scheduler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")

RUNS_QUEUE, FILES_QUEUE = "runs", "files"

app = Celery("handywriterz")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["autonomy"])

_reads_files: list[bool] = []
"""Filled where this process, or the one that it is forked from, takes messages about files."""


@signals.celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def start_engine(instance: Any = None, **_: Any) -> None:
    """Drive runs in a worker that consumes their queue, from before the broker answers: claiming
    needs PostgreSQL only."""
    consumed = instance.app.amqp.queues.consume_from
    if FILES_QUEUE in consumed:
        _reads_files.append(True)  # the processes of the pool are forked off later
    if RUNS_QUEUE in consumed:
        from autonomy.memory.embedding import shared_embedder
        from autonomy.runtime import tracing
        from autonomy.runtime.apart import Process
        from autonomy.runtime.engine import Engine
        from autonomy.runtime.engine import start_engine as start
        from handywriterz.drive_apart import COMMAND, runner

        tracing.start("runs")
        start(Engine(runner(), apart=Process(COMMAND)))
        # Loaded beside the start, so that the first search does not wait for the model.
        threading.Thread(target=shared_embedder().warm_up, name="warm-up", daemon=True).start()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def prepare_for_files(**_: Any) -> None:
    """In each process that reads files: have what the first file needs, before it comes."""
    if not _reads_files:
        return
    from autonomy.library import isolated
    from autonomy.memory.embedding import shared_embedder

    isolated.warm_up()
    threading.Thread(target=shared_embedder().warm_up, name="warm-up", daemon=True).start()


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def start_schedule(sender: Any = None, **_: Any) -> None:
    """Run Celery's beat in a thread of each worker that drives runs: no process more, and no
    single one that must not fail. Doubled rounds are harmless (see `runtime.upkeep`)."""
    if RUNS_QUEUE in sender.app.amqp.queues.consume_from:
        # The plain scheduler keeps no file: what is due is decided in the database.
        EmbeddedService(app, thread=True, scheduler_cls=Scheduler).start()


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def begin_drain(**_: Any) -> None:
    """On SIGTERM: claim nothing more, go to the next boundary. Runs in the signal handler."""
    from autonomy.runtime.engine import current_engine

    engine = current_engine()
    if engine is not None:
        engine.begin_drain()


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def stop_engine(**_: Any) -> None:
    """Wait for the boundaries, then let the process end."""
    from autonomy.runtime import tracing
    from autonomy.runtime.engine import current_engine
    from autonomy.runtime.metrics_store import STORE
    from autonomy.runtime.model_calls import BUFFER

    engine = current_engine()
    if engine is not None:
        engine.stop()
        BUFFER.write()
        STORE.flush()
        tracing.stop()
