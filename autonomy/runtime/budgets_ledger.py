"""What a run may spend: reserved before a call, settled after, never over a limit.

`spent + reserved + estimate <= limit` is checked and booked in one UPDATE of the run's row, so
parallel branches and crashed workers cannot overspend together.
"""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from autonomy.core.ports import BudgetExhausted
from autonomy.core.types import EventDraft, StopReason
from autonomy.models import BudgetEntry, Run
from autonomy.runtime.db import run_db
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence, FencedOut

WARN_AT = 0.8
_CENTS = Decimal("0.000001")

SECONDS = "(seconds_spent + COALESCE(extract(epoch FROM now() - beat_at), 0))"
"""Run time including what the next heartbeat will account."""

RESERVE = f"""
UPDATE autonomy_runs
SET tokens_reserved = tokens_reserved + %(tokens)s, usd_reserved = usd_reserved + %(usd)s
WHERE id = %(run)s AND fence = %(fence)s AND status = 'running'
  AND tokens_spent + tokens_reserved + %(tokens)s <= tokens_limit
  AND usd_spent + usd_reserved + %(usd)s <= usd_limit
  AND {SECONDS} < seconds_limit
RETURNING id
"""  # noqa: S608 - constants only

READ = f"""
SELECT fence, status, tokens_spent, tokens_reserved, tokens_limit, {SECONDS}, seconds_limit,
       usd_spent, usd_reserved, usd_limit, budget_warned
FROM autonomy_runs WHERE id = %(run)s
"""  # noqa: S608 - constants only

_MESSAGES = {
    StopReason.BUDGET_TOKENS: "The token budget of this run is used up.",
    StopReason.BUDGET_SECONDS: "The time budget of this run is used up.",
    StopReason.BUDGET_USD: "The money budget of this run is used up.",
}


def _dollars(usd: float) -> Decimal:
    return Decimal(repr(max(0.0, usd))).quantize(_CENTS, rounding=ROUND_UP)


