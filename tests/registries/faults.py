"""How registries fail: what is sent in place of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.registries.answering import Reply

Kind = Literal[
    "status",
    "html",
    "cut",
    "broken_off",
    "empty",
    "wrong_shape",
    "redirect",
    "loop",
    "slow",
    "huge",
]
_PAGE = (
    b"<!doctype html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"
)


@dataclass(frozen=True)
class Fault:
    """One spoiled answer."""

    kind: Kind
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    """Where a redirect leads."""
    latency: float = 0.0
    """Seconds before the answer."""
    lasting: bool = False
    """Whether it stays until healed."""


def spoiled(fault: Fault, answer: Reply, base: str) -> Reply:
    """What is sent in place of `answer`."""
    match fault.kind:
        case "status":
            body = b'{"error": "told so by a test"}'
            return Reply(fault.status, {"Content-Type": "application/json", **fault.headers}, body)
        case "html":
            return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, _PAGE)
        case "cut":
            return Reply(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
        case "empty":
            return Reply(200, answer.headers, b"")
        case "wrong_shape":
            return Reply(200, {"Content-Type": "application/json"}, b'[1, null, "two", {"x": []}]')
        case "redirect":
            return Reply(302, {"Location": fault.to})
        case "loop":
            return Reply(302, {"Location": f"{base}/loop/a"})
        case "huge":
            return Reply(200, answer.headers, b" " * (9 * 1024 * 1024))
        case "slow" | "broken_off":
            return answer
