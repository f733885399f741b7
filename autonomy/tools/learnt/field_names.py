"""Whether two names of fields may mean the same. Names only ever forbid or support; that values are
the same is proven by values."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from enum import IntEnum

from autonomy.tools.learnt.pointers import EVERY, Path, key

SYNONYMS = tuple(
    frozenset(group.split())
    for group in (
        "title name headline heading subject",
        "id identifier key uid",
        "url link href uri",
        "abstract summary description desc",
        "author creator writer",
        "count total num number",
        "items results data records entries hits docs rows list elements objects works content",
        "next cursor after continuation token",
        "lang language",
        "year yr",
        "published publication issued pub",
        "status state",
        "kind type category",
        "lat latitude",
        "lon lng longitude",
        "email mail",
        "phone tel telephone",
        "text body",
        "tags keywords",
        "journal periodical",
        "quantity qty",
        "q query search term",
        "temperature temp",
    )
)
CHANGES_MEANING = frozenset(
    """
    short long alt alternative old new previous prev former display sub raw min max avg mean median
    net gross est estimated preview teaser snippet excerpt sort local original orig translated parent
    child full partial brief abbreviated first last given family middle nick maiden start end begin
    from to created updated modified deleted accessed indexed crawled expires due source target
    sender receiver recipient editor owner reviewer publisher translator billing shipping home work
    width height depth inner outer upper lower left right top bottom north south east west city
    country region street before latest current initial final actual expected planned predicted
    public private internal external primary secondary backup default custom normalized inverse
    inverted reverse negative not no non is disabled hidden inactive excluded without minus per
    percent ratio share rank score rating weight discount tax sale list unit base total sum count
    cents cent eur euro euros usd dollar dollars gbp pence ms millis milliseconds seconds secs sec
    minutes mins hours days km mi miles meters metres cm mm inch inches feet ft kg lb lbs grams
    celsius fahrenheit kelvin c f k bytes kb mb gb utc gmt tz offset legacy v1 v2 internal hash
    checksum slug code symbol version revision en de fr es it pt ru zh ja ar html plain ascii unicode
    md markdown clean cleaned formatted localized localised native romanized stripped safe escaped
    encoded rounded approx approximate absolute online print now today yesterday week month day hour
    minute second quarter year annual monthly daily weekly related similar suggested highlights
    featured popular recent cached draft pending
    """.split()
)
"""Words that make another field of the same kind: a price in cents, a short title, the day of a
change. Where only one of two names has such a word, they are not the same by name."""
HARMLESS = frozenset("is total count list source".split())
"""Of those, words that often only decorate (`isOpen`, `totalCount`): they do not forbid when both
names are synonyms otherwise."""


def words(name: str) -> list[str]:
    """The words of a field's name: `publishedAt`, `published_at` → published, at."""
    spaced = re.sub(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word]


def _meaning(word: str) -> str:
    singular = word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
    for group in SYNONYMS:
        if word in group or singular in group:
            return min(group)
    return singular


def _of_path(path: Path) -> list[str]:
    """Words of the names after the last list."""
    last = max((n for n, token in enumerate(path) if token == EVERY), default=-1)
    return [word for token in path[last + 1 :] for word in words(key(token))]


class Kinship(IntEnum):
    """How much two names say that they mean the same."""

    NONE = 0
    LOOSE = 1
    """One says more than the other, or they are spelt nearly alike."""
    CONTAINED = 2
    """The same name in another object."""
    CLOSE = 3
    """The same words but for spelling, order, synonyms and decoration."""


DECORATION = frozenset(
    """
    is has at on date time value values field fields list text data attribute attributes attr attrs
    info detail details property properties result response payload meta the of and object item
    """.split()
)
"""Words that say nothing about what a value is."""


def kinship(one: Path, other: Path) -> Kinship:
    """Whether the names of two places, after the lists that hold them, mean the same."""
    names, others = _of_path(one), _of_path(other)
    if "".join(names) == "".join(others):
        return Kinship.CLOSE
    mine = {_meaning(w) for w in names if w not in DECORATION}
    theirs = {_meaning(w) for w in others if w not in DECORATION}
    if mine == theirs and mine:
        return Kinship.CLOSE
    if not (one and other):
        return Kinship.CLOSE if not mine or not theirs else Kinship.NONE
    last, other_last = words(key(one[-1])), words(key(other[-1]))
    if last == other_last:
        return Kinship.CONTAINED
    if mine and theirs and (mine < theirs or theirs < mine):
        return Kinship.LOOSE
    if {_meaning(w) for w in last} == {_meaning(w) for w in other_last}:
        return Kinship.LOOSE
    spelt, other_spelt = "".join(last), "".join(other_last)
    nearly = SequenceMatcher(None, spelt, other_spelt).ratio() >= 0.85
    return Kinship(nearly and spelt[:1] == other_spelt[:1] and len(spelt) >= 5)


def conflict(one: Path, other: Path) -> str:
    """The word that stands in one name only and makes it another field; empty when there is none."""
    names, others = _of_path(one), _of_path(other)
    if "".join(names) == "".join(others):
        return ""
    mine, theirs = {_meaning(w) for w in names}, {_meaning(w) for w in others}
    for word in (*names, *others):
        in_both = _meaning(word) in mine and _meaning(word) in theirs
        if word in CHANGES_MEANING and not in_both:
            if word in HARMLESS and kinship(one, other) is not Kinship.NONE:
                continue
            return word
    return ""
