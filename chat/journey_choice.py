"""Which journey a message asks for when the person left it on "auto". Simple rules, explained."""

from __future__ import annotations

import re
from typing import NamedTuple

from autonomy.core import journey as journeys
from autonomy.core.types import TaskSettings

AUTO = "auto"

_FORMATS = re.compile(
    r"\b(essay|report|paper|article|review|chapter|thesis|dissertation|summary|proposal|case study|"
    r"memo|letter|blog ?post|introduction|abstract|sections?|paragraphs?|pages?|outline)\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\b\d[\d,. ]*[\s-]*(words?|pages?|paragraphs?)\b", re.IGNORECASE)
_REQUESTS = re.compile(
    r"^\W*(please\s+|(can|could|would|will)\s+you\s+(please\s+)?)?(write|draft|compose|prepare|produce|create|generate)\b",
    re.IGNORECASE,
)
_QUESTION_WORDS = re.compile(
    r"^\W*(what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|"
    r"should|would|will|has|have)\b",
    re.IGNORECASE,
)
_RESEARCH = re.compile(
    r"\b(annotated bibliography|claims? matrix|find (me )?(sources|papers|literature))\b",
    re.IGNORECASE,
)


class Choice(NamedTuple):
    journey: str
    why: str
    """One sentence for the person, shown with the run."""


def choose(message: str, settings: TaskSettings) -> Choice:
    """The journey for `message`.

    1. A bibliography or a search for sources is asked for: `research`.
    2. A length or a format is asked for, or the message orders a text: `write`.
    3. It ends in a question mark, or starts like a question and names no format: `answer`.
    4. Anything else: `write`.
    """
    if "research" in journeys.names() and _RESEARCH.search(message):
        return Choice("research", "The message asks for sources.")
    if settings.length_words is not None or _LENGTH.search(message):
        return Choice("write", "A length was asked for.")
    if _REQUESTS.search(message):
        return Choice("write", "The message asks for a text to be written.")
    asks = message.rstrip().endswith("?") or (
        _QUESTION_WORDS.search(message) is not None and not _FORMATS.search(message)
    )
    if asks and "answer" in journeys.names():
        return Choice("answer", "The message is a question and asks for no particular length.")
    return Choice("write", "The message describes a document.")
