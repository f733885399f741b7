"""The address of the simulated outside. What stands behind it is no part of the product: it is
given to the harness, which only says what each run's provider should be like and asks what it saw.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from autonomy.evaluation.task import Provider


class ProviderSeen:
    """One run's provider of models.

    `POST {address}/providers` with a `task.Provider` and a seed makes one and tells its `id` and
    `base_url`; `POST …/{id}/state` changes its state, `GET …/{id}` tells what it was asked, `DELETE
    …/{id}` ends it.
    """

    def __init__(self, http: httpx.AsyncClient, made: dict[str, Any]) -> None:
        self._http = http
        self._path = f"/providers/{made['id']}"
        self.base_url: str = made["base_url"]
        """Where the product reaches it, in OpenAI's protocol."""

    async def enter(self, state: str) -> None:
        """Go `up`, `down` (connections are refused), or into a fault that every request meets."""
        (await self._http.post(f"{self._path}/state", json={"state": state})).raise_for_status()

    async def requests(self) -> list[dict[str, Any]]:
        """Every request so far, in the order of arrival, with `request_id`, `role`, `outcome`
        (open, answered, refused, cut, stalled, hung_up) and tokens."""
        reply = await self._http.get(self._path)
        reply.raise_for_status()
        return list(reply.json()["requests"])

    async def end(self) -> None:
        (await self._http.delete(self._path)).raise_for_status()


class ApiSeen:
    """One run's API. `POST …/{id}/change` with a `change` and a number `after` makes it answer
    otherwise once it has answered so often from then on."""

    def __init__(self, http: httpx.AsyncClient, made: dict[str, Any]) -> None:
        self._http = http
        self._path = f"/apis/{made['id']}"
        self.document = str(made["document"])
        """Address of its OpenAPI document."""

    async def change(self, change: str, after: int) -> None:
        body = {"change": change, "after": after}
        (await self._http.post(f"{self._path}/change", json=body)).raise_for_status()


class Outside:
    """The simulated outside at `address`."""

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(base_url=address, timeout=30)

    async def aclose(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def api(self, works: list[dict[str, Any]]) -> AsyncIterator[ApiSeen]:
        """An API that finds these works, gone at the end of the block. `POST {address}/apis` makes
        it and `DELETE {address}/apis/{id}` ends it."""
        reply = await self._http.post("/apis", json={"works": works})
        reply.raise_for_status()
        made = reply.json()
        try:
            yield ApiSeen(self._http, made)
        finally:
            (await self._http.delete(f"/apis/{made['id']}")).raise_for_status()

    @asynccontextmanager
    async def provider(self, wanted: Provider, seed: str) -> AsyncIterator[ProviderSeen]:
        """A provider for one run, gone at the end of the block."""
        body = wanted.model_dump() | {"seed": seed}
        reply = await self._http.post("/providers", json=body)
        reply.raise_for_status()
        seen = ProviderSeen(self._http, reply.json())
        try:
            yield seen
        finally:
            await seen.end()
