"""What is taken of an answer: clean text, and no more of it than was asked for.

Servers that heed no token limit exist, and streams that never end: whatever goes on for longer than
the tokens that it may have can be is hung up on, and counts as cut there.
"""

from __future__ import annotations

from pydantic_ai import messages

from autonomy.core.llm.lenient import unescaped

_CHARS_PER_TOKEN = 6
"""More than running text has in any language, on average."""
_SLACK_CHARS = 2_000
"""Short answers may be far off the average."""


def most_chars(tokens: int) -> int:
    """Characters that an answer of at most `tokens` is listened to for."""
    return tokens * _CHARS_PER_TOKEN + _SLACK_CHARS


def clean(text: str) -> str:
    """`text` as it can be shown, sent and stored: no NUL, no half of a surrogate pair."""
    return unescaped(text.replace("\x00", ""))


class Hearing:
    """One stream, listened to.

    Args:
        tokens: that the answer may have.
    """

    def __init__(self, tokens: int) -> None:
        self._left = most_chars(tokens)
        self._half = ""

    @property
    def full(self) -> bool:
        """As much has come as the answer may have."""
        return self._left <= 0

    def take(self, event: object) -> str:
        """The text that `event` brings, as far as there is room. What is thought, or written into
        calls of tools, is no text but takes room."""
        text, aside = _brought(event)
        text, self._left = text[: max(0, self._left)], self._left - len(text) - aside
        # Servers that write in UTF-16 may send the halves of one character apart.
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return clean(text)


def _brought(event: object) -> tuple[str, int]:
    """The text of a stream's event, and the length of what it brings besides."""
    match event:
        case messages.PartStartEvent(part=messages.TextPart(content=text)):
            return text, 0
        case messages.PartDeltaEvent(delta=messages.TextPartDelta(content_delta=text)):
            return text, 0
        case messages.PartStartEvent(part=messages.ThinkingPart(content=thought)):
            return "", len(thought)
        case messages.PartDeltaEvent(delta=messages.ThinkingPartDelta(content_delta=thought)):
            return "", len(thought or "")
        case messages.PartStartEvent(part=messages.ToolCallPart(args=args)):
            return "", len(str(args or ""))
        case messages.PartDeltaEvent(delta=messages.ToolCallPartDelta(args_delta=args)):
            return "", len(str(args or ""))
    return "", 0
