"""A question to the made-up world, and what is sent back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.registries.world import Entry


@dataclass(frozen=True)
class Asked:
    """One request, without the registry's name in its path."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    base: str
    """Of the server, as the caller knows it."""
    method: str = "GET"

    def get(self, name: str) -> str:
        return self.params.get(name, "")

    def number(self, name: str, otherwise: int) -> int:
        value = self.get(name)
        return int(value) if value.isdigit() else otherwise


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """JSON."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, kind | dict(headers or {}), json.dumps(body).encode())


def file_url(asked: Asked, entry: Entry) -> str:
    """Where the open copy of `entry` lies."""
    return f"{asked.base}/files/{entry.key}.{entry.open_as.replace('jats', 'html')}"
