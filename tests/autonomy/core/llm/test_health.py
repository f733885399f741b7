from __future__ import annotations

import pytest

from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import CircuitBreaker
from tests.autonomy.core.llm.fakes import Clock


def failure(kind: FailureKind = FailureKind.SERVER) -> Failure:
    return Failure(kind, "m")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(threshold=3, cooldown=30, clock=clock)


def trip(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        assert breaker.admit()
        breaker.failed(failure())


def test_it_opens_after_as_many_failures_in_a_row_as_the_threshold(breaker: CircuitBreaker) -> None:
    trip(breaker)

    assert breaker.is_open
    assert not breaker.admit()


def test_a_success_between_failures_starts_the_count_again(breaker: CircuitBreaker) -> None:
    breaker.failed(failure())
    breaker.failed(failure())
    breaker.succeeded()
    breaker.failed(failure())

    assert not breaker.is_open


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.QUOTA])
def test_a_refused_account_opens_it_at_once(breaker: CircuitBreaker, kind: FailureKind) -> None:
    breaker.failed(failure(kind))

    assert breaker.is_open


@pytest.mark.parametrize(
    "kind", [FailureKind.MALFORMED, FailureKind.CONTENT_FILTER, FailureKind.CONTEXT_OVERFLOW]
)
def test_failures_of_a_request_say_nothing_of_the_provider(
    breaker: CircuitBreaker, kind: FailureKind
) -> None:
    for _ in range(20):
        breaker.failed(failure(kind))

    assert not breaker.is_open


def test_after_the_cooldown_one_probe_is_let_through(breaker: CircuitBreaker, clock: Clock) -> None:
    trip(breaker)
    clock.now += 30

    assert not breaker.is_open
    assert breaker.admit()
    assert not breaker.admit()


def test_a_good_probe_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    trip(breaker)
    clock.now += 30
    breaker.admit()
    breaker.succeeded()

    assert breaker.admit()
    assert breaker.admit()


def test_a_bad_probe_opens_it_again_for_the_whole_cooldown(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    trip(breaker)
    clock.now += 30
    breaker.admit()
    breaker.failed(failure())
    clock.now += 29

    assert breaker.is_open


def test_a_probe_that_was_cancelled_leaves_room_for_the_next(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    trip(breaker)
    clock.now += 30
    breaker.admit()
    breaker.abandoned()

    assert breaker.admit()
