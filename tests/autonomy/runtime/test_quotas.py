"""Quotas per user and UTC day: exact under races, over all runs of a user, and only of that user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.db import connection
from langgraph.runtime import RunControl

from autonomy import services
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.types import TaskSpec
from autonomy.models import BudgetEntry, Episode, Job, Quota, Run, UsageDay
from autonomy.runtime import quotas
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.runtime.graphs import line

Limits = Callable[..., None]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Sets the deployment's quotas."""

    def change(**values: Any) -> None:
        changed = quotas.env().model_copy(
            update={f"quota_{name}_per_day": value for name, value in values.items()}
        )
        monkeypatch.setattr(quotas, "env", lambda: changed)

    return change


def test_of_fifty_simultaneous_starts_exactly_ten_happen(
    start: Callable[..., Run], limits: Limits, alice: User
) -> None:
    limits(runs=10)

    def attempt(_: int) -> bool:
        try:
            start(owner=alice)
        except services.QuotaUsedUp:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(25) as pool:
        started = sum(pool.map(attempt, range(50)))
    assert started == 10
    assert Run.objects.count() == Job.objects.count() == Episode.objects.count() == 10
    assert UsageDay.objects.get().runs == 10


def test_a_refusal_says_what_was_used_and_when_it_starts_anew(
    start: Callable[..., Run], limits: Limits
) -> None:
    limits(runs=1)
    start()
    with pytest.raises(services.QuotaUsedUp) as refused:
        start()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert (refused.value.code, refused.value.status) == ("quota_runs", 429)
    assert (refused.value.used, refused.value.limit) == (1, 1)
    assert refused.value.resets_at == datetime(
        tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC
    )
    assert 1 <= refused.value.retry_after <= 86_400


def test_a_users_own_quota_goes_before_the_deployments_and_nought_is_no_limit(
    start: Callable[..., Run], limits: Limits, alice: User, bob: User
) -> None:
    limits(runs=1)
    Quota.objects.create(user=alice, runs_per_day=2)
    Quota.objects.create(user=bob, runs_per_day=0)
    for _ in range(2):
        start(owner=alice)
    for _ in range(4):
        start(owner=bob)
    with pytest.raises(services.QuotaUsedUp):
        start(owner=alice)


def test_a_limit_that_is_lifted_while_it_refuses_refuses_nobody(
    start: Callable[..., Run], limits: Limits, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(runs=1)
    start()
    usage_today = quotas.usage_today

    def lifted_first(owner_id: int) -> quotas.Usage:
        Quota.objects.update_or_create(user=alice, defaults={"runs_per_day": 0})
        return usage_today(owner_id)

    monkeypatch.setattr(quotas, "usage_today", lifted_first)
    quotas.count_run(alice.pk)
    assert usage_today(alice.pk).runs == quotas.Amount(2, 0, None)


def test_without_quotas_use_is_counted_all_the_same(start: Callable[..., Run], alice: User) -> None:
    start()
    start()
    usage = services.usage_today(alice)
    assert (usage.runs.spent, usage.runs.limit, usage.runs.left) == (2, None, None)


def test_the_same_request_sent_again_is_not_counted_again(
    start: Callable[..., Run], alice: User
) -> None:
    spec = TaskSpec(goal="Once", journey="write")
    for _ in range(3):
        services.start_run(alice, spec, idempotency_key="k")
    assert UsageDay.objects.get().runs == 1


@pytest.mark.parametrize(
    ("per_day", "asked"), [({"tokens": 1_000}, (600, 0.0)), ({"usd": 1}, (1, 0.6))]
)
def test_runs_of_one_user_share_the_day_and_those_of_another_do_not(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    limits: Limits,
    bob: User,
    per_day: dict[str, float],
    asked: tuple[int, float],
) -> None:
    limits(**per_day)
    for _ in range(2):
        start()
    first, second = RunLedger(claim().fence), RunLedger(claim().fence)
    start(owner=bob)
    others = RunLedger(claim().fence)
    run_async(first.reserve("k", "writer", "m", *asked))
    with pytest.raises(BudgetExhausted) as refused:
        run_async(second.reserve("k", "writer", "m", *asked))
    run_async(others.reserve("k", "writer", "m", *asked))
    assert refused.value.stop_reason == "quota"
    assert "00:00 UTC" in str(refused.value)
    assert run_async(second.exhausted()) == "quota"
    assert run_async(first.exhausted()) is None
    run_async(first.release("k"))
    assert run_async(second.exhausted()) is None
    run_async(second.reserve("k", "writer", "m", *asked))


def test_a_run_that_spends_nothing_goes_on_when_the_day_is_used_up(
    start: Callable[..., Run], claim: Callable[[], Claim], limits: Limits, alice: User
) -> None:
    limits(tokens=100)
    start()
    UsageDay.objects.filter(user=alice).update(tokens_spent=100)
    assert run_async(RunLedger(claim().fence).exhausted()) is None


def test_a_run_that_needs_more_than_the_day_has_ends_as_such_with_nothing_left_reserved(
    start: Callable[..., Run], claim: Callable[[], Claim], limits: Limits, alice: User
) -> None:
    limits(tokens=1_000)
    run = start()

    async def spend(loop: int, deps: Deps) -> None:
        ledger = cast("RunLedger", deps.budget)
        await ledger.reserve(f"call {loop}", "writer", "m", 700, 0.1)
        await ledger.settle(
            f"call {loop}", input_tokens=600, output_tokens=50, usd=0.1, price_known=True
        )

    run_async(Runner(line(4, before=spend)).drive(claim(), RunControl()))
    run.refresh_from_db()
    assert (run.stop_reason, run.tokens_spent, run.tokens_reserved) == ("quota", 650, 0)
    told = Episode.objects.get(run=run, type="run.finished")
    assert "00:00 UTC" in told.content
    assert UsageDay.objects.get(user=alice).tokens_spent == 650


def test_parallel_runs_never_pass_the_day_together(
    start: Callable[..., Run], claim: Callable[[], Claim], limits: Limits
) -> None:
    limits(tokens=1_000)
    for _ in range(3):
        start()
    ledgers = [RunLedger(claim().fence) for _ in range(3)]

    async def race() -> list[str]:
        async def one(number: int) -> str:
            try:
                await ledgers[number % 3].reserve(str(number), "writer", "m", 150, 0)
            except BudgetExhausted as refused:
                return refused.stop_reason
            return "ok"

        return await asyncio.gather(*(one(number) for number in range(30)))

    assert sorted(run_async(race())) == ["ok"] * 6 + ["quota"] * 24
    assert UsageDay.objects.get().tokens_reserved == 900


def test_what_was_reserved_before_midnight_is_settled_on_that_day(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    start()
    ledger = RunLedger(claim().fence)
    run_async(ledger.reserve("k", "writer", "m", 500, 0.5))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    UsageDay.objects.update(day=yesterday)
    BudgetEntry.objects.update(day=yesterday)
    run_async(ledger.settle("k", input_tokens=50, output_tokens=1, usd=0.25, price_known=True))
    run_async(ledger.reserve("next", "writer", "m", 10, 0.1))
    days = UsageDay.objects.order_by("day").values_list("day", "tokens_spent", "tokens_reserved")
    assert list(days) == [(yesterday, 51, 0), (yesterday + timedelta(days=1), 0, 10)]
    assert UsageDay.objects.get(day=yesterday).usd_spent == Decimal("0.25")


def test_allowances_start_anew_at_midnight_utc() -> None:
    assert quotas.resets_at(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)
