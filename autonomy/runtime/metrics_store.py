"""The sums of all processes, in one hash of Redis.

Each process adds what it has counted every few seconds. So web servers and workers of several
machines are seen at any one of them, a killed process loses its last seconds and leaves nothing
behind, and Redis away costs nothing but a delay: sums wait in memory, one per label set.

A batch carries a number: sent again after a lost answer, it is not added twice.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from autonomy.runtime.metrics import TALLY, Field, Tally

logger = logging.getLogger(__name__)

SUMS = "hw:metrics:sums"
LIVE = "hw:metrics:live"
FLUSH_SECONDS = 2.0
LIVE_SECONDS = 10.0
"""Between two reports of what a process holds at the moment."""
FORGET_SECONDS = 30
"""A process that has not reported for this long is gone."""
TIMEOUT_SECONDS = 0.5
BATCH_KEEP_SECONDS = 3_600

ADD = """
local now = redis.call('TIME')[1]
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], now .. ' ' .. ARGV[3]) end
if ARGV[2] ~= '' and redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[4], 'GET') ~= ARGV[2] then
    for i = 5, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1
"""
"""Adds a batch unless it is the one this process sent last."""

READ = """
local now = tonumber(redis.call('TIME')[1])
local seen = redis.call('HGETALL', KEYS[2])
local live = {}
for i = 1, #seen, 2 do
    local at, values = string.match(seen[i + 1], '^(%d+) (.*)$')
    if at and now - tonumber(at) <= tonumber(ARGV[1]) then
        live[#live + 1] = values
    else
        redis.call('HDEL', KEYS[2], seen[i])
    end
end
return {redis.call('HGETALL', KEYS[1]), live}
"""

Gauge = Callable[[], Mapping[str, float]]
"""What a process holds at the moment, by label (empty where there is none)."""


@cache
def client() -> Redis:
    """The Redis client of this process for counting."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class MetricsStore:
    """Carries one process's sums to Redis.

    Args:
        tally: where they are counted.
        redis: gives the client.
    """

    def __init__(self, tally: Tally = TALLY, redis: Callable[[], Redis] = client) -> None:
        self._tally = tally
        self._redis = redis
        self._gauges: dict[str, Gauge] = {}
        self._begin()
        tally.on_first(self._wake)
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Be a new process: what the parent counted and sent is the parent's."""
        self._sending = threading.Lock()
        self._batch: tuple[str, dict[Field, float]] | None = None
        """Sent, but nobody knows whether it arrived."""
        self._process = uuid.uuid4().hex
        self._running = False
        self._counted = threading.Event()
        self._away = False

    def live(self, name: str, gauge: Gauge) -> None:
        """Report what `gauge` says as long as this process lives."""
        self._gauges[name] = gauge

    def flush(self) -> bool:
        """Carry away what was counted so far; False when Redis did not take it (it is kept)."""
        with self._sending:
            if self._batch is None:
                sums = self._tally.take()
                self._batch = (uuid.uuid4().hex, sums) if sums else None
            number, sums = self._batch or ("", {})
            arguments: list[str] = []
            for (name, labels, series), amount in sums.items():
                arguments += [json.dumps([name, labels, series]), repr(float(amount))]
            try:
                self._redis().eval(
                    ADD,
                    3,
                    SUMS,
                    LIVE,
                    f"hw:metrics:batch:{self._process}",
                    self._process,
                    number,
                    json.dumps({name: dict(gauge()) for name, gauge in self._gauges.items()})
                    if self._gauges
                    else "",
                    str(BATCH_KEEP_SECONDS),
                    *arguments,
                )
            except (RedisError, OSError) as error:
                if not self._away:
                    logger.warning("metrics wait in memory: Redis does not answer (%s)", error)
                self._away = True
                return False
            if self._away:
                logger.info("metrics go to Redis again")
            self._away = False
            self._batch = None
            return True

    def read(self) -> tuple[dict[Field, float], dict[str, dict[str, list[float]]]]:
        """The sums of all processes; and what those that live hold at the moment, each of them a
        value, by gauge and label.

        Raises:
            redis.RedisError: it does not answer.
        """
        raw, live = self._redis().eval(READ, 2, SUMS, LIVE, str(FORGET_SECONDS))
        sums: dict[Field, float] = {}
        for place in range(0, len(raw), 2):
            name, labels, series = json.loads(raw[place])
            sums[name, tuple(labels), series] = float(raw[place + 1])
        held: dict[str, dict[str, list[float]]] = {}
        for text in live:
            for name, values in json.loads(text).items():
                for label, value in values.items():
                    held.setdefault(name, {}).setdefault(label, []).append(float(value))
        return sums, held

    # ------------------------------------------------------------------ the thread

    def start(self) -> None:
        """Carry from now on in a thread of this process; counting starts it by itself."""
        if not self._running:
            self._running = True
            threading.Thread(target=self._run, name="metrics", daemon=True).start()

    def _wake(self) -> None:
        if not self._counted.is_set():
            self._counted.set()
            self.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._counted.wait(LIVE_SECONDS if self._gauges else None)
            pause.wait(FLUSH_SECONDS)  # gather
            self._counted.clear()
            if not self.flush():
                self._counted.set()


STORE = MetricsStore()
"""The store of this process."""
