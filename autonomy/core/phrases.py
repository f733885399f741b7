"""How sentences for people begin, count and list."""

from __future__ import annotations

from collections.abc import Sequence


def clause(sentence: str) -> str:
    """A sentence as it goes on after "because": its first letter small."""
    return f"{sentence[:1].lower()}{sentence[1:]}"


def sentence_case(text: str) -> str:
    """A clause or a topic as it begins a sentence: its first letter large, the rest as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def counted(number: int, noun: str) -> str:
    """“1 source”, “3 sources”, “2 repositories”."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def series(items: Sequence[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
