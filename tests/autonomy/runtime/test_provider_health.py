"""The health that workers share: the script against the arithmetic, and real processes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autonomy.core.llm.circuit import CircuitLimits
from autonomy.core.llm.endpoint import Endpoint
from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import Admission, Change, Refused
from autonomy.core.llm.rate import FREE, Bucket
from autonomy.runtime import health_alone, provider_health
from autonomy.runtime.health_mirror import endpoint_from
from autonomy.runtime.health_operations import (
    ENDPOINT,
    ENDPOINTS,
    MEMORY,
    SCRIPT,
    WORKERS,
    class_of,
    text,
)
from autonomy.runtime.health_reading import read_health
from autonomy.runtime.provider_health import RedisHealth
from handywriterz.stack.redis_server import server
from tests.autonomy.core.llm.test_health import excess
from tests.patience import patience

E = "openai-0123456789ab"
SERVER = Failure(FailureKind.SERVER, "m")
LIMITS = CircuitLimits(failures=3)


class OwnRedis:
    """A Redis that a test may stop, empty and start again. It keeps a file of what it did."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/r.sock"
        self.start()

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", f"{self._folder}/r.sock", "--save", ""]
        options += ["--dir", str(self._folder), "--appendonly", "yes"]
        self.process = subprocess.Popen(
            [str(server()), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.client.ping()
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def stop(self, how: int = signal.SIGKILL) -> None:
        self.client.close()
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a Redis that is there may take longer than the product waits for it."""
    monkeypatch.setattr(provider_health, "TIMEOUT_SECONDS", patience(0.2))


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    started = OwnRedis(tmp_path_factory.mktemp("r"))
    yield started
    started.stop()


@pytest.fixture
def url(own_redis: OwnRedis) -> str:
    own_redis.client.flushall()
    return own_redis.url


@pytest.fixture
async def workers(url: str) -> AsyncIterator[list[RedisHealth]]:
    """Three processes' worth of health in one; their clocks are hours apart."""
    made = [
        RedisHealth(
            url, LIMITS, chance=lambda: 1.0, clock=lambda skew=skew: time.monotonic() + skew
        )
        for skew in (0.0, 7_200.0, -3_600.0)
    ]
    yield made
    for worker in made:
        await worker.aclose()


def age(own_redis: OwnRedis, endpoint: str, seconds: float) -> None:
    """Let time pass for an endpoint: every moment it remembers moves into the past."""
    key = ENDPOINT + endpoint
    moments = ("tat", "grown_at", "cut_at", "hold_until", "failed_at", "open_until", "lease_until")
    for name in (*moments, "closed_at", "seen"):
        value = float(own_redis.client.hget(key, name) or 0)  # type: ignore[arg-type]
        if value:
            own_redis.client.hset(key, name, repr(value - seconds))


async def admitted(health: RedisHealth, per_minute: float | None = None) -> Admission:
    answer = await health.admit(E, per_minute=per_minute, longest=1e6)
    assert isinstance(answer, Admission)
    return answer


async def fail(health: RedisHealth, times: int, failure: Failure = SERVER) -> Change | None:
    change = None
    for _ in range(times):
        change = await health.failed(E, failure, await admitted(health))
    return change


# ------------------------------------------------------------------------ one arithmetic, twice


FAILURES = [
    Failure(FailureKind.RATE_LIMIT, "m"),
    Failure(FailureKind.RATE_LIMIT, "m", retry_after=7.5),
    Failure(FailureKind.OVERLOAD, "m", retry_after=3.0),
    Failure(FailureKind.TIMEOUT, "m"),
    Failure(FailureKind.QUOTA, "m"),
    Failure(FailureKind.MALFORMED, "m"),
    Failure(FailureKind.NOT_CONFIGURED, "m"),
]


@settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bucket=st.sampled_from([FREE, Bucket.of(60), Bucket.of(600, 1), Bucket.of(6)]),
    seed=st.integers(0, 10**6),
    steps=st.integers(1, 40),
)
def test_the_script_does_what_the_arithmetic_says(
    own_redis: OwnRedis, bucket: Bucket, seed: int, steps: int
) -> None:
    chosen = random.Random(seed)
    client = own_redis.client
    client.flushall()
    now, known = 1_800_000_000.0, Endpoint()
    client.hset(MEMORY, mapping={"since": repr(now - 5), "run": ""})
    script = client.register_script("local now = tonumber(table.remove(ARGV, 1))\n" + SCRIPT)

    def ask(operation: str, *arguments: object) -> tuple[list[str], Endpoint]:
        texts = [text(item) for item in arguments]
        keys = [ENDPOINT + E, MEMORY, WORKERS, ENDPOINTS]
        given: Any = script(keys=keys, args=[repr(now), operation, "", *texts])
        length = int(given[2])
        answer = [item.decode() for item in given[3 : 3 + length]]
        return answer, endpoint_from(given[3 + length :])

    admissions = [Admission(token="never")]
    for number in range(steps):
        now += chosen.choice([0.0, 0.1, 1.0, 9.0, 45.0, 400.0, -0.2, -50.0])
        admission = chosen.choice(admissions)
        known.arrive(now)
        succeeded_at = now - 1 if chosen.random() < 0.2 else 0.0
        told = 1.0 if succeeded_at else ""
        match chosen.choice(["admit", "admit", "again", "well", "failed", "failed", "other"]):
            case "admit" | "again" as how:
                holding = admission if how == "again" else None
                longest = chosen.choice([0.0, 5.0, 1e9])
                held: tuple[object, ...] = ("", 0, 0, 0)
                if holding is not None:
                    held = (holding.token, holding.since, holding.epoch, holding.slot)
                since = float(client.hget(MEMORY, "since") or 0)  # type: ignore[arg-type]
                since = now if since > now + 0.5 else since
                known.adopt(now, since, bucket)
                expected = known.admit(
                    now,
                    bucket,
                    longest=longest,
                    token=f"t{number}",
                    lease_seconds=10,
                    holding=holding,
                    succeeded_at=succeeded_at,
                )
                answer, there = ask(
                    "admit",
                    *(bucket.interval, bucket.tolerance, bucket.fresh, longest, f"t{number}", 10),
                    *(told, "", "", E, *held),
                )
                if isinstance(expected, Refused):
                    assert answer[:2] == ["refused", expected.kind]
                    assert float(answer[2]) == pytest.approx(expected.seconds, abs=1e-6)
                else:
                    assert float(answer[1]) == pytest.approx(expected.wait, abs=1e-6)
                    assert (answer[2] == "1", answer[3]) == (expected.probe, expected.token)
                    admissions.append(expected)
            case "well":
                change = known.succeeded(now, admission)
                ids = (admission.since, admission.epoch, admission.generation)
                answer, there = ask("succeeded", *ids)
                assert answer == [change.value if change else ""]
            case "failed":
                failure = chosen.choice(FAILURES)
                change = known.failed(
                    now, failure, admission, LIMITS, chance=0.5, succeeded_at=succeeded_at
                )
                answer, there = ask(
                    "failed",
                    *(admission.since, admission.epoch, admission.generation, admission.token),
                    *(class_of(failure), told, failure.retry_after or 0.0),
                    *(LIMITS.failures, LIMITS.refused, LIMITS.cooldown, LIMITS.longest),
                    *(LIMITS.shortest, 0.5),
                )
                assert answer == [change.value if change else ""]
            case _:
                if chosen.random() < 0.5:
                    known.abandoned(admission)
                    _, there = ask("abandoned", admission.token)
                else:
                    known.clear(now)
                    _, there = ask("clear")
        assert astuple(there)[:-1] == pytest.approx(astuple(known)[:-1], abs=1e-5)
        assert there.lease == known.lease


# ------------------------------------------------------------------------------------- together


async def test_workers_share_one_rate(workers: list[RedisHealth]) -> None:
    slots = [(await admitted(workers[i % 3], 60)).slot for i in range(30)]
    gaps = [after - before for before, after in pairwise(slots[1:])]
    assert gaps == pytest.approx([1.0] * 28, abs=0.01)


async def test_a_circuit_that_one_worker_opens_is_open_for_all(
    workers: list[RedisHealth],
) -> None:
    assert await fail(workers[0], 2) is None
    assert await fail(workers[1], 1) is Change.OPENED
    answer = await workers[2].admit(E, per_minute=None, longest=1)
    assert isinstance(answer, Refused)
    assert answer.kind == "circuit_open"
    assert workers[2].is_open(E)
    assert not workers[2].is_open("another")


async def test_a_mirror_is_filled_before_the_first_request(
    workers: list[RedisHealth], url: str
) -> None:
    await fail(workers[0], 3)
    assert not workers[1].is_open(E)
    await workers[1].refresh([E])
    assert workers[1].is_open(E)
    await workers[2].refresh_all()
    assert workers[2].states()[E].circuit == "open"
    assert read_health(url=url)[E].circuit == "open"


async def test_one_probe_over_all_workers_and_its_success_closes_for_all(
    workers: list[RedisHealth], own_redis: OwnRedis
) -> None:
    await fail(workers[0], 3)
    age(own_redis, E, 40)
    answers = await asyncio.gather(
        *(worker.admit(E, per_minute=None, longest=1) for worker in workers for _ in range(5))
    )
    probes = [answer for answer in answers if isinstance(answer, Admission)]
    assert [probe.probe for probe in probes] == [True]
    assert await workers[1].succeeded(E, probes[0]) is Change.CLOSED
    assert not (await admitted(workers[2])).probe


async def test_a_success_that_was_not_reported_still_breaks_a_row_of_failures(
    workers: list[RedisHealth],
) -> None:
    well = await admitted(workers[1])
    await fail(workers[0], 2)
    assert await workers[1].succeeded(E, well) is None  # Its mirror knows of no failure.
    await admitted(workers[1])
    assert await fail(workers[2], 2) is None


async def test_the_success_of_an_endpoint_that_is_well_asks_nothing_of_redis(
    workers: list[RedisHealth], own_redis: OwnRedis
) -> None:
    admission = await admitted(workers[0])
    before = own_redis.client.info("stats")["total_commands_processed"]  # type: ignore[index]
    for _ in range(50):
        await workers[0].succeeded(E, admission)
    after = own_redis.client.info("stats")["total_commands_processed"]  # type: ignore[index]
    assert after - before <= 1


async def test_an_emptied_redis_grants_no_second_burst(
    workers: list[RedisHealth], own_redis: OwnRedis
) -> None:
    while (await admitted(workers[0], 60)).wait == 0:
        pass
    own_redis.client.flushall()
    after = [await admitted(worker, 60) for worker in workers]
    assert after[0].wait == pytest.approx(1, abs=0.1)
    assert [b.slot - a.slot for a, b in pairwise(after)] == pytest.approx([1, 1], abs=0.01)


async def test_slots_of_a_memory_that_was_lost_are_void(
    workers: list[RedisHealth], own_redis: OwnRedis
) -> None:
    held = [await admitted(workers[0], 60) for _ in range(12)][-1]
    own_redis.client.flushall()
    first = await admitted(workers[1], 60)
    again = await workers[0].admit(E, per_minute=60, longest=1e6, holding=held)
    assert isinstance(again, Admission)
    assert again.slot == pytest.approx(first.slot + 1, abs=0.01)


async def test_a_restarted_redis_is_not_believed_about_its_last_moments(
    workers: list[RedisHealth], own_redis: OwnRedis
) -> None:
    await admitted(workers[0], 60)
    age(own_redis, E, 100)
    assert (await admitted(workers[0], 60)).wait == 0
    own_redis.stop()
    own_redis.start()
    age(own_redis, E, 100)
    fresh = RedisHealth(own_redis.url, LIMITS)
    answer = await fresh.admit(E, per_minute=60, longest=1e6)
    await fresh.aclose()
    assert isinstance(answer, Admission)
    assert answer.wait == pytest.approx(1, abs=0.1)


# ---------------------------------------------------------------------------------------- alone


async def test_without_redis_it_answers_at_once_with_its_share_and_says_so_once(
    workers: list[RedisHealth],
    own_redis: OwnRedis,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider_health, "LAG_SECONDS", 60.0)  # this process may be the late one
    waits: list[float | None] = []
    wait = asyncio.wait

    async def counted(tasks: Any, *, timeout: float | None = None) -> Any:
        waits.append(timeout)
        return await wait(tasks, timeout=timeout)

    worker = workers[0]
    await asyncio.gather(*(admitted(each, 600) for each in workers))
    await admitted(worker, 600)
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    monkeypatch.setattr(asyncio, "wait", counted)
    try:
        began = time.monotonic()
        first = await admitted(worker, 600)
        took, asked = time.monotonic() - began, list(waits)
        more = [await admitted(worker, 600) for _ in range(3)]
        await fail(worker, 3)
        assert worker.is_open(E)
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    # Once the time that it gives Redis, whatever that was when the test began.
    assert asked == [provider_health.TIMEOUT_SECONDS]
    assert took < provider_health.TIMEOUT_SECONDS + patience(0.5)
    share = 3 * Bucket.of(600).interval
    assert first.wait == pytest.approx(share, abs=0.1)
    gaps = [b.slot - a.slot for a, b in pairwise([first, *more])]
    assert gaps == pytest.approx([share] * 3, abs=0.01)
    worker._alone.ask_again_at = 0.0
    back = await admitted(worker, 600)
    assert not back.token.startswith("local")
    assert not worker.is_open(E)
    told = [r.getMessage() for r in caplog.records if r.name == health_alone.__name__]
    assert len(told) == 2


async def test_a_cancelled_caller_leaves_at_once(
    workers: list[RedisHealth], own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_health, "TIMEOUT_SECONDS", 120.0)
    await admitted(workers[0])
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        asking = asyncio.create_task(workers[0].admit(E, per_minute=None, longest=1))
        await asyncio.sleep(0)
        began = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert time.monotonic() - began < 30
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)


