"""How one request is served: well by default, or badly in one of many ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Behaviour:
    """How one request is served."""

    content: str | None = None
    """What the model says; None lets the default answer."""
    status: int = 200
    error: dict[str, Any] | None = None
    """With a `status` that is an error: its `code`, `type` and `message`."""
    trouble: str = ""
    """A name of `troubles.TROUBLES`: refused so, in the words of the protocol that is spoken."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of a refusal."""
    delay: float = 0.0
    """Seconds before the first byte."""
    chunk_delay: float = 0.0
    """Seconds between the pieces of a stream."""
    cut_after: int | None = None
    """Pieces of a stream (or bytes of a plain answer) after which the connection is torn down."""
    cut_share: float | None = None
    """The same as a share of the answer, 0 to 1."""
    end_quietly: bool = False
    """With a cut: close in good order instead, as if the answer were complete."""
    break_with: str = ""
    """With a cut: send this trouble as the stream's own error first, then close in good order."""
    stall_after: int | None = None
    """Pieces after which nothing more comes, until the client hangs up."""
    finish_reason: str = "stop"
    """stop, length, content_filter or refusal."""
    usage: bool = True
    refuse_schema: bool = False
    """Reject requests that carry a schema or tools, as simple servers do."""
    damage: str = ""
    """A kind of `damage.KINDS`: what the model wrote comes out like that."""
    content_type: str = ""
    """Answer with a page of this type and status 200, as a proxy's sign-in page."""
    least_characters: int = 0
    """The answer is repeated until it is as long."""
    unanswered: bool = False
    """Take the request and close the connection without a word."""
    name: str = ""
    """Of the fault, for the count."""


def failing(status: int, code: str, message: str = "simulated", **headers: str) -> Behaviour:
    """An error answer; header names take `_` for `-`."""
    return Behaviour(
        status=status,
        error={"message": message, "type": code, "code": code},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def troubled(trouble: str, **headers: str) -> Behaviour:
    """One of `troubles.TROUBLES`; header names take `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Behaviour(trouble=trouble, headers=named)
