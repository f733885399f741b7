"""Fetching the document that tools are learnt from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx2

from autonomy.core.outbound import checked_client
from autonomy.core.works import FetchRefused
from autonomy.tools.fetch.addresses import vetted
from autonomy.tools.fetch.bodies import body_of, refusal
from autonomy.tools.fetch.redirects import following
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.http import REDIRECTS
from autonomy.tools.learnt.line import Line

ACCEPT = "application/json, application/yaml, text/yaml, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Document:
    address: str
    """Where it came from, after redirects."""
    body: bytes


async def fetch_document(address: str, line: Line, most: int) -> Document:
    """What is at `address`; every hop on the way is looked at.

    Args:
        most: bytes.

    Raises:
        NotLearnt: with the reason.
    """

    async def vet(onward: str) -> httpx2.URL:
        return vetted(onward, line.trusted)

    try:
        url = await vet(address)
        async with (
            asyncio.timeout(line.limits.seconds),
            checked_client(
                private=False,
                trusted=line.trusted,
                max_bytes=most,
                seconds=line.limits.seconds,
                resolve=line.resolve,
            ) as client,
            following(
                client,
                url,
                vet=vet,
                most=REDIRECTS,
                headers={"User-Agent": line.agent, "Accept": ACCEPT},
            ) as response,
        ):
            if response.status_code >= 400:
                raise NotLearnt(
                    "unreachable", f"{url.host} answered with status {response.status_code}."
                )
            body = await body_of(response, most)
            return Document(str(response.url.copy_with(fragment=None)), body)
    except FetchRefused as refused:
        raise NotLearnt(_code(refused), refused.reason) from refused
    except (httpx2.HTTPError, TimeoutError) as error:
        refused_ = refusal(error, httpx2.URL(address).host)
        raise NotLearnt(_code(refused_), refused_.reason) from error


def _code(refused: FetchRefused) -> str:
    """An address that is never called is told from one that does not answer now."""
    return refused.code if refused.code in ("address", "too_large") else "unreachable"