# ------------------------------------------------------------------------------------ processes


def worker(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.autonomy.runtime.health_worker", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_four_processes_never_send_more_than_the_bucket_also_when_redis_is_emptied(
    url: str, own_redis: OwnRedis
) -> None:
    seconds, per_minute, burst = 6.0, 600.0, 10.0
    skews = (0, 9e5, -40, 7)
    # The first is heard while it lasts, and a busy machine may give it few turns.
    lasts = (2.5 * seconds, seconds, seconds, seconds)
    hammers = [
        worker(url, "hammer", per_minute, burst, long, skew)
        for long, skew in zip(lasts, skews, strict=True)
    ]
    first = hammers[0].stdout
    assert first is not None
    times = [float(first.readline())]
    for _ in range(10):
        times.append(float(first.readline()))
    own_redis.client.flushall()
    frozen = hammers[3]
    frozen.send_signal(signal.SIGSTOP)
    for _ in range(3):
        times.append(float(first.readline()))
    frozen.send_signal(signal.SIGCONT)
    for hammer in hammers:
        out, _ = hammer.communicate(timeout=60)
        times += map(float, out.split())
        assert hammer.returncode == 0
    assert excess(times, burst, per_minute / 60) <= 0
    # And it is used: a good part of what the rate allows over the time.
    spent = max(times) - min(times)
    assert len(times) >= 0.4 * per_minute / 60 * spent


def test_a_prober_that_is_killed_frees_its_place(url: str, own_redis: OwnRedis) -> None:
    health = RedisHealth(url, LIMITS, chance=lambda: 1.0)

    async def open_it() -> None:
        for _ in range(3):
            leave = await health.admit("probed", per_minute=None, longest=1)
            assert isinstance(leave, Admission)
            await health.failed("probed", SERVER, leave)
        await health.aclose()

    async def ask() -> Admission | Refused:
        answer = await health.admit("probed", per_minute=None, longest=1)
        await health.aclose()
        return answer

    asyncio.run(open_it())
    age(own_redis, "probed", 40)
    prober = worker(url, "probe")
    assert prober.stdout is not None
    assert prober.stdout.readline() == "probe\n"
    assert isinstance(asyncio.run(ask()), Refused)
    prober.kill()
    prober.communicate()
    age(own_redis, "probed", provider_health.LEASE_SECONDS + 1)
    answer = asyncio.run(ask())
    assert isinstance(answer, Admission)
    assert answer.probe
