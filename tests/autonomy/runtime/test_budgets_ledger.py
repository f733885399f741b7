"""Budgets: never over a limit, whoever races or dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db.models import F

from autonomy.core.ports import BudgetExhausted
from autonomy.models import BudgetEntry, Episode, Run
from autonomy.runtime.budgets_ledger import RunLedger, close_left_open
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.conftest import run_async


def totals(run: Run) -> tuple[int, int, Decimal, Decimal]:
    run.refresh_from_db()
    return run.tokens_spent, run.tokens_reserved, run.usd_spent, run.usd_reserved


def test_what_is_reserved_is_settled_at_what_it_cost(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, ledger = start(), RunLedger(claim().fence)

    async def call() -> None:
        await ledger.reserve("k", "writer", "openai:x", 1000, 0.5)
        assert (await ledger.snapshot())["tokens_reserved"] == 1000
        await ledger.settle("k", input_tokens=300, output_tokens=100, usd=0.125, price_known=True)
        await ledger.reserve("free", "writer", "openai:x", 500, 0.1)
        await ledger.release("free")
        await ledger.settle("free", input_tokens=9, output_tokens=9, usd=1, price_known=True)

    run_async(call())
    assert totals(run) == (400, 0, Decimal("0.125"), 0)
    entry = BudgetEntry.objects.get(key="k")
    assert (entry.input_tokens, entry.output_tokens, entry.price_known) == (300, 100, True)


def test_parallel_branches_cannot_overspend_together(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(tokens=1000, usd=100), claim().fence

    async def branch(number: int) -> str:
        ledger = RunLedger(fence)
        try:
            await ledger.reserve(f"k{number}", "writer", "m", 300, 0.0)
        except BudgetExhausted as limit:
            return limit.stop_reason
        return "ok"

    async def race() -> list[str]:
        return await asyncio.gather(*(branch(number) for number in range(12)))

    outcomes = run_async(race())
    assert sorted(outcomes) == ["budget_tokens"] * 9 + ["ok"] * 3
    assert totals(run)[1] == 900
    assert BudgetEntry.objects.count() == 3


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        ({"tokens": 99}, "budget_tokens"),
        ({"usd": 0.0001}, "budget_usd"),
        ({"seconds": 0.000001}, "budget_seconds"),
    ],
)
def test_the_limit_that_refuses_is_named(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    budget: dict[str, float],
    reason: str,
) -> None:
    run = start(**budget)
    ledger = RunLedger(claim().fence)
    with pytest.raises(BudgetExhausted) as refused:
        run_async(ledger.reserve("k", "writer", "m", 100, 0.01))
    assert refused.value.stop_reason == reason
    assert totals(run) == (0, 0, 0, 0)


def test_a_run_that_spends_nothing_is_not_stopped_by_a_limit_of_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    start(tokens=0, usd=0)
    assert run_async(RunLedger(claim().fence).exhausted()) is None


def test_what_a_dead_worker_reserved_counts_as_spent(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(), claim().fence
    run_async(RunLedger(fence).reserve("k", "writer", "m", 1000, 0.5))
    # The same key again, by the attempt that takes its place.
    Run.objects.filter(pk=run.pk).update(fence=F("fence") + 1)
    later = RunLedger(Fence(fence.run_id, fence.number + 1))

    async def again() -> None:
        await later.reserve("k", "writer", "m", 1000, 0.5)
        await later.settle("k", input_tokens=10, output_tokens=10, usd=0.1, price_known=True)
        await later.reserve("other", "writer", "m", 50, 0.25)

    run_async(again())
    assert totals(run) == (1020, 50, Decimal("0.6"), Decimal("0.25"))
    assert close_left_open(fence.run_id) == 1
    assert totals(run) == (1070, 0, Decimal("0.85"), 0)


def test_a_stale_segment_reserves_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(), claim().fence
    Run.objects.filter(pk=run.pk).update(fence=F("fence") + 1)
    with pytest.raises(FencedOut):
        run_async(RunLedger(fence).reserve("k", "writer", "m", 10, 0.1))


def test_four_fifths_of_a_limit_are_told_once(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, ledger = start(tokens=1000), RunLedger(claim().fence)

    async def spend() -> None:
        for number, tokens in enumerate((700, 150, 50)):
            await ledger.reserve(str(number), "writer", "m", tokens, 0)
            await ledger.settle(
                str(number), input_tokens=tokens, output_tokens=0, usd=0, price_known=True
            )
            assert await ledger.exhausted() is None

    run_async(spend())
    told = Episode.objects.get(run=run, type="budget")
    assert told.content == "85% of a budget limit is used."
    assert told.meta["tokens_spent"] == 850
