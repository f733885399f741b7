"""What came back, read within a limit, and how its failures are told apart."""

from __future__ import annotations

import httpx2

from autonomy.core.outbound import AddressRefused, AnswerTooLarge, caused_by
from autonomy.core.works import FetchRefused


def refusal(error: httpx2.HTTPError | TimeoutError, host: str) -> FetchRefused:
    """`error` of a request to `host`, in words for people."""
    if caused_by(error, AddressRefused):
        return FetchRefused("address", f"{host} leads to an address that may not be called.")
    if caused_by(error, AnswerTooLarge):
        return FetchRefused("too_large", f"What {host} sent is larger than may be fetched.")
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return FetchRefused("timeout", f"{host} did not answer in time.")
    if isinstance(error, httpx2.DecodingError):
        return FetchRefused("media_type", f"{host} sent a packed answer, which was not asked for.")
    return FetchRefused("unreachable", f"The connection to {host} failed or broke off.")


async def body_of(response: httpx2.Response, most: int) -> bytes:
    """All bytes of `response`.

    Raises:
        FetchRefused: `too_large`, before reading where the header says so.
        httpx2.HTTPError: it broke off.
    """
    told = response.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > most:
        raise FetchRefused(
            "too_large",
            f"{response.url.host} offers {int(told):,} bytes; at most {most:,} are read.",
        )
    parts = bytearray()
    async for chunk in response.aiter_raw():
        parts += chunk
        if len(parts) > most:
            raise FetchRefused(
                "too_large", f"{response.url.host} sent more than the {most:,} bytes that are read."
            )
    return bytes(parts)
