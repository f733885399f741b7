"""What a run may spend: reserved before a call, settled after, never over a limit.

`spent + reserved + estimate <= limit` is checked and booked in one statement, for the run and for
its owner's day, so that neither parallel branches nor crashed workers can overspend together.

A reservation is an upper bound (the prompt, counted high, and the most tokens that the answer may
have, which the provider is told too). Should a provider charge more all the same, the truth is
booked: then `spent` alone may pass the limit by that excess, and nothing further is reserved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import transaction

from autonomy.core.ports import BudgetExhausted
from autonomy.core.types import EventDraft, StopReason
from autonomy.models import Run
from autonomy.models.fields import new_id
from autonomy.runtime import quotas
from autonomy.runtime.budget_statements import CLOSE_ALL, CLOSE_LEFT, READ, RESERVE, SETTLE
from autonomy.runtime.db import run_db
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.prepared import execute

WARN_AT = 0.8
KEY_CHARS = 180
REMEMBERED_SECONDS = 30.0
"""How long `seconds_left` goes by the clock from what the run's row said last: its time runs on by
itself, and a limit that somebody moves meanwhile is checked where money is set aside."""
_MICRODOLLAR = Decimal("0.000001")
_TRIES = 100
"""Each of them failed only because another call's end made room in the very moment."""

_MESSAGES = {
    StopReason.BUDGET_TOKENS: "The token budget of this run is used up.",
    StopReason.BUDGET_SECONDS: "The time budget of this run is used up.",
    StopReason.BUDGET_USD: "The money budget of this run is used up.",
    StopReason.QUOTA: "Your allowance for today is used up; it starts anew at 00:00 UTC.",
}


def _dollars(usd: float) -> Decimal:
    return Decimal(repr(max(0.0, usd))).quantize(_MICRODOLLAR, rounding=ROUND_UP)


class Account:
    """What the run's row says of its budget at one moment; `day` is the owner's, where asked for."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.fence, self.status = int(row[0]), str(row[1])
        self.tokens = (int(row[2]), int(row[3]), int(row[4]))
        self.seconds = (float(row[5]), 0.0, float(row[6]))
        self.usd = (Decimal(row[7]), Decimal(row[8]), Decimal(row[9]))
        self.warned = bool(row[10])
        self._day = row[11:]

    def exhausted(self) -> StopReason | None:
        """The limit that is reached: whatever the run wants next, it cannot have."""
        if self.seconds[0] >= self.seconds[2]:
            return StopReason.BUDGET_SECONDS
        if _full(self.tokens[0], self.tokens[2]):
            return StopReason.BUDGET_TOKENS
        if _full(self.usd[0], self.usd[2]):
            return StopReason.BUDGET_USD
        # A run that needs no allowance goes on when others have used it up.
        wants = self.tokens[0] or self.usd[0]
        full = any(_full(spent, limit) for spent, _, limit in self._days())
        return StopReason.QUOTA if wants and full else None

    def refuses(self, tokens: int, usd: Decimal) -> StopReason | None:
        """The limit for which RESERVE books nothing of this size: the same conditions, which are
        about the request, where `exhausted` is about the run."""
        if self.seconds[0] >= self.seconds[2]:
            return StopReason.BUDGET_SECONDS
        if _over(*self.tokens, tokens):
            return StopReason.BUDGET_TOKENS
        if _over(*self.usd, usd):
            return StopReason.BUDGET_USD
        sizes = (Decimal(tokens), usd)
        over = any(_over(*day, size) for day, size in zip(self._days(), sizes, strict=False))
        return StopReason.QUOTA if over else None

    def _days(self) -> list[tuple[Any, Any, Any]]:
        """Spent, reserved and limit of the owner's day, in tokens and in dollars."""
        if not self._day:
            return []
        tokens, tokens_open, tokens_limit, usd, usd_open, usd_limit = self._day
        return [(tokens, tokens_open, tokens_limit), (usd, usd_open, usd_limit)]

    def share(self) -> float:
        """The most used limit, 1.0 being all of it. What is only reserved does not count."""
        parts = (self.tokens, self.seconds, self.usd)
        shares = (float(spent) / float(limit) for spent, _, limit in parts if limit > 0)
        return max(shares, default=0.0)

    def meta(self) -> dict[str, float]:
        """As the `budget` event and `BudgetMeter.snapshot` tell it."""
        return {
            "tokens_spent": self.tokens[0],
            "tokens_reserved": self.tokens[1],
            "tokens_limit": self.tokens[2],
            "seconds_spent": round(self.seconds[0], 3),
            "seconds_limit": self.seconds[2],
            "usd_spent": float(self.usd[0]),
            "usd_reserved": float(self.usd[1]),
            "usd_limit": float(self.usd[2]),
        }


