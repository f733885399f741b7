"""Changes that rules can propose without understanding the sentence, each with its reason."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from autonomy.tools.prose.agreement import findings
from autonomy.tools.prose.habits import AMERICAN, IZE, Habits
from autonomy.tools.prose.tables import BRITISH, CONTRACTIONS, EMPTY, ISE, MISSPELT, WORDY
from autonomy.tools.prose.wishes import Wish

_TWICE_ON_PURPOSE = frozenset(
    "had that very so far long many much again do bye ha blah her".split()
)
_DOUBLED = re.compile(r"\b(?P<word>[^\W\d_]+)(?P<gap>[ \u00a0]+)(?P<again>(?i:(?P=word)))\b")
_SPACES = re.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)")
_BEFORE_STOP = re.compile(r"(?<=\w)[ \u00a0]+(?=[,;:](?:\s|$)|[.!?](?:\s|$)|\))")
_AFTER_OPENING = re.compile(r"(?<=\()[ \u00a0]+(?=\w)")
_NO_SPACE = re.compile(r"(?<=[^\W\d_])[ \u00a0]?(?P<stop>[,;])(?=[^\W\d_]{2})")
_STOP_RUN_ON = re.compile(r"(?<=[a-zß-ÿ]{3})\.(?=[A-Z][a-zß-ÿ]{1,}\b(?!\.))")
_STOPS_TWICE = re.compile(r"(?P<stop>[,;:])(?P=stop)+|(?<!\.)\.\.(?!\.)")
_ARTICLE = re.compile(r"\b(?P<article>[Aa]n?) (?P<word>[^\W\d_][\w’'-]*)")
_SOUNDS_CONSONANT = re.compile(
    r"^(?:uni(?![nm])|use|usa|usu|eu|ewe|one|once|ubiq|uti|uto|ura|ure|ouija)", re.IGNORECASE
)
_SOUNDS_VOWEL = re.compile(r"^(?:hour|honest|honou?r|heir)", re.I)
_HYPHEN_DASH = re.compile(r"(?<=[^\W\d_])[ \u00a0]-{1,2}[ \u00a0](?=[^\W\d_])")
_DETERMINER = re.compile(r"\s+(?:the|these|those|this|that|its|their|our|my|his|her|your)\b", re.I)
_WORD = re.compile(r"[^\W\d_]+")
_NEXT_WORD = re.compile(r"\s+(?P<word>[^\W\d_]+)")
_WHOLE = re.compile(r"[\w’'-]+")
_ENGLISH = frozenset({"en", None})
_WORDINESS = frozenset({Wish.CLARITY, Wish.CONCISION})
"""Who asks for better flow expects wordy phrases to go; who asks for proofreading does not."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`text[start:end]` would better be `after`."""

    start: int
    end: int
    after: str
    rule: str
    reason: str
    """A sentence for people."""


def suggestions(
    text: str,
    locked: Sequence[tuple[int, int]],
    habits: Habits,
    wishes: frozenset[Wish],
    *,
    language: str | None = "en",
) -> list[Suggestion]:
    """What rules would change of a paragraph, in order, none touching another.

    Args:
        locked: stretches that must stay: quotations, citations, fields, links.
        language: ISO 639-1; rules on words are English ones.
    """
    rules: list[Callable[[str], Iterator[Suggestion]]] = []
    english = language in _ENGLISH
    if Wish.GRAMMAR in wishes:
        rules += [_doubled, _stops]
        if language != "fr":  # which puts a space before high signs
            rules.append(_space_before_stops)
        if english:
            rules += [_misspelt, _articles, _agreement]
        rules += [lambda t: _spelling(t, habits) if english else iter(())]
        rules += [lambda t: _signs(t, habits)]
    if english and wishes & _WORDINESS:
        rules += [_empty_openings, _wordy]
    if english and Wish.TONE in wishes:
        rules.append(_contractions)
    if Wish.GRAMMAR in wishes:
        rules.append(_spaces)
    taken: list[Suggestion] = []  # in order, so that only neighbours can touch
    starts: list[int] = []
    for rule in rules:
        for one in rule(text):
            at = bisect_left(starts, one.start)
            beside = taken[max(0, at - 1) : at + 1]
            if not _meets(one, locked) and not any(_touch(one, other) for other in beside):
                taken.insert(at, one)
                starts.insert(at, one.start)
    return taken


