"""Pairs of texts of which it is known whether, and how, one was made from the other.

Texts and hand-written paraphrases are in `text_reuse.txt`; cut-and-paste and light edits are made
of them here, by chance with a fixed seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autonomy.core.originality import ComparedKind
from autonomy.tools.similarity import ComparedText

_FILE = Path(__file__).with_name("text_reuse.txt")

# What is exchanged for what in light edits; both ways.
_EXCHANGES = """many numerous|people persons|show demonstrate|big large|begin start|because since|often
frequently|only merely|each every|while whereas|however but|found discovered|help aid|quickly rapidly
|important significant|use employ|almost nearly|several some|children pupils|fell dropped|rose grew
|reduced lowered|year twelvemonth|greater larger|condition state|power strength|mind intellect
|different various|whole entire|old former|new recent|small little|place spot|part portion|first initial
|best finest|well properly|after following|before ahead of|when once|made produced|great considerable
|single lone|more additional|better improved|between among|still yet|also too|never not once
|most the bulk of|every all|those such|these the said|which that|such as like""".replace("\n", " ")
_FILLERS = "also then indeed rather quite perhaps in fact clearly thus often".split()

CARRIERS = (
    (
        "This chapter looks at the question from my own point of view and begins with a remark.",
        "I come back to this at the end, once the other side has had its say.",
    ),
    (
        "My second point needs a longer introduction than the first one did.",
        "None of this settles the matter, as a friend of mine likes to object.",
    ),
    (
        "Somebody asked me last week why anyone should still care about such things.",
        "Let me turn to the next section, where I weigh what speaks for either view.",
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    origin: str
    source: str
    heavy: str
    other: str
    """On the same subject, taken from nowhere."""


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    """`verbatim`, `light`, `heavy` or `non`."""
    of: str
    """Name of the source that it was made from, or is on the same subject as."""
    text: str
    without_source: bool = False
    """The source itself is not among the texts compared."""

    @property
    def draft(self) -> str:
        before, after = CARRIERS[len(self.text) % len(CARRIERS)]
        return f"{before} {self.text} {after}"

    @property
    def words(self) -> tuple[int, int]:
        """Characters of the draft that are the pair's own text."""
        start = self.draft.index(self.text)
        return start, start + len(self.text)


@cache
def entries() -> tuple[Entry, ...]:
    found = []
    for block in _FILE.read_text("utf-8").split("\n@ ")[1:]:
        head, *lines = block.strip().splitlines()
        name, _, origin = head.partition(" | ")
        said = {line[0]: line[2:] for line in lines if line[:2] in ("= ", "! ")}
        (source,) = (line for line in lines if line and line[0] not in "=!#")
        found.append(Entry(name, origin, source, said.get("=", ""), said["!"]))
    return tuple(found)


@cache
def texts() -> tuple[ComparedText, ...]:
    return tuple(
        ComparedText(each.name, each.name.title(), ComparedKind.LIBRARY, each.source)
        for each in entries()
    )


TUNING, REPORTING = 0, 1
_FRESH = "consent"
"""The first entry of those that were written after the thresholds were chosen."""


def pairs(half: int) -> list[Pair]:
    """All pairs of every second source: `TUNING`, from the first, or `REPORTING`, from the second
    and with all fresh ones."""
    names = [entry.name for entry in entries()]
    fresh = names.index(_FRESH)
    chosen = entries()[half:fresh:2] + (entries()[fresh:] if half == REPORTING else ())
    return [pair for entry in chosen for pair in _pairs(entry)]


def _pairs(entry: Entry) -> Iterator[Pair]:
    rng = random.Random(entry.name)
    yield Pair("verbatim", entry.name, pasted(entry.source, rng))
    yield Pair("light", entry.name, edited(entry.source, rng, share=0.08))
    yield Pair("light", entry.name, edited(entry.source, rng, share=0.16))
    if entry.heavy:
        yield Pair("heavy", entry.name, entry.heavy)
        yield Pair("non", entry.name, entry.heavy, without_source=True)
    yield Pair("non", entry.name, entry.other)


def pasted(source: str, rng: random.Random) -> str:
    """A stretch of the source as it comes out of a clipboard: other quotes and dashes, other
    spaces, sometimes a sentence of it only."""
    sentences = re.split(r"(?<=[.?!]) ", source)
    kept = sentences if len(sentences) == 1 or rng.random() < 0.5 else [rng.choice(sentences)]
    text = " ".join(kept)
    if rng.random() < 0.3:
        text = text.replace(" ", "  ", 3).replace(", ", ",\n", 1)
    if rng.random() < 0.3:
        text = text.replace("-", "‑").replace("'", "’")
    return text


def edited(source: str, rng: random.Random, *, share: float) -> str:
    """The source with that share of its words exchanged, left out, added or swapped with the next
    one, commas moved, and a sentence broken in two or two joined now and then."""
    swaps = _swaps()
    words = source.split()
    result: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        plain = word.strip(",.;:").lower()
        chance = rng.random()
        if chance < share:
            way = rng.choice(("exchange", "drop", "add", "swap"))
            if way == "exchange":
                tail = word[len(word.rstrip(",.;:")) :]
                result.append(swaps.get(plain, rng.choice(_FILLERS)) + tail)
            elif way == "add":
                result += [rng.choice(_FILLERS), word]
            elif way == "swap" and place + 1 < len(words):
                result += [words[place + 1], word]
                place += 1
            elif word[-1] in ".;":
                result.append(word)
        elif chance < share * 2 and plain in swaps:
            result.append(swaps[plain] + word[len(word.rstrip(",.;:")) :])
        elif word.endswith(",") and chance > 0.9:
            result.append(word[:-1])
        elif word.endswith(";"):
            result.append(word[:-1] + ".")
        elif word.endswith(".") and chance > 0.7 and place + 1 < len(words):
            result += [word[:-1] + ",", "and"]
        else:
            result.append(word)
        place += 1
    return " ".join(result)


@cache
def _swaps() -> dict[str, str]:
    table: dict[str, str] = {}
    for one in _EXCHANGES.split("|"):
        first, _, second = one.strip().partition(" ")
        table[first] = second
    return table
