"""Where questions to providers are put: each gets a client of its own and a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2

from autonomy.core.llm.health import ProviderHealth
from autonomy.core.outbound import Resolve, Trusted, checked_client, resolve
from autonomy.core.works import Answer, ProviderAnswer
from autonomy.tools.fetch.addresses import host_of, port_of
from autonomy.tools.fetch.asking import BODY_BYTES, Asker
from autonomy.tools.fetch.cache import Cache, NoCache
from autonomy.tools.fetch.lines import Line, Paces, Unanswered
from autonomy.tools.fetch.pace import Pace

T = TypeVar("T")

Told = Callable[[ProviderAnswer], Awaitable[None]]
"""Hears how each provider answered, for the health page."""


async def untold(answer: ProviderAnswer) -> None:
    """Nobody listens."""


class LocalPaces:
    """`Paces` of one process."""

    def __init__(self) -> None:
        self._known: dict[str, Pace] = {}

    async def get(self, provider: str) -> Pace | None:
        return self._known.get(provider)

    async def put(self, provider: str, pace: Pace) -> None:
        self._known[provider] = pace


@dataclass(frozen=True, slots=True)
class Desk:
    """What all questions to providers share."""

    health: ProviderHealth
    agent: str
    """The User-Agent: the product, and where its operator can be reached."""
    paces: Paces = field(default_factory=LocalPaces)
    cache: Cache = field(default_factory=NoCache)
    cache_seconds: float = 86_400.0
    seconds: float = 15.0
    """Longest a question waits for a provider."""
    trusted: Trusted = frozenset()
    """Private hosts that redirects may lead to."""
    resolve: Resolve = resolve
    clock: Callable[[], float] = time.monotonic

    async def put(self, line: Line, question: Callable[[Asker], Awaitable[T]]) -> T:
        """What `question` makes of one provider, within the time there is.

        Raises:
            Unanswered: with the reason.
        """
        url = httpx2.URL(line.base_url)
        own = {(host_of(url), port_of(url))} if line.own else set()
        async with checked_client(
            private=False,
            trusted=self.trusted | own,
            max_bytes=BODY_BYTES,
            seconds=self.seconds,
            resolve=self.resolve,
        ) as client:
            ask = Asker(
                line,
                client,
                self.health,
                self.paces,
                trusted=self.trusted,
                deadline=self.clock() + self.seconds,
                clock=self.clock,
                agent=self.agent,
            )
            try:
                async with asyncio.timeout(self.seconds + 1.0):
                    return await question(ask)
            except TimeoutError as error:
                raise Unanswered(
                    Answer.UNREACHABLE,
                    f"{line.name} did not answer within {self.seconds:g} seconds.",
                ) from error
