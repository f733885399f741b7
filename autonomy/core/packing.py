"""A prompt as parts with priorities, so that it can be fitted into a model's window.

What does not fit is left out whole, the least important part first, or cut at a sentence where the
part allows that; never in the middle of a fence, and never without saying what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autonomy.core.tokens import estimate_tokens

ALWAYS = 100
"""The priority of what is never left out."""

SEPARATOR = "\n\n"
_CUT = " […]"
_SHORTEST = 60
"""Tokens below which a shortened part says too little to be worth its place."""

# One fence with what stands before and behind it; the body in between may be cut.
_FENCED = re.compile(
    r"\A(?P<head>.*?<<<(?P<code>\w+) [^\n]*\n)(?P<body>.*)(?P<tail>\n(?P=code)>>>.*)\Z", re.S
)
_SENTENCE_END = re.compile(r"[.!?。！？…]['\"”’)\]]*(?=\s|\Z)|\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a prompt that stays or goes as one."""

    text: str
    priority: int = ALWAYS
    """Lower goes first when the window is too small; of equals the later one."""
    label: str = ""
    """What people are told was left out."""
    shorten: bool = False
    """May be cut at a sentence instead of left out; a fence in it stays closed."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The user text of a prompt as it fits."""

    text: str
    left_out: tuple[str, ...] = ()
    """Labels of what is missing or was shortened, in the prompt's order."""


class TooLong(Exception):
    """What may not be left out of a prompt does not fit."""

    def __init__(self, needed: int, room: int) -> None:
        super().__init__(f"the prompt needs {needed} tokens and there is room for {room}")
        self.needed = needed
        self.room = room


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said to a model in one call."""

    name: str
    version: str
    """Hash of its wording, which never depends on the case."""
    system: str
    parts: tuple[Part, ...]
    answer_tokens: int = 0
    """What a fitting answer has at most, thinking aside; 0 leaves it to the setting."""
    words: int = 0
    """Length asked for; 0 where none is."""

    def user(self) -> str:
        """Everything."""
        return SEPARATOR.join(part.text for part in self.parts)

    def size(self) -> int:
        """Tokens of the whole user text, estimated high."""
        return sum(_size(part.text) for part in self.parts)

    def least(self) -> int:
        """Tokens below which `packed` raises, estimated high."""
        return sum(_least(part) for part in self.parts if part.priority >= ALWAYS)

    def packed(self, tokens: int) -> Packed:
        """The user text in at most `tokens`, estimated high.

        Raises:
            TooLong: the parts that are never left out need more.
        """
        sizes = [_size(part.text) for part in self.parts]
        over = sum(sizes) - tokens
        if over <= 0:
            return Packed(self.user())
        kept: dict[int, str] = {index: part.text for index, part in enumerate(self.parts)}
        touched: dict[int, str] = {}
        for index in _in_order_of_going(self.parts):
            if over <= 0:
                break
            part, name = self.parts[index], self.parts[index].label or self.name
            short = shortened(part.text, sizes[index] - over) if part.shorten else None
            if short is not None:
                kept[index], touched[index], over = short, f"{name} (shortened)", 0
            elif part.priority < ALWAYS:
                del kept[index]
                touched[index], over = name, over - sizes[index]
            elif part.shorten and (short := shortened(part.text, _SHORTEST)) is not None:
                # It can give something, if not all that is asked: the next one gives the rest.
                kept[index], touched[index] = short, f"{name} (shortened)"
                over -= sizes[index] - _size(short)
        if over > 0:
            raise TooLong(tokens + over, tokens)
        return Packed(
            SEPARATOR.join(kept.values()), tuple(touched[index] for index in sorted(touched))
        )


def shortened(text: str, tokens: int) -> str | None:
    """`text` cut at a sentence to at most `tokens`, its fence closed; None where too little of it
    would be left."""
    if tokens < _SHORTEST:
        return None
    found = _FENCED.match(text)
    head, body, tail = (found["head"], found["body"], found["tail"]) if found else ("", text, "")
    room = tokens - _size(head + _CUT + tail)
    if room <= 0:
        return None
    ends = [match.end() for match in _SENTENCE_END.finditer(body)]
    best = _last_fitting(body, ends, room)
    if best is None:
        ends = [match.start() for match in re.finditer(r"\s", body)]
        best = _last_fitting(body, ends, room)
    if best is None:
        return None
    return f"{head}{body[:best].rstrip()}{_CUT}{tail}"


def _last_fitting(body: str, ends: list[int], room: int) -> int | None:
    """The last of `ends` up to which `body` has at most `room` tokens, by bisection."""
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        if estimate_tokens(body[: ends[middle]]) <= room:
            low = middle + 1
        else:
            high = middle
    return ends[low - 1] if low else None


def _size(text: str) -> int:
    return estimate_tokens(text) + 1  # what separates it from the next


def _least(part: Part) -> int:
    if not part.shorten:
        return _size(part.text)
    short = shortened(part.text, _SHORTEST)
    return _size(part.text) if short is None else min(_size(part.text), _size(short))


def _in_order_of_going(parts: tuple[Part, ...]) -> list[int]:
    return sorted(range(len(parts)), key=lambda index: (parts[index].priority, -index))
