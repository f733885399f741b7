"""Whether the parts of the deployment answer."""

from __future__ import annotations

from typing import Literal

from ninja import Schema


class HealthOut(Schema):
    db: str
    redis: str
    worker: str
    version: str


class OutsideOut(Schema):
    provider: str
    answer: str
    """found, nothing, rate_limited, unreachable, refused; empty when it was not asked lately."""
    message: str
    at: str
    """ISO time, UTC."""


class HealthDetailOut(HealthOut):
    outside: list[OutsideOut]
    """Registries and the search engine that are switched on, and how each answered last."""
    code_execution: str
    """`on (bubblewrap)`, `on (unshare)`, `off (why, and what to install)`, or `checking` for the
    first seconds of this web process."""


class LiveOut(Schema):
    status: Literal["ok"] = "ok"
    version: str
