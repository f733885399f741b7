"""The database threads: bounded, each with one connection, with a short way there and back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection

from autonomy.runtime.db import DatabaseThreads, PoolClosed


@pytest.fixture
def pool(transactional_db: None) -> Iterator[DatabaseThreads]:
    made = DatabaseThreads(3)
    yield made
    made.close()


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


async def test_results_and_errors_reach_their_own_callers(pool: DatabaseThreads) -> None:
    def half(number: int) -> int:
        if number % 2:
            raise ValueError(f"{number} is odd")
        return number // 2

    told = await asyncio.gather(*[pool.run(half, n) for n in range(40)], return_exceptions=True)
    assert told[::2] == list(range(20))
    assert [str(error) for error in told[1::2]] == [f"{n} is odd" for n in range(1, 40, 2)]


async def test_a_raised_stop_iteration_is_told_like_any_error(pool: DatabaseThreads) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await pool.run(next, iter(()))
    assert await pool.run(int, "7") == 7


async def test_there_are_never_more_threads_and_connections_than_the_size(
    pool: DatabaseThreads,
) -> None:
    pids = await asyncio.gather(*[pool.run(backend) for _ in range(60)])
    names = await asyncio.gather(*[pool.run(threading.current_thread) for _ in range(60)])
    assert len(set(pids)) <= 3
    assert len({thread.name for thread in names}) <= 3


async def test_calls_one_after_the_other_use_one_connection(pool: DatabaseThreads) -> None:
    pids = [await pool.run(backend) for _ in range(10)]
    # A thread says that it is idle a moment after its result: a second one may have been started.
    assert len(set(pids)) <= 2


async def test_calls_run_beside_each_other(pool: DatabaseThreads) -> None:
    meeting = threading.Barrier(3, timeout=30)
    places = await asyncio.gather(*[pool.run(meeting.wait) for _ in range(3)])
    assert sorted(places) == [0, 1, 2]


async def test_a_cancelled_caller_leaves_the_pool_in_order(pool: DatabaseThreads) -> None:
    go_on = threading.Event()
    waiting = [asyncio.create_task(pool.run(go_on.wait, 30)) for _ in range(3)]
    behind = asyncio.create_task(pool.run(int, "1"))
    await asyncio.sleep(0)
    waiting[0].cancel()
    behind.cancel()
    go_on.set()
    assert await asyncio.gather(*waiting[1:]) == [True, True]
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    assert await pool.run(int, "2") == 2


async def test_a_broken_connection_is_replaced(transactional_db: None) -> None:
    pool = DatabaseThreads(1)

    def end(pid: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    first = await pool.run(backend)
    await asyncio.to_thread(end, first)
    with pytest.raises((DatabaseError, InterfaceError)):
        await pool.run(backend)
    assert await pool.run(backend) != first
    await asyncio.to_thread(pool.close)


async def test_closing_refuses_what_waits_and_what_comes(transactional_db: None) -> None:
    pool = DatabaseThreads(1)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        go_on.wait(30)
        return "done"

    running = asyncio.create_task(pool.run(work))
    waiting = asyncio.create_task(pool.run(int, "1"))
    await asyncio.to_thread(begun.wait, 30)
    closing = asyncio.create_task(asyncio.to_thread(pool.close))
    with pytest.raises(PoolClosed):
        await waiting
    go_on.set()
    assert await running == "done"
    await closing
    with pytest.raises(PoolClosed):
        await pool.run(int, "1")


async def test_a_call_that_meets_the_closing_is_answered_all_the_same(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever comes first: here the pool begins to close while the call is being put in line."""
    pool = DatabaseThreads(1)
    put = pool._queue.put
    closer = threading.Thread(target=pool.close)

    class Slow:
        """The queue of a caller whose thread stands still before it puts its call."""

        def put(self, call: Any) -> None:
            if call is not None:
                closer.start()
                closer.join(0.2)  # as far as it gets: it has to wait for the call to be in line
            put(call)

        get = staticmethod(pool._queue.get)
        get_nowait = staticmethod(pool._queue.get_nowait)

    monkeypatch.setattr(pool, "_queue", Slow())
    async with asyncio.timeout(30):
        with contextlib.suppress(PoolClosed):
            assert await pool.run(int, "7") == 7
    await asyncio.to_thread(closer.join)


def test_two_event_loops_share_a_pool(pool: DatabaseThreads) -> None:
    async def many() -> list[int]:
        return await asyncio.gather(*[pool.run(int, str(n)) for n in range(50)])

    told: list[list[int]] = []
    threads = [threading.Thread(target=lambda: told.append(asyncio.run(many()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == [list(range(50))] * 2
