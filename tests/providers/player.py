"""Answers from a recording, byte for byte, without the provider and without its key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from tests.providers.dialects import dialect_of
from tests.providers.listening import Listening
from tests.providers.recording import Exchange, Recording, canonical, digest_of, short_path
from tests.providers.troubles import Trouble
from tests.providers.wire import HttpRequest, Wire


class Player(Listening):
    """Equal requests get their answers in the recorded order, and from the first again after the
    last, so that a whole job can be done more than once.

    Args:
        pace: how many times as slow as it was; 0 sends everything at once.
    """

    def __init__(self, recording: Recording, *, pace: float = 0.0) -> None:
        super().__init__()
        self._recording = recording
        self._pace = pace
        self._by_digest: dict[str, list[Exchange]] = {}
        self._given: dict[str, int] = {}
        for exchange in recording.exchanges:
            self._by_digest.setdefault(exchange.digest, []).append(exchange)
        self.missed: list[str] = []
        """A sentence for each request that is not in the recording."""
        self.played = 0
        self.on_miss: Callable[[str], object] = lambda sentence: None
        """Told each sentence of `missed`."""

    async def _handle(self, wire: Wire, request: HttpRequest) -> bool:
        path = short_path(request.path)
        try:
            asked = canonical(json.loads(request.raw or b"{}"))
        except ValueError:
            await wire.json(400, {"error": {"message": "The body is not JSON."}})
            return True
        digest = digest_of(request.method, path, asked)
        known = self._by_digest.get(digest)
        if known is None:
            return await self._miss(wire, request.method, path, asked)
        turn = self._given.get(digest, 0)
        self._given[digest] = turn + 1
        self.played += 1
        await self._play(wire, known[turn % len(known)])
        return True

    async def _play(self, wire: Wire, exchange: Exchange) -> None:
        headers = {k: v for k, v in exchange.headers.items() if k != "content-type"}
        kind = exchange.headers.get("content-type", "application/octet-stream")
        await wire.open_stream(kind, exchange.status, headers)
        for seconds, block in exchange.blocks:
            if self._pace and not await wire.patient(seconds * self._pace):
                raise ConnectionResetError
            await wire.chunk(block)
        await wire.close_stream()

    async def _miss(self, wire: Wire, method: str, path: str, asked: dict[str, object]) -> bool:
        _, why = await asyncio.to_thread(self._recording.nearest, method, path, asked)
        sentence = f"This request is not in the recording. {why}"
        self.missed.append(sentence)
        self.on_miss(sentence)
        dialect = dialect_of(path)
        if dialect is None:
            await wire.json(404, {"error": {"message": sentence}})
        else:
            kind = "invalid_request_error"
            trouble = Trouble(400, kind, "not_in_recording", kind, sentence)
            await wire.json(400, dialect.failure(trouble))
        return True
