"""How a quotation is brought into a sentence: who says it, with which verb, and how much is quoted.

Only what can be read off the source goes into the frame: its authors, its year, whether the words
stand further on in it. Frames never say that two sources agree, or what a quotation means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autonomy.agents.literal import in_prose
from autonomy.agents.quotable import Quote
from autonomy.core.csl import year_of
from autonomy.core.phrases import sentence_case
from autonomy.core.types import Source

_VERBS: tuple[tuple[re.Pattern[str], tuple[tuple[str, str], ...]], ...] = (
    (
        re.compile(r"\b(?:we|this (?:paper|study|article|work))\b.*\b(?:propos|introduc)", re.I),
        (("propose", "proposes"), ("set out", "sets out")),
    ),
    (
        re.compile(r"\b(?:we|results?|findings|data)\s+(?:\w+ )?(?:find|found|observ|show)", re.I),
        (("find", "finds"), ("observe", "observes")),
    ),
    (
        re.compile(r"\d\s*%|\bper ?cent\b|\boutperform|\bachiev", re.I),
        (("report", "reports"), ("record", "records")),
    ),
    (re.compile(r"\bbecause\b|\bdue to\b|\breason", re.I), (("explain", "explains"),)),
    (re.compile(r"\blimit|\bfuture\b|\bhowever\b|\bremain|\bfail", re.I), (("note", "notes"),)),
)
"""What a sentence looks like, and verbs that say no more of it than that."""
_PLAIN = (("state", "states"), ("write", "writes"))
_WE = re.compile(r"We (?:(?:also|further|first|then|therefore|thus|finally) )?(?=[a-z])")
_OUR = re.compile(r"Our (?=[a-z])")
_THIS = re.compile(
    r"(?:This|The) (?P<what>paper|study|article|work|report|review|chapter|thesis|survey) (?=[a-z]+s\b)"
)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
YEARS_APART = 3
"""From so many years between two sources the later one is introduced as later."""


def number(value: int) -> str:
    """In words up to ten."""
    return _NUMBERS[value] if 0 <= value < len(_NUMBERS) else str(value)


def count(value: int, noun: str) -> str:
    """“one source”, “three sources”, “12 sources”."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"


def narrative(quote: Quote) -> str:
    return f"[[n:{quote.passage.id}]]"


def cited(quote: Quote) -> str:
    return f"[[p:{quote.passage.id}]]"


def quoted(text: str) -> str:
    """The words between quotation marks at the end of a sentence."""
    return f"“{in_prose(text)}”" if text[-1] in ".!?" else f"“{in_prose(text)}”."


def quoted_with(text: str, quote: Quote) -> str:
    """The same with the citation in brackets behind it, which takes the full stop along."""
    return f"“{in_prose(text.removesuffix('.'))}” {cited(quote)}."


@dataclass(slots=True)
class Reporter:
    """Writes paragraphs of quotations; remembers what it said, so that phrases alternate."""

    sources: Mapping[str, Source]
    turn: int = 0
    _told_gap: bool = False

    def paragraph(self, quotes: Sequence[Quote], *, term: str = "") -> str:
        """The quotations in their order; `term` is what they have in common."""
        lines: list[str] = []
        former: Quote | None = None
        for quote in quotes:
            if former is None:
                lines.append(self._open(quote, f"On *{term}*, " if term else ""))
            elif former.passage.source_id == quote.passage.source_id:
                lines.append(self._go_on(quote, former))
            else:
                lines.append(self._open(quote, self._turn(quote, former)))
            former = quote
            self.turn += 1
        return " ".join(lines)

    def _open(self, quote: Quote, lead: str) -> str:
        """The first words of a source in a paragraph, its authors part of the sentence."""
        name, text = narrative(quote), quote.text
        if self._people(quote) > 1 and (found := _WE.match(text)):
            return f"{lead}{name} {quoted(text[found.end() :])}"
        if self._people(quote) and (found := _OUR.match(text)):
            return f"{lead}{name} {self._verb(quote)} that their {quoted(text[found.end() :])}"
        if self._people(quote) and (found := _THIS.match(text)):
            article = "the" if lead else "The"
            return f"{lead}{article} {found['what']} of {name} {quoted(text[found.end() :])}"
        if not lead and self.turn % 3 == 2:
            return f"In the words of {name}: {quoted(text)}"
        return f"{lead}{name} {self._verb(quote)}: {quoted(text)}"

    def _go_on(self, quote: Quote, former: Quote) -> str:
        """More of the source that spoke last."""
        people, text = self._people(quote), quote.text
        if people > 1 and (found := _WE.match(text)):
            return f"They {quoted_with(text[found.end() :], quote)}"
        if people and (found := _OUR.match(text)):
            return f"Their {quoted_with(text[found.end() :], quote)}"
        who = "they" if people > 1 else "the author" if people else "the source"
        verb = self._verb(quote)
        if quote.passage.id == former.passage.id:
            lead = ("The passage goes on:", f"There {who} also {verb}:")[self.turn % 2]
        elif quote.passage.ordinal > former.passage.ordinal + 2:
            lead = (f"Further on {who} {verb}:", f"Later {who} {verb}:")[self.turn % 2]
        else:
            lead = f"{sentence_case(who)} {('also ', 'further ')[self.turn % 2]}{verb}:"
        return f"{lead} {quoted_with(text, quote)}"

    def _turn(self, quote: Quote, former: Quote) -> str:
        """What stands between two sources: how far they are apart, told once."""
        here = self._year(quote)
        before = self._year(former)
        if here and before and not self._told_gap and abs(here - before) >= YEARS_APART:
            self._told_gap = True
            # No number: it stands in neither passage, and every number beside a citation is checked.
            return f"Some years {'later' if here > before else 'earlier'}, "
        return ("", "On the same matter, ", "Beside this, ")[self.turn % 3]

    def _year(self, quote: Quote) -> int | None:
        source = self.sources.get(quote.passage.source_id)
        return year_of(source.csl) if source else None

    def _people(self, quote: Quote) -> int:
        """How many persons wrote the source; 0 where an institution or nobody is named."""
        source = self.sources.get(quote.passage.source_id)
        authors = source.csl.get("author", []) if source else []
        return sum("family" in author for author in authors)

    def _verb(self, quote: Quote) -> str:
        plural = self._people(quote) > 1
        pairs = next((pairs for cue, pairs in _VERBS if cue.search(quote.text)), _PLAIN)
        many, one = pairs[self.turn % len(pairs)]
        return many if plural else one
