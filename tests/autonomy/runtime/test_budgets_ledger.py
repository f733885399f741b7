"""Budgets: never over a limit, whoever races or dies."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F

from autonomy import services
from autonomy.core.ports import BudgetExhausted
from autonomy.models import BudgetEntry, Episode, Run, UsageDay
from autonomy.runtime import budgets_ledger
from autonomy.runtime.budgets_ledger import RunLedger, close_left_open
from autonomy.runtime.db import run_db
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.prepared import execute
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


def test_the_seconds_left_run_on_between_two_looks_at_the_row(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start(seconds=100)
    now = [1000.0]
    ledger = RunLedger(claim().fence, clock=lambda: now[0])
    first = run_async(ledger.seconds_left())
    assert 90 < first <= 100

    Run.objects.filter(pk=run.pk).update(seconds_limit=500)
    now[0] += 10
    assert run_async(ledger.seconds_left()) == pytest.approx(first - 10)
    now[0] += budgets_ledger.REMEMBERED_SECONDS
    assert 400 < run_async(ledger.seconds_left()) <= 500


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


@pytest.mark.parametrize(
    ("asked", "account", "reason"),
    [
        ((0, 0.01), {"tokens_spent": 50, "tokens_reserved": 60}, "budget_tokens"),
        ((10, 0.0), {"usd_spent": Decimal("0.5"), "usd_reserved": Decimal("0.6")}, "budget_usd"),
    ],
)
def test_a_call_of_no_price_is_refused_for_the_limit_that_an_expensive_answer_has_passed(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    asked: tuple[int, float],
    account: dict[str, float],
    reason: str,
) -> None:
    run = start(tokens=100, usd=1)
    ledger = RunLedger(claim().fence)
    Run.objects.filter(pk=run.pk).update(**account)
    with pytest.raises(BudgetExhausted) as refused:
        run_async(ledger.reserve("k", "writer", "m", *asked))
    assert refused.value.stop_reason == reason


def test_a_run_that_spends_nothing_is_not_stopped_by_a_limit_of_nothing(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    start(tokens=0, usd=0)
    assert run_async(RunLedger(claim().fence).exhausted()) is None


def successor(fence: Fence) -> Fence:
    """The segment that owns the run after `fence` is over."""
    Run.objects.filter(pk=fence.run_id).update(fence=F("fence") + 1)
    return Fence(fence.run_id, fence.number + 1)


def test_what_a_dead_worker_reserved_counts_as_spent(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(), claim().fence
    run_async(RunLedger(fence).reserve("k", "writer", "m", 1000, 0.5))
    mine = successor(fence)
    assert close_left_open(mine) == 1
    told = Episode.objects.filter(run=run, type="budget").order_by("seq").last()
    assert told is not None
    assert told.content == "A call whose outcome is unknown was counted in full (1,000 tokens)."
    assert told.meta["tokens_spent"] == 1000
    later = RunLedger(mine)

    async def again() -> None:  # the same key, by the attempt that takes its place
        await later.reserve("k", "writer", "m", 1000, 0.5)
        await later.settle("k", input_tokens=10, output_tokens=10, usd=0.1, price_known=True)

    run_async(again())
    assert totals(run) == (1020, 0, Decimal("0.6"), 0)
    assert sorted(BudgetEntry.objects.values_list("key", "assumed")) == [
        ("k", True),
        ("k~2", False),
    ]


def test_only_reservations_of_older_segments_are_closed_and_only_by_the_newest(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(), claim().fence
    run_async(RunLedger(fence).reserve("old", "writer", "m", 100, 0.1))
    mine = successor(fence)
    run_async(RunLedger(mine).reserve("living", "writer", "m", 10, 0.01))
    assert close_left_open(fence) == 0
    assert close_left_open(mine) == 1
    assert totals(run) == (100, 10, Decimal("0.1"), Decimal("0.01"))


def test_what_a_worker_that_seemed_lost_says_after_all_replaces_what_was_assumed(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(), claim().fence
    slow = RunLedger(fence)
    run_async(slow.reserve("k", "writer", "m", 1000, 0.5))
    close_left_open(successor(fence))
    assert totals(run) == (1000, 0, Decimal("0.5"), 0)
    run_async(slow.settle("k", input_tokens=7, output_tokens=3, usd=0.2, price_known=True))
    assert totals(run) == (10, 0, Decimal("0.2"), 0)


@pytest.mark.parametrize("late", [True, False])
def test_a_run_that_ends_leaves_nothing_reserved(
    start: Callable[..., Run], claim: Callable[[], Claim], late: bool
) -> None:
    run, ledger = start(), RunLedger(claim().fence)
    run_async(ledger.reserve("k", "writer", "m", 1000, 0.5))
    services.cancel(run)
    assert totals(run) == (1000, 0, Decimal("0.5"), 0)
    if late:  # the cancelled call had cost less
        run_async(ledger.settle("k", input_tokens=9, output_tokens=0, usd=0.1, price_known=False))
        assert totals(run) == (9, 0, Decimal("0.1"), 0)
    assert not BudgetEntry.objects.filter(settled_at__isnull=True).exists()


def test_what_a_provider_used_beyond_the_reservation_is_booked_and_nothing_more_is_reserved(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, ledger = start(tokens=1000), RunLedger(claim().fence)

    async def greedy() -> None:
        await ledger.reserve("k", "writer", "m", 900, 0)
        await ledger.settle("k", input_tokens=900, output_tokens=300, usd=0, price_known=True)
        await ledger.reserve("more", "writer", "m", 1, 0)

    with pytest.raises(BudgetExhausted):
        run_async(greedy())
    assert totals(run) == (1200, 0, 0, 0)


def test_a_bill_that_could_not_be_written_is_still_owed_and_is_written_by_the_next_try(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, ledger = start(), RunLedger(claim().fence)

    async def settle() -> None:
        await ledger.settle("k", input_tokens=7, output_tokens=3, usd=0.2, price_known=True)

    async def never(*_: object) -> None:
        raise asyncio.CancelledError  # as a call that is cancelled while it waits for a thread

    async def calls() -> None:
        await ledger.reserve("k", "writer", "m", 1000, 0.5)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(budgets_ledger, "run_db", never)
            with pytest.raises(asyncio.CancelledError):
                await settle()
        await settle()

    run_async(calls())
    assert totals(run) == (10, 0, Decimal("0.2"), 0)


@pytest.mark.parametrize("call", ["reserve", "settle", "release"])
def test_each_booking_is_one_statement(
    start: Callable[..., Run], claim: Callable[[], Claim], call: str
) -> None:
    start()
    ledger = RunLedger(claim().fence)
    sent: list[str] = []

    def counted(statement: str, parameters: dict[str, object]) -> list[tuple[object, ...]]:
        sent.append(statement)
        return execute(statement, parameters)

    async def calls() -> None:
        if call != "reserve":
            await ledger.reserve("k", "writer", "m", 10, 0.01)
        sent.clear()
        match call:
            case "reserve":
                await ledger.reserve("k", "writer", "m", 10, 0.01)
            case "settle":
                await ledger.settle("k", input_tokens=1, output_tokens=1, usd=0, price_known=True)
            case _:
                await ledger.release("k")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budgets_ledger, "execute", counted)
        run_async(calls())
    assert len(sent) == 1


def test_a_watcher_never_sees_more_than_the_limit_while_branches_race(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(tokens=5_000, usd=1), claim().fence
    over = threading.Event()
    seen: list[tuple[int, Decimal]] = []

    def watch() -> None:
        while not over.is_set():
            row = Run.objects.values_list(
                "tokens_spent", "tokens_reserved", "usd_spent", "usd_reserved"
            ).get(pk=run.pk)
            seen.append((row[0] + row[1], row[2] + row[3]))
        connection.close()

    async def branch(number: int) -> int:
        dice, ledger, booked = random.Random(number), RunLedger(fence), 0
        for call in range(30):
            tokens, usd = dice.randint(1, 900), dice.random() / 5
            key = f"{number}:{call}"
            try:
                await ledger.reserve(key, "writer", "m", tokens, usd)
            except BudgetExhausted:
                continue
            if dice.random() < 0.6:
                await ledger.release(key)
                continue
            share = dice.random() / 10
            used = int(tokens * share)
            await ledger.settle(
                key, input_tokens=used, output_tokens=0, usd=usd * share, price_known=True
            )
            booked += used
        return booked

    async def race() -> list[int]:
        return await asyncio.gather(*(branch(number) for number in range(8)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        spent = run_async(race())
    finally:
        over.set()
        watcher.join()
    run.refresh_from_db()
    assert (run.tokens_spent, run.tokens_reserved, run.usd_reserved) == (sum(spent), 0, 0)
    assert len(seen) > 20
    assert max(tokens for tokens, _ in seen) <= 5_000
    assert max(usd for _, usd in seen) <= 1
    day = UsageDay.objects.get()
    assert (day.tokens_spent, day.tokens_reserved, day.usd_reserved) == (sum(spent), 0, 0)
    assert day.usd_spent == run.usd_spent


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


def test_fifty_deaths_at_a_tight_budget_never_pass_it(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence = start(tokens=2_000, usd=1), claim().fence
    dice = random.Random(50)
    most = 0

    async def live(ledger: RunLedger, life: int) -> None:
        """Three branches; each call ends in a settlement, a release, or never."""

        async def branch(number: int) -> None:
            nonlocal most
            for call in range(3):
                tokens = dice.randint(10, 400)
                # Half the keys come again in the next life, as those of a re-executed step do.
                key = f"{number}:{call}" if dice.random() < 0.5 else f"{life}:{number}:{call}"
                try:
                    await ledger.reserve(key, "writer", "m", tokens, tokens / 4_000)
                except BudgetExhausted:
                    continue
                spent, reserved, usd_spent, usd_reserved = await run_db(totals, run)
                assert usd_spent + usd_reserved <= 1
                most = max(most, spent + reserved)
                if dice.random() < 0.5:
                    await ledger.release(key)
                elif dice.random() < 0.9:
                    await ledger.settle(
                        key,
                        input_tokens=tokens // 50,
                        output_tokens=0,
                        usd=0.0001,
                        price_known=True,
                    )

        await asyncio.gather(*(branch(number) for number in range(3)))

    for life in range(50):
        ledger = RunLedger(fence)
        run_async(live(ledger, life))
        fence = successor(fence)
        close_left_open(fence)
        spent, reserved, _, usd_reserved = totals(run)
        assert (reserved, usd_reserved) == (0, 0)
        assert spent <= 2_000
    assert 1_500 < most <= 2_000, "the limit was felt, and held"
    entries = BudgetEntry.objects.filter(run=run)
    assert sum((e.input_tokens or 0) + (e.output_tokens or 0) for e in entries) == spent
