"""Database work for asynchronous code: a bounded pool of threads, each with its own connection.

The event loop of a worker drives many runs; none of them may block it, and together they may not
open more connections than the pool has threads. The way there and back is short because every
superstep of every run takes it several times: a plain queue there, and one wake-up of the loop
for all results that came in the meantime.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError

from handywriterz.env import env

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 5.0
"""A connection unused for longer is checked before it is used: its server may have restarted."""


class PoolClosed(RuntimeError):
    """The pool was closed before it came to this call; nothing was done."""


class _Results:
    """Results on their way back to one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []

    def add(
        self, future: asyncio.Future[Any], value: Any, error: BaseException | None = None
    ) -> None:
        """Hand over, from any thread; the first of several wakes the loop."""
        with self._lock:
            self._waiting.append((future, value, error))
            first = len(self._waiting) == 1
        if first:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it who waited
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            arrived, self._waiting = self._waiting, []
        for future, value, error in arrived:
            if future.done():  # cancelled meanwhile
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)


_Call = tuple[asyncio.Future[Any], _Results, Callable[[], Any]]


class DatabaseThreads:
    """At most `size` threads and as many connections; broken connections are replaced."""

    def __init__(self, size: int, name: str = "db") -> None:
        self._size = size
        self._name = name
        self._queue: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        """Threads that wait and for which no call is on its way yet."""
        self._results: dict[asyncio.AbstractEventLoop, _Results] = {}
        self._local = threading.local()
        self._opened: list[BaseDatabaseWrapper] = []
        self._lock = threading.Lock()
        self._closed = False

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`fn(*args, **kwargs)` in one of the threads. Cancelling the caller does not stop what
        has begun.

        Raises:
            PoolClosed: it was not begun before the pool closed.
        """
        loop = asyncio.get_running_loop()
        results = self._results.get(loop) or self._results_of(loop)
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            if self._closed:
                raise PoolClosed("the database pool is closed")
            if self._idle:
                self._idle -= 1
            elif len(self._threads) < self._size:
                self._start_thread()
            # Under the lock: what is put after `close` looked would never be answered.
            self._queue.put((future, results, partial(fn, *args, **kwargs)))
        return await future

    def close(self) -> None:
        """Wait for what runs, refuse what waits, and close every connection."""
        with self._lock:
            self._closed = True
        self._refuse_waiting()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._refuse_waiting()
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    def _refuse_waiting(self) -> None:
        while True:
            try:
                call = self._queue.get_nowait()
            except queue.Empty:
                return
            if call is not None:
                call[1].add(call[0], None, PoolClosed("the database pool is closed"))

    def _results_of(self, loop: asyncio.AbstractEventLoop) -> _Results:
        with self._lock:
            for closed in [other for other in self._results if other.is_closed()]:
                del self._results[closed]
            return self._results.setdefault(loop, _Results(loop))

    def _start_thread(self) -> None:
        name = f"{self._name}_{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (call := self._queue.get()) is not None:
            self._answer(*call)
            del call  # keeps nothing alive while it waits
            with self._lock:
                self._idle += 1

    def _answer(
        self, future: asyncio.Future[Any], results: _Results, fn: Callable[[], Any]
    ) -> None:
        if future.cancelled():
            return
        try:
            value = self._call(fn)
        except StopIteration as error:  # a future does not take it
            results.add(future, None, RuntimeError(f"{fn} raised StopIteration: {error}"))
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            results.add(future, None, error)
        else:
            results.add(future, value)

    def _call(self, fn: Callable[[], T]) -> T:
        connection = self._connection()
        used_at: float = getattr(self._local, "used_at", 0.0)
        stale = time.monotonic() - used_at > IDLE_SECONDS
        if connection.connection is not None and stale and not connection.is_usable():
            _discard(connection)
        try:
            return fn()
        except (DatabaseError, InterfaceError):
            if not connection.is_usable():
                _discard(connection)
            raise
        finally:
            self._local.used_at = time.monotonic()

    def _connection(self) -> BaseDatabaseWrapper:
        connection: BaseDatabaseWrapper | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connections["default"]
            connection.inc_thread_sharing()  # `close` runs in another thread
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection


def _discard(connection: BaseDatabaseWrapper) -> None:
    # Closing a connection whose server is gone may itself fail; it is dropped all the same.
    with contextlib.suppress(DatabaseError, InterfaceError):
        connection.close()
    connection.connection = None


_pool: tuple[int, DatabaseThreads] | None = None
_pool_lock = threading.Lock()


def pool() -> DatabaseThreads:
    """The pool of this process (a forked child gets its own)."""
    global _pool  # noqa: PLW0603 - one pool per process is the point
    with _pool_lock:
        if _pool is None or _pool[0] != os.getpid():
            _pool = (os.getpid(), DatabaseThreads(env().db_threads))
        return _pool[1]


def close_pool() -> None:
    """Close the pool of this process; the next use opens another."""
    global _pool
    with _pool_lock:
        closing, _pool = _pool, None
    if closing is not None and closing[0] == os.getpid():
        closing[1].close()


async def run_db(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`fn(*args, **kwargs)` in a database thread of this process; Django's ORM works inside."""
    return await pool().run(fn, *args, **kwargs)
