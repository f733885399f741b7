"""Whether a changed sentence still says what it said: facts, citations, quotations and certainty.

Each check is a comparison of what stands in both texts; none judges meaning. A change that fails
one is not made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from autonomy.core.words import stems
from autonomy.tools.facts.dates import take_dates
from autonomy.tools.facts.names import names
from autonomy.tools.facts.polarity import direction_differs
from autonomy.tools.facts.quantities import quantities
from autonomy.tools.facts.spelling import plain
from autonomy.tools.prose.marks import citations, quotations

SHORTEST, LONGEST = 0.35, 1.6
"""Words of a changed sentence, relative to what it was."""
ALLOWANCE = 4
"""Words that a sentence may always lose or gain."""
NEW_WORDS = 0.6
"""Share of the content words of a changed sentence that may be new to it."""
KEPT_WORDS = 0.3
"""Share of the content words of a sentence that have to stand in the changed one."""
SCOPE = 6
"""Words behind a negation among which is what it negates."""
SCOPE_CHARS = 120
FEW_NEW = 3
"""New content words that are always allowed."""

_NEGATIONS = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|nobody|nothing|nowhere|hardly|scarcely|"
    r"barely)\b|n['’]t\b|\b(?:kein\w*|nicht|nie|ne|pas|jamais|nunca|jamás|não|nem)\b",
    re.IGNORECASE,
)
_IMPLIED = re.compile(
    r"\b(?:fail(?:s|ed|ing)? to|lack(?:s|ed|ing)?|absence of|unable to|free (?:of|from)|"
    r"impossible|unlikely|rather than|instead of)\b",
    re.IGNORECASE,
)
_HEDGES = re.compile(
    r"\b(?:may|might|could|can|would|perhaps|possibl[ey]|probabl[ey]|likely|seem(?:s|ed|ingly)?|"
    r"appear(?:s|ed)?|suggest(?:s|ed|ing)?|indicat(?:es?|ed|ing)|tend(?:s|ed)?|apparently|"
    r"presumably|potential(?:ly)?|assum(?:es?|ed|ing)|estimat(?:es?|ed|ing)|approximately|about|"
    r"roughly|often|usually|sometimes|generally|mostly|partly|some|many|most)\b",
    re.IGNORECASE,
)
_DUTIES = re.compile(
    r"\b(?:must|should|shall|ought to|need(?:s|ed)? to|ha(?:s|ve|d) to|required|recommended)\b",
    re.IGNORECASE,
)
_ABSOLUTES = re.compile(
    r"\b(?:always|never|all|every|each|only|entirely|completely|certainly|clearly|obviously|"
    r"undoubtedly|definitely|proves?|proved|proven|unquestionably|must|exclusively|solely)\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b10\.\d{4,9}/\S+|\b[\w.+-]+@[\w-]+\.\w+")
_SYMBOLS = re.compile(r"[=<>≤≥≈±×÷√∑∫°%‰€£$¥§µμαβγδθλσχΔΩ]")
_MARKUP = re.compile(r"\[\[|\]\]|```|</?[a-z][^>]*>|^\s*(?:#{1,6}\s|[-*]\s)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")


class LossKind(StrEnum):
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    CITATION = "citation"
    QUOTATION = "quotation"
    NEGATION = "negation"
    CERTAINTY = "certainty"
    DIRECTION = "direction"
    LENGTH = "length"
    HELD = "held"
    OTHER = "other"


class Loss(NamedTuple):
    """Something that the changed text would lose, add or turn round."""

    kind: LossKind
    message: str
    """A clause for people, as it goes on after “because”."""


CHECKS: dict[LossKind, str] = {
    LossKind.NUMBER: "numbers and units",
    LossKind.DATE: "dates",
    LossKind.NAME: "names",
    LossKind.CITATION: "citations",
    LossKind.QUOTATION: "quotations",
    LossKind.NEGATION: "negations",
    LossKind.CERTAINTY: "certainty",
    LossKind.DIRECTION: "more and less",
    LossKind.LENGTH: "length",
}
"""What is checked of every change, for people."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What the checks compare of a text, read once: a sentence is compared many times."""

    plain: str
    dates: tuple[tuple[int | None, int, int | None], ...]
    first_date: str
    digits: Counter[str]
    addresses: Counter[str]
    signs: Counter[str]
    figures: Counter[tuple[str, str]]
    names: tuple[tuple[str, ...], ...]
    words: frozenset[str]
    citations: tuple[str, ...]
    quotations: tuple[str, ...]