class Account:
    """What the run's row says of its budget at one moment."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.fence, self.status = int(row[0]), str(row[1])
        self.tokens = (int(row[2]), int(row[3]), int(row[4]))
        self.seconds = (float(row[5]), 0.0, float(row[6]))
        self.usd = (float(row[7]), float(row[8]), float(row[9]))
        self.warned = bool(row[10])

    def exhausted(self, tokens: int = 0, usd: float = 0.0) -> StopReason | None:
        """The limit that is reached, or that would be passed by another `tokens` and `usd`."""
        if self.seconds[0] >= self.seconds[2]:
            return StopReason.BUDGET_SECONDS
        if _full(self.tokens, tokens):
            return StopReason.BUDGET_TOKENS
        if _full(self.usd, usd):
            return StopReason.BUDGET_USD
        return None

    def share(self) -> float:
        """The most used limit, 1.0 being all of it. What is only reserved does not count."""
        parts = (self.tokens, self.seconds, self.usd)
        return max((spent / limit for spent, _, limit in parts if limit > 0), default=0.0)

    def meta(self) -> dict[str, float]:
        """As the `budget` event and `BudgetMeter.snapshot` tell it."""
        return {
            "tokens_spent": self.tokens[0],
            "tokens_reserved": self.tokens[1],
            "tokens_limit": self.tokens[2],
            "seconds_spent": round(self.seconds[0], 3),
            "seconds_limit": self.seconds[2],
            "usd_spent": self.usd[0],
            "usd_reserved": self.usd[1],
            "usd_limit": self.usd[2],
        }


def _full(account: tuple[float, float, float], more: float) -> bool:
    spent, reserved, limit = account
    if more > 0:
        return spent + reserved + more > limit
    # A limit of nothing is not "used up" by a run that spends nothing.
    return spent > 0 and spent >= limit


def read_account(run_id: str) -> Account:
    with connection.cursor() as cursor:
        cursor.execute(READ, {"run": run_id})
        row = cursor.fetchone()
    if row is None:
        raise Run.DoesNotExist(run_id)
    return Account(row)


class RunLedger:
    """`core.llm.Ledger` and `ports.BudgetMeter` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence
        self._open: dict[str, Any] = {}

    # ------------------------------------------------------------------ calls

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> None:
        """Set aside `tokens` and `usd` for one request.

        Raises:
            BudgetExhausted: they would go over a limit; nothing is set aside.
            FencedOut: the segment no longer owns the run.
        """
        self._open[key] = await run_db(self._reserve, key, role, model, tokens, _dollars(usd))

    @transaction.atomic
    def _reserve(self, key: str, role: str, model: str, tokens: int, usd: Decimal) -> Any:
        run_id = self._fence.run_id
        parameters: dict[str, Any] = {
            "run": run_id,
            "fence": self._fence.number,
            "tokens": tokens,
            "usd": usd,
        }
        with connection.cursor() as cursor:
            cursor.execute(RESERVE, parameters)
            booked = cursor.fetchone()
        if booked is None:
            account = read_account(run_id)
            reason = account.exhausted(tokens, float(usd))
            if account.fence != self._fence.number or account.status != "running" or not reason:
                raise FencedOut(self._fence)
            raise BudgetExhausted(reason.value, _MESSAGES[reason])
        # The run's row is locked from here on: entries of one run are made one by one.
        known = BudgetEntry.objects.filter(run_id=run_id)
        left_open = known.filter(key=key, settled_at__isnull=True).first()
        if left_open is not None:
            close_as_spent(left_open)
        used = known.filter(key=key).exists()
        number = known.filter(key__startswith=f"{key}~").count() + 2
        entry = BudgetEntry.objects.create(
            run_id=run_id,
            key=f"{key}~{number}" if used else key,
            role=role[:20],
            model=model[:120],
            tokens_reserved=tokens,
            usd_reserved=usd,
        )
        return entry.pk

    async def settle(
        self, key: str, *, input_tokens: int, output_tokens: int, usd: float, price_known: bool
    ) -> None:
        """Book what the request cost. It is booked whoever owns the run by now: money was spent."""
        entry = self._open.pop(key, None)
        if entry is not None:
            await run_db(
                settle_entry, entry, input_tokens, output_tokens, _dollars(usd), price_known
            )
            await run_db(self._warn)

    async def release(self, key: str) -> None:
        """Give the reservation back: the request cost nothing."""
        entry = self._open.pop(key, None)
        if entry is not None:
            await run_db(settle_entry, entry, 0, 0, Decimal(0), True)

    # ------------------------------------------------------------------ the meter

    async def snapshot(self) -> dict[str, float]:
        account = await run_db(read_account, self._fence.run_id)
        return account.meta()

    async def seconds_left(self) -> float:
        """Of the run's time budget, as of the last heartbeat."""
        meta = await self.snapshot()
        return max(0.0, float(meta["seconds_limit"]) - float(meta["seconds_spent"]))

    async def exhausted(self) -> str | None:
        """The `StopReason` value of the limit that is reached, or None."""
        reason = (await run_db(self._warn)).exhausted()
        return reason.value if reason else None

    @transaction.atomic
    def _warn(self) -> Account:
        """Tell once, by a `budget` event, that most of a limit is used."""
        account = read_account(self._fence.run_id)
        if account.share() >= WARN_AT and not account.warned:
            mine = Run.objects.filter(
                pk=self._fence.run_id,
                fence=self._fence.number,
                status="running",
                budget_warned=False,
            )
            if mine.update(budget_warned=True):
                append(self._fence.run_id, [_warning(account)], fence=self._fence)
        return account


def _warning(account: Account) -> EventDraft:
    return EventDraft(
        type="budget",
        source="runtime",
        content=f"{account.share():.0%} of a budget limit is used.",
        meta=dict(account.meta()),
    )


@transaction.atomic
def settle_entry(
    entry_id: Any, input_tokens: int, output_tokens: int, usd: Decimal, price_known: bool
) -> None:
    """Turn a reservation into what was spent; does nothing to one that is settled already."""
    run_id = BudgetEntry.objects.filter(pk=entry_id).values_list("run_id", flat=True).first()
    if run_id is None:
        return
    Run.objects.select_for_update().filter(pk=run_id).first()
    entry = BudgetEntry.objects.filter(pk=entry_id, settled_at__isnull=True).first()
    if entry is None:
        return
    BudgetEntry.objects.filter(pk=entry.pk).update(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        usd=usd,
        price_known=price_known,
        settled_at=Now(),
    )
    Run.objects.filter(pk=run_id).update(
        tokens_reserved=F("tokens_reserved") - entry.tokens_reserved,
        usd_reserved=F("usd_reserved") - entry.usd_reserved,
        tokens_spent=F("tokens_spent") + input_tokens + output_tokens,
        usd_spent=F("usd_spent") + usd,
    )


def close_as_spent(entry: BudgetEntry) -> None:
    """Count an open reservation in full: whoever made it is gone, the provider may charge."""
    settle_entry(entry.pk, entry.tokens_reserved, 0, entry.usd_reserved, False)


@transaction.atomic
def close_left_open(run_id: str) -> int:
    """Count every open reservation of a run whose worker died; how many there were."""
    left = list(BudgetEntry.objects.filter(run_id=run_id, settled_at__isnull=True))
    for entry in left:
        close_as_spent(entry)
    return len(left)