def _over(spent: Any, reserved: Any, limit: Any, more: int | Decimal) -> bool:
    """Whether `more` does not fit; a limit of None has room for anything."""
    return limit is not None and Decimal(spent) + Decimal(reserved) + Decimal(more) > Decimal(limit)


def _full(spent: Any, limit: Any) -> bool:
    # A limit of nothing is not "used up" by a run that spends nothing.
    return limit is not None and spent > 0 and Decimal(spent) >= Decimal(limit)


def read_account(run_id: str) -> Account:
    """The run's account with its owner's day."""
    found = execute(READ, {"run": run_id, **_per_day()})
    if not found:
        raise Run.DoesNotExist(run_id)
    return Account(found[0])


def _per_day() -> dict[str, Any]:
    limits = quotas.settings()
    return {name: limits[name] for name in ("tokens_per_day", "usd_per_day")}


class RunLedger:
    """`core.llm.Ledger` and `ports.BudgetMeter` of one segment.

    Args:
        clock: seconds that only go on, for tests.
    """

    def __init__(self, fence: Fence, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fence = fence
        self._clock = clock
        self._left: tuple[float, float] | None = None
        """Seconds of run time that were left, and when."""
        self._open: dict[str, Any] = {}
        self._refused: tuple[int, Decimal] | None = None
        """What the owner's day had no room for."""

    # ------------------------------------------------------------------ calls

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        """Set aside `tokens` and `usd` for one request; returns the entry's key.

        Raises:
            BudgetExhausted: they would go over a limit; nothing is set aside.
            FencedOut: the segment no longer owns the run.
        """
        entry, booked_as = await run_db(self._reserve, key, role, model, tokens, _dollars(usd))
        self._open[key] = entry
        return booked_as

    def _reserve(
        self, key: str, role: str, model: str, tokens: int, usd: Decimal
    ) -> tuple[Any, str]:
        parameters: dict[str, Any] = {
            "run": self._fence.run_id,
            "fence": self._fence.number,
            "entry": new_id(),
            "day": new_id(),
            "key": key[:KEY_CHARS],
            "role": role[:20],
            "model": model[:120],
            "tokens": tokens,
            "usd": usd,
        }
        for _ in range(_TRIES):
            booked = execute(RESERVE, {**parameters, **_per_day()})
            if booked:
                return booked[0][0], str(booked[0][1])
            account = read_account(self._fence.run_id)
            if account.fence != self._fence.number or account.status != "running":
                raise FencedOut(self._fence)
            reason = account.refuses(tokens, usd)
            if reason is not None:
                if reason is StopReason.QUOTA:
                    self._refused = (tokens, usd)
                raise BudgetExhausted(reason.value, _MESSAGES[reason])
        raise RuntimeError(f"refused {_TRIES} times although every limit had room for it")

    async def settle(
        self, key: str, *, input_tokens: int, output_tokens: int, usd: float, price_known: bool
    ) -> None:
        """Book what the request cost. It is booked whoever owns the run by now: money was spent."""
        await self._end(key, input_tokens, output_tokens, _dollars(usd), price_known)

    async def release(self, key: str) -> None:
        """Give the reservation back: the request cost nothing."""
        await self._end(key, 0, 0, Decimal(0), True)

    async def _end(self, key: str, *booked: Any) -> None:
        entry = self._open.get(key)
        if entry is not None:
            await run_db(self._settle, entry, *booked)
            # Only now: a booking that failed or never began can still be made good.
            self._open.pop(key, None)

    def _settle(
        self, entry: Any, input_tokens: int, output_tokens: int, usd: Decimal, price_known: bool
    ) -> None:
        parameters: dict[str, Any] = {
            "run": self._fence.run_id,
            "entry": entry,
            "input": input_tokens,
            "output": output_tokens,
            "usd": usd,
            "known": price_known,
        }
        booked = execute(SETTLE, parameters)
        if booked:
            account = Account(booked[0])
            self._remember(account)
            self._warn(account)

    # ------------------------------------------------------------------ the meter

    async def snapshot(self) -> dict[str, float]:
        account = await run_db(read_account, self._fence.run_id)
        self._remember(account)
        return account.meta()

    async def seconds_left(self) -> float:
        """Of the run's time budget. Asked before every call, so mostly answered from memory."""
        now = self._clock()
        if self._left is None or now - self._left[1] > REMEMBERED_SECONDS:
            await self.snapshot()
        left, then = self._left or (0.0, now)
        return max(0.0, left - max(0.0, now - then))

    def _remember(self, account: Account) -> None:
        spent, _, limit = account.seconds
        self._left = (limit - spent, self._clock())

    async def exhausted(self) -> str | None:
        """The `StopReason` value of the limit that is reached, or None. An allowance of the day
        that has refused a request counts as reached until it has room for it."""
        reason = await run_db(self._exhausted)
        return reason.value if reason else None

    def _exhausted(self) -> StopReason | None:
        account = read_account(self._fence.run_id)
        self._warn(account)
        reason = account.exhausted()
        if reason is None and self._refused is not None:
            again = account.refuses(*self._refused)
            reason = again if again is StopReason.QUOTA else None
        return reason

    def _warn(self, account: Account) -> None:
        """Tell once, by a `budget` event, that most of a limit is used."""
        if account.share() < WARN_AT or account.warned:
            return
        with transaction.atomic():
            mine = Run.objects.filter(
                pk=self._fence.run_id,
                fence=self._fence.number,
                status="running",
                budget_warned=False,
            )
            if mine.update(budget_warned=True):
                append(self._fence.run_id, [_warning(account)], fence=self._fence)


def _warning(account: Account) -> EventDraft:
    return EventDraft(
        type="budget",
        source="runtime",
        content=f"{account.share():.0%} of a budget limit is used.",
        meta=dict(account.meta()),
    )


def close_left_open(fence: Fence) -> int:
    """Count in full what segments before this one left reserved: they are gone, and the provider
    may charge. The run's log says so. How many reservations there were; none when this segment is
    not the newest."""
    with transaction.atomic():
        calls, tokens = _closed(CLOSE_LEFT, {"run": fence.run_id, "fence": fence.number})
        if calls:
            append(fence.run_id, [_assumed(calls, tokens, read_account(fence.run_id))], fence=fence)
    return calls


def _assumed(calls: int, tokens: int, account: Account) -> EventDraft:
    one = calls == 1
    said = (
        "A call whose outcome is unknown was" if one else f"{calls} calls of unknown outcome were"
    )
    return EventDraft(
        type="budget",
        source="runtime",
        content=f"{said} counted in full ({tokens:,} tokens).",
        meta=dict(account.meta()),
    )


def close_all(run_id: object) -> int:
    """Count in full whatever a run that ends has reserved, in the caller's transaction, which has
    the run's row locked. A call that is just being cancelled corrects it by what it cost."""
    return _closed(CLOSE_ALL, {"run": str(run_id)})[0]


def _closed(statement: str, parameters: dict[str, Any]) -> tuple[int, int]:
    """How many reservations were closed, and the tokens they held."""
    found = execute(statement, parameters)
    return (int(found[0][0]), int(found[0][1])) if found else (0, 0)
