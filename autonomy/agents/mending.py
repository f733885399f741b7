"""Remedies for a flagged passage that need no language model: quotation marks, a citation, a
shorter quotation. Each gives the passage's new wording, or None where it cannot be done honestly.

Words between quotation marks are always the source's own, in its own order, and no citation that
was there goes missing.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from autonomy.agents.literal import in_prose
from autonomy.agents.quotable import quotable
from autonomy.agents.units import sentence_spans
from autonomy.agents.verification import normal
from autonomy.core.markers import MARKER, PARENTHETICAL
from autonomy.core.types import Passage
from autonomy.core.words import overlap, stems
from autonomy.export.document import words_of
from autonomy.library.quotations import quotations
from autonomy.library.sentences import sentences

SHORT_QUOTE = 25
"""Words that a quotation of somebody's wording may have without being cut."""
LEAST_QUOTE = 6
"""Fewer words say nothing for themselves."""
LEAST_RUN = 5
"""Words in one order that count as somebody's wording."""
SAYS_SO = 0.4
"""Share of a passage's content words that one sentence of its source must have to stand for it."""
LEAST_SAVED = 0.2
"""Share of its words that a quotation must lose to be worth shortening."""

_WORD = re.compile(r"[^\W_]+(?:[.,’'-][^\W_]+)*")
_STOP = re.compile(rf"\s*(?P<stop>[.!?]?)(?P<markers>(?:\s*{PARENTHETICAL})*)(?P<last>[.!?]?)\s*$")
_CLAUSE = re.compile(r"\s*(?P<mark>[;:]|\s[–—]|,)\s+|\s+(?=(?:when|where|which)\b)")
_TURNS = re.compile(
    r"\b(?:because|since|due|so|not|no|nor|never|neither|none|without|hardly|rarely|but|yet|however|although|though|"
    r"unless|except|if|only|provided|until|whereas|while|despite|may|might|could|perhaps|possibly|"
    r"likely|unlikely|some|few|most|n[’']t|cannot)\b|n[’']t\b",
    re.IGNORECASE,
)
"""Words whose loss would turn or widen what is said: what holds one is not left out of a
quotation."""
_LEANS_BACK = re.compile(
    r"^(?:although|though|while|when|because|since|if|as|after|before|where|whereas|unless|which|"
    r"that|who|and|or|so|to|of|in|on|by|with|for|from|at|but|yet|nor|however|instead|rather|than|thus|"
    r"hence|therefore|then|also|even|including|especially|such)\b",
    re.IGNORECASE,
)
"""How a clause begins that needs the one before it."""


class Stretch(NamedTuple):
    """The longest wording that a unit and a passage share, word for word."""

    start: int
    end: int
    """In the unit's text."""
    words: int
    wording: str
    """As the passage has it."""


def _words(text: str) -> list[re.Match[str]]:
    plain = MARKER.sub(lambda match: " " * len(match[0]), text)
    return list(_WORD.finditer(plain))


def shared(text: str, passage: str) -> Stretch | None:
    """The longest run of words that `text` has in common with `passage`; None under `LEAST_RUN`."""
    mine, theirs = _words(text), _words(passage)
    block = SequenceMatcher(
        None, [normal(m[0]) for m in mine], [normal(m[0]) for m in theirs], autojunk=False
    ).find_longest_match()
    if block.size < LEAST_RUN:
        return None
    first, last = mine[block.a], mine[block.a + block.size - 1]
    opening, closing = theirs[block.b], theirs[block.b + block.size - 1]
    wording = " ".join(passage[opening.start() : closing.end()].split())
    return Stretch(first.start(), last.end(), block.size, wording)


def quoted_words(text: str) -> int:
    """Words of `text` that stand between quotation marks."""
    return sum(words_of(text[start:end]) for start, end in quotations(text))


def longest_quotation(text: str) -> tuple[int, int] | None:
    """The span of the longest quotation, without its marks."""
    spans = [span for span in quotations(text) if text[span[0] - 1 : span[0]] in '“"„«']
    return max(spans, key=lambda span: span[1] - span[0], default=None)


def cite(text: str, passage: Passage) -> str:
    """The sentence with the passage's marker before its stop; as it is when it has it already."""
    if passage.id in {match["id"] for match in MARKER.finditer(text)}:
        return text
    ends = _STOP.search(text)
    if ends is None:  # cannot be: the pattern matches nothing too
        return f"{text} [[p:{passage.id}]]"
    head = text[: ends.start()].rstrip()
    stop = ends["stop"] or ends["last"]
    inside = re.search(r"(?P<stop>[.!?])(?P<close>[”\"»])$", head)
    if inside and not stop:
        # “… said.” becomes “… said” [[p:…]].
        close = inside["close"]
        mark = "" if inside["stop"] == "." else inside["stop"]
        head, stop = f"{head[: inside.start()]}{mark}{close}", "."
    there = f" {ends['markers'].strip()}" if ends["markers"] else ""
    return f"{head}{there} [[p:{passage.id}]]{stop or '.'}"


