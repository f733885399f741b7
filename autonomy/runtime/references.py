"""Checking references against registries, within a run and without one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from autonomy.core.ports import Effects, Scholar
from autonomy.core.types import ReferenceCheck, ReferenceVerdict, Source
from autonomy.memory import reference_repo
from autonomy.runtime.db import run_db
from autonomy.tools.reference_check.check import check_reference
from autonomy.tools.reference_check.metadata import fingerprint
from handywriterz.env import env

AT_ONCE = 6
"""References of one run that are asked about at the same time; registries pace themselves."""


class RunReferences:
    """`ports.References` of one segment.

    Args:
        asks: whether there is a registry to ask; without one only what is known counts.
    """

    def __init__(
        self, owner_id: int, scholar: Scholar, effects: Effects, *, asks: bool = True
    ) -> None:
        self._asks = asks
        self._owner_id = owner_id
        self._scholar = scholar
        self._effects = effects
        self._late: set[str] = set()
        """Whom this segment has waited for in vain once."""

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        """See `ports.References`. Nothing that registries do is raised."""
        ids = [source.id for source in sources]
        rows = await run_db(reference_repo.references, self._owner_id, ids)
        days = env().reference_recheck_days
        known = {i: check for i, row in rows.items() if (check := reference_repo.holds(row, days))}
        due = (
            {}
            if not (ask and self._asks)
            else {i: row.csl for i, row in rows.items() if i not in known}
        )
        places = asyncio.Semaphore(AT_ONCE)

        async def call(source_id: str, csl: dict[str, Any]) -> ReferenceCheck:
            async with places:
                return await self._effects.once(
                    f"{key}:reference:{source_id}:{fingerprint(csl)}",
                    "read",
                    lambda: check_reference(csl, self._scholar),
                    ReferenceCheck,
                )

        found = await bounded(
            {i: _call(call, i, csl) for i, csl in due.items() if i not in self._late}
        )
        for source_id, csl in due.items():
            check = found.get(source_id) or unanswered(csl)
            if source_id not in found:
                self._late.add(source_id)
            await run_db(reference_repo.store, source_id, check)
            known[source_id] = check.model_copy(update={"source_id": source_id})
        return [known[i] for i in ids if i in known]


def _call(
    ask: Callable[[str, dict[str, Any]], Awaitable[ReferenceCheck]], i: str, csl: dict[str, Any]
) -> Callable[[], Awaitable[ReferenceCheck]]:
    return lambda: ask(i, csl)


async def bounded(
    calls: dict[str, Callable[[], Awaitable[ReferenceCheck]]],
) -> dict[str, ReferenceCheck]:
    """What came of the calls within REFERENCE_CHECK_SECONDS, by name; the rest is broken off."""
    if not calls:
        return {}
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    try:
        done, late = await asyncio.wait(tasks.values(), timeout=env().reference_check_seconds)
    finally:
        for task in tasks.values():
            task.cancel()
    # Their ends are awaited, so that no call outlives the node that made it.
    await asyncio.gather(*late, return_exceptions=True)
    return {name: task.result() for name, task in tasks.items() if task in done}


def unanswered(csl: dict[str, Any]) -> ReferenceCheck:
    """The outcome of a reference whose registries took too long."""
    return ReferenceCheck(
        verdict=ReferenceVerdict.UNREACHABLE,
        reason=f"No registry answered within {env().reference_check_seconds:g} seconds.",
        fingerprint=fingerprint(csl),
        checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
