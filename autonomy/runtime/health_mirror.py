"""What this process has seen of the providers' health: read without a round trip, maybe some
seconds old."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, fields
from typing import Any

from autonomy.core.llm.endpoint import Endpoint

MIRROR_SECONDS = 5.0
"""Older knowledge is refreshed in the background when somebody looks at it."""

FIELDS = [field.name for field in fields(Endpoint) if field.name != "lease"] + ["lease"]
"""In the order of the script."""
_INTEGERS = {"epoch", "window", "count", "before", "failures", "limited", "generation", "openings"}


def endpoint_from(values: Sequence[bytes | None]) -> Endpoint:
    """The endpoint whose fields Redis gave."""
    known: dict[str, Any] = {}
    for name, value in zip(FIELDS, values, strict=True):
        if name == "lease":
            known[name] = (value or b"").decode()
        elif name in _INTEGERS:
            known[name] = int(value or 0)
        else:
            known[name] = float(value or 0)
    return Endpoint(**known)


@dataclass(slots=True)
class _Seen:
    """What this process knows of an endpoint."""

    endpoint: Endpoint
    at: float
    """Of this process's clock."""
    succeeded_at: float = 0.0
    """When a success was seen last that Redis was not told of; 0 = none."""


class Mirror:
    """Endpoints as Redis last showed them.

    Args:
        clock: of this process; only differences matter.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self.ahead = 0.0
        """Redis' clock minus this process's."""

    def redis_now(self) -> float:
        """The time on Redis' clock."""
        return self._clock() + self.ahead

    def get(self, name: str) -> Endpoint | None:
        seen = self._seen.get(name)
        return None if seen is None else seen.endpoint

    def __getitem__(self, name: str) -> Endpoint:
        return self._seen[name].endpoint

    def names(self) -> list[str]:
        return list(self._seen)

    def saw(self, name: str, endpoint: Endpoint) -> None:
        """Redis has just shown `endpoint`."""
        seen = self._seen.get(name)
        if seen is None:
            self._seen[name] = _Seen(endpoint, self._clock())
        else:
            seen.endpoint, seen.at = endpoint, self._clock()

    def is_old(self, name: str) -> bool:
        """Whether it is time to ask Redis again."""
        seen = self._seen.get(name)
        return seen is None or self._clock() - seen.at > MIRROR_SECONDS

    def being_refreshed(self, name: str) -> None:
        """Somebody asks Redis; one is enough."""
        if name in self._seen:
            self._seen[name].at = self._clock()

    def succeeded(self, name: str) -> bool:
        """Keep in mind that a request succeeded; False for an endpoint that was never seen."""
        if name not in self._seen:
            return False
        self._seen[name].succeeded_at = self._clock()
        return True

    def take_age_of_success(self, name: str) -> float | str:
        """Seconds since the last success that was not told; empty when there is none. It counts as
        told from now on."""
        seen = self._seen.get(name)
        if seen is None or not seen.succeeded_at:
            return ""
        age, seen.succeeded_at = self._clock() - seen.succeeded_at, 0.0
        return age

    def for_one_alone(self, name: str) -> Endpoint | None:
        """What a process goes on from alone, where nothing may come ahead of its time."""
        if name not in self._seen:
            return None
        known = copy(self._seen[name].endpoint)
        if not known.rate:
            known.tat -= known.tolerance
        return known
