"""Which journey a message asks for when the person left it on "auto". Simple rules, explained."""

from __future__ import annotations

import re
from typing import NamedTuple

from autonomy.core import journey as journeys
from autonomy.core.small_talk import kind_of
from autonomy.core.types import TaskSettings
from autonomy.core.words import REQUEST_WORDS, WORD, content_words

AUTO = "auto"

_FORMATS = re.compile(
    r"\b(essay|report|paper|article|review|chapter|thesis|dissertation|summary|proposal|case study|"
    r"memo|letter|blog ?post|introduction|abstract|sections?|paragraphs?|pages?|outline)\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(r"\b\d[\d,. ]{0,12}[\s-]{0,3}(words?|pages?|paragraphs?)\b", re.IGNORECASE)
_REQUESTS = re.compile(
    r"^\W*(please\s+|(can|could|would|will)\s+you\s+(please\s+)?)?(write|draft|compose|prepare|produce|create|generate|analy[sz]e)\b",
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
_STYLE = re.compile(r"\b(harvard|apa|mla|chicago|vancouver|ieee)\b", re.IGNORECASE)
_OF_THE_FILES = re.compile(
    r"^\W*(please\s+)?(review|compare|summari[sz]e|synthesi[sz]e|annotate|survey)\b"
    r".*\b(papers?|sources?|files?|pdfs?|articles?|attached)\b",
    re.IGNORECASE,
)
_IMPROVE = (
    r"(?:improve|proof-?read|copy-?edit|edit|polish|rewrite|re-?word|re-?phrase|revise|correct|fix|"
    r"tighten|shorten|clean\s+up|tidy(?:\s+up)?|simplify)"
)
_ORDERED = re.compile(
    rf"^\W*(?:please\s+|(?:can|could|would|will)\s+you\s+(?:please\s+)?|help\s+me\s+(?:to\s+)?|"
    rf"i(?:['’]d|\s+would)\s+like\s+(?:you\s+)?to\s+)?{_IMPROVE}\b|\bmake\s+(?:it|this|my\s+\w+)\s+"
    r"(?:read\s+)?(?:more\s+)?(?:clear|concise|formal|academic|readable|shorter|better)",
    re.IGNORECASE,
)
_OWN_TEXT = re.compile(
    r"\bmy\s+(?:own\s+)?(?:\w+\s+){0,2}?(?:draft|text|essay|thesis|dissertation|chapter|paper|"
    r"manuscript|report|article|assignment|coursework|proposal|statement|letter|introduction|"
    r"conclusion|abstract|writing|english)\b",
    re.IGNORECASE,
)
_THIS_TEXT = re.compile(
    r"\b(?:this|it|the\s+(?:attached|uploaded|draft|text|file|document)|attached|draft|text|document|"
    r"manuscript|essay|chapter|thesis|grammar|spelling|wording|english|prose|sentences?|paragraphs?)\b",
    re.IGNORECASE,
)
COURTESY = frozenset(
    """awesome bye cheers cool excellent fantastic fine good great hello hey hiya lot lots lovely
    morning nice okay perfect really super thank thanks thx welcome wonderful yeah yep yes""".split()
)
_ENOUGH_WORDS = 2
"""A message of this many words that carry meaning names a topic, whatever its form."""


class Choice(NamedTuple):
    journey: str
    why: str
    """One sentence for the person, shown with the run."""


def choose(message: str, settings: TaskSettings, *, files: bool = False) -> Choice:
    """The journey for `message`; `files`: it has some, or its conversation has.

    0. It is small talk as a whole: `answer`, whose planner knows it.
    0. A text of the person's own, which is at hand, is to be improved: `rewrite`.
    1. A bibliography or a search for sources is asked for: `research`.
    2. A length or a format is asked for, or the message orders a text: `write`.
    3. It ends in a question mark, or starts like a question and names no format: `answer`.
    4. Anything else: `write`.
    """
    if "answer" in journeys.names() and kind_of(message) is not None:
        return Choice("answer", "The message asks for no document.")
    if "rewrite" in journeys.names() and asks_to_improve(message, files=files):
        return Choice("rewrite", "The message asks to improve a draft of yours.")
    if "research" in journeys.names() and _RESEARCH.search(message):
        return Choice("research", "The message asks for sources.")
    if settings.length_words is not None or _LENGTH.search(message):
        return Choice("write", "A length was asked for.")
    if _REQUESTS.search(message):
        return Choice("write", "The message asks for a text to be written.")
    if is_question(message) and "answer" in journeys.names():
        return Choice("answer", "The message is a question and asks for no particular length.")
    return Choice("write", "The message describes a document.")


def asks_to_improve(message: str, *, files: bool) -> bool:
    """Whether it asks that a text be improved: “proofread this” with a file, “improve my draft”."""
    if not _ORDERED.search(message):
        return False
    return bool(_OWN_TEXT.search(message) or (files and _THIS_TEXT.search(message)))


def is_question(message: str) -> bool:
    """Whether it ends in a question mark, or starts like a question and names no format."""
    return message.rstrip().endswith("?") or (
        _QUESTION_WORDS.search(message) is not None and not _FORMATS.search(message)
    )


def orders_a_text(message: str) -> bool:
    """Whether it asks for a text of its own: "write a report", "review the attached papers"."""
    ordered = _REQUESTS.search(message) and _FORMATS.search(message)
    return bool(ordered or _OF_THE_FILES.search(message) or _RESEARCH.search(message))


def named_style(message: str) -> str | None:
    """The citation style that the message names last."""
    found = _STYLE.findall(message)
    return str(found[-1]).lower() if found else None


def named_length(message: str) -> bool:
    return _LENGTH.search(message) is not None


def says_what_is_wanted(message: str) -> bool:
    """Whether there is anything to write or to answer in it: a question, a request, a length, a
    style, or a topic in a few words. "Thanks!" is nothing of these."""
    words = {match.group().lower() for match in WORD.finditer(message)}
    return bool(
        is_question(message)
        or words & REQUEST_WORDS
        or _REQUESTS.search(message)
        or named_length(message)
        or named_style(message)
        or len([w for w in content_words(message) if w not in COURTESY]) >= _ENOUGH_WORDS
    )
