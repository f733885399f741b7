"""Following redirects by hand: each hop is looked at like the first address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpx2

from autonomy.core.works import FetchRefused

Vet = Callable[[str], Awaitable[httpx2.URL]]
"""Makes an address a URL that may be called, or raises `FetchRefused`."""

_ONWARD = frozenset({301, 302, 303, 307, 308})


@asynccontextmanager
async def following(
    client: httpx2.AsyncClient,
    url: httpx2.URL,
    *,
    vet: Vet,
    most: int,
    headers: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> AsyncIterator[httpx2.Response]:
    """The response at the end of the redirects from `url`; its body is not read yet.

    Args:
        vet: makes the next address a URL, or raises `FetchRefused`.
        most: redirects.
        headers: sent at each hop.
        secrets: headers sent to the first host only: a redirect must not carry a key away.

    Raises:
        FetchRefused: `redirects` (too many, a loop, one that leads nowhere), and what `vet` raises.
        httpx2.HTTPError: no answer.
    """
    seen = [str(url)]
    origin = (url.scheme, url.host, url.port)
    while True:
        same = (url.scheme, url.host, url.port) == origin
        request = client.build_request(
            "GET", url, headers={**(headers or {}), **((secrets or {}) if same else {})}
        )
        response = await client.send(request, stream=True)
        try:
            if response.status_code not in _ONWARD:
                yield response
                return
            location = response.headers.get("Location", "")
        finally:
            await response.aclose()
        url = await vet(_next(url, location))
        if str(url) in seen:
            raise FetchRefused("redirects", f"The redirects of {seen[0]} run in a circle.")
        if len(seen) > most:
            raise FetchRefused("redirects", f"{seen[0]} redirects more than {most} times.")
        seen.append(str(url))


def _next(url: httpx2.URL, location: str) -> str:
    if not location:
        raise FetchRefused("redirects", f"{url} redirects to nowhere.")
    try:
        joined = url.join(location)
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchRefused("address", f"{url} redirects to what is no address.") from error
    if url.scheme == "https" and joined.scheme == "http":
        # What was asked for in confidence is not fetched in the open.
        joined = joined.copy_with(scheme="https") if joined.port is None else joined
        if joined.scheme == "http":
            raise FetchRefused("redirects", f"{url} redirects to an unprotected address.")
    return str(joined)
