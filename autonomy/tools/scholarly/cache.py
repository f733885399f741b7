"""What registries answered, kept for a while: the same question is not asked twice."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from autonomy.core.works import Work
from autonomy.tools.fetch.cache import Cache

LONGEST_ENTRY = 1024 * 1024
"""Bytes, packed; what is larger is not kept."""
NOTHING_SECONDS = 900.0
"""How long an answer without works is believed: registries learn of new works within the hour."""


class KeptAnswers:
    """Lists of works by registry and question.

    Args:
        seconds: how long works are kept; 0 keeps nothing.
    """

    def __init__(self, cache: Cache, seconds: float) -> None:
        self._cache = cache
        self._seconds = seconds

    async def get(self, name: str) -> list[Work] | None:
        if self._seconds <= 0:
            return None
        packed = await self._cache.get(name)
        if packed is None:
            return None
        try:
            return [Work.model_validate(one) for one in json.loads(zlib.decompress(packed))]
        except (ValueError, zlib.error, ValidationError):
            return None  # Of another version of this program.

    async def put(self, name: str, works: Sequence[Work]) -> None:
        if self._seconds <= 0:
            return
        dumped = json.dumps([work.model_dump(mode="json", exclude_defaults=True) for work in works])
        packed = zlib.compress(dumped.encode())
        if len(packed) <= LONGEST_ENTRY:
            seconds = self._seconds if works else min(NOTHING_SECONDS, self._seconds)
            await self._cache.set(name, packed, seconds)


def name_of(*parts: Any) -> str:
    """The name of a question in the cache."""
    said = json.dumps(parts, sort_keys=True, default=str)
    return f"outside:1:{sha256(said.encode()).hexdigest()}"
