"""Whether the parts answer, in time for a load balancer."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from typing import TypedDict

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from autonomy.runtime.leases import any_worker_alive
from autonomy.runtime.outside import last_answers

logger = logging.getLogger(__name__)

OK = "ok"
DOWN = "down"
REDIS_SECONDS = 0.1
DATABASE_SECONDS = 0.12


class Health(TypedDict):
    db: str
    redis: str
    worker: str
    version: str


def health() -> Health:
    """`ok` or `down` for database, Redis and workers, within about 150 ms whatever is wrong."""
    database = _probe()
    redis_state = _redis()
    try:
        db, worker = database.result(DATABASE_SECONDS)
    except FutureTimeout:
        db, worker = DOWN, DOWN
    return Health(db=db, redis=redis_state, worker=worker, version=settings.VERSION)


class OutsideState(TypedDict):
    provider: str
    answer: str
    """found, nothing, rate_limited, unreachable, refused; empty = not asked within a week."""
    message: str
    at: str
    """ISO time, UTC; empty as `answer`."""


def outside_health() -> list[OutsideState]:
    """The registries and the search engine that are switched on, and how each answered last."""
    return [
        OutsideState(provider=one.provider, answer=one.answer, message=one.message, at=one.at)
        for one in last_answers()
    ]


def worker_up() -> bool:
    """Whether any worker process is alive to drive runs."""
    return any_worker_alive()


_lock = threading.Lock()
_pending: Future[tuple[str, str]] | None = None


def _probe() -> Future[tuple[str, str]]:
    """The database's answer, asked for in a thread: a dead server may keep a connection attempt
    waiting for longer than anybody wants to. One attempt at a time is enough."""
    global _pending  # noqa: PLW0603 - one probe per process
    with _lock:
        if _pending is None or _pending.done():
            _pending = _executor().submit(_database)
        return _pending


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="health")


def _database() -> tuple[str, str]:
    try:
        return OK, OK if any_worker_alive() else DOWN
    except (DatabaseError, InterfaceError) as error:
        logger.warning("health: the database does not answer (%s)", error)
        return DOWN, DOWN
    finally:
        # A probe must see the server of now, not the session of an hour ago.
        connection.close()


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _redis() -> str:
    try:
        _client().ping()
    except (redis.RedisError, OSError):
        return DOWN
    return OK
