"""Sums of several processes meet in Redis: none is lost while it is away, none is added twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from redis import ConnectionError as RedisAway
from redis import Redis

from autonomy.runtime.metrics import RUN_ENDS, SUPERSTEPS, Tally
from autonomy.runtime.metrics_store import LIVE, STORE, SUMS, MetricsStore

FIELD = (RUN_ENDS.name, ("succeeded", "completed"), "total")


class Flaky:
    """Redis that loses the answer of the first command, or the command itself."""

    def __init__(self, redis: Redis, *, arrives: bool) -> None:
        self._redis, self._arrives, self._lost = redis, arrives, False

    def eval(self, *arguments: Any) -> Any:
        if not self._lost:
            self._lost = True
            if self._arrives:
                self._redis.eval(*arguments)
            raise RedisAway("lost")
        return self._redis.eval(*arguments)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Redis with the sums of these tests alone: this process sends none meanwhile."""
    with STORE._sending:
        yield Redis.from_url(redis_url)


def store_of(redis: Any) -> tuple[Tally, MetricsStore]:
    tally = Tally()
    store = MetricsStore(tally, lambda: redis)
    tally.on_first(lambda: None)  # no thread: the test flushes
    return tally, store


def test_the_sums_of_two_processes_are_added(redis: Redis) -> None:
    (one, first), (two, second) = store_of(redis), store_of(redis)
    one.add(RUN_ENDS, ("succeeded", "completed"))
    two.add(RUN_ENDS, ("succeeded", "completed"), 2)
    two.observe(SUPERSTEPS, (), 0.02)
    assert first.flush()
    assert second.flush()
    sums, _ = first.read()
    assert sums[FIELD] == 3
    assert sums[SUPERSTEPS.name, (), "0.025"] == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_a_batch_whose_answer_was_lost_counts_once(redis: Redis, arrives: bool) -> None:
    tally, store = store_of(Flaky(redis, arrives=arrives))
    tally.add(RUN_ENDS, ("succeeded", "completed"), 5)
    assert not store.flush()
    tally.add(RUN_ENDS, ("succeeded", "completed"), 2)  # meanwhile
    assert store.flush()
    assert store.read()[0][FIELD] == 5
    assert store.flush()
    assert store.read()[0][FIELD] == 7


def test_what_a_process_holds_is_seen_while_it_lives(redis: Redis) -> None:
    (_, first), (_, second) = store_of(redis), store_of(redis)
    first.live("hw_live_views", lambda: {"": 3})
    second.live("hw_live_views", lambda: {"": 4})
    first.flush()
    second.flush()
    assert sorted(first.read()[1]["hw_live_views"][""]) == [3, 4]

    for process in redis.hkeys(LIVE):  # both fell silent
        redis.hset(LIVE, process, '1 {"hw_live_views": {"": 9}}')
    assert first.read()[1] == {}
    assert redis.hlen(LIVE) == 0, "what dead processes left is removed"


def test_a_killed_process_leaves_what_it_sent_and_nothing_else(redis: Redis) -> None:
    code = (
        "import os, signal, django; django.setup()\n"
        "from autonomy.runtime.metrics import TALLY, RUN_ENDS\n"
        "from autonomy.runtime.metrics_store import STORE\n"
        "TALLY.add(RUN_ENDS, ('succeeded', 'completed'), 4)\n"
        "assert STORE.flush()\n"
        "TALLY.add(RUN_ENDS, ('succeeded', 'completed'), 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    process = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False)
    assert process.returncode == -9
    _, store = store_of(redis)
    assert store.read()[0][FIELD] == 4
    assert {key.decode() for key in redis.keys("hw:metrics:*")} >= {SUMS}
    assert redis.hlen(SUMS) == 1
    left = list(redis.keys("hw:metrics:batch:*"))
    assert all(0 < redis.ttl(key) <= 3_600 for key in left)


def test_a_forked_child_does_not_send_what_its_parent_counted(redis: Redis) -> None:
    tally, store = store_of(redis)
    tally.add(RUN_ENDS, ("succeeded", "completed"))
    child = os.fork()
    if child == 0:
        os._exit(0 if tally.take() == {} else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.flush()
    assert store.read()[0][FIELD] == 1


def test_redis_away_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        def eval(self, *arguments: Any) -> Any:
            raise RedisAway("no")

    tally, store = store_of(Away())
    tally.add(RUN_ENDS, ("failed", "error"))
    with caplog.at_level("INFO"):
        assert not store.flush()
        assert not store.flush()
    assert [r.message for r in caplog.records if "metrics wait" in r.message] != []
    assert len([r for r in caplog.records if "metrics wait" in r.message]) == 1
