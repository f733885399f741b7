"""An effects ledger that keeps everything in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel

from autonomy.core.ports import Asked, Repeat

M = TypeVar("M", bound=BaseModel)


class MemoryEffects:
    """Records results as JSON, as the real one does, and keeps nothing of a failed call."""

    def __init__(self) -> None:
        self.recorded: dict[str, str] = {}

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        reconcile: Callable[[], Awaitable[M | Asked]] | None = None,
    ) -> M:
        if key not in self.recorded:
            self.recorded[key] = (await call()).model_dump_json()
        return model.model_validate_json(self.recorded[key])

    def outside_key(self, key: str) -> str:
        return f"run:{key}"
