"""Events of some runs, out of PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.db import InterfaceError, OperationalError
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from autonomy import services
from autonomy.api.stream import Batch, LogAway, Position, Scope, Signature
from autonomy.core.types import TERMINAL_STATUSES, Event
from autonomy.models import Run
from autonomy.runtime.db import run_db


@dataclass(frozen=True, slots=True)
class Target:
    """What can be followed: one run, or all runs of a conversation as they appear."""

    kind: Literal["run", "conversation"]
    id: uuid.UUID

    @property
    def group(self) -> str:
        """The channel-layer group that the runtime hints to."""
        return f"{self.kind}.{self.id}"

    def runs(self) -> QuerySet[Run]:
        if self.kind == "run":
            return Run.objects.filter(pk=self.id)
        return Run.objects.filter(conversation_id=self.id)


def oldest_of(position: dict[str, int]) -> str:
    """The first run that a client's cursor names; those before it count as delivered. Nothing
    does when it is no id."""
    try:
        return str(uuid.UUID(min(position, default="")))
    except ValueError:
        return ""


async def signatures(targets: Sequence[Target]) -> dict[str, Signature]:
    """What there is of each target, by group; those without a run are left out. Two queries,
    however many targets there are.

    Raises:
        LogAway: the database cannot be reached.
    """
    try:
        return await run_db(_signatures, targets)
    except (OperationalError, InterfaceError) as error:
        raise LogAway from error


def _signatures(targets: Sequence[Target]) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    unfinished = ~Q(status__in=TERMINAL_STATUSES)
    for kind, column in (("run", "id"), ("conversation", "conversation_id")):
        ids = [target.id for target in targets if target.kind == kind]
        if not ids:
            continue
        rows = (
            Run.objects.filter(**{f"{column}__in": ids})
            .order_by()
            .values(column)
            .annotate(
                runs=Count("pk"),
                events=Sum("last_seq"),
                open_runs=Count("pk", filter=unfinished),
                fences=Coalesce(Sum("fence", filter=unfinished), 0),
            )
            .values_list(column, "runs", "events", "open_runs", "fences")
        )
        for row_id, runs, events, open_runs, fences in rows:
            found[f"{kind}.{row_id}"] = (runs, events, open_runs, fences)
    return found


class RunsFeed:
    """Implements `stream.Feed` over the runs of `target`.

    Args:
        on_finished: called in the reading thread for each `run.finished`, before it is sent.
    """

    def __init__(self, target: Target, *, on_finished: Callable[[str], None] | None = None) -> None:
        self.target = target
        self._on_finished = on_finished

    async def read(self, position: Position, limit: int) -> Batch:
        """See `stream.Feed`."""
        try:
            return await run_db(self._read, Position(dict(position.seen), position.oldest), limit)
        except (OperationalError, InterfaceError) as error:
            raise LogAway from error

    async def scope(self) -> Scope:
        """The runs as they stand now.

        Raises:
            LogAway: the database cannot be reached.
        """
        try:
            return await run_db(self._scope, "")
        except (OperationalError, InterfaceError) as error:
            raise LogAway from error

    def _scope(self, oldest: str) -> Scope:
        rows = self.target.runs().order_by("id")
        if oldest:
            rows = rows.filter(id__gte=oldest)
        found = list(rows.values_list("id", "last_seq", "status", "fence"))
        return Scope(
            runs=[str(run_id) for run_id, *_ in found],
            heads={str(run_id): last_seq for run_id, last_seq, *_ in found},
            unfinished={
                str(run_id): fence
                for run_id, _, status, fence in found
                if status not in TERMINAL_STATUSES
            },
        )

    def _read(self, position: Position, limit: int) -> Batch:
        # Heads first: a run seen as finished has logged everything that the next queries find.
        scope = self._scope(position.oldest)
        events: list[Event] = []
        more = False
        for run_id, head in scope.heads.items():
            if position.has(run_id, head):
                continue
            if len(events) >= limit:
                more = True
                break
            room = limit - len(events)
            found = services.events_after(run_id, position.seen.get(run_id, 0), room)
            events.extend(found)
            more = len(found) >= room
        if self._on_finished is not None:
            for event in events:
                if event.type == "run.finished" and event.run_id:
                    self._on_finished(event.run_id)
        return Batch(events, scope, more)