def quote(text: str, passage: Passage) -> str | None:
    """The words that are the passage's put between quotation marks, spelled as it spells them, and
    cited. None when hardly any are, or they cannot stand between marks."""
    found = shared(text, passage.text)
    if found is None or not _may_be_quoted(found.wording):
        return None
    inside = text[found.start : found.end]
    held = "".join(f" {match[0]}" for match in MARKER.finditer(inside))
    if _within(quotations(text), found.start, found.end):
        return None
    before = f"{text[: found.start]}“{in_prose(found.wording)}”{held}"
    made = before + text[found.end :]
    if passage.id in {match["id"] for match in MARKER.finditer(text)}:
        return made
    # Of several sentences the one that quotes is the one that cites.
    for start, end, row in sentence_spans(made):
        if not row and start < len(before) <= end:
            return made[:start] + cite(made[start:end], passage) + made[end:]
    return cite(made, passage)


def _within(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in spans)


def _may_be_quoted(wording: str) -> bool:
    return not re.search(r"[“”\"„|\[\]{}#]", wording)


def shorten(text: str, *, most: int = SHORT_QUOTE) -> str | None:
    """The text with its longest quotation cut down to its key clause; everything else as it is.
    None when no clause can stand for it without changing what it says."""
    span = longest_quotation(text)
    if span is None:
        return None
    start, end = span
    clause = key_clause(text[start:end], most=most)
    if clause is None:
        return None
    held = "".join(f" {match[0]}" for match in MARKER.finditer(text[start:end]))
    behind = text[end:]
    stop = "." if text[start:end].rstrip()[-1:] in ".!?" else ""
    close, rest = behind[:1], behind[1:]
    if stop and not re.match(r"\s*(?:\[\[|[.,;])", rest):
        # The stop stood inside, and nothing outside takes its place.
        return f"{text[:start]}{clause}{close}{held}{stop}{rest}"
    return f"{text[:start]}{clause}{close}{held}{rest}"


def key_clause(quotation: str, *, most: int = SHORT_QUOTE) -> str | None:
    """The main clause of a quotation, word for word; None when what would be left out limits or
    turns it, or nothing would be saved."""
    if MARKER.search(quotation):
        return None
    words = len(quotation.split())
    chunks = _chunks(quotation)
    best: str | None = None
    for first in range(len(chunks)):
        for last in range(first, len(chunks)):
            kept = quotation[chunks[first][0] : chunks[last][1]].strip(" ,;:–—.")
            left_out = quotation[: chunks[first][0]] + " " + quotation[chunks[last][1] :]
            if not _stands(kept, words, most) or _TURNS.search(left_out):
                continue
            # A main clause comes first, and says more the longer it is.
            if best is None or (first == 0 and len(kept) > len(best)):
                best = kept
    return best


def _chunks(text: str) -> list[tuple[int, int]]:
    cuts = [match.span() for match in _CLAUSE.finditer(text)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    return list(zip(starts, ends, strict=True))


def _stands(kept: str, of: int, most: int) -> bool:
    count = len(kept.split())
    if not LEAST_QUOTE <= count <= most or count > of * (1 - LEAST_SAVED):
        return False
    return not _LEANS_BACK.match(kept) and kept.count("(") == kept.count(")")


def key_sentence(text: str, passage: Passage) -> str | None:
    """The sentence of the passage that says most of what `text` says, fit to stand between quotation
    marks; None when there is none."""
    wanted = stems(text)
    fit = [
        " ".join(passage.text[start:end].split())
        for start, end in sentences(passage.text)
        if quotable(" ".join(passage.text[start:end].split()))
    ]
    near = [(overlap(wanted, stems(one)), one) for one in fit]
    share, best = max(near, key=lambda pair: pair[0], default=(0.0, ""))
    return best if share >= SAYS_SO else None


def without(markdown: str, start: int, end: int) -> str:
    """The section without these characters: no doubled space, no empty paragraph, and what follows
    does not lean on what is gone."""
    before, after = markdown[:start], markdown[end:]
    if not after.strip() or after.startswith("\n"):
        before = before.rstrip(" \t")
    else:
        after = after.lstrip(" \t")
    joined = before + after
    return re.sub(r"\n[ \t]*\n(?:[ \t]*\n)+", "\n\n", joined).strip("\n")


_LEANS = re.compile(
    r"^(?:They|Their|The (?:authors?|source)|There (?:they|the (?:author|source))|The passage goes on|"
    r"(?:Further on|Later) (?:they|the (?:author|source))|It|Its|This|These|Those|Such)\b"
)
_FRAME = re.compile(r"^[^“:]{1,80}: (?=“)")
_SUBJECT = re.compile(r"^(?:They|The (?:authors?|source))\b")


def leans(sentence: str) -> bool:
    """Whether the sentence needs the one before it to be understood."""
    return bool(_LEANS.match(sentence))


def standing(sentence: str) -> str | None:
    """A sentence that leaned on the one before it, with its authors named; None when it cannot be
    made to stand for itself."""
    markers = [match for match in MARKER.finditer(sentence) if match["kind"] == "p"]
    if not leans(sentence) or len(markers) != 1:
        return None if leans(sentence) else sentence
    name = f"[[n:{markers[0]['id']}]]"
    if _FRAME.match(sentence):
        made = _FRAME.sub(f"In the words of {name}: ", sentence)
    elif _SUBJECT.match(sentence):
        made = _SUBJECT.sub(name, sentence)
    else:
        return None
    # The authors are in the sentence now: a second citation of the same place says nothing more.
    return re.sub(r"\s*" + re.escape(markers[0][0]), "", made)
