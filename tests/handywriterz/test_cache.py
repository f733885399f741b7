from __future__ import annotations

import pytest
import redis

from handywriterz import cache as module
from handywriterz.cache import RedisOrLocalCache


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_away", {})


def make(url: str) -> tuple[RedisOrLocalCache, Time]:
    cache = RedisOrLocalCache(url, {"KEY_PREFIX": "test"})
    cache._clock = time = Time()
    return cache, time


def test_values_are_shared_through_redis(redis_url: str) -> None:
    make(redis_url)[0].set("n", 1)
    other = make(redis_url)[0]
    assert other.get("n") == 1
    assert other.incr("n") == 2
    assert other.add("n", 5) is False
    assert other.has_key("n")
    assert other.touch("n", 10)
    assert other.delete("n")
    assert other.get("n", "gone") == "gone"


def test_without_redis_this_process_keeps_counting(tmp_path: object) -> None:
    cache, _ = make(f"unix://{tmp_path}/nobody.sock?db=0")
    assert cache.add("tries", 1)
    assert cache.incr("tries") == 2
    assert cache.get("tries") == 2


def test_every_object_of_the_process_counts_in_the_same_place_and_waits_for_redis_once(
    tmp_path: object,
) -> None:
    url = f"unix://{tmp_path}/nobody.sock?db=0"
    one, other = make(url)[0], make(url)[0]
    one.set("tries", 59)

    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError("asked a server that is known to be away")

    other._redis.incr = fail  # type: ignore[method-assign]
    assert other.incr("tries") == 60


def test_redis_is_not_tried_again_at_once_but_is_found_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, time = make(redis_url)
    attempts = 0

    def away(*args: object, **kwargs: object) -> None:
        nonlocal attempts
        attempts += 1
        raise redis.ConnectionError("away")

    with monkeypatch.context() as broken:
        broken.setattr(cache._redis, "get", away)
        for _ in range(10):
            assert cache.get("n") is None
    assert attempts == 1
    cache._redis.set("n", "back")
    assert cache.get("n") is None
    time.now = module.RETRY_SECONDS
    assert cache.get("n") == "back"


def test_clearing_takes_nobody_elses_data_along(redis_url: str) -> None:
    cache, _ = make(redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.set("runs", "queued")
        cache.clear()
        assert client.get("runs") == b"queued"
