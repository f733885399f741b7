from __future__ import annotations

import asyncio

import pytest

from autonomy.core.token_bucket import TokenBucket
from tests.autonomy.core.llm.fakes import Clock


def bucket(clock: Clock, rate: float = 2.0, burst: float = 3.0) -> TokenBucket:
    return TokenBucket(rate, burst, clock=clock, sleep=clock.sleep)


async def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    clock = Clock()
    limited = bucket(clock)

    waits = [await limited.acquire() for _ in range(5)]

    assert waits == [0, 0, 0, pytest.approx(0.5), pytest.approx(0.5)]


async def test_an_idle_bucket_fills_up_to_its_burst_and_no_further() -> None:
    clock = Clock()
    limited = bucket(clock)
    clock.now += 3_600

    assert [await limited.acquire() for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]


async def test_a_crowd_is_spread_out_in_the_order_it_came() -> None:
    clock = Clock()
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    limited = TokenBucket(2.0, 1.0, clock=clock, sleep=sleep)

    await asyncio.gather(*(limited.acquire() for _ in range(4)))

    assert waited == [pytest.approx(0.5), pytest.approx(1.0), pytest.approx(1.5)]


async def test_a_cancelled_caller_gives_its_place_back() -> None:
    clock = Clock()
    started = asyncio.Event()

    async def sleep(seconds: float) -> None:
        started.set()
        await asyncio.Event().wait()

    limited = TokenBucket(1.0, 1.0, clock=clock, sleep=sleep)
    await limited.acquire()
    waiting = asyncio.create_task(limited.acquire())
    await started.wait()

    assert limited.wait() == pytest.approx(2.0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert limited.wait() == pytest.approx(1.0)


async def test_more_than_the_bucket_holds_is_refused_instead_of_waited_for_ever() -> None:
    with pytest.raises(ValueError, match="holds 3"):
        await bucket(Clock()).acquire(4)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0.5)])
def test_a_bucket_that_lets_nothing_through_cannot_be_made(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="needs a rate"):
        TokenBucket(rate, burst)
