"""What a request asks and what is answered, whatever the protocol."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.providers.troubles import Trouble

Body = dict[str, Any]


def tokens_in(text: str) -> int:
    """What the simulator counts for a text: a token for every four characters begun."""
    return max(1, math.ceil(len(text) / 4))


@dataclass(frozen=True, slots=True)
class Turn:
    role: str
    """system, user or assistant."""
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read."""

    model: str
    turns: tuple[Turn, ...]
    schema: Mapping[str, Any] | None = None
    """JSON schema of the answer, where one was sent along."""
    tool: str | None = None
    """Name of the tool that the answer is to be a call of."""
    streamed: bool = False
    usage_wanted: bool = True
    most: int | None = None
    """Most tokens of the answer."""
    named_most: str = "max_tokens"
    """The protocol's own name of that."""

    def said(self, role: str) -> str:
        return "\n\n".join(turn.text for turn in self.turns if turn.role == role)

    @property
    def tokens(self) -> int:
        """Of everything that was sent to be read."""
        texts = [turn.text for turn in self.turns]
        if self.schema is not None:
            texts.append(json.dumps(self.schema))
        return sum(tokens_in(text) for text in texts)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, before it takes a protocol's form."""

    ident: str
    model: str
    created: int
    text: str
    tool: str | None = None
    """The text is the arguments of a call of this tool."""
    finish: str = "stop"
    """stop, length, content_filter or refusal."""
    input_tokens: int = 0
    output_tokens: int = 0
    usage: bool = True
    """Whether the usage is told."""


class Frames(Protocol):
    """One streamed answer, as blocks of server-sent events."""

    def opening(self) -> list[bytes]: ...

    def piece(self, text: str) -> bytes: ...

    def closing(self, text: str) -> list[bytes]:
        """The end of an answer that came whole; `text` is all of it."""
        ...

    def quiet_end(self) -> list[bytes]:
        """What a proxy still sends after it lost the server behind it."""
        ...

    def broken(self, trouble: Trouble) -> list[bytes]:
        """An error in the middle of a stream."""
        ...


class Dialect(Protocol):
    """One protocol."""

    name: str
    path: str
    """How its paths end."""

    def key(self, headers: Mapping[str, str]) -> str | None:
        """The key that a request carries."""
        ...

    def read(self, body: Body) -> Asked: ...

    def whole(self, reply: Reply) -> Body: ...

    def frames(self, reply: Reply) -> Frames: ...

    def failure(self, trouble: Trouble) -> Body: ...


def event(data: Any, name: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or a list of typed parts."""
    if isinstance(content, str):
        return content
    texts = []
    for part in content or []:
        if part.get("type") in ("tool_use", "function_call"):
            texts.append(json.dumps(part.get("input") or {}, ensure_ascii=False))
        elif part.get("type") == "tool_result":
            texts.append(text_of(part.get("content")))
        else:
            texts.append(part.get("text") or "")
    return "\n".join(texts)
