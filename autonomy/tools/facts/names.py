"""Names in a claim: people, organisations, places, acronyms and labels such as IL-6."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autonomy.core.words import STOP_WORDS, stem
from autonomy.library.sentences import sentences

_TOKEN = re.compile(r"[^\W_](?:[\w'&.-]*[^\W_])?[+]?")
_SIGN = re.compile(r"[^\W_]+")
_CALENDAR = frozenset(
    """january february march april may june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
    figure fig table section chapter appendix equation study experiment phase type stage group model
    """.split()
)
_LINKS = frozenset("of the and for de la van von der den du di da al bin".split())
_TITLES = frozenset("dr mr mrs ms prof professor sir dame lord lady president minister".split())
MOSTLY = 0.4
"""Share of capitalised words within a sentence from which capitals say nothing: a heading, or a
language that capitalises its nouns."""


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    words: tuple[str, ...]
    """Without links and titles."""

    @property
    def label(self) -> bool:
        """Whether it is a code rather than a name (IL-6, mTECs): such things go by many names."""
        return any(_coded(w) and not re.fullmatch(r"[A-Z]{3,}s?", w) for w in self.words)


def names(text: str) -> list[Name]:
    """Capitalised spans of `text` (made `plain`) that are no common words opening a sentence."""
    found: list[Name] = []
    for start, end in sentences(text):
        found += _in_sentence(text[start:end])
    seen: dict[tuple[str, ...], Name] = {}
    for name in found:
        # "break-induced replication (BIR)" makes its own abbreviation.
        own = len(name.words) == 1 and _coded(name.text)
        if not (own and re.search(rf"[(,;] ?{re.escape(name.text)}\)", text)):
            seen.setdefault(name.words, name)
    return list(seen.values())


def _coded(word: str) -> bool:
    """Whether the word is an acronym or label: two capitals, a capital inside, letters and digits."""
    letters = [c for c in word if c.isalpha()]
    if not letters:
        return False
    digits = any(c.isdigit() for c in word)
    capitals = sum(c.isupper() for c in letters)
    return capitals >= 2 or (digits and capitals >= 1) or (capitals == 1 and letters[0].islower())


def _capitalised(word: str) -> bool:
    return word[0].isupper() and len(word) > 1 and not word.isupper()


def _in_sentence(sentence: str) -> list[Name]:
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(sentence)]
    inner = [word for word, start, _ in tokens[1:] if word[0].isalpha()]
    heading = len(inner) >= 3 and sum(map(_capitalised, inner)) / len(inner) > MOSTLY
    found: list[Name] = []
    run: list[tuple[str, int, int]] = []

    def close() -> None:
        words = tuple(
            w for w, _, _ in run if w.lower() not in _LINKS and w.lower().rstrip(".") not in _TITLES
        )
        if words:
            found.append(Name(sentence[run[0][1] : run[-1][2]], words))
        run.clear()

    for place, (word, start, end) in enumerate(tokens):
        opening = place == 0 or sentence[:start].rstrip()[-1:] in '":.!?;'
        bare = word.removesuffix("'s").removesuffix("'")
        named = _coded(bare) or (
            not heading
            and _capitalised(bare)
            and bare.lower() not in _CALENDAR
            and not (opening and (bare.lower() in STOP_WORDS or not _followed(tokens, place)))
            and bare.lower() not in STOP_WORDS
        )
        linked = bool(run) and sentence[run[-1][2] : start] == " "
        if named and run and not linked:
            close()
        if named:
            run.append((bare, start, start + len(bare)))
            if bare != word:
                close()
        elif run and linked and word in _LINKS and _followed(tokens, place):
            run.append((word, start, end))
        else:
            close()
    close()
    return found


def _followed(tokens: list[tuple[str, int, int]], place: int) -> bool:
    """Whether a capitalised word follows directly: then an opening word is part of a name too."""
    if place + 1 >= len(tokens):
        return False
    word, start, _ = tokens[place + 1]
    gap = start - tokens[place][2]
    return gap == 1 and _capitalised(word) and not _coded(word) and word.lower() not in STOP_WORDS


class Lexicon:
    """The words of a passage as names are looked for in it."""

    def __init__(self, texts: Iterable[str]) -> None:
        text = " ".join(texts)
        words = [m[0] for m in _TOKEN.finditer(text)]
        self._tight = re.sub(r"[^\w]+", "", text).casefold()
        self._forms: set[str] = set()
        for word in words:
            self._forms |= _forms(word)
        self._stems = {stem(form) for form in self._forms}
        plain = [w for w in words if w.lower() not in _LINKS]
        self._initials = "".join(w[0].lower() for w in plain)
        self._heads = {form[:5] for form in self._forms if len(form) >= 5}
        self._acronyms = {w for w in words if w.isupper() and len(w) >= 2}

    def has(self, word: str) -> bool:
        """Whether a word stands there: in another number or case, with or without hyphens, or as
        the noun of an adjective (Germany, German)."""
        forms = _forms(word)
        if forms & self._forms or {stem(form) for form in forms} & self._stems:
            return True
        tight = re.sub(r"[^\w]+", "", word).casefold()
        pieces = [p for p in re.split(r"[-/]", word) if len(p) > 1]
        if len(pieces) > 1 and all(_forms(p) & self._forms for p in pieces):
            return True
        if _coded(word):
            if len(tight) >= 4 and tight in self._tight:
                return True
            letters = "".join(c for c in word.rstrip("s") if c.isalpha()).lower()
            return 3 <= len(letters) == len(tight.rstrip("s")) and letters in self._initials
        return len(tight) >= 6 and tight[:5] in self._heads

    def has_initials(self, words: tuple[str, ...]) -> bool:
        """Whether an acronym of these words stands there."""
        letters = "".join(word[0].upper() for word in words)
        return len(letters) >= 2 and letters in self._acronyms


def _forms(word: str) -> set[str]:
    lowered = word.casefold().strip(".+")
    pieces = [p.casefold() for p in _SIGN.findall(word) if len(p) > 1]
    return {lowered, lowered.replace(".", ""), lowered.replace("-", ""), *pieces}
