"""Texts to vectors by any server that speaks OpenAI's `/embeddings`.

Requests go through the checked client and share the rate and the circuit of their account with
all other calls. What comes back is believed only as far as it was looked at: as many vectors as
texts, finite, of one length.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt

from autonomy.core.llm.admission import Refused
from autonomy.core.llm.catalogue import home_of
from autonomy.core.llm.failures import RETRIED, Failure, FailureKind
from autonomy.core.llm.health import LocalHealth, ProviderHealth, turn
from autonomy.core.llm.portfolio import Access
from autonomy.core.outbound import (
    AddressRefused,
    AnswerTooLarge,
    Resolve,
    caused_by,
    checked_client,
)
from autonomy.core.outbound import resolve as resolve_name
from autonomy.core.tokens import estimate_tokens, fewest_tokens

Vectors = npt.NDArray[np.float32]

SPEAKERS = frozenset({"openai", "openrouter", "ollama", "compatible"})
"""Providers that have `/embeddings`."""
MAX_DIMENSIONS = 4_000
"""More than an index of pgvector can hold."""
TEXT_CHARS = 24_000
"""Sent of one text: some 8,000 tokens at three characters, what most of these models read."""
BATCH_TEXTS = 64
BATCH_CHARS = 200_000
_WAIT_SECONDS = (0.5, 30.0)
_STATUS = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.MODEL_NOT_FOUND,
    408: FailureKind.TIMEOUT,
    413: FailureKind.CONTEXT_OVERFLOW,
    429: FailureKind.RATE_LIMIT,
    503: FailureKind.OVERLOAD,
    529: FailureKind.OVERLOAD,
}


class EmbeddingError(Exception):
    """Texts could not be embedded; `failure.sentence` is for people."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Embedded:
    vectors: Vectors
    """One row per text, in the order given, each of length 1."""
    tokens: int
    """What the server says it read, or an estimate on the high side."""