def _meets(one: Suggestion, locked: Sequence[tuple[int, int]]) -> bool:
    return any(start < one.end and one.start < end for start, end in locked) or any(
        one.start == one.end and start < one.start < end for start, end in locked
    )


def _touch(one: Suggestion, other: Suggestion) -> bool:
    return one.start <= other.end and other.start <= one.end


# ------------------------------------------------------------------------------- grammar


def _doubled(text: str) -> Iterator[Suggestion]:
    for match in _DOUBLED.finditer(text):
        word, again = match["word"], match["again"]
        names = word[0].isupper() and again[0].isupper()
        if word.lower() in _TWICE_ON_PURPOSE or names:
            continue
        start = match.start("gap")
        yield Suggestion(start, match.end(), "", "doubled word", f"“{again}” stands twice.")


def _stops(text: str) -> Iterator[Suggestion]:
    for match in _STOPS_TWICE.finditer(text):
        yield Suggestion(
            match.start(), match.end(), match[0][0], "punctuation", "The sign stands twice."
        )
    for match in _NO_SPACE.finditer(text):
        start = match.start() if len(match[0]) > 1 else match.end()
        after = f"{match['stop']} " if len(match[0]) > 1 else " "
        said = f"A space belongs behind “{match['stop']}”."
        yield Suggestion(start, match.end(), after, "spacing", said)
    for match in _STOP_RUN_ON.finditer(text):
        yield Suggestion(
            match.end(), match.end(), " ", "spacing", "A space belongs between two sentences."
        )


def _space_before_stops(text: str) -> Iterator[Suggestion]:
    for match in _BEFORE_STOP.finditer(text):
        sign = text[match.end()]
        yield Suggestion(
            match.start(), match.end(), "", "spacing", f"No space belongs before “{sign}”."
        )
    for match in _AFTER_OPENING.finditer(text):
        yield Suggestion(match.start(), match.end(), "", "spacing", "No space belongs behind “(”.")


def _spaces(text: str) -> Iterator[Suggestion]:
    for match in _SPACES.finditer(text):
        yield Suggestion(match.start(), match.end(), " ", "spacing", "One space is enough.")


def _misspelt(text: str) -> Iterator[Suggestion]:
    for match in _found(tuple(MISSPELT), text):
        right = _in_case(MISSPELT[match[0].lower()], match[0])
        yield Suggestion(
            match.start(), match.end(), right, "spelling", f"“{match[0]}” is spelt “{right}”."
        )


def _articles(text: str) -> Iterator[Suggestion]:
    for match in _ARTICLE.finditer(text):
        article, word = match["article"], match["word"]
        if word.isupper() or not word.isascii() or len(word) < 3:
            continue  # how letters are called, or names are said, is no rule's to know
        vowel = _SOUNDS_VOWEL.match(word) is not None or (
            word[0].lower() in "aeiou" and not _SOUNDS_CONSONANT.match(word)
        )
        wanted = article[0] + ("n" if vowel else "")
        # “A” may be a name or a mark (vitamin A is …), and “a” before a capital often is.
        sure = (
            article in ("a", "an")
            or match.start() == 0
            or text[match.start() - 2 : match.start()] in (". ", "? ", "! ")
        )
        if wanted != article and sure and not word[0].isupper():
            yield Suggestion(
                match.start("article"), match.end("article"), wanted, "article",
                f"“{wanted.lower()}” goes with “{word}”.",
            )  # fmt: skip


def _agreement(text: str) -> Iterator[Suggestion]:
    for one in findings(text):
        yield Suggestion(one.start, one.end, one.after, one.rule, one.reason)


# ------------------------------------------------------------------------------ consistency


def _spelling(text: str, habits: Habits) -> Iterator[Suggestion]:
    to_british = AMERICAN if habits.british else {}
    to_american = BRITISH if habits.british is False else {}
    to_ise = IZE if habits.ise else {}
    to_ize = ISE if habits.ise is False else {}
    for match in _WORD.finditer(text):
        word = match[0].lower()
        for table, named in (
            (to_british, "British"), (to_american, "American"), (to_ise, "-ise"), (to_ize, "-ize"),
        ):  # fmt: skip
            if word in table and not _named(text, match):
                right = _in_case(table[word], match[0])
                reason = f"The rest of the text has {named} spelling: “{right}”."
                yield Suggestion(match.start(), match.end(), right, "spelling variety", reason)
                break


