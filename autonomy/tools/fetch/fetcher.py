"""One page or file from anywhere on the internet, and from nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import ProviderHealth, Refused, turn
from autonomy.core.outbound import Resolve, Trusted, checked_client, resolve
from autonomy.core.works import Fetched, FetchRefused
from autonomy.tools.fetch.addresses import host_of, port_of, vetted
from autonomy.tools.fetch.bodies import body_of, refusal
from autonomy.tools.fetch.cache import Cache, NoCache
from autonomy.tools.fetch.media import file_name, kind_of
from autonomy.tools.fetch.pace import retry_after
from autonomy.tools.fetch.redirects import following
from autonomy.tools.fetch.robots import LONGEST, Robots

PER_MINUTE = 60.0
"""Requests to one host, where its robots.txt asks for no longer pauses."""
BURST = 4.0
ACCEPT = (
    "application/pdf, text/html, application/xhtml+xml, application/xml;q=0.9, text/plain;q=0.8"
)
_SAYS = {
    401: "asks for a sign-in",
    402: "asks for money",
    403: "does not let programs in",
    404: "has no such page",
    410: "has no such page any more",
    429: "is limiting our requests",
    451: "may not show this page",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one fetch."""

    max_bytes: int = 50 * 1024 * 1024
    seconds: float = 60.0
    """From the first look at robots.txt to the last byte."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches pages and files that others have named."""

    health: ProviderHealth
    """Spaces the requests to each host, over all workers."""
    agent: str
    """The User-Agent: the product, and where its operator can be reached."""
    limits: Limits = Limits()
    trusted: Trusted = frozenset()
    """Private hosts that may be called."""
    cache: Cache = field(default_factory=NoCache)
    """For robots.txt."""
    resolve: Resolve = resolve
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def fetch(self, address: str, *, robots: bool = True) -> Fetched:
        """What is at `address`, after redirects.

        Args:
            robots: False for a registry's own interface, which robots.txt is not about.

        Raises:
            FetchRefused: with the reason.
        """
        url = vetted(address, self.trusted)
        try:
            async with (
                asyncio.timeout(self.limits.seconds),
                checked_client(
                    private=False,
                    trusted=self.trusted,
                    max_bytes=self.limits.max_bytes,
                    seconds=min(30.0, self.limits.seconds),
                    resolve=self.resolve,
                ) as client,
            ):
                return await _Errand(self, client, robots).run(url)
        except TimeoutError as error:
            seconds = f"{self.limits.seconds:g}"
            raise FetchRefused(
                "timeout", f"{url.host} did not send it all within {seconds} seconds."
            ) from error


class _Errand:
    """One fetch with its client."""

    def __init__(self, fetcher: Fetcher, client: httpx2.AsyncClient, robots: bool) -> None:
        self._fetcher = fetcher
        self._client = client
        self._turned: set[str] = set()
        """Hosts whose turn this errand has had: a redirect within a host belongs to it."""
        self._robots = Robots("HandyWriterz", fetcher.cache) if robots else None

    async def run(self, url: httpx2.URL) -> Fetched:
        await self._allowed(url)
        limits = self._fetcher.limits
        try:
            async with following(
                self._client, url, vet=self._onward, most=limits.redirects, headers=self._headers
            ) as response:
                await self._look_at(response)
                body = await body_of(response, limits.max_bytes)
        except httpx2.HTTPError as error:
            raise refusal(error, url.host) from error
        end = response.url.copy_with(fragment=None)
        media_type = kind_of(response.headers.get("Content-Type", ""), body)
        if not body:
            raise FetchRefused("media_type", f"{end.host} sent an empty page.")
        if not media_type:
            said = response.headers.get("Content-Type", "no type")[:60]
            raise FetchRefused("media_type", f"{end.host} sent {said}, which is not read here.")
        name = file_name(str(end), response.headers.get("Content-Disposition", ""), media_type)
        return Fetched(url=str(end), media_type=media_type, file_name=name, body=body)

    @property
    def _headers(self) -> dict[str, str]:
        return {"User-Agent": self._fetcher.agent, "Accept": ACCEPT}

    async def _onward(self, address: str) -> httpx2.URL:
        """The next hop of a redirect, which may lead to a host with other rules."""
        url = vetted(address, self._fetcher.trusted)
        await self._allowed(url)
        return url

    async def _allowed(self, url: httpx2.URL) -> None:
        delay = 0.0
        if self._robots is not None:
            rules = await self._robots.rules(url, self._read)
            if rules.unread:
                raise FetchRefused(
                    "robots", f"The robots.txt of {url.host} cannot be read, so nothing is fetched."
                )
            if not rules.allowed:
                raise FetchRefused("robots", f"The robots.txt of {url.host} does not allow this.")
            delay = rules.delay
        if _endpoint(url) not in self._turned:
            self._turned.add(_endpoint(url))
            await self._turn(url, delay)

    async def _turn(self, url: httpx2.URL, delay: float) -> None:
        fetcher = self._fetcher
        slow = delay > 60 / PER_MINUTE
        leave, _ = await turn(
            fetcher.health,
            _endpoint(url),
            per_minute=60 / delay if slow else PER_MINUTE,
            burst=1.0 if slow else BURST,
            longest=fetcher.limits.seconds,
            sleep=fetcher.sleep,
        )
        if isinstance(leave, Refused):
            wait = max(1, round(leave.seconds))
            raise FetchRefused("status", f"{url.host} may be asked again in {wait} seconds.")
        await fetcher.health.abandoned(_endpoint(url), leave)

    async def _look_at(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status < 400:
            return
        if status == 429:
            wait = retry_after({k.lower(): v for k, v in response.headers.items()})
            await self._hold(response.url, wait)
        says = _SAYS.get(status, f"answered with status {status}")
        raise FetchRefused("status", f"{response.url.host} {says}.")

    async def _hold(self, url: httpx2.URL, wait: float | None) -> None:
        health = self._fetcher.health
        leave = await health.admit(_endpoint(url), per_minute=None, longest=0.0)
        if not isinstance(leave, Refused):
            failure = Failure(FailureKind.RATE_LIMIT, url.host, retry_after=wait)
            await health.failed(_endpoint(url), failure, leave)

    async def _read(self, place: httpx2.URL) -> tuple[int, bytes]:
        """robots.txt, whose redirects are followed without asking for leave."""

        async def vet(address: str) -> httpx2.URL:
            return vetted(address, self._fetcher.trusted)

        try:
            async with following(
                self._client, place, vet=vet, most=5, headers={"User-Agent": self._fetcher.agent}
            ) as response:
                return response.status_code, (await body_of(response, 4 * LONGEST))[:LONGEST]
        except httpx2.HTTPError as error:
            raise refusal(error, place.host) from error


def _endpoint(url: httpx2.URL) -> str:
    return f"outside:page:{host_of(url)}:{port_of(url)}"
