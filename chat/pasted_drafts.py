"""A draft that stands in the message itself: what is asked for, and the text it is about."""

from __future__ import annotations

import re
from typing import NamedTuple

from chat.journey_choice import AUTO, asks_to_improve

FEWEST_WORDS = 40
"""Fewer behind a request are a part of the request."""
ASKED_FOR = "Improve my draft."
"""What is asked for where the message is nothing but the draft."""
REQUEST_CHARS = 500
_MARKED_UP = re.compile(r"^(?:#{1,6} |[-*+] |\d{1,3}[.)] |> )", re.MULTILINE)


class Pasted(NamedTuple):
    request: str
    draft: str

    @property
    def file_name(self) -> str:
        """Of the file that the draft becomes: Markdown keeps its marks."""
        return f"Pasted draft.{'md' if _MARKED_UP.search(self.draft) else 'txt'}"


def pasted(message: str, journey: str) -> Pasted | None:
    """The request and the draft of a message that came without a file; None where it holds no draft.

    “Proofread this:” with a text behind it, or, where the person chose to rewrite (`journey`), any
    text that is long enough.
    """
    text = message.strip().replace("\r\n", "\n")
    if journey not in ("rewrite", AUTO):
        return None
    first, rest = _parted(text)
    if asks_to_improve(first, files=True):
        return Pasted(first, rest) if len(rest.split()) >= FEWEST_WORDS else None
    if journey == "rewrite" and len(text.split()) >= FEWEST_WORDS:
        return Pasted(ASKED_FOR, text)
    return None


def _parted(text: str) -> tuple[str, str]:
    """The first paragraph, or what stands before the first colon that ends a line, and the rest."""
    breaks = [text.find("\n\n"), text.find(":\n")]
    at = min((one for one in breaks if 0 < one <= REQUEST_CHARS), default=-1)
    if at < 0:
        return "", text
    return text[:at].rstrip(" :.") + ".", text[at + 1 :].strip()
