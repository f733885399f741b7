"""What a whole text holds that a rewriting may not lose: counted over all of it at once, so that
nothing goes by moving from one sentence to another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from autonomy.tools.facts.names import names
from autonomy.tools.facts.spelling import plain
from autonomy.tools.prose.marks import citations, quotations

_DIGITS = re.compile(r"\d+(?:[.,:/]\d+)*")
_WORD = re.compile(r"[^\W_](?:[\w&.'-]*[^\W_])?")


@dataclass(slots=True)
class Inventory:
    numbers: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    """Words of names, case folded."""
    words: set[str] = field(default_factory=set)
    citations: Counter[str] = field(default_factory=Counter)
    quotations: Counter[str] = field(default_factory=Counter)

    def lost(self, after: Inventory) -> list[str]:
        """What of this is not in `after`, in words for people."""
        gone = [f"the number {one}" for one in self.numbers - after.numbers]
        gone += [f"the name {one}" for one in sorted(self.names - after.words)]
        gone += [f"the citation {one}" for one in self.citations - after.citations]
        gone += [f"the quotation “{one[:60]}”" for one in self.quotations - after.quotations]
        return gone

    def added(self, after: Inventory) -> list[str]:
        """What `after` has that this has not: a rewriting invents nothing."""
        new = [f"the number {one}" for one in after.numbers - self.numbers]
        new += [f"the name {one}" for one in sorted(after.names - self.words)]
        new += [f"the citation {one}" for one in after.citations - self.citations]
        return new


def inventory(texts: Iterable[str]) -> Inventory:
    """Numbers, names, citations and quotations of the texts together."""
    found = Inventory()
    for text in texts:
        bare = plain(text)
        found.numbers.update(_DIGITS.findall(bare))
        found.citations.update(_tight(one.text) for one in citations(text))
        found.quotations.update(_tight(text[a:b]) for a, b in quotations(text))
        found.words |= {_folded(word) for word in _WORD.findall(bare)}
        found.names |= {_folded(word) for name in names(bare) for word in name.words}
    return found


def _folded(word: str) -> str:
    return re.sub(r"['’]s?$", "", word).casefold()


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", plain(text))