@lru_cache(maxsize=4_096)
def _read(text: str) -> _Read:
    bare = plain(text)
    dates, rest = take_dates(bare)
    return _Read(
        plain=bare,
        dates=tuple((d.year, d.month, d.day) for d in dates),
        first_date=dates[0].text if dates else "",
        digits=Counter(_DIGITS.findall(_ADDRESS.sub(" ", bare))),
        addresses=Counter(_ADDRESS.findall(bare)),
        signs=Counter(_SYMBOLS.findall(bare)),
        figures=_figures(rest),
        names=tuple(name.words for name in names(bare)),
        words=_words(bare),
        citations=tuple(c.text for c in citations(text)),
        quotations=tuple(text[a:b] for a, b in quotations(text)),
    )


def losses(
    before: str,
    after: str,
    *,
    held: Sequence[str] = (),
    kinds: frozenset[LossKind] = frozenset(LossKind),
) -> list[Loss]:
    """What is wrong with `after` in the place of `before`; empty when nothing is.

    Args:
        held: stretches of `before`, in order, that must stand in `after` letter for letter.
        kinds: what is looked at.
    """
    found = [
        *_held(held, after),
        *_citations(_read(before), _read(after)),
        *_quotations(_read(before), _read(after)),
        *_numbers(_read(before), _read(after)),
        *_names(_read(before), _read(after)),
    ]
    if kinds & {LossKind.NEGATION, LossKind.CERTAINTY, LossKind.DIRECTION}:
        found += _certainty(before, after)
    if LossKind.LENGTH in kinds:
        found += _length(before, after)
    if LossKind.OTHER in kinds:
        found += _junk(before, after)
    unique = {(one.kind, one.message): one for one in found if one.kind in kinds}
    return list(unique.values())


# ------------------------------------------------------------------------------ what must stay


def _held(held: Sequence[str], after: str) -> Iterable[Loss]:
    at = 0
    for text in held:
        place = after.find(text, at)
        if place < 0:
            yield Loss(LossKind.HELD, f"“{_short(text)}” has to stay as it is")
            return
        at = place + len(text)


def _citations(old: _Read, new: _Read) -> Iterable[Loss]:
    for text in _missing(old.citations, new.citations):
        yield Loss(LossKind.CITATION, f"the citation {_short(text)} would be lost")
    for text in _missing(new.citations, old.citations):
        yield Loss(LossKind.CITATION, f"it would add the citation {_short(text)}")


def _quotations(old: _Read, new: _Read) -> Iterable[Loss]:
    for text in _missing(old.quotations, new.quotations):
        yield Loss(LossKind.QUOTATION, f"the quotation “{_short(text)}” would be changed")
    if len(new.quotations) > len(old.quotations):
        for text in _missing(new.quotations, old.quotations):
            yield Loss(LossKind.QUOTATION, f"it would put “{_short(text)}” between quotation marks")


def _missing(these: Sequence[str], those: Sequence[str]) -> Iterable[str]:
    """What of `these` is not among `those`, as often as it is missing."""
    there = Counter(_tight(text) for text in those)
    for text in these:
        tight = _tight(text)
        if there[tight]:
            there[tight] -= 1
        else:
            yield text


def _numbers(old: _Read, new: _Read) -> Iterable[Loss]:
    if Counter(old.dates) != Counter(new.dates):
        text = old.first_date or new.first_date
        yield Loss(LossKind.DATE, f"the date {text} would be changed")
    for text in old.digits - new.digits:
        yield Loss(LossKind.NUMBER, f"the number {text} would be lost")
    for text in new.digits - old.digits:
        yield Loss(LossKind.NUMBER, f"it would add the number {text}")
    for was, now, what in (
        (old.addresses, new.addresses, "the address"),
        (old.signs, new.signs, "the sign"),
    ):
        for text in (was - now) + (now - was):
            yield Loss(LossKind.NUMBER, f"{what} {_short(text)} would be changed")
    if old.digits != new.digits:
        return  # the figures would say the same once more
    for value, unit in old.figures - new.figures:
        yield Loss(LossKind.NUMBER, f"{_figure(value, unit)} would be lost")
    for value, unit in new.figures - old.figures:
        yield Loss(LossKind.NUMBER, f"it would add {_figure(value, unit)}")


