"""Django's cache on Redis, and in this process while Redis is away.

What is cached (rate limits) must neither fail a request nor switch itself off when Redis does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""While Redis is away nobody waits for it again sooner than this."""


_away: dict[str, float] = {}
"""Until when each server counts as away. Django makes a cache object per thread and request; what
one has found out holds for all of the process."""


class RedisOrLocalCache(BaseCache):
    """`CACHES` backend. `LOCATION` is a Redis URL; `OPTIONS` as for Django's Redis backend."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        quick = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
        options = quick | params.get("OPTIONS", {})
        self._redis = RedisCache(server, params | {"OPTIONS": options})
        self._server = server
        # Named after the server, so that every object of the process counts in the same place.
        self._local = LocMemCache(
            f"fallback of {server}", {k: v for k, v in params.items() if k != "OPTIONS"}
        )
        self._clock: Callable[[], float] = time.monotonic

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if self._clock() >= _away.get(self._server, float("-inf")):
            try:
                return getattr(self._redis, name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                _away[self._server] = self._clock() + RETRY_SECONDS
                logger.warning("Redis is away (%s); caching in this process", error)
        return getattr(self._local, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._call("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._call("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._call("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._call("delete", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._call("incr", *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._call("has_key", *args, **kwargs))

    def clear(self) -> None:
        """Forget what this process keeps. Keys in Redis expire by themselves: emptying its
        database would take other people's data along."""
        self._local.clear()
