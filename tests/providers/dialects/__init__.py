"""The protocols that the simulator speaks: one module each, one answer in three forms."""

from __future__ import annotations

from tests.providers.dialects.anthropic_messages import AnthropicMessages
from tests.providers.dialects.chat_completions import ChatCompletions
from tests.providers.dialects.exchange import Asked, Body, Dialect, Frames, Reply, Turn
from tests.providers.dialects.responses import Responses

DIALECTS: tuple[Dialect, ...] = (ChatCompletions(), Responses(), AnthropicMessages())


def dialect_of(path: str) -> Dialect | None:
    """The dialect that is spoken at `path`; clients differ in what stands before its ending."""
    return next((d for d in DIALECTS if path.rstrip("/").endswith(d.path)), None)


__all__ = ["DIALECTS", "Asked", "Body", "Dialect", "Frames", "Reply", "Turn", "dialect_of"]
