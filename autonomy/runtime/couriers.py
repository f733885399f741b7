"""Messages that may be lost and must never make anybody wait.

A doorbell rung or a hint sent only saves time: PostgreSQL holds the truth and everybody also
polls. So both leave through a thread of their own; a broker that is away costs the sender nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from celery import current_app
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

T = TypeVar("T")

CAPACITY = 2_000
PAUSE_SECONDS = 1.0
"""After a failure everything is dropped for this long instead of being tried."""
HINT_SECONDS = 1.0
RINGS = 16
"""Doorbells that may wait to be rung; enough to wake several workers for a burst of runs."""


class Courier(Generic[T]):
    """Delivers messages one after the other in a thread of its own; drops what it cannot."""

    def __init__(self, name: str, deliver: Callable[[T], None]) -> None:
        self._name = name
        self._deliver = deliver
        self._queue: queue.Queue[T] = queue.Queue(CAPACITY)
        self._pid = 0
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def send(self, message: T) -> None:
        """Hand over and return at once."""
        self._ensure_thread()
        try:
            self._queue.put_nowait(message)
        except queue.Full:
            logger.debug("%s: dropped a message", self._name)

    def waiting(self) -> int:
        """Messages that are not on their way yet."""
        return self._queue.qsize() if self._pid == os.getpid() else 0

    def _ensure_thread(self) -> None:
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():  # first use, or first use after a fork
                self._queue = queue.Queue(CAPACITY)
                self._pid = os.getpid()
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            message = self._queue.get()
            if time.monotonic() < self._closed_until:
                continue
            try:
                self._deliver(message)
            except Exception as error:  # noqa: BLE001 - any transport's failure; losing is allowed
                logger.info("%s: not delivered (%s)", self._name, error)
                self._closed_until = time.monotonic() + PAUSE_SECONDS


def _send_task(message: tuple[str, str]) -> None:
    name, argument = message
    current_app.send_task(name, args=[argument], retry=False, ignore_result=True)


class HintCourier:
    """Delivers hints in a thread of its own. Of several for one group that wait, one is enough:
    the highest sequence number; so a burst of events costs no burst of messages."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Any]] = {}
        self._raised = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def send(self, hint: tuple[str, dict[str, Any]]) -> None:
        """Hand over (group, message) and return at once."""
        group, message = hint
        with self._lock:
            if self._pid != os.getpid():  # first use, or first use after a fork
                self._pid = os.getpid()
                self._waiting, self._raised = {}, threading.Event()
                threading.Thread(target=self._run, name="hints", daemon=True).start()
            before = self._waiting.get(group)
            if before is None and len(self._waiting) >= CAPACITY:
                logger.debug("hints: dropped a message")
                return
            if before is None or before["seq"] < message["seq"]:
                self._waiting[group] = message
        self._raised.set()

    def _run(self) -> None:
        asyncio.run(self._deliver_all())

    async def _deliver_all(self) -> None:
        while True:
            # Nothing else runs on this loop: it is there for the layer's connections.
            self._raised.wait()
            self._raised.clear()
            with self._lock:
                due, self._waiting = self._waiting, {}
            try:
                await _group_send(due)
            except Exception as error:  # noqa: BLE001 - any transport's failure; losing is allowed
                logger.info("hints: not delivered (%s)", error)
                await asyncio.sleep(PAUSE_SECONDS)
                with self._lock:
                    self._waiting.clear()


async def _group_send(due: Mapping[str, dict[str, Any]]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        async with asyncio.timeout(HINT_SECONDS):
            for group, message in due.items():
                await layer.group_send(group, message)


_doorbell: Courier[tuple[str, str]] = Courier("doorbell", _send_task)
_hints = HintCourier()


def ring_run(run_id: object) -> None:
    """Wake a worker for this run. Whoever hears a ring looks at the whole queue, so when a burst
    of runs comes some rings are enough."""
    if _doorbell.waiting() < RINGS:
        _doorbell.send(("autonomy.tasks.drive", str(run_id)))


def ring_file(source_id: object) -> None:
    """Wake a worker for this file."""
    _doorbell.send(("autonomy.tasks.ingest", str(source_id)))


def ring_embedding() -> None:
    """Wake a worker for the passages that another embedder is to embed."""
    _doorbell.send(("autonomy.tasks.reembed", ""))


def ring_similarity(check_id: object) -> None:
    """Wake a worker for this check of a document."""
    _doorbell.send(("autonomy.tasks.compare", str(check_id)))


def hint(run_id: object, conversation_id: object | None, seq: int) -> None:
    """Tell whoever watches the run or its conversation that events up to `seq` are committed."""
    message = {"type": "run.hint", "run_id": str(run_id), "seq": seq}
    _hints.send((f"run.{run_id}", message))
    if conversation_id is not None:
        _hints.send((f"conversation.{conversation_id}", message))