class EmbeddingsEndpoint:
    """One embedding model at one account.

    Args:
        access: to the account; its provider must be one of `SPEAKERS`.
        name: the model's own name, without a prefix.
        health: rate and circuit; shared with other callers where given.
        attempts: requests per batch.
        seconds: longest one request may take.
        sleep, chance, resolve: for tests.
    """

    def __init__(
        self,
        access: Access,
        name: str,
        *,
        health: ProviderHealth | None = None,
        per_minute: float | None = None,
        attempts: int = 4,
        seconds: float = 60.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        resolve: Resolve = resolve_name,
    ) -> None:
        self._access = access
        self._name = name
        self._health = health or LocalHealth()
        self._per_minute = per_minute
        self._attempts = attempts
        self._seconds = seconds
        self._sleep = sleep
        self._chance = chance
        self._resolve = resolve

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """The texts' vectors, in as many requests as it takes.

        Raises:
            EmbeddingError: a batch failed as often as it may, or in a way that will not pass.
        """
        parts: list[Vectors] = []
        tokens = 0
        client = checked_client(
            private=self._access.private_addresses, seconds=self._seconds, resolve=self._resolve
        )
        async with client:
            for batch in batches([text[:TEXT_CHARS] or " " for text in texts]):
                done = await self._batch(client, batch)
                parts.append(done.vectors)
                tokens += done.tokens
        if len({part.shape[1] for part in parts}) > 1:
            raise self._error(FailureKind.MALFORMED)
        vectors = np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
        return Embedded(vectors, tokens)

    async def _batch(self, client: httpx2.AsyncClient, texts: Sequence[str]) -> Embedded:
        for attempt in range(1, self._attempts + 1):
            try:
                return await self._admitted(client, texts)
            except EmbeddingError as error:
                if attempt == self._attempts or error.failure.kind not in RETRIED:
                    raise
                first, most = _WAIT_SECONDS
                wait = min(first * 2**attempt, most) * self._chance()
                asked = error.failure.retry_after
                await self._sleep(wait if asked is None else min(max(asked, wait), 2 * most))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _admitted(self, client: httpx2.AsyncClient, texts: Sequence[str]) -> Embedded:
        endpoint = self._access.endpoint
        leave, _ = await turn(
            self._health, endpoint, per_minute=self._per_minute, longest=self._seconds
        )
        if isinstance(leave, Refused):
            kind = (
                FailureKind.CIRCUIT_OPEN if leave.kind == "circuit_open" else FailureKind.RATE_LIMIT
            )
            raise self._error(kind, leave.seconds)
        try:
            done = await self._send(client, texts)
        except EmbeddingError as error:
            await self._health.failed(endpoint, error.failure, leave)
            raise
        except BaseException:
            await self._health.abandoned(endpoint, leave)
            raise
        await self._health.succeeded(endpoint, leave)
        return done

    async def _send(self, client: httpx2.AsyncClient, texts: Sequence[str]) -> Embedded:
        access = self._access
        base = (access.base_url or home_of(access.provider)).rstrip("/")
        if access.provider not in SPEAKERS or not base:
            raise self._error(FailureKind.NOT_CONFIGURED)
        key = access.api_key.get_secret_value() if access.api_key else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        body = {"model": self._name, "input": list(texts), "encoding_format": "float"}
        try:
            async with asyncio.timeout(self._seconds):
                response = await client.post(f"{base}/embeddings", json=body, headers=headers)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise self._error(FailureKind.TIMEOUT) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            if caused_by(error, AddressRefused):
                raise self._error(FailureKind.ADDRESS) from error
            if caused_by(error, AnswerTooLarge):
                raise self._error(FailureKind.MALFORMED) from error
            raise self._error(FailureKind.NETWORK) from error
        if response.status_code != httpx2.codes.OK:
            raise self._refusal(response)
        try:
            return _read(response.json(), texts)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._error(FailureKind.MALFORMED) from error

    def _refusal(self, response: httpx2.Response) -> EmbeddingError:
        status = response.status_code
        kind = _STATUS.get(status)
        if kind is None:
            kind = FailureKind.SERVER if status >= 500 else FailureKind.REJECTED
        if kind is FailureKind.RATE_LIMIT and b"insufficient_quota" in response.content[:4_096]:
            kind = FailureKind.QUOTA
        return self._error(kind, _seconds(response.headers.get("Retry-After")))

    def _error(self, kind: FailureKind, retry_after: float | None = None) -> EmbeddingError:
        return EmbeddingError(Failure(kind, self._name, retry_after=retry_after))


def batches(texts: Sequence[str]) -> list[list[str]]:
    """`texts` in runs that one request may carry, in their order."""
    found: list[list[str]] = []
    size = 0
    for text in texts:
        if not found or len(found[-1]) >= BATCH_TEXTS or size + len(text) > BATCH_CHARS:
            found.append([])
            size = 0
        found[-1].append(text)
        size += len(text)
    return found


def _read(answer: Any, texts: Sequence[str]) -> Embedded:
    rows = {int(row["index"]): row["embedding"] for row in answer["data"]}
    if sorted(rows) != list(range(len(texts))):
        raise ValueError("not one vector per text")
    vectors = np.array([rows[place] for place in range(len(texts))], np.float32)
    if vectors.ndim != 2 or not 1 <= vectors.shape[1] <= MAX_DIMENSIONS:
        raise ValueError("vectors of different or impossible lengths")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all() or not (lengths > 0).all():
        raise ValueError("a vector without a direction")
    said = (answer.get("usage") or {}).get("prompt_tokens")
    if not isinstance(said, int) or said < fewest_tokens(*texts):
        said = estimate_tokens(*texts)  # what is not said, or said wrong, must not make it cheap
    return Embedded(vectors / lengths, said)


def _seconds(header: str | None) -> float | None:
    """Of a `Retry-After` header; None where it says nothing that can be waited for."""
    if not header:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
