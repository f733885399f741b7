"""Where what came from outside is kept for a while."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """Bytes by name, for a time. Neither method raises; what is not there is asked anew."""

    async def get(self, name: str) -> bytes | None: ...

    async def set(self, name: str, value: bytes, seconds: float) -> None: ...


class NoCache:
    """Keeps nothing."""

    async def get(self, name: str) -> bytes | None:
        return None

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        return None


class Memory:
    """Keeps everything in this process, for ever: tests."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, float]] = {}

    async def get(self, name: str) -> bytes | None:
        found = self.kept.get(name)
        return found[0] if found else None

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        self.kept[name] = (value, seconds)
