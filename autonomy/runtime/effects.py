"""Exactly-once effects: intent, call, record.

A node that is run again after a crash gets the recorded result instead of a second call. What
cannot be known is treated by kind: a model call whose answer was lost may be made again (its cost
stays booked), anything that changes the outside world may not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models.functions import Now
from pydantic import BaseModel

from autonomy.models import Effect, EffectStatus, Run
from autonomy.runtime.db import run_db
from autonomy.runtime.events import storable
from autonomy.runtime.fence import Fence, FencedOut

M = TypeVar("M", bound=BaseModel)

REPEATABLE = frozenset({"model", "search", "read"})
"""Kinds that leave nothing changed outside, so that a lost outcome may be had again."""
KEY_CHARS = 200


class OutcomeUnknown(Exception):
    """An earlier attempt may have changed the outside world; nobody can say whether it did."""

    def __init__(self, key: str, kind: str) -> None:
        super().__init__(f"the outcome of {kind} “{key}” is unknown")
        self.key = key
        self.kind = kind


class RunEffects:
    """`ports.Effects` of one segment."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence

    async def once(
        self, key: str, kind: str, call: Callable[[], Awaitable[M]], model: type[M]
    ) -> M:
        """The recorded result of `key`, or that of `call`, recorded.

        A call that raised is called anew when the node is run again.

        Raises:
            FencedOut: the segment no longer owns the run.
            OutcomeUnknown: see the class; the effect is marked for staff to look at.
        """
        key = _short(key)
        found, recorded = await run_db(self._intend, key, kind)
        if found is EffectStatus.DONE:
            return model.model_validate(recorded)
        if found is EffectStatus.UNKNOWN:
            raise OutcomeUnknown(key, kind)
        try:
            result = await call()
        except Exception:
            await run_db(self._record, key, EffectStatus.FAILED, None)
            raise
        dumped = storable(result.model_dump(mode="json"))
        await run_db(self._record, key, EffectStatus.DONE, dumped)
        return result

    @transaction.atomic
    def _intend(self, key: str, kind: str) -> tuple[EffectStatus, Any]:
        """How the effect stands: DONE with its result, UNKNOWN, or INTENT when it may be made."""
        lock_run(self._fence)
        Effect.objects.bulk_create(
            [
                Effect(
                    run_id=self._fence.run_id,
                    key=key,
                    kind=kind,
                    fence=self._fence.number,
                )
            ],
            ignore_conflicts=True,
        )
        row = Effect.objects.get(run_id=self._fence.run_id, key=key)
        if row.status == EffectStatus.DONE:
            return EffectStatus.DONE, row.result
        unsure = row.status in (EffectStatus.INTENT, EffectStatus.UNKNOWN)
        earlier = row.fence != self._fence.number
        lost = unsure and earlier and kind not in REPEATABLE
        row.status = EffectStatus.UNKNOWN if lost else EffectStatus.INTENT
        row.fence = row.fence if lost else self._fence.number
        row.save(update_fields=["status", "fence"])
        return EffectStatus(row.status), None

    @transaction.atomic
    def _record(self, key: str, status: EffectStatus, result: Any) -> None:
        lock_run(self._fence)
        Effect.objects.filter(run_id=self._fence.run_id, key=key).update(
            status=status, result=result, settled_at=Now()
        )


def _short(key: str) -> str:
    if len(key) <= KEY_CHARS:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_CHARS - 65]}~{digest}"


def lock_run(fence: Fence) -> Run:
    """The run's row, locked until the transaction ends.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    run = (
        Run.objects.select_for_update()
        .filter(pk=fence.run_id, fence=fence.number, status="running")
        .first()
    )
    if run is None:
        raise FencedOut(fence)
    return run
