"""What the workers have learnt of providers, read by those who call none: pages and figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from autonomy.core.llm.endpoint import HealthState
from autonomy.runtime.health_mirror import FIELDS, endpoint_from
from autonomy.runtime.health_operations import ENDPOINT, ENDPOINTS

TIMEOUT_SECONDS = 0.1


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def read_health(
    endpoints: Sequence[str] | None = None, *, url: str | None = None
) -> dict[str, HealthState]:
    """The state of these endpoints, or of all that were used within the last hour.

    Empty while Redis is away: then nobody knows.
    """
    client = _client(url or settings.REDIS_URL)
    try:
        if endpoints is None:
            names = cast("list[bytes]", client.zrange(ENDPOINTS, 0, -1))
            endpoints = [name.decode() for name in names]
        with client.pipeline(transaction=False) as pipe:
            pipe.time()
            for name in endpoints:
                pipe.hmget(ENDPOINT + name, FIELDS)
            (seconds, micros), *found = pipe.execute()
    except (RedisError, OSError):
        return {}
    now = seconds + micros / 1_000_000
    return {
        name: endpoint_from(values).state(now)
        for name, values in zip(endpoints, found, strict=True)
    }
