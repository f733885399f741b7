"""Runs that keep coming while something is hurt, each watched through a stream and a socket."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx

from tests.chaos.product import GOAL, Person, Product
from tests.chaos.watching import Viewer


class Load:
    """Keeps `width` runs of `person` going, with two viewers each.

    Every message carries an idempotency key and is sent until it is accepted, as a careful client
    would; a run that exists twice would show.
    """

    def __init__(self, product: Product, person: Person, width: int, words: int = 800) -> None:
        self.product = product
        self.person = person
        self.viewers: list[Viewer] = []
        self.runs: dict[str, str] = {}
        """Idempotency key of each accepted message → its run."""
        self.answers: list[tuple[float, int]] = []
        """When each answer to a message came (epoch), and its status; 0 for none."""
        self.sent: list[float] = []
        """Seconds that accepted messages took."""
        self._width = width
        self._words = words
        self._ending = False
        self._tasks: list[asyncio.Task[None]] = []
        self._watches: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def going(self) -> AsyncIterator[Load]:
        """Start; on leaving, start no more and wait until the viewers have seen every end."""
        self._tasks = [asyncio.create_task(self._one_after_another(i)) for i in range(self._width)]
        try:
            yield self
            self._ending = True
            async with asyncio.timeout(90):
                await asyncio.gather(*self._tasks)
        finally:
            for task in [*self._tasks, *self._watches]:
                task.cancel()
            await asyncio.gather(*self._tasks, *self._watches, return_exceptions=True)

    async def _one_after_another(self, place: int) -> None:
        number = 0
        while not self._ending:
            number += 1
            await self.one(f"load-{place}-{number}")

    async def one(self, mark: str) -> None:
        """Send one message until it is accepted and watch its run to the end."""
        sent = await self.send(mark)
        if sent is None:
            return
        seen = [
            Viewer(
                self.product.port,
                self.person.headers,
                sent["run_id"],
                sent["conversation_id"],
                socket=socket,
            )
            for socket in (False, True)
        ]
        self.viewers += seen
        watches = [asyncio.create_task(viewer.follow()) for viewer in seen]
        self._watches += watches
        await asyncio.gather(*watches)

    async def send(self, mark: str) -> dict[str, str] | None:
        body = {
            "message": GOAL.format(words=self._words, mark=mark),
            "journey": "write",
            "settings": {"length_words": self._words},
        }
        while True:
            began = time.monotonic()
            status = 0
            with contextlib.suppress(httpx.TransportError):
                reply = await self.person.http.post(
                    "/api/chat", json=body, headers={"Idempotency-Key": mark}
                )
                status = reply.status_code
            self.answers.append((time.time(), status))
            if status == 202:
                self.sent.append(time.monotonic() - began)
                self.runs[mark] = reply.json()["run_id"]
                return dict(reply.json())
            if self._ending and status not in (0, 503):
                return None
            await asyncio.sleep(0.3)

    # ------------------------------------------------------------------ what was seen

    async def behind(self) -> int:
        """How many viewers of the runs lack events that are committed now."""
        watched = {viewer.run_id for viewer in self.viewers}
        rows = await self.product.sql(
            "SELECT id::text, last_seq FROM autonomy_runs WHERE id::text = ANY(%s)", [list(watched)]
        )
        heads = dict(rows)
        # What committed while this was asked may still be on its way: compare with these heads.
        return sum(viewer.last < heads.get(viewer.run_id, 0) for viewer in self.viewers)

    async def wrong(self) -> list[Viewer]:
        """Viewers who did not see exactly 1..n."""
        rows = await self.product.sql("SELECT id::text, last_seq FROM autonomy_runs")
        heads = dict(rows)
        return [v for v in self.viewers if v.seqs != list(range(1, heads[v.run_id] + 1))]

    def lags(self) -> list[tuple[float, float]]:
        """(when it came, seconds after its commit) of every event at every viewer."""
        return [
            (at, at - moment(event))
            for viewer in self.viewers
            for event, at in zip(viewer.events, viewer.arrived, strict=True)
        ]

    def statuses(self, after: float = 0.0) -> dict[int, int]:
        """Number of answers to messages by status, of those that came later than `after`."""
        found: dict[int, int] = {}
        for at, status in self.answers:
            if at >= after:
                found[status] = found.get(status, 0) + 1
        return found


def moment(event: dict[str, object]) -> float:
    """When an event was committed, seconds since the epoch."""
    return datetime.fromisoformat(str(event["ts"])).timestamp()