def _figures(text: str) -> Counter[tuple[str, str]]:
    """Values with their units; “one” is as often a pronoun, and says nothing by itself."""
    return Counter(
        (str(q.value.normalize()), q.unit)
        for q in quantities(text)
        if not (q.value == 1 and not q.digits)
    )


def _figure(value: str, unit: str) -> str:
    return f"the figure {value} {unit}".strip()


def _names(old: _Read, new: _Read) -> Iterable[Loss]:
    for words in old.names:
        if missing := [word for word in words if word.casefold() not in new.words]:
            yield Loss(LossKind.NAME, f"the name {missing[0]} would be lost")
    for words in new.names:
        if added := [word for word in words if word.casefold() not in old.words]:
            yield Loss(LossKind.NAME, f"it would add the name {added[0]}")


def _words(text: str) -> frozenset[str]:
    words = {word.casefold() for word in re.findall(r"[^\W_](?:[\w&.'-]*[^\W_])?", text)}
    return frozenset(words | {re.sub(r"'s?$", "", word) for word in words})


# ------------------------------------------------------------------------------- how it is said


def _certainty(before: str, after: str) -> Iterable[Loss]:
    old, new = (len(_NEGATIONS.findall(text)) for text in (before, after))
    implied = [len(_IMPLIED.findall(text)) for text in (before, after)]
    # “Did not find any” may become “found none”, and “did not” “failed to”.
    if old != new and old + implied[0] != new + implied[1]:
        yield Loss(LossKind.NEGATION, "a negation would come or go")
    elif _negated_otherwise(before, after):
        yield Loss(LossKind.NEGATION, "something else would be negated")
    for pattern, what in ((_HEDGES, "it would sound more certain"), (_DUTIES, "a duty would go")):
        if pattern.search(before) and not pattern.search(after):
            yield Loss(LossKind.CERTAINTY, what)
    if _DUTIES.search(after) and not _DUTIES.search(before):
        yield Loss(LossKind.CERTAINTY, "it would ask for more")
    if len(_ABSOLUTES.findall(after)) > len(_ABSOLUTES.findall(before)):
        yield Loss(LossKind.CERTAINTY, "it would claim more")
    if direction_differs(before, after):
        yield Loss(LossKind.DIRECTION, "more would become less, or the other way round")


def _negated_otherwise(before: str, after: str) -> bool:
    """Whether a negation stands before none of the words that it stood before."""
    scopes = [
        [
            stems(" ".join(text[m.end() : m.end() + SCOPE_CHARS].split()[:SCOPE]))
            for m in _NEGATIONS.finditer(text)
        ]
        for text in (before, after)
    ]
    there = frozenset[str]().union(*scopes[1])
    return bool(scopes[1]) and any(scope and not scope & there for scope in scopes[0])


def _length(before: str, after: str) -> Iterable[Loss]:
    old, new = _size(before), _size(after)
    if new == 0:
        yield Loss(LossKind.LENGTH, "nothing would be left")
    elif new < old * SHORTEST - ALLOWANCE:
        yield Loss(LossKind.LENGTH, "too little would be left of it")
    elif new > old * LONGEST + ALLOWANCE:
        yield Loss(LossKind.LENGTH, "it would become much longer")


def _size(text: str) -> int:
    """Words, or letters in scripts that put no space between words."""
    words = len(text.split())
    letters = len(_LETTERS.findall(text))
    return words if letters < 15 * max(words, 1) else letters // 2


def _junk(before: str, after: str) -> Iterable[Loss]:
    if _MARKUP.search(after) and not _MARKUP.search(before):
        yield Loss(LossKind.OTHER, "it would bring in marks of a program")
    old, new = _content(before), _content(after)
    fresh = new - old
    if len(old) >= FEW_NEW and len(old & new) < KEPT_WORDS * len(old):
        yield Loss(LossKind.OTHER, "too little of what it says would be left")
    elif len(fresh) > max(FEW_NEW, NEW_WORDS * len(new)):
        yield Loss(LossKind.OTHER, "it would say something else")


def _content(text: str) -> frozenset[str]:
    """Stems of its content words; in scripts without spaces its pairs of letters."""
    found = stems(text)
    if found and any(character.isascii() for character in text if character.isalpha()):
        return found
    letters = "".join(_LETTERS.findall(text)).casefold()
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))


def _tight(text: str) -> str:
    """Spacing and the kind of dash and apostrophe are no part of what is said."""
    return re.sub(r"\s+", "", plain(text))


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()} …"
