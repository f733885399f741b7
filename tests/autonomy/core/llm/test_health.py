"""Rate and circuit of an endpoint, in one process and on a clock of our own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import (
    Admission,
    Change,
    CircuitLimits,
    LocalHealth,
    Refused,
    turn,
)
from autonomy.core.llm.rate import CUT_SECONDS, LOWEST_RATE, Bucket

SERVER = Failure(FailureKind.SERVER, "m")
E = "openai-0123456789ab"


@dataclass
class Clock:
    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> LocalHealth:
    return LocalHealth(CircuitLimits(failures=3), clock=clock, chance=lambda: 1.0)


async def admitted(
    health: LocalHealth, per_minute: float | None = None, longest: float = 1e6
) -> Admission:
    answer = await health.admit(E, per_minute=per_minute, longest=longest)
    assert isinstance(answer, Admission)
    return answer


async def refused(health: LocalHealth, longest: float = 1e6) -> Refused:
    answer = await health.admit(E, per_minute=None, longest=longest)
    assert isinstance(answer, Refused)
    return answer


async def fail(health: LocalHealth, times: int, failure: Failure = SERVER) -> Change | None:
    change = None
    for _ in range(times):
        change = await health.failed(E, failure, await admitted(health))
    return change


def limited(retry_after: float | None = None) -> Failure:
    return Failure(FailureKind.RATE_LIMIT, "m", retry_after=retry_after)


def excess(times: list[float], burst: float, rate: float) -> float:
    """By how much the fullest window exceeds `burst + rate * its length`: every window counts."""
    times = sorted(times)
    # Over all i <= j: (j - rate * t_j) - (i - rate * t_i) + 1 - burst.
    worst, least = float("-inf"), float("inf")
    for place, at in enumerate(times):
        line = place - rate * at
        least = min(least, line)
        worst = max(worst, line - least + 1 - burst)
    return worst


# ------------------------------------------------------------------------------------- the rate


@settings(deadline=None, max_examples=250)
@given(
    per_minute=st.sampled_from([3.0, 30.0, 60.0, 600.0]),
    burst=st.sampled_from([None, 1.0, 2.0, 5.0, 20.0]),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask"] * 8 + ["cut", "hold", "well", "restart"]),
            st.integers(1, 12),
            st.sampled_from([0.0, 0.0, 0.2, 1.0, 3.0, 30.0]),
            st.sampled_from([0.0, 1.0]),
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_no_window_ever_holds_more_than_the_bucket(
    per_minute: float, burst: float | None, steps: list[tuple[str, int, float, float]]
) -> None:
    """Whatever the provider answers, however late requests leave, and with the memory lost."""
    clock = Clock()
    health = LocalHealth(clock=clock, cautious=True)
    bucket = Bucket.of(per_minute, burst)
    arrived: list[float] = []
    waiting: list[tuple[float, Admission, float]] = []

    async def ask(held: Admission | None, late: float) -> None:
        answer = await health.admit(
            E, per_minute=per_minute, burst=burst, longest=1e6, holding=held
        )
        assert isinstance(answer, Admission)
        if answer.wait > 0:
            waiting.append((answer.slot, answer, late))
        elif clock.now + late * 2 * bucket.fresh <= answer.stale_at + bucket.fresh:
            # It leaves before it is stale and travels for as long at most.
            arrived.append(clock.now + late * 2 * bucket.fresh)

    async def pass_until(moment: float) -> None:
        while waiting and min(waiting, key=lambda item: item[0])[0] <= moment:
            waiting.sort(key=lambda item: item[0])
            slot, held, late = waiting.pop(0)
            clock.now = max(clock.now, slot)
            await ask(held, late)
        clock.now = max(clock.now, moment)

    async def play() -> None:
        nonlocal health
        last = Admission()
        for kind, times, pause, late in steps:
            await pass_until(clock.now + pause)
            if kind == "ask":
                for _ in range(times):
                    await ask(None, late)
            elif kind == "restart":
                clock.now += 1e-3  # Two memories never begin at one moment.
                health = LocalHealth(clock=clock, cautious=True)
            else:
                answer = await health.admit(E, per_minute=per_minute, burst=burst, longest=0)
                last = answer if isinstance(answer, Admission) else last
                if isinstance(answer, Admission):
                    arrived.append(clock.now)
                if kind == "well":
                    await health.succeeded(E, last)
                else:
                    await health.failed(E, limited(pause if kind == "hold" else None), last)
        await pass_until(clock.now + 120)

    asyncio.run(play())
    allowed = max(1.0, per_minute / 6 if burst is None else burst)
    assert excess(arrived, allowed, per_minute / 60) <= 1e-4


async def test_callers_are_served_at_the_rate_once_the_burst_is_used(
    health: LocalHealth, clock: Clock
) -> None:
    began, times = clock.now, []
    for _ in range(40):
        leave, _ = await turn(health, E, per_minute=60, longest=100, sleep=clock.sleep)
        assert isinstance(leave, Admission)
        times.append(clock.now - began)
    burst = times.count(0.0)
    assert 5 <= burst <= 10
    assert times[burst:] == pytest.approx(range(1, 41 - burst))


async def test_a_slot_that_comes_too_late_is_refused_and_not_taken(
    health: LocalHealth, clock: Clock
) -> None:
    for _ in range(8):
        await admitted(health, 60)
    before = await admitted(health, 60)
    answer = await health.admit(E, per_minute=60, longest=1.5)
    assert answer == Refused("rate", pytest.approx(2.0))
    assert (await admitted(health, 60)).slot == pytest.approx(before.slot + 1)


async def test_a_429_halves_the_limit(health: LocalHealth) -> None:
    await health.failed(E, limited(), await admitted(health, 60))
    assert health.state(E).rate_per_minute == pytest.approx(30)


async def test_429s_of_requests_that_were_sent_before_the_cut_count_as_one(
    health: LocalHealth, clock: Clock
) -> None:
    sent = [await admitted(health, 60) for _ in range(5)]
    for admission in sent:
        await health.failed(E, limited(), admission)
        clock.now += CUT_SECONDS
    assert health.state(E).rate_per_minute == pytest.approx(30)


async def test_without_a_limit_a_429_halves_what_was_observed(
    health: LocalHealth, clock: Clock
) -> None:
    for _ in range(100):
        last = await admitted(health)
        clock.now += 0.1
    await health.failed(E, limited(), last)
    assert health.state(E).rate_per_minute == pytest.approx(300, rel=0.1)


async def test_the_rate_is_never_cut_below_the_floor(health: LocalHealth, clock: Clock) -> None:
    for _ in range(5):
        await health.failed(E, limited(), await admitted(health, 60))
        clock.now += 60
    assert health.state(E).rate_per_minute == pytest.approx(LOWEST_RATE * 60)


async def test_after_a_cut_nobody_waits_for_the_whole_burst_to_be_repaid(
    health: LocalHealth, clock: Clock
) -> None:
    last = Admission()
    while (leave := await health.admit(E, per_minute=240, longest=0)) and isinstance(
        leave, Admission
    ):
        last = leave
    waits = []
    for _ in range(3):
        await health.failed(E, limited(), last)
        found = await health.admit(E, per_minute=240, longest=60)
        assert isinstance(found, Admission)
        waits.append(found.wait)
        clock.now += CUT_SECONDS
        last = await admitted(health, 240)
    assert max(waits) <= 1.0, "one request at a quarter of four per second"


async def test_a_configured_limit_is_cut_to_a_quarter_at_most(
    health: LocalHealth, clock: Clock
) -> None:
    for _ in range(5):
        await health.failed(E, limited(), await admitted(health, 600))
        clock.now += CUT_SECONDS
    assert health.state(E).rate_per_minute == pytest.approx(150)


async def test_successes_give_the_rate_back_up_to_the_limit(
    health: LocalHealth, clock: Clock
) -> None:
    await health.failed(E, limited(), await admitted(health, 60))
    rates = []
    while (rate := health.state(E).rate_per_minute) is not None:
        rates.append(rate)
        leave, _ = await turn(health, E, per_minute=60, longest=100, sleep=clock.sleep)
        assert isinstance(leave, Admission)
        await health.succeeded(E, leave)
    assert rates == sorted(rates)
    assert max(rates) < 60
    assert len(rates) < 20


async def test_without_a_limit_the_bucket_goes_when_the_provider_takes_twice_as_much(
    health: LocalHealth, clock: Clock
) -> None:
    for _ in range(50):
        last = await admitted(health)
    await health.failed(E, limited(), last)
    for _ in range(2_000):
        leave, _ = await turn(health, E, per_minute=None, longest=100, sleep=clock.sleep)
        assert isinstance(leave, Admission)
        await health.succeeded(E, leave)
    assert health.state(E).rate_per_minute is None
    assert [(await admitted(health)).wait for _ in range(20)] == [0.0] * 20


async def test_retry_after_holds_everybody_and_ends_without_a_burst(
    health: LocalHealth, clock: Clock
) -> None:
    await health.failed(E, limited(retry_after=20), await admitted(health, 60))
    assert health.state(E).retry_in == pytest.approx(20)
    assert (await health.admit(E, per_minute=60, longest=10)) == Refused("rate", 20.0)
    waits = [(await admitted(health, 60)).wait for _ in range(3)]
    assert waits == pytest.approx([20, 22, 24])


async def test_a_waiting_caller_does_not_leave_on_a_slot_from_before_a_hold(
    health: LocalHealth, clock: Clock
) -> None:
    first = await admitted(health, 6)
    waiting = await admitted(health, 6)
    assert waiting.wait > 0
    await health.failed(E, limited(retry_after=100), first)
    clock.now = waiting.slot
    again = await health.admit(E, per_minute=6, longest=1e6, holding=waiting)
    assert isinstance(again, Admission)
    assert again.slot >= first.slot + 100


async def test_asking_again_keeps_the_place(health: LocalHealth, clock: Clock) -> None:
    slots = [await admitted(health, 6) for _ in range(4)]
    clock.now += 3
    again = await health.admit(E, per_minute=6, longest=1e6, holding=slots[2])
    assert isinstance(again, Admission)
    assert again.slot == slots[2].slot


async def test_a_process_that_stood_still_must_ask_anew(health: LocalHealth, clock: Clock) -> None:
    admission = await admitted(health, 60)
    assert health.fresh(admission)
    clock.now += 1.5
    assert not health.fresh(admission)
    again = await health.admit(E, per_minute=60, longest=1e6, holding=admission)
    assert isinstance(again, Admission)
    assert again.slot >= clock.now


async def test_a_cancelled_wait_gives_up_the_probe(health: LocalHealth, clock: Clock) -> None:
    await fail(health, 3)
    clock.now += 31
    await health.failed(E, limited(retry_after=60), Admission(generation=-1))

    async def cancelled(_: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await turn(health, E, per_minute=None, longest=100, sleep=cancelled)
    clock.now += 60
    assert (await admitted(health)).probe


async def test_a_clock_that_is_set_back_moves_nothing(health: LocalHealth, clock: Clock) -> None:
    await health.failed(E, limited(retry_after=20), await admitted(health, 60))
    known = health.state(E)
    clock.now -= 86_400
    assert (await admitted(health, 60)).wait == pytest.approx(known.retry_in)


# ---------------------------------------------------------------------------------- the circuit


async def test_it_opens_after_as_many_failures_in_a_row_as_the_threshold(
    health: LocalHealth,
) -> None:
    assert await fail(health, 2) is None
    assert not health.is_open(E)
    assert await fail(health, 1) is Change.OPENED
    assert health.is_open(E)
    assert await refused(health) == Refused("circuit_open", pytest.approx(30))


async def test_a_success_between_failures_starts_the_count_again(health: LocalHealth) -> None:
    await fail(health, 2)
    await health.succeeded(E, await admitted(health))
    assert await fail(health, 2) is None


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.QUOTA])
async def test_a_refused_account_opens_it_at_once_and_for_longer(
    health: LocalHealth, kind: FailureKind
) -> None:
    assert await fail(health, 1, Failure(kind, "m")) is Change.OPENED
    assert health.state(E).retry_in == pytest.approx(600)


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.RATE_LIMIT,
        FailureKind.CONTEXT_OVERFLOW,
        FailureKind.CONTENT_FILTER,
        FailureKind.REJECTED,
        FailureKind.MALFORMED,
    ],
)
async def test_what_speaks_of_the_request_never_opens_it(
    health: LocalHealth, kind: FailureKind
) -> None:
    assert await fail(health, 10, Failure(kind, "m")) is None
    assert not health.is_open(E)


async def test_after_the_cooldown_exactly_one_probe_is_let_through(
    health: LocalHealth, clock: Clock
) -> None:
    await fail(health, 3)
    clock.now += 31
    assert not health.is_open(E)
    assert (await admitted(health)).probe
    assert health.state(E).circuit == "half_open"
    assert (await refused(health)).kind == "circuit_open"


async def test_nothing_but_429s_for_a_while_opens_it_and_so_does_such_a_probe(
    health: LocalHealth, clock: Clock
) -> None:
    assert await fail(health, 20, limited()) is None, "a rush is for the rate to mend"
    clock.now += 10
    assert await fail(health, 1, limited()) is Change.OPENED
    clock.now += health.state(E).retry_in
    probe = await admitted(health)
    assert await health.failed(E, limited(), probe) is Change.OPENED
    clock.now += health.state(E).retry_in
    assert await health.succeeded(E, await admitted(health)) is Change.CLOSED
    assert await fail(health, 1, limited()) is None


async def test_429s_with_a_success_between_them_never_open_it(
    health: LocalHealth, clock: Clock
) -> None:
    for _ in range(40):
        assert await fail(health, 4, limited()) is None
        clock.now += 15
        assert await health.succeeded(E, await admitted(health)) is None


async def test_a_good_probe_closes_it(health: LocalHealth, clock: Clock) -> None:
    await fail(health, 3)
    clock.now += 31
    assert await health.succeeded(E, await admitted(health)) is Change.CLOSED
    assert not (await admitted(health)).probe


async def test_a_probe_that_is_limited_shows_a_provider_that_is_up(
    health: LocalHealth, clock: Clock
) -> None:
    await fail(health, 3)
    clock.now += 31
    assert await health.failed(E, limited(), await admitted(health)) is Change.CLOSED


async def test_every_failed_probe_makes_the_next_cooldown_longer_up_to_a_cap(
    health: LocalHealth, clock: Clock
) -> None:
    await fail(health, 3)
    rests = []
    for _ in range(7):
        rests.append(round(health.state(E).retry_in))
        clock.now += health.state(E).retry_in + 0.1
        assert await fail(health, 1) is Change.OPENED
    assert rests == [30, 60, 120, 240, 480, 600, 600]


async def test_an_abandoned_probe_frees_its_place(health: LocalHealth, clock: Clock) -> None:
    await fail(health, 3)
    clock.now += 31
    await health.abandoned(E, await admitted(health))
    assert (await admitted(health)).probe


async def test_failures_from_before_the_opening_do_not_open_it_again(
    health: LocalHealth, clock: Clock
) -> None:
    slow = [await admitted(health) for _ in range(6)]
    await fail(health, 3)
    clock.now += 31
    await health.succeeded(E, await admitted(health))
    assert [await health.failed(E, SERVER, admission) for admission in slow] == [None] * 6
    assert not health.is_open(E)


async def test_a_person_who_saw_it_answer_closes_it(health: LocalHealth) -> None:
    await fail(health, 1, Failure(FailureKind.QUOTA, "m"))
    assert await health.clear(E) is Change.CLOSED
    assert not (await admitted(health)).probe