def _named(text: str, match: re.Match[str]) -> bool:
    """Whether the word may be part of a name (Pearl Harbor): a capital that opens no sentence."""
    opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in (".", "!", "?", ":", "“")
    return match[0][0].isupper() and not opens


def _signs(text: str, habits: Habits) -> Iterator[Suggestion]:
    if habits.curly is not None:
        kind = "curly" if habits.curly else "straight"
        reason = f"The rest of the text has {kind} quotation marks and apostrophes."
        for at, sign in _other_quotes(text, curly=habits.curly):
            yield Suggestion(at, at + 1, sign, "quotation marks", reason)
    dash = habits.dash or " – "
    for match in _HYPHEN_DASH.finditer(text):
        yield Suggestion(
            match.start(), match.end(), dash, "dash", "Between clauses stands a dash, not a hyphen."
        )


def _other_quotes(text: str, *, curly: bool) -> Iterator[tuple[int, str]]:
    if not curly:
        for at, sign in enumerate(text):
            if sign in "“”":
                yield at, '"'
            elif sign == "’" and text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha():
                yield at, "'"
        return
    straight = [at for at, sign in enumerate(text) if sign == '"']
    inches = any(text[at - 1 : at].isdigit() for at in straight)
    if len(straight) % 2 == 0 and not inches:
        for place, at in enumerate(straight):
            yield at, "“" if place % 2 == 0 else "”"
    for match in re.finditer(r"(?<=[^\W\d_])'(?=[^\W\d_])", text):
        yield match.start(), "’"


# ------------------------------------------------------------------------ concision and tone


def _empty_openings(text: str) -> Iterator[Suggestion]:
    for match in _found(EMPTY, text):
        following = _NEXT_WORD.match(text, match.end())
        if following is None:
            continue
        word = following["word"]
        first = word[0].upper() if match[0][0].isupper() else word[0]
        yield Suggestion(
            match.start(),
            following.end(),
            first + word[1:],
            "empty opening",
            f"“{match[0]}” adds nothing to the sentence.",
        )


def _wordy(text: str) -> Iterator[Suggestion]:
    for match in _found(tuple(WORDY), text):
        short = WORDY[match[0].lower()]
        if short in ("many", "most") and _DETERMINER.match(text, match.end()):
            short += " of"
        short = _in_case(short, match[0])
        yield Suggestion(
            match.start(), match.end(), short, "wordy phrase",
            f"“{short}” says the same as “{match[0]}”.",
        )  # fmt: skip


def _contractions(text: str) -> Iterator[Suggestion]:
    straight = {short.replace("’", "'"): full for short, full in CONTRACTIONS.items()}
    table = CONTRACTIONS | straight
    for match in _found(tuple(table), text):
        full = table[match[0].lower()]
        full = full if match[0][0].islower() else full[0].upper() + full[1:]
        yield Suggestion(
            match.start(), match.end(), full, "contraction",
            f"Academic prose writes “{match[0]}” out.",
        )  # fmt: skip


@cache
def _index(phrases: tuple[str, ...]) -> dict[str, list[re.Pattern[str]]]:
    """First word to the phrases that begin with it, the longest first."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        pattern = re.escape(phrase).replace(r"\ ", r"[ \u00a0]")
        whole = re.compile(rf"{pattern}(?![\w’'-])", re.IGNORECASE)
        found.setdefault(phrase.split(" ")[0].rstrip(","), []).append(whole)
    return found


def _found(phrases: tuple[str, ...], text: str) -> Iterator[re.Match[str]]:
    """Where one of the phrases stands as whole words, none within another."""
    index = _index(phrases)
    behind = 0
    for word in _WHOLE.finditer(text):
        if word.start() < behind:
            continue
        for pattern in index.get(word[0].lower(), ()):
            if match := pattern.match(text, word.start()):
                yield match
                behind = match.end()
                break


def _in_case(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word
